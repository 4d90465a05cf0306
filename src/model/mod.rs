//! Talking to models: one trait, one file per protocol, and everything between a request and a typed reply over HTTP.
//!
//! What a call costs, whether it is allowed and which model is asked are decided elsewhere.

pub mod allowance;
pub mod anthropic;
pub mod breaker;
pub mod calls;
pub mod chat;
pub mod classify;
pub mod client;
pub mod complaint;
pub mod count;
pub mod draft;
pub mod endpoint;
pub mod estimate;
pub mod exchange;
pub mod fetch;
pub mod halves;
pub mod image;
pub mod lane;
pub mod locate;
pub mod offline;
pub mod openai;
pub mod prompt;
pub mod protocol;
pub mod quirks;
pub mod rate;
pub mod remote;
pub mod responses;
pub mod retry;
pub mod retry_after;
pub mod secrets;
pub mod sse;
pub mod stream;
pub mod strict;
pub mod tally;
pub mod transport;
pub mod wait;

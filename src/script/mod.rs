//! The interpreter: engine and limits, the bridge to the host, primitives, stdlib, sessions.
//!
//! The only room that names rhai. It makes no effect itself: every one is a question to the `Host`.

pub mod bits;
pub mod bridge;
pub mod captures;
pub mod clock;
pub mod completeness;
pub mod convert;
pub mod copies;
pub mod depth;
pub mod desk;
pub mod engine;
pub mod equality;
pub mod errors;
pub mod evaluate;
pub mod expression;
pub mod failed;
pub mod gate;
pub mod growth;
pub mod guards;
pub mod handle;
pub mod hearing;
pub mod held;
pub mod help;
pub mod host;
pub mod lists;
pub mod marks;
pub mod mixed;
pub mod natives;
pub mod notation;
pub mod order;
pub mod output;
pub mod parts;
pub mod prims;
pub mod python;
pub mod pythonic;
pub mod ranges;
pub mod session;
pub mod show;
pub mod state;
pub mod stdlib;
pub mod timed;
pub mod weight;
pub mod words;
pub mod worker;

//! The host of a run: answers what primitives ask, through one door that pays, logs and tells.
//!
//! It knows models, memory, tools and sessions, but no turn and no terminal; child runs come in through a trait.

pub mod arguments;
pub mod ask;
pub mod attempts;
pub mod batch;
pub mod cache;
mod called;
pub mod call;
pub mod causes;
pub mod children;
pub mod choices;
pub mod choose;
mod chosen;
pub mod credit;
pub mod decide;
pub mod door;
pub mod episodes;
pub mod explore;
pub mod fallback;
pub mod flights;
mod follow;
pub mod handover;
pub mod images;
pub mod kit;
pub mod ladder;
mod leave;
pub mod llm;
pub mod lookup;
pub mod memories;
pub mod models;
pub mod news;
pub mod passages;
pub mod past;
pub mod pipelines;
pub mod product;
pub mod program;
pub mod replay;
pub mod resume;
pub mod run_host;
pub mod save;
mod share;
pub mod shown;
pub mod tool_call;
pub mod trail;
pub mod typed;
pub mod unusable;

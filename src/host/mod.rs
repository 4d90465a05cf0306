//! The host of a run: answers what primitives ask, through one door that pays, logs and tells.
//!
//! It knows models, memory, tools and sessions, but no turn and no terminal; child runs come in through a trait.

pub mod ask;
pub mod attempts;
pub mod batch;
pub mod call;
pub mod carried;
pub mod children;
pub mod counts;
pub mod door;
mod ending;
pub mod kit;
pub mod llm;
mod lost;
pub mod memories;
pub mod models;
pub mod news;
pub mod pipelines;
pub mod program;
pub mod replay;
pub mod run_host;
mod steps;
pub mod tools;
pub mod typed;

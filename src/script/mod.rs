//! The interpreter: engine and limits, the bridge to the host, primitives, stdlib, sessions.
//!
//! The only room that names rhai. It makes no effect itself: every one is a question to the `Host`.

pub mod bridge;
pub mod captures;
pub mod completeness;
pub mod convert;
pub mod copies;
pub mod desk;
pub mod engine;
pub mod errors;
pub mod evaluate;
pub mod expression;
pub mod handle;
pub mod hearing;
pub mod help;
pub mod host;
pub mod language;
pub mod limits;
pub mod marks;
pub mod natives;
pub mod output;
pub mod prims;
pub mod session;
pub mod show;
pub mod state;
pub mod stdlib;
pub mod worker;

//! The one SQLite file: runs, effects, events, episodes and blobs, written before anybody relies on them.
//!
//! Nothing here reads a clock, decides what is replayed, or keeps a context document: those are named, not copied.

pub mod answers;
pub mod blobs;
pub mod bus;
pub mod carried;
mod charged;
pub mod check;
mod connect;
mod damage;
pub mod decisions;
pub mod effects;
pub mod forgetting;
pub mod episodes;
pub mod events;
pub mod export;
mod fault;
pub mod fork;
mod group;
pub mod liveness;
mod mend;
pub mod open;
mod queue;
pub mod recent;
pub mod resume;
pub mod repair;
mod rows;
pub mod runs;
mod schema;
pub mod settle;
pub mod sweep;
pub mod tally;
mod unusable;
mod unused;
pub mod utility;
pub mod value;
pub mod vectors;
pub mod writer;

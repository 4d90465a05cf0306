//! Money, calls, tokens and depth of a run's whole tree: reserved before a call goes out, settled afterwards.
//!
//! Nothing here knows a model, a file or a clock; deadlines and turns are counted by those who wait and loop.

pub mod footer;
pub mod ledger;
pub mod report;
pub mod reservation;
pub mod scope;

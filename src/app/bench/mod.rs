//! Benches that a user runs on own data: does the memory choose better than simpler rules?
//!
//! They go through the memory, the posteriors and the policy of the program itself, in a store of their own.

pub mod chance;
pub mod curve;
pub mod data;
pub mod report;
pub mod routing;
mod trial;

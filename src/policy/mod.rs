//! Decisions as pure functions: no async, no IO, no clock.

pub mod explore;
pub mod gate;
pub mod monitor;

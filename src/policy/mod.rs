//! Decisions as pure functions: no async, no IO, no clock.

pub mod choice;
pub mod explore;
pub mod gate;
pub mod merit;
pub mod monitor;
pub mod substitute;

//! Decisions as pure functions: no async, no IO, no clock.

pub mod choice;
pub mod escalate;
pub mod explore;
pub mod gate;
pub mod merit;
pub mod monitor;
pub mod posterior;
pub mod substitute;
pub mod template;
pub mod value;
pub mod window;

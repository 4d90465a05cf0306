//! What stops a program, and what keeps its values within bounds.

pub mod clock;
pub mod depth;
pub mod gate;
pub mod growth;
pub mod guards;
pub mod held;
pub mod timed;
pub mod weight;

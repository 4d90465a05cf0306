//! Running a plan: from a whole pipeline over its blocks and steps down to one file per act.

mod ask;
mod block;
mod child;
pub mod course;
mod each;
mod flow;
pub mod inputs;
mod llm;
mod step;
mod tool;
mod vars;
mod while_;
pub mod whole;

//! Running a plan: from a whole pipeline over its blocks and steps down to one file per act.

pub mod ask;
pub mod block;
pub mod child;
pub mod course;
pub mod each;
pub mod flow;
pub mod inputs;
pub mod llm;
pub mod step;
pub mod tool;
pub mod vars;
pub mod while_;
pub mod whole;

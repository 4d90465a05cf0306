//! Pipelines written in YAML: from a file to a checked plan, and from the plan to what it does.

pub mod answerable;
mod check;
pub mod estimate;
pub mod explain;
pub mod files;
pub mod graph;
pub mod import;
pub mod intention;
pub mod leave;
pub mod load;
pub mod plan;
pub mod product;
pub mod reach;
mod read;
pub mod run;
pub mod schema;
pub mod tool;
mod tree;

pub mod twin;
pub mod values;

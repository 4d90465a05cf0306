//! Pipelines written in YAML: from a file to a checked plan, and from the plan to what it does.

mod check;
pub mod estimate;
pub mod explain;
pub mod graph;
pub mod import;
pub mod intention;
pub mod load;
pub mod plan;
mod read;
pub mod schema;
mod tree;
pub mod twin;

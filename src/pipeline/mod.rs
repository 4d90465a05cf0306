//! Pipelines written in YAML: from a file to a checked plan, and from the plan to what it does.

pub mod plan;
pub mod product;
pub mod run;
pub mod values;

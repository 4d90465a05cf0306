//! The composition root: settings become an app. The only place that builds everything.

pub mod bench;
pub mod build;
pub mod choice;
pub mod document;
pub mod inputs;
pub mod intake;
pub mod launch;
pub mod plan;
pub mod resume;
pub mod run;

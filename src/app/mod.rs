//! The composition root: settings become an app. The only place that builds everything.

pub mod build;
pub mod choice;
pub mod episode_log;
pub mod inputs;
pub mod run;

//! Frozen data that every other room speaks in: ids, money, messages, failures, tools, events, requests to the host.
//!
//! Nothing here reads a file, a clock or the environment.

pub mod attempts;
pub mod bounds;
pub mod child;
pub mod class;
pub mod document;
pub mod draft;
pub mod effect;
pub mod episode;
pub mod event;
pub mod exit;
pub mod failure;
pub mod heard;
pub mod ids;
pub mod judgement;
pub mod limits;
pub mod message;
pub mod money;
pub mod price;
pub mod request;
pub mod slack;
pub mod span;
pub mod status;
pub mod step;
pub mod stopped;
pub mod strategy;
pub mod tally;
pub mod text;
pub mod thoughts;
pub mod thresholds;
pub mod tool;
pub mod usage;

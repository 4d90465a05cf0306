//! Pipelines, from the command line and from scripts.

mod run_acts;
mod run_budget;
mod run_events;
mod run_flow;
mod run_loops;
mod run_products;
mod run_scripts;
mod run_twins;

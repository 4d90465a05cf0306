//! The registry from outside: layers of settings and their places, roles and personas, the choice of a model, and who
//! stands in when one fails.

mod choice;
mod config;
mod fallback;
mod personas;
mod standby;
mod unnamed;

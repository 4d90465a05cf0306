//! Validated tables: models with prices, services, roles on the ladder, stored programs. The one source of truth.

pub mod access;
pub mod address;
pub mod builtin;
pub mod capabilities;
pub mod check;
pub mod models;
pub mod personas;
pub mod pictures;
pub mod prices;
pub mod programs;
pub mod project;
pub mod roles;
pub mod services;

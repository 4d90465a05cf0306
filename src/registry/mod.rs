//! Validated tables: models with prices, roles on the ladder, stored programs. The one source of truth about them.

pub mod builtin;
pub mod models;
pub mod prices;
pub mod programs;
pub mod roles;

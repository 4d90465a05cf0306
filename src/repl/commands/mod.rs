//! The dot-commands, one file each.

pub mod ask;
pub mod command;
pub mod context;
pub mod cost;
pub mod edit;
pub mod exit;
pub mod file;
pub mod help;
pub mod load;
pub mod memory;
pub mod model;
pub mod reset;
pub mod role;
pub mod runs;
pub mod save;
pub mod scripts;
pub mod table;
pub mod tools;
pub mod vars;

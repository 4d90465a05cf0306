//! The command line: one file per subcommand, each an arguments struct and a function.
//!
//! Only `printer` prints; a failure is told and made an exit code in `report`.

mod age;
pub mod again;
pub mod args;
pub mod ask;
pub mod bench;
pub mod completions;
pub mod config;
pub mod dispatch;
pub mod doctor;
pub mod eval;
pub mod events;
pub mod flags;
pub mod init;
pub mod interrupt;
pub mod logs;
pub mod memory;
pub mod models;
pub mod outcome;
pub mod pipeline;
pub mod printer;
pub mod progress;
pub mod replay;
pub mod report;
pub mod resume;
pub mod run;
pub mod runs;
pub mod scripts;
pub mod silence;
pub mod table;
pub mod tools;
pub mod trace;
pub mod verbs;
pub mod watching;

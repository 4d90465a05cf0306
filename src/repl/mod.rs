//! The REPL: a line editor over a session, with dot-commands. It holds no logic of runs, models or scripts.

pub mod commands;
pub mod editor;
pub mod evaluation;
pub mod follower;
pub mod input;
pub mod inspect;
pub mod interrupts;
pub mod lexer;
pub mod narrator;
pub mod piped;
pub mod restore;
pub mod run;
pub mod shell;
pub mod sources;
pub mod spending;
pub mod steps;
pub mod table;
pub mod underscore;
pub mod vocabulary;
pub mod words;

//! The REPL: a line editor over a session.

pub mod run;

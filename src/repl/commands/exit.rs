//! `.exit`: leaves the REPL; what it has done stays in the store.

use crate::core::failure::Outcome;
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use futures::FutureExt;
use futures::future::BoxFuture;

/// `.exit`.
pub const COMMAND: Command = Command { name: "exit", usage: "exit", summary: "Leaves, as `.quit` and Ctrl-D do.", run };

fn run<'a>(_: &'a mut Shell, _: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async { Ok(Next::Leave) }.boxed()
}

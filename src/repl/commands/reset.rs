//! `.reset`: a fresh session of the same run.

use crate::core::failure::Outcome;
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use futures::FutureExt;
use futures::future::BoxFuture;

/// `.reset`.
pub const COMMAND: Command =
    Command { name: "reset", usage: "reset", summary: "Forgets variables, functions and results.", run };

fn run<'a>(shell: &'a mut Shell, _: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        shell.reset().await;
        shell.note_command("reset", None);
        shell.screen.out("a fresh session; the context and the budget are the same");
        Ok(Next::Stay)
    }
    .boxed()
}

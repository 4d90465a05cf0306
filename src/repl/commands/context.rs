//! `.context`: the card of the context, and another context for the session.

use crate::context::card::CardOptions;
use crate::core::failure::Outcome;
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use futures::FutureExt;
use futures::future::BoxFuture;

/// Bytes of the beginning that are shown, which are some five lines; `context.head(n)` has more.
const HEAD: usize = 400;

/// `.context`.
pub const COMMAND: Command = Command {
    name: "context",
    usage: "context [PATH ...]",
    summary: "Shows the context, or opens files, folders, globs.",
    run,
};

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        if !argument.is_empty() {
            let (lost, failure) = shell.open_context(&shell.paths(argument)).await?;
            shell.note_command(&format!("context {argument}"), None);
            tell_lost(shell, &lost);
            if let Some(failure) = failure {
                shell.fail(failure);
            }
        }
        let card = shell.run.host.view.card(&CardOptions { head: HEAD, tail: 0, ..CardOptions::default() })?;
        shell.screen.out(card.trim_end());
        Ok(Next::Stay)
    }
    .boxed()
}

/// What a session over another context does not have any more.
fn tell_lost(shell: &Shell, lost: &[String]) {
    let results = "variables and functions are kept; out(n) begins anew";
    let lost = if lost.is_empty() {
        String::new()
    } else {
        format!("\nlost, because they point into the old context or hold functions: {}", lost.join(", "))
    };
    shell.screen.dim(&format!("{results}{lost}"));
}

//! `.memory`: how much is remembered, and what is similar to a text.

use crate::core::episode::Recalled;
use crate::core::failure::Outcome;
use crate::core::text::one_line;
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use crate::repl::table::render;
use futures::FutureExt;
use futures::future::BoxFuture;

/// How many episodes are shown.
const SHOWN: usize = 5;

/// `.memory`.
pub const COMMAND: Command = Command {
    name: "memory",
    usage: "memory [QUERY]",
    summary: "Says how much is remembered, or shows similar episodes.",
    run,
};

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let memory = &shell.kit.memory;
        if argument.is_empty() {
            let stats = memory.stats().await?;
            let fault = stats.fault.as_ref().map(|fault| format!("\nfault: {fault}")).unwrap_or_default();
            let text = format!("{} episodes, {} indexed with {}{fault}", stats.episodes, stats.indexed, stats.embedder);
            shell.screen.out(&text);
        } else {
            let found = memory.recall(argument, SHOWN).await?;
            if found.is_empty() {
                shell.screen.out("nothing similar is remembered");
            } else {
                let head = ["similar", "outcome", "situation", "lesson"];
                shell.screen.out(&render(head, found.iter().map(row), shell.screen.width()));
            }
        }
        for note in memory.take_notes() {
            shell.screen.dim(&format!("note: {note}"));
        }
        Ok(Next::Stay)
    }
    .boxed()
}

fn row(recalled: &Recalled) -> [String; 4] {
    let episode = &recalled.episode;
    let outcome = format!("{:?}", episode.outcome).to_lowercase();
    [format!("{:.2}", recalled.similarity), outcome, one_line(&episode.situation, 60), one_line(&episode.lesson, 60)]
}

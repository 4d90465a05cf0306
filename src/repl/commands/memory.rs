//! `.memory`: how much is remembered, what is similar to a text, and where to look in the open context.

use crate::core::episode::Recalled;
use crate::core::failure::Outcome;
use crate::core::text::one_line;
use crate::host::memories::explore;
use crate::policy::explore::{Hint, advice};
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
            shell.screen.page(&text);
            tell_hints(shell, "").await?;
        } else {
            let found = memory.recall(argument, SHOWN).await?;
            if found.is_empty() {
                shell.screen.out("nothing similar is remembered");
            } else {
                let head = ["similar", "outcome", "situation", "lesson"];
                shell.screen.out(&render(head, found.iter().map(row), shell.screen.width()));
            }
            tell_hints(shell, argument).await?;
        }
        for note in memory.take_notes() {
            shell.screen.dim(&format!("note: {note}"));
        }
        Ok(Next::Stay)
    }
    .boxed()
}

/// Where to look in the open context, as a root model would be told of this task.
async fn tell_hints(shell: &Shell, task: &str) -> Outcome<()> {
    let host = &shell.run.host;
    if host.view.is_empty() {
        return Ok(());
    }
    let hints = explore::hints(host, task).await?;
    if hints.is_empty() {
        shell.screen.page(&format!("where to begin: {}", advice(&explore::shape(&host.view))));
    } else {
        let lines: Vec<String> = hints.iter().map(Hint::line).collect();
        shell.screen.page(&format!("how similar runs looked, the best first:\n  {}", lines.join("\n  ")));
    }
    Ok(())
}

fn row(recalled: &Recalled) -> [String; 4] {
    let episode = &recalled.episode;
    let outcome = format!("{:?}", episode.outcome).to_lowercase();
    [format!("{:.2}", recalled.similarity), outcome, one_line(&episode.situation, 60), one_line(&episode.lesson, 60)]
}

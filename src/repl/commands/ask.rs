//! `.ask`: a question that a root model answers over the session's context, on the session's budget.

use crate::app::run::Run;
use crate::core::event::Event;
use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::core::text::one_line;
use crate::host::run_host::{RunHost, RunSetup};
use crate::repl::commands::command::{Command, Next, needs};
use crate::repl::evaluation::text;
use crate::repl::follower::Mark;
use crate::repl::narrator::Detail;
use crate::repl::shell::Shell;
use crate::store::runs::{NewRun, new_run_id};
use crate::turn::child::close;
use crate::turn::root::RootEnd;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// `.ask`.
pub const COMMAND: Command =
    Command { name: "ask", usage: "ask QUESTION", summary: "Answers from the context; sets `answer` and `_`.", run };

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        if argument.is_empty() {
            return Err(needs(&COMMAND, "a question"));
        }
        let before = shell.run.host.scope.report().totals.calls;
        let end = answer(shell, argument).await?;
        if let Some(value) = end.answer {
            let number = shell.take_over(&value).await;
            shell.result(number, &text(&value), Some(&value));
            let kept: Map<String, Value> = std::iter::once(("answer".to_owned(), value)).collect();
            shell.session().await.restore(&kept);
            shell.note_command(&format!("ask {argument}"), Some(&kept));
        }
        shell.footer(before);
        end.failure.map_or(Ok(Next::Stay), Err)
    }
    .boxed()
}

/// Makes a run of its own, a part of the session's: its effects and its answer stand under its own id.
async fn answer(shell: &mut Shell, question: &str) -> Outcome<RootEnd> {
    let run = begin(shell, question).await?;
    shell.follower.tell(Detail::All);
    let (end, late) = {
        let work = run.root(shell.role.clone(), false);
        shell.attend(&run.cancel.clone(), work).await
    };
    let end = match (late, &end.answer) {
        (Some(failure), None) => RootEnd::failed(failure, end.turns),
        _ => end,
    };
    let closed = close(&run.host, &end).await;
    shell.follower.until(Mark::Run(run.host.run.clone())).await;
    shell.screen.clear();
    Ok(match closed {
        Ok(()) => end,
        // The answer is there all the same, and paid for.
        Err(failure) => RootEnd { failure: end.failure.or(Some(failure)), ..end },
    })
}

async fn begin(shell: &Shell, question: &str) -> Outcome<Run> {
    let (kit, session) = (&shell.kit, &shell.run.host);
    let id = new_run_id((kit.clock)());
    let new = NewRun {
        id: id.clone(),
        parent: Some(session.run.clone()),
        kind: "ask".to_owned(),
        task: question.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings: json!({"limits": kit.settings.limits, "model": kit.models.switched(), "role": shell.role}),
        depth: 0,
        started_at: (kit.clock)(),
    };
    drop(kit.store.begin_run(new).await?);
    let setup = RunSetup {
        run: id,
        by_model: true,
        schema: None,
        choices: Arc::default(),
        counts: Arc::default(),
        replay: None,
        on_print: None,
        ..session.setup.clone()
    };
    let host = RunHost::new(Arc::clone(kit), setup);
    host.emit(&Frame::root(), &Event::RunStarted { task: one_line(question, 200), depth: 0 });
    Ok(Run::new(host, question.to_owned(), CancellationToken::new()))
}

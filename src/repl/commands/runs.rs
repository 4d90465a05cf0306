//! `.runs`: earlier runs, or one of them.

use crate::core::failure::Outcome;
use crate::core::text::one_line;
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use crate::repl::table::render;
use crate::store::open::Store;
use crate::store::runs::{RunFilter, RunRow};
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;

/// How many runs are listed.
const LISTED: u32 = 15;

/// How much of an id is listed, in characters: its time and enough of its random part to name one run.
const ID: usize = 14;

/// `.runs`.
pub const COMMAND: Command =
    Command { name: "runs", usage: "runs [ID]", summary: "Lists the latest runs, or shows one.", run };

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let store = &shell.kit.store;
        // Writes are queued; a person who asks wants to see them.
        store.close().await?;
        if argument.is_empty() {
            let filter = RunFilter { top_level: true, limit: Some(LISTED), ..RunFilter::default() };
            let rows = store.runs(&filter)?;
            let head = ["id", "started", "kind", "status", "cost", "task"];
            let rows: Vec<[String; 6]> = rows.iter().map(|run| row(store, run)).collect();
            shell.screen.out(&render(head, rows, shell.screen.width()));
        } else {
            let one = store.run(argument)?;
            shell.screen.page(&shown(&one, store.shown_cost(&one)?, &store.children(&one.id)?));
        }
        if let Some(note) = store.take_note() {
            shell.screen.dim(&format!("note: {note}"));
        }
        Ok(Next::Stay)
    }
    .boxed()
}

fn row(store: &Store, run: &RunRow) -> [String; 6] {
    let task = one_line(&run.task, 50);
    let id = run.id.as_str();
    [
        id.get(..ID).unwrap_or(id).to_owned(),
        time(run.started_at),
        run.kind.clone(),
        run.shown_status().to_owned(),
        store.listed_cost(run),
        task,
    ]
}

fn shown(run: &RunRow, cost: String, children: &[RunRow]) -> String {
    let told = [Some(cost).filter(|cost| !cost.is_empty()), run.shown_under_way()];
    let cost: String = told.into_iter().flatten().map(|told| format!(" · {told}")).collect();
    let mut text = format!(
        "{} {} {} · {}{cost}\n  {}",
        run.id,
        run.kind,
        run.shown_status(),
        time(run.started_at),
        one_line(&run.task, 300)
    );
    if let Some(failure) = &run.failure {
        text.push_str(&format!("\n  failed: {}", failure.message));
    }
    for child in children {
        text.push_str(&format!(
            "\n  {} {} {}: {}",
            child.id,
            child.kind,
            child.shown_status(),
            one_line(&child.task, 60)
        ));
    }
    text
}

/// A time as people read it, in UTC.
fn time(millis: u64) -> String {
    let stamp = i64::try_from(millis).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    stamp.map_or_else(|| millis.to_string(), |stamp| stamp.strftime("%m-%d %H:%M").to_string())
}

//! `rhizo memory recall` and `reindex`.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::core::episode::Recalled;
use crate::core::failure::Outcome;
use crate::core::text::{counted, one_line};
use serde_json::json;

/// Finds similar episodes.
pub(super) async fn recall(app: &App, printer: &Printer, query: &str, k: usize) -> Outcome<()> {
    let found = app.kit.memory.recall(query, k).await?;
    let line = |r: &Recalled| {
        let e = &r.episode;
        [
            format!("{:.2}", r.similarity),
            e.action.clone(),
            one_line(&e.arm, 40),
            e.outcome.name().to_owned(),
            one_line(&e.situation, 60),
            one_line(&e.lesson, 60),
            e.id.clone(),
        ]
    };
    printer.rows(&json!(found), || {
        let head = ["similar", "action", "arm", "outcome", "situation", "lesson", "id"];
        table::render(head, found.iter().map(line))
    });
    Ok(())
}

/// Rebuilds the index and the sums from the episodes.
pub(super) async fn reindex(app: &App, printer: &Printer) -> Outcome<()> {
    let count = app.kit.memory.reindex(&|_, _| ()).await?;
    printer.rows(&json!({"indexed": count}), || format!("{} indexed", counted(count, "episode")));
    Ok(())
}

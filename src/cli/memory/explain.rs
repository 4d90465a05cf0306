//! `rhizo memory explain`.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table::{self, wrapped};
use crate::core::episode::{Episode, Utility};
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::text::one_line;
use crate::memory::explain::Explained;
use crate::memory::recall::Near;
use jiff::Timestamp;
use serde_json::json;

/// Tells everything about one episode.
pub(super) async fn explain(app: &App, printer: &Printer, id: &str) -> Outcome<()> {
    let told = app.kit.memory.explain(id).await?;
    let near = |near: &Near| {
        let o = &near.outline;
        json!({"id": o.id, "similarity": near.similarity, "action": o.action, "arm": o.arm, "outcome": o.outcome})
    };
    let supported: Vec<&String> = told.supported.iter().map(|episode| &episode.id).collect();
    let value = json!({
        "episode": told.episode, "cell": told.cell, "standing": told.standing,
        "near": told.near.iter().map(near).collect::<Vec<_>>(),
        "supported": supported, "decisions": told.decisions,
    });
    printer.rows(&value, || page(&told));
    Ok(())
}

fn page(told: &Explained) -> String {
    let mut lines: Vec<String> = fields(&told.episode)
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| wrapped(&format!("{label:<10}{value}"), 10))
        .collect();
    let state = match (told.standing.counts, told.standing.quarantined) {
        (_, true) => "quarantined",
        (true, _) => "counts",
        _ => "does not count",
    };
    lines.push(wrapped(&format!("standing  {state}: {}", told.standing.why), 10));
    lines.push(match &told.cell {
        Some(cell) => wrapped(&format!("cell      {}", in_words(cell)), 10),
        None => "cell      none: it says nothing of its arm".to_owned(),
    });
    if !told.near.is_empty() {
        let row = |near: &Near| {
            let o = &near.outline;
            [format!("{:.2}", near.similarity), o.action.clone(), o.arm.clone(), o.outcome.name().into(), o.id.clone()]
        };
        lines.push(String::new());
        lines.push(table::render(["similar", "action", "arm", "outcome", "id"], told.near.iter().map(row)));
    }
    lines.push(String::new());
    if told.decisions.is_empty() && told.supported.is_empty() {
        lines.push("no decision has rested on it".to_owned());
    }
    for decision in &told.decisions {
        let text =
            format!("decided   {} {} in run {}: {}", decision.action, decision.arm, decision.run, decision.reason);
        lines.push(wrapped(&one_line(&text, 300), 10));
    }
    for episode in &told.supported {
        lines.push(format!("shown to  {} ({} {})", episode.id, episode.arm, episode.outcome.name()));
    }
    lines.join("\n")
}

fn fields(e: &Episode) -> Vec<(&'static str, String)> {
    let time = i64::try_from(e.at).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    let some = |number: u64| if number == 0 { String::new() } else { number.to_string() };
    vec![
        ("id", e.id.clone()),
        ("time", time.map(|time| format!("{time:.0}")).unwrap_or_default()),
        ("namespace", e.namespace.name().to_owned()),
        ("situation", e.situation.replace('\n', " | ")),
        ("task", e.fingerprint.clone()),
        ("action", e.action.clone()),
        ("arm", e.arm.clone()),
        ("offered", e.offered.join(", ")),
        ("policy", e.policy.clone()),
        ("chance", if e.policy.is_empty() { String::new() } else { format!("{:.3}", e.propensity) }),
        ("expected", e.predicted.map(|p| format!("{p:.2}")).unwrap_or_default()),
        ("role", e.role.clone()),
        ("failure", e.failure.clone()),
        ("gate", e.gate.clone()),
        ("in a row", some(e.failures.into())),
        ("model", e.model.clone()),
        ("outcome", e.outcome.name().to_owned()),
        ("verifier", e.verifier.name().to_owned()),
        ("trust", e.trust.to_string()),
        ("lesson", e.lesson.clone()),
        ("run", e.run.clone()),
        ("cost", if e.cost_nanos == 0 { String::new() } else { Money::from_nanos(e.cost_nanos).to_string() }),
        ("tokens", some(e.tokens)),
        ("millis", some(e.millis)),
        ("saw", e.shown.join(", ")),
        ("hint used", e.hint_used.map(|used| used.to_string()).unwrap_or_default()),
        ("embedder", e.embedder.clone()),
    ]
}

fn in_words(cell: &Utility) -> String {
    let at = [("role", &cell.role), ("after", &cell.failure)];
    let at: String =
        at.iter().filter(|(_, value)| !value.is_empty()).map(|(name, v)| format!(", {name} {v}")).collect();
    format!(
        "{} {} {}{at}: alpha {:.1}, beta {:.1}, {:.1} tasks",
        cell.namespace.name(),
        cell.action,
        cell.arm,
        cell.alpha,
        cell.beta,
        cell.n
    )
}

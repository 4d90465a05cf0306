//! What a run used and what that cost, with what is not exact in it, as its footer and its result document have it.

use crate::budget::footer::{at_worst, unheard, unusable};
use crate::budget::report::SpendRow;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::text::counted;
use crate::store::open::Store;
use crate::store::runs::RunRow;
use serde_json::{Value, json};

/// Adds it to the data of a run that has its calls, tokens and cost already.
pub fn add(whole: &mut Value, row: &RunRow, spent: &[SpendRow]) {
    let (answers, cost) = useless(spent);
    whole["failed_calls"] = json!(failed(row, spent));
    whole["unusable_calls"] = json!(answers);
    whole["unusable_cost_usd"] = json!(cost.usd());
    whole["estimated"] = json!(is_estimated(spent));
    whole["unheard_tokens"] = json!(silent(spent));
}

/// The same for people.
pub fn text(store: &Store, row: &RunRow, spent: &[SpendRow]) -> Outcome<String> {
    let cost = cost(store, row)?;
    let calls = counted(row.calls, "call");
    let failed = Some(failed(row, spent)).filter(|failed| *failed > 0);
    let failed = failed.map_or_else(String::new, |failed| format!(" ({failed} failed)"));
    let about = if is_estimated(spent) { "~" } else { "" };
    let open = row.shown_under_way().map_or_else(String::new, |open| format!(": {open}"));
    let cost = if cost.is_empty() { open } else { format!(" · {cost}{open}") };
    let tokens = format!("{about}{} + {about}{} tokens", row.input_tokens, row.output_tokens);
    let (answers, lost) = useless(spent);
    Ok(format!("{calls}{failed} · {tokens}{cost}{}{}", unusable(answers, lost), unheard(silent(spent))))
}

/// What a run cost, and how much of it is a worst case since a process of it was killed; of what is under way all is.
fn cost(store: &Store, row: &RunRow) -> Outcome<String> {
    let shown = store.shown_cost(row)?;
    let spent = if row.under_way.is_none() { store.spending(&row.id)? } else { Vec::new() };
    let (calls, cost) = (spent.iter().map(|s| s.unknown).sum(), spent.iter().map(|s| s.unknown_cost).sum());
    Ok(at_worst(calls, cost).map_or_else(|| shown.clone(), |told| format!("{shown}, {told}")))
}

/// The calls that failed, or whose end nobody knows: what is under way is told by itself.
fn failed(row: &RunRow, spent: &[SpendRow]) -> u64 {
    let all: u64 = spent.iter().map(|part| part.totals.failed).sum();
    all.saturating_sub(row.under_way.map_or(0, |open| open.calls))
}

/// Whether some of the tokens were not counted, or are what a call under way may use at most.
fn is_estimated(spent: &[SpendRow]) -> bool {
    spent.iter().any(|part| part.totals.usage.estimated)
}

/// The answer tokens that nobody heard.
fn silent(spent: &[SpendRow]) -> u64 {
    spent.iter().map(|part| part.totals.usage.unheard_tokens).sum()
}

/// How many answers could not be used, and what they cost.
fn useless(spent: &[SpendRow]) -> (u64, Money) {
    let answers = spent.iter().map(|part| part.totals.unusable).sum();
    (answers, spent.iter().map(|part| part.totals.unusable_cost).sum())
}

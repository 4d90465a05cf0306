//! What a run has used and cost, as `runs show` has it, with what is not exact in it.

use crate::budget::footer::{at_worst, unheard, unusable};
use crate::budget::report::SpendRow;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::text::counted;
use crate::store::open::Store;
use crate::store::runs::RunRow;

/// What a run cost, and how much of it is a worst case since a process of it was killed; of what is under way all is.
pub(super) fn cost(store: &Store, row: &RunRow) -> Outcome<String> {
    let shown = store.shown_cost(row)?;
    let spent = if row.under_way.is_none() { store.spending(&row.id)? } else { Vec::new() };
    let (calls, cost) = (spent.iter().map(|s| s.unknown).sum(), spent.iter().map(|s| s.unknown_cost).sum());
    Ok(at_worst(calls, cost).map_or_else(|| shown.clone(), |told| format!("{shown}, {told}")))
}

/// What a run used and what that cost, with what is not exact in it, as the footer of a run has it.
pub(super) fn used(row: &RunRow, spent: &[SpendRow], cost: &str) -> String {
    let calls = counted(row.calls, "call");
    let about = if is_estimated(spent) { "~" } else { "" };
    let open = row.shown_under_way().map_or_else(String::new, |open| format!(": {open}"));
    let cost = if cost.is_empty() { open } else { format!(" · {cost}{open}") };
    let unheard = unheard(spent.iter().map(|part| part.totals.usage.unheard_tokens).sum());
    let (useless, useless_cost) = useless(spent);
    let useless = unusable(useless, useless_cost);
    format!("{calls} · {about}{} + {about}{} tokens{cost}{useless}{unheard}", row.input_tokens, row.output_tokens)
}

/// Whether some of the tokens were not counted, or are what a call under way may use at most.
pub(super) fn is_estimated(spent: &[SpendRow]) -> bool {
    spent.iter().any(|part| part.totals.usage.estimated)
}

/// How many answers could not be used, and what they cost.
pub(super) fn useless(spent: &[SpendRow]) -> (u64, Money) {
    let answers = spent.iter().map(|part| part.totals.unusable).sum();
    (answers, spent.iter().map(|part| part.totals.unusable_cost).sum())
}

//! The result document of a run that is over. What it says comes from the run as it ends, or later from the store.

use crate::budget::report::{SpendRow, Totals};
use crate::core::failure::Failure;
use crate::core::ids::RunId;
use crate::core::status::RunStatus;
use crate::host::models::choices::Choices;
use crate::turn::root::status_of;
use serde_json::{Value, json};

/// What there is to say of a run.
pub struct Document<'a> {
    /// Its answer.
    pub answer: Option<&'a Value>,
    /// How it ended.
    pub status: RunStatus,
    /// Which it is.
    pub run: &'a RunId,
    /// Turns made; 0 for a direct answer.
    pub turns: u32,
    /// What it and its children used.
    pub totals: Totals,
    /// Calls that a budget refused.
    pub refused: u64,
    /// What was used by depth, role and model.
    pub rows: &'a [SpendRow],
    /// Why these models were chosen, and which stood in.
    pub choices: &'a Choices,
    /// Why it did not complete.
    pub failure: Option<&'a Failure>,
    /// What became of its steps, by name, if it is a pipeline.
    pub steps: Option<&'a Value>,
    /// The files that its steps wrote, by name.
    pub products: &'a [String],
    /// Whether it comes from the store, which does not have the calls that were answered without a model.
    pub is_stored: bool,
}

/// The same of what failed and is no run, or only a part of one; with the run that it was about, if it says that.
pub fn of_failure(failure: &Failure) -> Value {
    let mut document = json!({"answer": null, "status": status_of(failure).name(), "failure": failure});
    if let Some(run) = failure.details.get("run") {
        document["run"] = run.clone();
    }
    document
}

impl Document<'_> {
    /// The document: answer, status, id, turns, calls, tokens, cost, depth, models, steps, products.
    pub fn to_json(&self) -> Value {
        let t = &self.totals;
        let unless_stored = |calls: u64| (!self.is_stored).then(|| json!(calls));
        let entries = [
            ("answer", Some(json!(self.answer))),
            ("status", Some(json!(self.status))),
            ("run", Some(json!(self.run))),
            ("turns", Some(json!(self.turns))),
            ("calls", Some(json!(t.calls))),
            ("failed_calls", Some(json!(t.failed))),
            ("unusable_calls", Some(json!(t.unusable))),
            ("refused_calls", Some(json!(self.refused))),
            ("cached_calls", unless_stored(t.cached)),
            ("replayed_calls", unless_stored(t.replayed)),
            ("input_tokens", Some(json!(t.usage.input_tokens))),
            ("output_tokens", Some(json!(t.usage.output_tokens))),
            ("estimated", Some(json!(t.usage.estimated))),
            ("cost_usd", Some(json!(t.cost.usd()))),
            ("unusable_cost_usd", Some(json!(t.unusable_cost.usd()))),
            ("unpriced_calls", Some(json!(t.unpriced_calls))),
            ("depth", Some(json!(self.rows.iter().map(|row| row.depth).max().unwrap_or(0)))),
            ("models", Some(json!(self.choices.with_reasons(self.rows)))),
            ("substituted", Some(json!(self.choices.substitutions()))),
            ("failure", Some(json!(self.failure))),
            ("replayed", self.is_stored.then(|| json!(true))),
            ("steps", self.steps.cloned()),
            ("products", (!self.products.is_empty()).then(|| json!(self.products))),
        ];
        Value::Object(entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
    }
}

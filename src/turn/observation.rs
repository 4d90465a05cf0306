//! What a block of code did, as the model is shown it: cut in the middle, with the way to the rest.

use crate::core::text::{head_tail, one_line};
use crate::script::evaluate::Evaluation;
use crate::script::evaluate::report::render;

/// How much of an output a model is shown, in bytes.
const SHOWN: usize = 4_000;
/// How many new variables it is told of.
const NAMED: usize = 12;

/// What a block did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The text for the model.
    pub text: String,
    /// Whether it ran to its end.
    pub ok: bool,
    /// The request of the function-calling form that it answers.
    pub answers: Option<String>,
}

/// The observation of an evaluation.
pub fn of(evaluation: &Evaluation) -> Observation {
    let mut parts = Vec::new();
    let printed = evaluation.printed.trim_end();
    if !printed.is_empty() {
        parts.push(head_tail(printed, SHOWN, &recover(evaluation.printed_number)));
    }
    if !evaluation.shown.is_empty() {
        let shown = head_tail(&evaluation.shown, SHOWN, &recover(evaluation.value_number));
        let number = evaluation.value_number.map(|n| format!("out({n}) = ")).unwrap_or_default();
        parts.push(format!("{number}{shown}"));
    }
    if let Some(failure) = &evaluation.failure {
        parts.push(render(failure));
        if !evaluation.new_variables.is_empty() {
            parts.push("values assigned before the error are kept".to_owned());
        }
    }
    parts.extend(evaluation.note.as_ref().map(|note| format!("note: {note}")));
    if parts.is_empty() {
        parts.push("(no output)".to_owned());
    }
    if !evaluation.new_variables.is_empty() {
        let named = evaluation.new_variables.iter().take(NAMED).map(|v| format!("{}: {}", v.name, v.brief));
        let others: Vec<&str> = evaluation.new_variables.iter().skip(NAMED).map(|v| v.name.as_str()).collect();
        let others = (!others.is_empty()).then(|| one_line(&format!("and {}", others.join(", ")), 400));
        parts.push(format!("new variables:\n  {}", named.chain(others).collect::<Vec<_>>().join("\n  ")));
    }
    Observation { text: parts.join("\n"), ok: evaluation.failure.is_none(), answers: None }
}

/// The observation of something that was not run.
pub fn not_run(reason: impl Into<String>, answers: Option<String>) -> Observation {
    Observation { text: format!("not run: {}", reason.into()), ok: false, answers }
}

fn recover(number: Option<usize>) -> String {
    number.map(|n| format!("out({n})")).unwrap_or_default()
}

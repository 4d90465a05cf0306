//! What is said of an attempt that failed: to whom asked, and to the attempt after it.

use crate::core::failure::{Failure, FailureKind};
use crate::core::text::{head_tail, one_line};

/// The most bytes of a refused answer that the next attempt is shown.
const SHOWN: usize = 4_000;

/// The failure that an answer is which a check refused.
pub(super) fn refused(gate: &str, reason: &str, answer: &str) -> Failure {
    let why = if reason.is_empty() { String::new() } else { format!(": {}", one_line(reason, 400)) };
    Failure::new(FailureKind::Invalid, format!("the answer did not pass `{gate}`{why}"))
        .hint("a stronger role, a clearer prompt or an easier check helps; `raw` has the last answer")
        .detail("gate", gate)
        .detail("raw", answer)
}

/// What the next attempt is told.
pub(super) fn feedback(failure: &Failure, answer: Option<&str>, other: bool) -> String {
    let whose = if other { "Another model's earlier answer" } else { "Your earlier answer" };
    let mut text = String::new();
    if let Some(answer) = answer.filter(|answer| !answer.trim().is_empty()) {
        text = format!("{whose}:\n{}\n\n", head_tail(answer, SHOWN, ""));
    }
    let verb = if answer.is_some() { "It was not accepted" } else { "An earlier attempt failed" };
    format!("{text}{verb}: {}\nAnswer again, and avoid that.", one_line(&failure.message, 600))
}

//! Where a chain goes on after an attempt that came to nothing: a child run that failed, or another model that chance had
//! picked and that could not be asked.
//!
//! What these fail with says nothing of the answer that was to be mended. Its failure stands, and with it the rest of the
//! chain.

use crate::core::attempts::{Attempts, Open, Standing};
use crate::core::class::FailureClass;
use crate::core::failure::Failure;
use crate::host::attempts::decide;
use crate::policy::escalate::Move;
use serde_json::Value;

/// A failure that a chain has met.
pub(super) struct Setback {
    /// The failure.
    pub(super) failure: Failure,
    /// Whether a check refused an answer.
    pub(super) gated: bool,
    /// The answer, if there was one.
    pub(super) answer: Option<String>,
}

/// What a chain deals with after a setback: with an earlier one if the attempt came to nothing, where it then stands again.
pub(super) fn met(attempts: &mut Attempts, setback: Setback) -> Setback {
    let handed = std::mem::take(&mut attempts.handed);
    let is_nothing = !setback.gated && is_nothing(&setback.failure, handed);
    let Some(standing) = attempts.standing.take().filter(|_| is_nothing) else { return setback };
    let Standing { role, failure, gated, retries, thinks, escalations } = *standing;
    attempts.role = role;
    (attempts.retries, attempts.thinks, attempts.escalations) = (retries, thinks, escalations);
    let answer = failure.details.get("raw").and_then(Value::as_str).map(str::to_owned);
    let failure = if handed { with_child(failure, &setback.failure) } else { failure };
    // A run that ends with it and goes on makes both again.
    Setback { failure: Failure { cause: setback.failure.cause, ..failure }, gated, answer }
}

/// What is kept of a chain before an attempt that may come to nothing. A chain of an old log goes on as it did there, or its
/// next calls would have other keys and be paid again.
pub(super) fn before(attempts: &Attempts, chosen: &Move, open: &Open, met: (&Failure, bool)) -> Option<Box<Standing>> {
    let may_stray = match chosen {
        Move::Delegate => true,
        Move::Escalate(_) => decide::is_by_chance(open),
        Move::Retry | Move::Think | Move::Explore | Move::GiveUp => false,
    };
    let standing = || Standing {
        role: attempts.role.clone(),
        failure: met.0.clone(),
        gated: met.1,
        retries: attempts.retries,
        thinks: attempts.thinks,
        escalations: attempts.escalations,
    };
    (may_stray && !decide::is_of_old(open)).then(|| Box::new(standing()))
}

/// Whether an attempt failed with what says nothing of the task. What stops all that is around it stops the chain.
fn is_nothing(failure: &Failure, handed: bool) -> bool {
    failure.kind.catchable() && (handed || matches!(failure.kind.class(), FailureClass::Infra | FailureClass::End))
}

/// The failure of a chain whose child run failed too.
fn with_child(failure: Failure, child: &Failure) -> Failure {
    let hint = failure.hint.as_deref().map_or_else(String::new, |hint| format!("{hint}; "));
    let told = format!("{hint}the child run that took over failed too: {}", child.message);
    let mut map = child.to_map();
    // Its id stands beside it, as that of a child run that a program asked for.
    let id = map.remove("child").unwrap_or_default();
    failure.hint(told).detail("child", id).detail("child_failure", map)
}

#[cfg(test)]
mod tests {
    use super::before;
    use crate::core::attempts::{Attempts, Open};
    use crate::core::failure::{Failure, FailureKind};
    use crate::policy::escalate::{Decision, Move, VERSION};
    use serde_json::json;

    #[test]
    fn a_chain_of_an_old_log_does_not_stand_again_where_it_stood() {
        let failure = Failure::new(FailureKind::Invalid, "wrong");
        let stands = |policy: String| {
            let open = Open { policy, ..Open::default() };
            before(&Attempts::default(), &Move::Delegate, &open, (&failure, true)).is_some()
        };
        let logged = json!({"choice": {"move": "delegate"}, "decider": "audit", "reason": "by chance", "propensity": 0.1,
            "predicted": null, "n": 0.0, "ids": []});
        let old: Decision<Move> = serde_json::from_value(logged).expect("a decision of an old log");
        assert!(!stands(format!("audit/{}", old.version)));
        assert!(stands(format!("audit/{VERSION}")));
    }
}

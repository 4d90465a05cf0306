//! What an attempt teaches: one episode for the choice that led to it, with the attempt's own verdict.

use crate::core::attempts::{Open, Spent};
use crate::core::class::FailureClass;
use crate::core::effect::EffectKind;
use crate::core::episode::{Episode, Verdict, Verifier};
use crate::core::event::Event;
use crate::core::failure::Failure;
use crate::core::ids::Frame;
use crate::host::door::{self, Asked};
use crate::host::run_host::RunHost;
use crate::memory::situation;
use serde_json::{Value, json};

/// A choice with what became of it.
pub struct Credit<'a> {
    /// The task, of which equal ones count once.
    pub task: &'a str,
    /// The choice.
    pub open: Open,
    /// How it ended.
    pub outcome: Verdict,
    /// Who said so.
    pub verifier: Verifier,
    /// What the attempt used.
    pub spent: Spent,
}

/// What a failure says of the attempt; nothing worth keeping if a limit, a person or this program ended it. That a child
/// run used up the turns that it was handed is its failure.
pub fn verdict(failure: &Failure) -> Option<Verdict> {
    let verdict = failure.kind.verdict();
    let is_kept = verdict == Verdict::Fail || failure.kind.class() != FailureClass::End;
    is_kept.then_some(verdict)
}

/// Stores the episode. Memory is an aid: if it cannot be written the run goes on, and a note says so.
pub async fn store(host: &RunHost, frame: &Frame, credit: Credit<'_>) {
    if !host.kit.settings.memory {
        return;
    }
    let Credit { task, open, outcome, verifier, spent } = credit;
    let intent = json!({"credit": open.arm, "situation": open.situation, "outcome": outcome});
    let outcome = if host.kit.models.teaches(&spent.model) { outcome } else { Verdict::Unknown };
    let episode = Episode {
        at: host.now(),
        namespace: host.kit.settings.namespace,
        fingerprint: situation::fingerprint(&situation::canonical(task)),
        situation: open.situation,
        action: open.action,
        arm: open.arm,
        offered: open.offered,
        propensity: open.propensity,
        policy: open.policy,
        predicted: open.predicted,
        role: open.role,
        failure: open.failure,
        gate: open.gate,
        failures: open.failures,
        model: spent.model,
        outcome,
        verifier,
        trust: verifier.trust(),
        run: host.run.to_string(),
        cost_nanos: spent.cost_nanos,
        tokens: spent.tokens,
        millis: spent.millis,
        shown: open.shown,
        ..Episode::default()
    };
    let work = async { host.kit.memory.remember(episode).await.map(Value::String).into() };
    let asked = Asked::new(EffectKind::Remember, &intent);
    if let Err(failure) = door::observe(host, frame, asked, work).await {
        host.emit(frame, &Event::Note { text: format!("an attempt is not remembered: {failure}") });
    }
}

//! What a run leaves behind for memory: the episodes of a finished run.

use crate::core::episode::{Episode, Verdict, Verifier, action};
use crate::core::event::Event;
use crate::core::failure::Failure;
use crate::core::ids::Frame;
use crate::core::status::RunStatus;
use crate::core::text::one_line;
use crate::host::memories::explore::{self, Offer};
use crate::host::memories::trail::Look;
use crate::host::run_host::RunHost;
use crate::memory::situation::{self, Situation};

/// How a run ended, as far as its episodes need it.
pub struct Ended<'a> {
    /// Its task.
    pub task: &'a str,
    /// Its role.
    pub role: &'a str,
    /// How.
    pub status: RunStatus,
    /// Why it did not complete.
    pub failure: Option<&'a Failure>,
    /// Turns made; 0 for a direct answer.
    pub turns: u32,
    /// What it used.
    pub tokens: u64,
    /// What it cost, in nano-USD.
    pub cost_nanos: u64,
}

/// How a finished run is remembered: one episode for the run, and one for each way in which it looked into its context.
pub fn of_run(host: &RunHost, ended: &Ended<'_>) -> Vec<Episode> {
    let context = explore::shape(&host.view).line();
    let situation = Situation { context, role: ended.role.to_owned(), ..Situation::of_task(ended.task) };
    // A schema that FINAL was held to is a gate; else that a run ended is weak evidence that it was right.
    let gated = ended.status == RunStatus::Completed && host.schema.is_some();
    let verifier = if gated { Verifier::Gate } else { Verifier::None };
    let outcome = if teaches(host) { verdict(ended.status, ended.failure) } else { Verdict::Unknown };
    let offer = host.trail.offer();
    let common = Episode {
        at: host.now(),
        namespace: host.kit.settings.namespace,
        fingerprint: situation::fingerprint(&situation::canonical(ended.task)),
        policy: offer.map(|offer| offer.policy.clone()).unwrap_or_default(),
        propensity: offer.filter(|offer| !offer.policy.is_empty()).map_or(1.0, |offer| offer.propensity),
        outcome,
        verifier,
        trust: verifier.trust(),
        run: host.run.to_string(),
        shown: offer.map(Offer::ids).unwrap_or_default(),
        hint_used: host.trail.hint_used(),
        ..Episode::default()
    };
    let run = Episode {
        situation: situation::text(&situation),
        action: action::STRATEGY.to_owned(),
        arm: ended.role.to_owned(),
        lesson: lesson(ended, outcome),
        tokens: ended.tokens,
        cost_nanos: ended.cost_nanos,
        ..common.clone()
    };
    let looked = |look: Look| Episode {
        situation: explore::situation(&host.view, ended.task),
        action: action::EXPLORE.to_owned(),
        arm: look.template,
        hits: look.hits,
        tokens: look.tokens,
        cost_nanos: look.cost_nanos,
        ..common.clone()
    };
    std::iter::once(run).chain(looks(host, ended).into_iter().map(looked)).collect()
}

/// Whether a model took part of which there is something to learn; so it is where none did.
fn teaches(host: &RunHost) -> bool {
    let rows = host.scope.report().rows;
    rows.is_empty() || rows.iter().any(|row| host.kit.models.teaches(row.model.as_str()))
}

/// What is remembered of a child run: how it looked. As a run it is a part of its parent's, which chance dealt with as one.
pub fn of_child(host: &RunHost, ended: &Ended<'_>) -> Vec<Episode> {
    let mut episodes = if ended.turns > 0 { of_run(host, ended) } else { Vec::new() };
    episodes.retain(|episode| episode.action == action::EXPLORE);
    episodes
}

/// Writes episodes of a run together. Memory is an aid: if it cannot be written a note says so.
pub async fn remember(host: &RunHost, episodes: Vec<Episode>) {
    if episodes.is_empty() || !host.kit.settings.memory {
        return;
    }
    if let Err(failure) = host.kit.memory.remember_all(episodes).await {
        let text = format!("the run is not remembered: {failure}");
        host.emit(&Frame::root(), &Event::Note { text });
    }
}

/// The ways in which the run looked; without a context there is nothing to look into.
fn looks(host: &RunHost, ended: &Ended<'_>) -> Vec<Look> {
    if host.view.is_empty() {
        return Vec::new();
    }
    if ended.turns == 0 && ended.tokens > 0 {
        let (template, tokens, cost_nanos) = (explore::DIRECT.to_owned(), ended.tokens, ended.cost_nanos);
        return vec![Look { template, tokens, cost_nanos, hits: None }];
    }
    host.trail.looks()
}

/// What the end says of the run: nothing if the network, the settings or a limit were at fault, but that it used up its
/// turns does.
pub fn verdict(status: RunStatus, failure: Option<&Failure>) -> Verdict {
    match failure {
        _ if status == RunStatus::Completed => Verdict::Success,
        Some(failure) => failure.kind.verdict(),
        None => Verdict::Unknown,
    }
}

/// What to know next time. What says nothing of the run teaches nothing of its task either.
fn lesson(ended: &Ended<'_>, outcome: Verdict) -> String {
    match ended.failure {
        None if ended.turns == 0 => "one direct call answered it".to_owned(),
        None => format!("answered in {} turns", ended.turns),
        Some(failure) if outcome == Verdict::Fail => one_line(&failure.message, 160),
        Some(_) => String::new(),
    }
}

//! `recall` and `remember`.

pub mod episodes;
pub mod explore;
pub mod shown;
pub mod trail;

use crate::core::effect::EffectKind;
use crate::core::episode::{Episode, Recalled};
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::door::{self, Asked};
use crate::host::run_host::RunHost;
use crate::memory::index::filter::Filter;
use serde_json::{Value, json};

/// Answers `recall`.
pub async fn recall(host: &RunHost, frame: &Frame, query: String, k: usize) -> Outcome<Value> {
    let intent = json!({"query": query, "k": k});
    let seen = Filter { namespaces: host.kit.settings.namespaces(), ..Filter::default() };
    let work = async { host.kit.memory.recall_where(&query, k, &seen).await.map(|found| rows(&found)).into() };
    let answer: Outcome<Value> = door::observe(host, frame, Asked::new(EffectKind::Recall, &intent), work).await;
    for row in answer.iter().filter_map(Value::as_array).flatten() {
        host.shown.note(row["lesson"].as_str().unwrap_or_default());
    }
    tell_notes(host, frame);
    answer
}

/// Answers `remember`: the id of the new episode.
///
/// What the run was shown from the memory is refused, and not stored with less trust: it would be shown again as if a second
/// run had found it, and a refusal tells the script that it has brought nothing new.
pub async fn remember(host: &RunHost, frame: &Frame, episode: Episode) -> Outcome<Value> {
    if episode.situation.trim().is_empty() {
        return Err(Failure::new(FailureKind::Invalid, "remember: `situation` is empty")
            .hint("it is the text that recall() compares: say what the task and the context were like"));
    }
    if host.shown.is_echo(&episode) {
        let hint = "the run itself is remembered at its end; put into `lesson` only what this run has found out";
        return Err(Failure::new(
            FailureKind::Invalid,
            "remember: this was shown from the memory and is no new evidence",
        )
        .hint(hint));
    }
    let episode = believed(host, frame, episode);
    let intent = serde_json::to_value(&episode).unwrap_or_default();
    let action = if episode.action.is_empty() { "note".to_owned() } else { episode.action.clone() };
    let namespace = host.kit.settings.namespace;
    let episode = Episode { action, namespace, at: host.now(), run: host.run.to_string(), ..episode };
    let work = async { host.kit.memory.remember(episode).await.map(Value::String).into() };
    let answer = door::perform(host, frame, Asked::new(EffectKind::Remember, &intent), None, work).await;
    tell_notes(host, frame);
    answer
}

/// An episode with no more trust than its verifier earns: that a script says so is no verdict of a check.
fn believed(host: &RunHost, frame: &Frame, episode: Episode) -> Episode {
    let earned = episode.verifier.trust();
    if episode.trust <= earned {
        return episode;
    }
    let text = format!(
        "remember: trust {} is lowered to {earned}, which is what a claim earns that nobody has checked",
        episode.trust
    );
    host.emit(frame, &Event::Note { text });
    Episode { trust: earned, ..episode }
}

/// What the index had to say: a note never fails a run, because the episodes themselves are safe in the store.
fn tell_notes(host: &RunHost, frame: &Frame) {
    for note in host.kit.memory.take_notes() {
        host.emit(frame, &Event::Note { text: note.to_string() });
    }
}

fn rows(found: &[Recalled]) -> Value {
    let row = |recalled: &Recalled| {
        let e = &recalled.episode;
        json!({
            "id": e.id, "situation": e.situation, "action": e.action, "arm": e.arm, "outcome": e.outcome,
            "lesson": e.lesson, "trust": e.trust, "similarity": recalled.similarity,
        })
    };
    Value::Array(found.iter().map(row).collect())
}

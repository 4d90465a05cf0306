//! `suggest_exploration`: advice on where to look, from memory if it knows similar runs, else from the context's shape.

use crate::context::view::View;
use crate::core::episode::{Recalled, Verdict};
use crate::core::failure::Outcome;
use crate::host::run_host::RunHost;
use crate::policy::explore::{Shape, advice};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Answers `suggest_exploration`.
pub async fn suggest(host: &RunHost) -> Value {
    let shape = shape(&host.view);
    json!({
        "advice": advice(&shape),
        "evidence": "default for this size and kind of context",
        "lessons": lessons(host, &format!("{} documents, mostly {}", shape.documents, shape.kind)).await,
    })
}

/// What similar runs taught, for the first prompt: at most three lessons of successful or failed runs.
///
/// Memory is an aid: if it cannot be read the run goes on without it, and the note says so.
pub async fn lessons(host: &RunHost, situation: &str) -> Vec<String> {
    if !host.kit.settings.memory {
        return Vec::new();
    }
    match recalled(host, situation).await {
        Ok(found) => {
            let useful = |r: &&Recalled| r.similarity > 0.3 && !r.episode.lesson.is_empty();
            let line = |r: &Recalled| {
                let how = match r.episode.outcome {
                    Verdict::Success => "worked",
                    Verdict::Fail => "failed",
                    Verdict::Infra | Verdict::Unknown => "was seen",
                };
                format!("{how}: {}", r.episode.lesson)
            };
            found.iter().filter(useful).take(3).map(line).collect()
        }
        Err(failure) => {
            let text = format!("memory is not used: {failure}");
            host.emit(&crate::core::ids::Frame::root(), &crate::core::event::Event::Note { text });
            Vec::new()
        }
    }
}

/// Opening the index costs tens of milliseconds, so a memory without episodes is not asked.
async fn recalled(host: &RunHost, situation: &str) -> Outcome<Vec<Recalled>> {
    if host.kit.store.episode_count()? == 0 {
        return Ok(Vec::new());
    }
    host.kit.memory.recall(situation, 8).await
}

/// The shape of a context.
pub fn shape(view: &View) -> Shape {
    let documents = view.documents();
    let mut kinds: HashMap<String, usize> = HashMap::new();
    for document in &documents {
        if let Some((_, kind)) = document.name().rsplit_once('.') {
            *kinds.entry(kind.to_lowercase()).or_default() += 1;
        }
    }
    let most = kinds.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
    Shape {
        bytes: u64::try_from(view.len()).unwrap_or(u64::MAX),
        documents: documents.len(),
        kind: most.map(|(kind, _)| kind).unwrap_or_default(),
    }
}

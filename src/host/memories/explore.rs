//! Advice on where to look: from memory if it knows similar runs, else from the context's shape.
//!
//! It ranks nothing; `policy::explore` does.

use crate::context::view::View;
use crate::core::effect::EffectKind;
use crate::core::episode::{Episode, Namespace, Recalled, Verdict, action};
use crate::core::event::Event;
use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::host::ask::share;
use crate::host::door::{self, Asked};
use crate::host::run_host::RunHost;
use crate::memory::index::filter::Filter;
use crate::memory::learn::Question;
use crate::memory::situation::{self, Situation};
use crate::policy;
use crate::policy::explore::{Hint, LEAST, Shape, advice, rank};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Templates that are asked about: those with the most evidence.
const ARMS: usize = 24;
/// Hints and lessons that are shown, each.
const SHOWN: usize = 3;
/// Episodes among which lessons are sought; most have none.
const SOUGHT: usize = 40;
/// The template of an answer in one call, which the program chooses and not the model.
pub const DIRECT: &str = "direct";

/// What the memory has to say to a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// `on` or `off` where the memory could be asked; empty where there was none.
    pub policy: String,
    /// How probable that was.
    pub propensity: f64,
    /// Ways of looking, the best first.
    pub hints: Vec<Hint>,
    /// What similar runs taught, each with its episode.
    pub lessons: Vec<(String, String)>,
}

impl Offer {
    /// The ids of the episodes that it shows.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let of_hints = self.hints.iter().flat_map(|hint| hint.ids.iter());
        for id in of_hints.chain(self.lessons.iter().map(|(id, _)| id)) {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        ids
    }
}

/// What the first prompt of a root says of looking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// What suits the shape of the context, where the memory has no hints.
    pub begin: Option<String>,
    /// Ways of looking, with their evidence.
    pub hints: Vec<String>,
    /// Lessons of similar runs.
    pub lessons: Vec<String>,
}

/// The opening of a root run.
pub async fn opening(host: &RunHost, task: &str) -> Opening {
    let offer = offer(host, task).await;
    let begin = offer.hints.is_empty() && !host.view.is_empty();
    Opening {
        begin: begin.then(|| advice(&shape(&host.view)).to_owned()),
        hints: offer.hints.iter().map(Hint::line).collect(),
        lessons: offer.lessons.iter().map(|(_, lesson)| lesson.clone()).collect(),
    }
}

/// Answers `suggest_exploration`: for a root run with what its first prompt said.
pub async fn suggest(host: &RunHost) -> Value {
    let offer = offer(host, "").await;
    let best = offer.hints.first();
    let evidence = best.map(Hint::evidence);
    json!({
        "advice": best.map_or_else(|| advice(&shape(&host.view)).to_owned(), |hint| hint.template.clone()),
        "evidence": evidence.unwrap_or_else(|| "default for this size and kind of context".to_owned()),
        "hints": offer.hints.iter().map(|hint| json!({
            "template": hint.template, "worked": hint.worked, "similar": hint.similar, "tokens": hint.tokens,
            "chance": hint.chance,
        })).collect::<Vec<_>>(),
        "lessons": offer.lessons.iter().map(|(_, lesson)| lesson).collect::<Vec<_>>(),
    })
}

/// The best way of looking that a run has not tried, from what it was offered and the shape of its context.
pub fn untried(host: &RunHost) -> Option<Hint> {
    let hints = host.trail.offer().map(|offer| offer.hints.as_slice()).unwrap_or_default();
    let looks: Vec<String> = host.trail.looks().into_iter().map(|look| look.template).collect();
    policy::explore::untried(hints, &shape(&host.view), &looks)
}

/// What is offered to this run, once: an effect, since chance decides whether it is offered anything.
///
/// Memory is an aid: if it cannot be read the run goes on without it, and a note says so. An empty memory is not asked.
async fn offer(host: &RunHost, task: &str) -> Offer {
    if let Some(offer) = host.trail.offer() {
        return offer.clone();
    }
    let asked = async {
        let intent = json!({"hints": task, "context": shape(&host.view).line()});
        let asked = Asked::new(EffectKind::Decision, &intent);
        if !host.kit.settings.memory || host.kit.store.episode_count()? == 0 {
            return door::told(host, &Frame::root(), asked, Offer::default());
        }
        door::observe(host, &Frame::root(), asked, async { drawn(host, task).await.into() }).await
    };
    let offer = asked.await.unwrap_or_else(|failure| {
        host.emit(&Frame::root(), &Event::Note { text: format!("memory is not used: {failure}") });
        Offer::default()
    });
    let offer = host.trail.advise(offer);
    for hint in &offer.hints {
        host.shown.note_template(&hint.template);
        host.shown.note(&hint.evidence());
    }
    for (_, lesson) in &offer.lessons {
        host.shown.note(lesson.split_once(": ").map_or(lesson.as_str(), |(_, said)| said));
    }
    offer.clone()
}

async fn drawn(host: &RunHost, task: &str) -> Outcome<Offer> {
    let off = host.kit.settings.off_share;
    if share() < off {
        return Ok(Offer { policy: "off".to_owned(), propensity: off, ..Offer::default() });
    }
    Ok(Offer {
        policy: "on".to_owned(),
        propensity: 1.0 - off,
        hints: hints(host, task).await?,
        lessons: lessons(host, task).await?,
    })
}

/// The best ways of looking for a task over this run's context, at most three; nothing is noted.
pub async fn hints(host: &RunHost, task: &str) -> Outcome<Vec<Hint>> {
    let settings = &host.kit.settings;
    if !settings.memory || host.view.is_empty() {
        return Ok(Vec::new());
    }
    let arms = arms(host)?;
    if arms.is_empty() {
        return Ok(Vec::new());
    }
    let question = Question {
        situation: situation(&host.view, task),
        action: action::EXPLORE.to_owned(),
        arms: arms.iter().map(|arm| (arm.clone(), String::new())).collect(),
        namespaces: settings.namespaces(),
        now: host.now(),
        ..Question::default()
    };
    let known = host.kit.memory.posteriors(&question).await?;
    let mut ranked = rank(arms.into_iter().zip(known).collect(), settings.escalation.price);
    ranked.truncate(SHOWN);
    Ok(ranked)
}

/// The situation in which a context is looked into; the same text is stored and asked for.
pub fn situation(view: &View, task: &str) -> String {
    situation::text(&Situation { context: shape(view).line(), ..Situation::of_task(task) })
}

/// The templates with enough evidence for a hint, the most evident first. Shipped knowledge alone is not enough.
fn arms(host: &RunHost) -> Outcome<Vec<String>> {
    let readable = host.kit.settings.namespaces();
    let mut sums: HashMap<String, f64> = HashMap::new();
    for cell in host.kit.store.utilities(action::EXPLORE)? {
        if cell.namespace != Namespace::Seed && readable.contains(&cell.namespace) && cell.arm != DIRECT {
            *sums.entry(cell.arm).or_default() += cell.n;
        }
    }
    let mut arms: Vec<(String, f64)> = sums.into_iter().filter(|(_, n)| *n >= LEAST).collect();
    arms.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(arms.into_iter().take(ARMS).map(|(arm, _)| arm).collect())
}

/// What similar runs taught, with the ids of their episodes: at most three lessons of successful or failed runs.
async fn lessons(host: &RunHost, task: &str) -> Outcome<Vec<(String, String)>> {
    let text = if task.is_empty() { situation(&host.view, task) } else { task.to_owned() };
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let readable = Filter { namespaces: host.kit.settings.namespaces(), ..Filter::default() };
    let found = host.kit.memory.recall_where(&text, SOUGHT, &readable).await?;
    // A shipped episode that failed shows what advice is for; told as a failure it would speak against the advice.
    let shown_off = |e: &Episode| e.namespace == Namespace::Seed && e.outcome == Verdict::Fail;
    let mut told: HashSet<String> = HashSet::new();
    let mut useful = |r: &&Recalled| {
        let e = &r.episode;
        r.similarity > 0.3 && !e.lesson.is_empty() && !shown_off(e) && told.insert(e.lesson.clone())
    };
    let line = |r: &Recalled| {
        let how = match r.episode.outcome {
            Verdict::Success => "worked",
            Verdict::Fail => "failed",
            Verdict::Infra | Verdict::Unknown => "was seen",
        };
        (r.episode.id.clone(), format!("{how}: {}", r.episode.lesson))
    };
    Ok(found.iter().filter(|r| useful(r)).take(SHOWN).map(line).collect())
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

//! Which model answers: a filter by what is required, then an order, then the first that can be called.
//!
//! Pure. Who is a candidate is decided in `host/models/choose`; what happens when the chosen one fails is in `substitute`.

use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::ModelId;
use crate::core::strategy::Strategy;
use crate::core::text::{did_you_mean, nearest};
use crate::policy::merit::{Merit, ordered};
use crate::registry::capabilities::WORDS;
use crate::registry::models::ModelSpec;
use serde::Serialize;
use std::sync::Arc;

/// A model that could answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// What it is.
    pub spec: Arc<ModelSpec>,
    /// The variable of its key, if it needs one and it is not set.
    pub missing_key: Option<String>,
    /// Why it may not be asked although it could be, if there is a reason.
    pub barred: Option<String>,
}

/// Why these are the candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One model, named by the call, a flag, a variable or a command: the words that say by whom.
    Named(String),
    /// The role's list, the preferred one first.
    Role,
    /// Every model that is known.
    All,
    /// The default model, with the reason for it.
    Default(String),
}

/// What is wanted of a model.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Capabilities and tags that it must have.
    pub requires: &'a [String],
    /// Those of them that the role requires; a call asks for the others.
    pub of_role: &'a [String],
    /// How to order the candidates; `None` leaves them in their own order.
    pub strategy: Option<Strategy>,
}

/// What became of one candidate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Considered {
    /// The candidate.
    pub model: ModelId,
    /// Whether it answers.
    pub chosen: bool,
    /// Why it was dropped; `None` for one that would have done.
    pub dropped: Option<String>,
    /// What strategies go by.
    #[serde(flatten)]
    pub merit: Merit,
}

/// A choice, with what there was to choose from.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The place of the chosen one among the candidates, or why there is none.
    pub picked: Result<usize, Failure>,
    /// Why, in words for people; for a failure why nobody else was asked.
    pub reason: String,
    /// All candidates, those that would have done first, in the order of the strategy.
    pub considered: Vec<Considered>,
}

/// Chooses.
pub fn choose(candidates: &[Candidate], origin: &Origin, wanted: Wanted<'_>) -> Choice {
    let dropped: Vec<Option<String>> = candidates.iter().map(|c| objection(c, wanted.requires)).collect();
    let fit: Vec<usize> = (0..candidates.len()).filter(|at| dropped.get(*at).is_some_and(Option::is_none)).collect();
    let merits: Vec<Merit> = candidates.iter().map(|c| Merit::of(&c.spec)).collect();
    let order = match wanted.strategy {
        Some(strategy) => ordered(strategy, &fit, &merits),
        None => fit,
    };
    let first = order.first().copied();
    let reason = match first {
        Some(at) => because(at, &dropped, order.len(), origin, wanted, candidates),
        None => match origin {
            Origin::Named(why) | Origin::Default(why) => why.clone(),
            Origin::Role => "the role's list".to_owned(),
            Origin::All => format!("{}, among all that are known", wish(wanted.requires)),
        },
    };
    let rest = (0..candidates.len()).filter(|at| dropped.get(*at).is_some_and(Option::is_some));
    let considered = order.iter().copied().chain(rest).filter_map(|at| {
        let (candidate, dropped, merit) = (candidates.get(at)?, dropped.get(at)?.clone(), *merits.get(at)?);
        Some(Considered { model: candidate.spec.id.clone(), chosen: first == Some(at), dropped, merit })
    });
    Choice { considered: considered.collect(), picked: first.ok_or_else(|| nobody(candidates, origin, wanted)), reason }
}

/// Why a candidate cannot answer. What it lacks comes before its key: a key would not help it.
pub fn objection(candidate: &Candidate, requires: &[String]) -> Option<String> {
    let lacking: Vec<&str> = requires.iter().map(String::as_str).filter(|word| !meets(&candidate.spec, word)).collect();
    if !lacking.is_empty() {
        return Some(format!("has no {}", lacking.join(", no ")));
    }
    let key = candidate.missing_key.as_ref().map(|variable| format!("{variable} is not set"));
    key.or_else(|| candidate.barred.clone())
}

/// Whether a model has a capability or tag.
pub fn meets(spec: &ModelSpec, word: &str) -> bool {
    spec.capabilities.has(word).unwrap_or_else(|| spec.tags.iter().any(|tag| tag == word))
}

fn because(
    at: usize,
    dropped: &[Option<String>],
    fit: usize,
    origin: &Origin,
    wanted: Wanted<'_>,
    candidates: &[Candidate],
) -> String {
    let of = |count: usize| if count == 1 { "the only one".to_owned() } else { format!("{count} models") };
    match (origin, wanted.strategy) {
        (Origin::Named(by), _) => by.clone(),
        (Origin::Default(reason), _) => reason.clone(),
        (Origin::Role, None) if at == 0 => "first of the role's models".to_owned(),
        (Origin::Role, None) => {
            let before = candidates.iter().zip(dropped).take(at);
            let why = before.filter_map(|(c, why)| Some(format!("{} {}", c.spec.id, why.as_ref()?)));
            format!("number {} of the role's models: {}", at + 1, why.collect::<Vec<_>>().join("; "))
        }
        (Origin::Role | Origin::All, strategy) => {
            let whose = if *origin == Origin::Role { " of the role's" } else { "" };
            let with = if wanted.requires.is_empty() {
                String::new()
            } else {
                wish(wanted.requires).replacen("a model", "", 1)
            };
            let how = match strategy {
                Some(Strategy::Cost) => "cheapest of",
                Some(Strategy::Performance) => "best of",
                Some(Strategy::Balanced) => "best balance of cost and rank among",
                None => "first of",
            };
            if fit == 1 { format!("{}{whose}{with}", of(1)) } else { format!("{how} {}{whose}{with}", of(fit)) }
        }
    }
}

/// What is wanted, in words.
fn wish(requires: &[String]) -> String {
    if requires.is_empty() { "a model".to_owned() } else { format!("a model with {}", requires.join(" and ")) }
}

/// Why nobody answers: a requirement that nobody meets, several that nobody meets together, or keys.
fn nobody(candidates: &[Candidate], origin: &Origin, wanted: Wanted<'_>) -> Failure {
    let requires = wanted.requires;
    let suited = || candidates.iter().filter(move |c| requires.iter().all(|word| meets(&c.spec, word)));
    let keyless: Vec<(&ModelId, &String)> =
        suited().filter_map(|c| Some((&c.spec.id, c.missing_key.as_ref()?))).collect();
    if let (Some((id, variable)), false) = (keyless.first(), *origin == Origin::All) {
        return Failure::new(FailureKind::Auth, format!("{id} needs a key and {variable} is not set"))
            .hint(format!("export {variable}=..., or choose another model with --model (`offline` needs no key)"));
    }
    let unmet = requires.iter().find(|word| !candidates.iter().any(|c| meets(&c.spec, word)));
    let who = match (origin, candidates) {
        (Origin::Named(by), [one]) => format!("{}, {by},", one.spec.id),
        (Origin::Default(_), [one]) => format!("the default model {}", one.spec.id),
        (Origin::Role, _) => "none of the role's models".to_owned(),
        _ => "no model".to_owned(),
    };
    let does = if who.starts_with('n') { "has" } else { "does not have" };
    let message = match unmet {
        Some(word) => {
            let whose = if wanted.of_role.contains(word) { "role" } else { "call" };
            format!("{who} {does} `{word}`, which the {whose} requires")
        }
        None if requires.is_empty() => "there is no model that can be called".to_owned(),
        None if requires.len() == 1 || !keyless.is_empty() => {
            format!("no model that can be called has `{}`", requires.join("` and `"))
        }
        None => format!("{who} {does} `{}` together", requires.join("` and `")),
    };
    let failure = Failure::new(FailureKind::NoModel, message).detail("requires", requires.to_vec());
    let failure = match unmet {
        Some(word) => failure.detail("unmet", word.as_str()),
        None => failure,
    };
    if *origin == Origin::Role && unmet.is_some_and(|word| WORDS.contains(&word.as_str())) {
        let word = requires.join(",");
        return failure.hint(format!(
            "the role's `models` come before what is required; `rhizo models explain --requires {word}` shows who else \
             has it, to be listed there"
        ));
    }
    // What is said against a model matters only where it would do.
    match suited().find_map(|c| c.barred.clone()).filter(|_| keyless.is_empty()) {
        Some(barred) => failure.hint(barred),
        None => failure.hint(advice(candidates, origin, unmet, keyless.first().copied())),
    }
}

fn advice(
    candidates: &[Candidate],
    origin: &Origin,
    unmet: Option<&String>,
    keyless: Option<(&ModelId, &String)>,
) -> String {
    if let Some((id, variable)) = keyless {
        return format!("{id} would do; export {variable}=...");
    }
    let tags = candidates.iter().flat_map(|c| &c.spec.tags).map(String::as_str);
    let near = unmet.and_then(|word| nearest(word, WORDS.iter().copied().chain(tags)).filter(|near| near != word));
    match (near, unmet) {
        (Some(near), _) => did_you_mean(near),
        (None, Some(word)) if WORDS.contains(&word.as_str()) => {
            let write = format!("write {word} = true under a model that has it");
            // Where all were looked at there is nobody to be listed.
            match origin {
                Origin::All => write,
                _ => format!("`rhizo models explain --requires {word}` lists those that have it; {write}"),
            }
        }
        _ => format!("capabilities are {}; other words are tags = [..] under [models.NAME]", WORDS.join(", ")),
    }
}

#[cfg(test)]
mod tests;

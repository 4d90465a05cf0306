//! Episodes from elsewhere: JSON lines as `memory export` writes them, or recorded outcomes of two models.
//!
//! Nothing in a file says of itself how far it is believed: trust is what its verifier gives at most, a task is
//! recognised by its text, and what the owner does not vouch for is hearsay.

use crate::app::bench::data::{FORM, Row};
use crate::core::episode::{Episode, Namespace, Verdict, Verifier, action};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::meant;
use crate::memory::seeds::{self, id_of};
use crate::memory::situation::{self, Situation};
use serde_json::{Map, Value};
use std::io::{BufRead, Read};

/// The longest line, in bytes.
const LONGEST: u64 = 1024 * 1024;
/// The most faults that are told.
const TOLD: usize = 5;
/// The fields of an episode in the order in which they are told.
const FIELDS: &[&str] = &[
    "id",
    "at",
    "namespace",
    "situation",
    "fingerprint",
    "action",
    "arm",
    "offered",
    "propensity",
    "policy",
    "predicted",
    "role",
    "failure",
    "gate",
    "failures",
    "model",
    "outcome",
    "verifier",
    "lesson",
    "run",
    "cost_nanos",
    "tokens",
    "millis",
    "trust",
    "shown",
    "hint_used",
    "hits",
    "embedder",
];

/// How lines are taken in.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Milliseconds since 1970.
    pub now: u64,
    /// Whether the owner vouches for the lines.
    pub own: bool,
    /// The arms of recorded outcomes: the weak role and the strong one; nothing where none are expected.
    pub roles: Option<(String, String)>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The episodes, with their ids.
    pub episodes: Vec<Episode>,
    /// Lines that held something.
    pub lines: u64,
    /// Episodes that claimed more trust than their verifier gives.
    pub lowered: u64,
    /// Episodes that are believed only once a second task agrees, because nobody vouches for them.
    pub hearsay: u64,
}

/// Reads all lines, or answers `Invalid` with the first faults and their lines: nothing is taken from a faulty file.
pub fn read(name: &str, source: impl BufRead, intake: &Intake) -> Outcome<Batch> {
    let mut batch = Batch::default();
    let mut faults: Vec<(u64, String)> = Vec::new();
    let mut source = source;
    for number in 1_u64.. {
        let mut line = Vec::new();
        let read = source.by_ref().take(LONGEST + 1).read_until(b'\n', &mut line);
        match read {
            Ok(0) => break,
            Ok(length) if length as u64 > LONGEST => {
                faults.push((number, format!("a line of more than {LONGEST} bytes")));
                break;
            }
            Ok(_) => {}
            Err(error) => return Err(Failure::new(FailureKind::Io, format!("cannot read {name}: {error}"))),
        }
        let Ok(text) = std::str::from_utf8(&line) else {
            faults.push((number, "the line is not Unicode".to_owned()));
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        batch.lines += 1;
        if let Err(why) = take(text.trim(), intake, &mut batch) {
            faults.push((number, why));
        }
    }
    if faults.is_empty() { Ok(batch) } else { Err(refused(name, &faults)) }
}

fn refused(name: &str, faults: &[(u64, String)]) -> Failure {
    let told: Vec<String> = faults.iter().take(TOLD).map(|(line, why)| format!("{name}:{line}: {why}")).collect();
    let more = if faults.len() > TOLD { format!("\nand {} more", faults.len() - TOLD) } else { String::new() };
    let known = "a line is what `rhizo memory export -` writes, and for `memory seed --from` also";
    let hint = format!("nothing was taken; {known} {FORM}");
    Failure::new(FailureKind::Invalid, format!("{}{more}", told.join("\n"))).hint(hint)
}

fn take(line: &str, intake: &Intake, batch: &mut Batch) -> Result<(), String> {
    let value: Map<String, Value> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match &intake.roles {
        Some(roles) if value.contains_key("weak") || value.contains_key("strong") => {
            batch.episodes.extend(outcomes(&Row::read(line)?, roles, intake.now)?);
        }
        _ => {
            if let Some(key) = value.keys().find(|key| !FIELDS.contains(&key.as_str())) {
                let hint = meant(key, FIELDS.iter().copied()).map_or_else(String::new, |meant| format!("; {meant}"));
                return Err(format!("unknown field `{key}`{hint}"));
            }
            let claims = value.contains_key("trust");
            let episode: Episode = serde_json::from_value(Value::Object(value)).map_err(|error| error.to_string())?;
            let episode = checked(line, episode)?;
            let episode = bounded(episode, claims, intake, batch);
            batch.episodes.push(episode);
        }
    }
    Ok(())
}

/// An episode with an id, or what is wrong with it.
fn checked(line: &str, episode: Episode) -> Result<Episode, String> {
    let named = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let share = |number: f64| (0.0..=1.0).contains(&number);
    if episode.situation.trim().is_empty() {
        Err("`situation` is empty".to_owned())
    } else if episode.action.trim().is_empty() {
        Err("`action` is empty".to_owned())
    } else if episode.id.len() > 64 || !episode.id.chars().all(named) {
        Err("`id` has at most 64 letters, digits, - and _".to_owned())
    } else if !share(episode.trust) || !share(episode.propensity) || !episode.predicted.is_none_or(share) {
        Err("`trust`, `propensity` and `predicted` are numbers from 0 to 1".to_owned())
    } else {
        let id = if episode.id.is_empty() { id_of(&["line", line]) } else { episode.id };
        Ok(Episode { id, ..episode })
    }
}

/// An episode with no more weight than it may have.
fn bounded(mut episode: Episode, claims: bool, intake: &Intake, batch: &mut Batch) -> Episode {
    // One from the future would never fade.
    episode.at = if episode.at == 0 { intake.now } else { episode.at.min(intake.now) };
    // Otherwise one task could pass for many.
    episode.fingerprint = String::new();
    let given = episode.verifier.trust();
    if episode.namespace == Namespace::Prod && !intake.own {
        batch.hearsay += 1;
        if episode.verifier.stands_alone() {
            episode.verifier = Verifier::Judge;
        }
        // Models read lessons: those of a stranger could tell them anything.
        episode.lesson = String::new();
    }
    let most = |of_verifier: f64| if episode.namespace == Namespace::Seed { seeds::TRUST } else { of_verifier };
    // What only hearsay lowers is told as hearsay.
    batch.lowered += u64::from(claims && episode.trust > most(given));
    episode.trust = episode.trust.min(most(episode.verifier.trust()));
    episode
}

/// What two models made of a prompt, as two choices of a role that starts.
fn outcomes(row: &Row, (weak, strong): &(String, String), now: u64) -> Result<[Episode; 2], String> {
    if row.prompt.trim().is_empty() {
        return Err("`prompt` is empty".to_owned());
    }
    let of = |arm: &String, won: u8| Episode {
        id: id_of(&["outcome", &row.set, &row.id, &row.prompt, arm, &won.to_string()]),
        at: now,
        situation: situation::text(&Situation::of_task(&row.prompt)),
        action: action::ROUTE.to_owned(),
        arm: arm.clone(),
        offered: vec![weak.clone(), strong.clone()],
        outcome: if won == 1 { Verdict::Success } else { Verdict::Fail },
        verifier: Verifier::Test,
        ..Episode::default()
    };
    Ok([of(weak, row.weak), of(strong, row.strong)])
}

#[cfg(test)]
mod tests;

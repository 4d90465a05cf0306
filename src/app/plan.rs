//! What going on with a run would do, before anything is spent: found by running its program ahead against its log.

use crate::core::effect::EffectKind;
use crate::core::ids::Frame;
use crate::core::money::Money;
use crate::host::replay::Account;
use crate::host::replay::missed::Missed;
use crate::pipeline::plan::Block;
use serde::Serialize;
use serde_json::{Value, json};

/// What became of the log of a run that was run ahead.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Answers that are used again.
    pub replayed: u64,
    /// Effects that are made again because they have no answer.
    pub again: Vec<String>,
    /// Tools that were at work and of which a person says what became of them, with how: going on waits for that.
    pub waits: Vec<String>,
    /// Effects that are made because they are asked in other words than before.
    pub changed: Vec<String>,
    /// Effects that were never made.
    pub new: Vec<String>,
    /// Answers that nobody asks for any more: on the whole way, or because the steps of a pipeline are gone that had.
    pub orphaned: Vec<String>,
    /// Answers that nobody asked for on the way as far as it is known.
    pub unreached: Vec<String>,
    /// Whether the look ahead came to the end: beyond the first effect without an answer nothing is known.
    pub complete: bool,
    /// What the answers that are used again cost when they were given.
    #[serde(skip)]
    pub replayed_cost: Money,
    /// What those cost in whose place other effects are made.
    #[serde(skip)]
    pub changed_cost: Money,
    /// What those cost that nobody asks for any more.
    #[serde(skip)]
    pub orphaned_cost: Money,
    /// What those cost that nobody asked for so far.
    #[serde(skip)]
    pub unreached_cost: Money,
}

/// Whose answers are counted. What a run was told of itself, its choices among models and its budget, is not.
pub const ANSWERERS: &str = "models, tools, people and the like";

/// Most entries of a list that are told.
const TOLD: usize = 5;

impl Plan {
    /// The plan that an account tells of a program, of which a pipeline has steps; `cost` is that of an effect, `word` how a person
    /// says what became of one where nobody else does. What a run would be told of itself in other words is a change only where
    /// nothing else is.
    pub fn of(
        account: &Account,
        steps: Option<&Block>,
        cost: impl Fn(u64) -> Money,
        word: impl Fn(&Missed) -> Option<String>,
    ) -> Self {
        let mut plan = Self {
            replayed: account.replayed,
            replayed_cost: account.cost,
            complete: account.missed.is_empty(),
            ..Self::default()
        };
        let is_change = |missed: &Missed| missed.again.is_none() && !told_kind(missed).is_reading();
        let has_changes = account.missed.iter().any(is_change);
        let mut replaced = Vec::new();
        for missed in account.missed.iter().filter(|missed| !has_changes || !told_kind(missed).is_reading()) {
            match (missed.again, &missed.instead) {
                (Some(_), _) => match word(missed) {
                    Some(word) => plan.waits.push(format!("{}; {word}", line(missed))),
                    None => plan.again.push(line(missed)),
                },
                (None, Some(stood)) => {
                    replaced.push(stood.seq);
                    plan.changed_cost = plan.changed_cost.saturating_add(stood.cost);
                    plan.changed.push(line(missed));
                }
                (None, None) => plan.new.push(line(missed)),
            }
        }
        let is_gone = |frame: &Frame| steps.is_some_and(|steps| !steps.holds(&mut frame.as_str().split('/').skip(1)));
        for (seq, kind, frame) in account.unused.iter().filter(|(seq, ..)| !replaced.contains(seq)) {
            let (lines, sum) = if plan.complete || is_gone(frame) {
                (&mut plan.orphaned, &mut plan.orphaned_cost)
            } else {
                (&mut plan.unreached, &mut plan.unreached_cost)
            };
            lines.push(format!("effect {seq}, {} at {frame}", kind.name()));
            *sum = sum.saturating_add(cost(*seq));
        }
        plan
    }

    /// The plan as data.
    pub fn value(&self) -> Value {
        let mut value = json!(self);
        value["replayed_usd"] = json!(self.replayed_cost.usd());
        value["changed_usd"] = json!(self.changed_cost.usd());
        value["orphaned_usd"] = json!(self.orphaned_cost.usd());
        value["unreached_usd"] = json!(self.unreached_cost.usd());
        value
    }

    /// Whether a program that has changed asks anything in other words, or leaves answers unused.
    pub fn is_changed(&self) -> bool {
        [&self.changed, &self.new, &self.orphaned].iter().any(|list| !list.is_empty())
    }

    /// The plan for people.
    pub fn text(&self) -> String {
        let unreached = format!("{} not reached yet{}", self.unreached.len(), paid(self.unreached_cost, " then"));
        let orphaned = format!("{} orphaned{}", self.orphaned.len(), paid(self.orphaned_cost, " then"));
        let left = match self.orphaned.len() {
            _ if self.complete => orphaned,
            0 => unreached,
            _ => format!("{orphaned} · {unreached}"),
        };
        let waits = match self.waits.len() {
            0 => String::new(),
            1 => " · 1 waits for a word".to_owned(),
            wait => format!(" · {wait} wait for a word"),
        };
        let mut text = format!(
            "{} replayed{} · {} again{waits} · {} changed{} · {} new · {left} (answers of {ANSWERERS})",
            self.replayed,
            paid(self.replayed_cost, ""),
            self.again.len(),
            self.changed.len(),
            paid(self.changed_cost, " then"),
            self.new.len()
        );
        let lists = [
            ("again", &self.again),
            ("waits", &self.waits),
            ("changed", &self.changed),
            ("new", &self.new),
            ("orphaned", &self.orphaned),
        ];
        for (what, list) in lists {
            for entry in list.iter().take(TOLD) {
                text.push_str(&format!("\n  {what}: {entry}"));
            }
            if let Some(more) = list.len().checked_sub(TOLD).filter(|more| *more > 0) {
                text.push_str(&format!("\n  {what}: {more} more"));
            }
        }
        if !self.complete {
            text.push_str("\n  what comes after these is known when they have been answered");
        }
        text
    }
}

fn paid(cost: Money, then: &str) -> String {
    if cost == Money::ZERO { String::new() } else { format!(" ({cost}{then})") }
}

/// What kind of effect a missed one is told as: a choice as what the log has behind it.
fn told_kind(missed: &Missed) -> EffectKind {
    let behind = missed.instead.as_ref().filter(|_| missed.kind.is_reading());
    behind.map_or(missed.kind, |stood| stood.kind)
}

fn line(missed: &Missed) -> String {
    let kind = told_kind(missed);
    let head = format!("{} at {}", kind.name(), missed.key.frame);
    let with = |about: &str, differs: &str| {
        let parts: Vec<&str> = [about, differs].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
    };
    let Some(stood) = missed.instead.as_ref().filter(|_| missed.again.is_none()) else {
        return format!("{head}{}", with(&missed.about, ""));
    };
    let about = if kind == missed.kind { &missed.about } else { &stood.about };
    let cost = if stood.cost == Money::ZERO { String::new() } else { format!(", {} then", stood.cost) };
    // Where both begin alike only the place where they part tells them apart.
    let then = if *about == stood.about { &stood.parts } else { &stood.about };
    let then = if then.is_empty() { String::new() } else { format!(": {then}") };
    format!("{head}{} (was effect {}{then}{cost})", with(about, &stood.differs), stood.seq)
}

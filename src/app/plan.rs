//! What going on with a run would do, before anything is spent: found by running its program ahead against its log.

use crate::host::replay::{Account, Missed};
use serde::Serialize;

/// What became of the log of a run that was run ahead.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Answers that are used again.
    pub replayed: u64,
    /// Effects that are made again because they have no answer.
    pub again: Vec<String>,
    /// Effects that are made because they are asked in other words than before.
    pub changed: Vec<String>,
    /// Effects that were never made.
    pub new: Vec<String>,
    /// Answers that nobody asked for on the way.
    pub orphaned: Vec<String>,
    /// Whether the look ahead came to the end: beyond the first effect without an answer nothing is known.
    pub complete: bool,
}

/// Whose answers are counted. What a run was told of itself, its choices among models and its budget, is not.
pub const ANSWERERS: &str = "models, tools, people and the like";

/// Most entries of a list that are told.
const TOLD: usize = 5;

impl Plan {
    /// The plan that an account tells.
    pub fn of(account: &Account) -> Self {
        let mut plan = Self { replayed: account.replayed, complete: account.missed.is_empty(), ..Self::default() };
        let mut replaced = Vec::new();
        for missed in &account.missed {
            let line = line(missed);
            match (missed.again, missed.instead) {
                (Some(_), _) => plan.again.push(line),
                (None, Some(seq)) => {
                    replaced.push(seq);
                    plan.changed.push(format!("{line} (was effect {seq})"));
                }
                (None, None) => plan.new.push(line),
            }
        }
        let left = account.unused.iter().filter(|(seq, _)| !replaced.contains(seq));
        plan.orphaned = left.map(|(seq, what)| format!("effect {seq}, {what}")).collect();
        plan
    }

    /// Whether a program that has changed asks anything in other words, or leaves answers unused.
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty() || !self.new.is_empty() || (self.complete && !self.orphaned.is_empty())
    }

    /// The plan for people.
    pub fn text(&self) -> String {
        let far = if self.complete { "orphaned" } else { "not reached yet" };
        let mut text = format!(
            "{} replayed · {} again · {} changed · {} new · {} {far} (answers of {ANSWERERS})",
            self.replayed,
            self.again.len(),
            self.changed.len(),
            self.new.len(),
            self.orphaned.len()
        );
        let lists = [("again", &self.again), ("changed", &self.changed), ("new", &self.new)];
        let orphaned = ("orphaned", &self.orphaned);
        for (what, list) in lists.into_iter().chain(self.complete.then_some(orphaned)) {
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

fn line(missed: &Missed) -> String {
    format!("{} at {}", missed.kind.name(), missed.key.frame)
}

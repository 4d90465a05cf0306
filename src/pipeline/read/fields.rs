//! Maps with known keys, and the small values in them.

use crate::core::span::span;
use crate::core::text::did_you_mean;
use crate::pipeline::read::{Reader, words};
use crate::pipeline::tree::{Data, Entry, Node, Spot};
use std::time::Duration;

/// The entries of a map whose keys are known.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Fields<'n> {
    /// Where the map begins.
    pub at: Spot,
    entries: Vec<&'n Entry>,
    /// Those that stand under another word, by the key that is meant.
    meant: Vec<(&'static str, &'n Entry)>,
}

impl<'n> Fields<'n> {
    /// The value of a key. One without a value says nothing.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value).filter(|node| node.data != Data::Null)
    }

    /// A key with its value.
    pub(crate) fn entry(&self, key: &str) -> Option<&'n Entry> {
        let meant = || self.meant.iter().find(|(meant, _)| *meant == key).map(|(_, entry)| *entry);
        self.entries.iter().find(|entry| entry.key == key).copied().or_else(meant)
    }
}

impl Reader<'_, '_> {
    /// The entries of a map; a list of maps with one key each is one too.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Vec<&'n Entry> {
        let Some(entries) = node.entries() else {
            if node.data != Data::Null {
                self.mistaken(node, what, "a map, or a list of maps with one key each");
            }
            return Vec::new();
        };
        let mut kept: Vec<&'n Entry> = Vec::with_capacity(entries.len());
        let mut lines = std::collections::HashMap::new();
        for entry in entries {
            match lines.insert(entry.key.as_str(), entry.at.line) {
                // In a map the tree has found it already.
                Some(line) => {
                    self.fault(entry.at, format!("`{}` stands here again; it is on line {line} already", entry.key))
                }
                None => kept.push(entry),
            }
        }
        kept
    }

    /// The entries of a map whose keys are known.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Fields<'n> {
        self.fields_or(node, what, known, &|_| None)
    }

    /// The same; `elsewhere` says of an unknown key where it belongs, if it knows that.
    pub(crate) fn fields_or<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&str],
        elsewhere: &dyn Fn(&str) -> Option<String>,
    ) -> Fields<'n> {
        let entries = self.entries(node, what);
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            match elsewhere(&entry.key) {
                Some(place) => self.fault(entry.at, format!("{what} has no key `{}`; {place}", entry.key)),
                None => self.unknown(entry.at, &format!("{what} has no key"), &entry.key, known),
            }
        }
        Fields { at: node.at, entries, meant: Vec::new() }
    }

    /// The entries of an act that is written as a map. Behind a wrong word reading goes on with the key that is meant, so
    /// that nothing is told to be missing that stands there.
    pub(crate) fn inside<'n>(&mut self, node: &'n Node, act: &str) -> Fields<'n> {
        let fields = self.fields_or(node, act, words::inner(act), &|key| {
            let meant = words::meant(act, key).map(did_you_mean);
            meant.or_else(|| words::beside(act, key))
        });
        let meant = |entry: &&'n Entry| Some((words::meant(act, &entry.key)?, *entry));
        Fields { meant: fields.entries.iter().filter_map(meant).collect(), ..fields }
    }

    /// A text.
    pub(crate) fn text(&mut self, node: Option<&Node>, what: &str) -> Option<String> {
        let node = node?;
        match &node.data {
            Data::Text(text) if text.trim().is_empty() => self.fault(node.at, format!("{what} is empty")),
            Data::Text(text) => return Some(text.trim().to_owned()),
            // A version is often written like a number, and an id like a year.
            Data::Int(number) => return Some(number.to_string()),
            Data::Float(number) => return Some(number.to_string()),
            _ => self.mistaken(node, what, "a text"),
        }
        None
    }

    /// Refuses `{{ }}` where texts go to a model as they stand.
    pub(crate) fn unfilled(&mut self, node: Option<&Node>, what: &str) {
        let Some(node) = node else { return };
        match &node.data {
            Data::Text(text) if text.split_once("{{").is_some_and(|(_, behind)| behind.contains("}}")) => {
                let message = format!("{what} takes plain text, in which `{{{{ }}}}` stands for nothing");
                self.fault(node.at, format!("{message}: put it into the prompt, or into `system`"));
            }
            Data::List(items) => items.iter().for_each(|item| self.unfilled(Some(item), what)),
            Data::Map(entries) => entries.iter().for_each(|entry| self.unfilled(Some(&entry.value), what)),
            _ => {}
        }
    }

    /// A list of texts; one alone is a list of one.
    pub(crate) fn texts(&mut self, node: Option<&Node>, what: &str) -> Vec<String> {
        self.placed(node, what).into_iter().map(|(_, text)| text).collect()
    }

    /// The same, each with its place.
    pub(crate) fn placed(&mut self, node: Option<&Node>, what: &str) -> Vec<(Spot, String)> {
        let Some(node) = node else { return Vec::new() };
        if let Data::List(items) = &node.data {
            let what = format!("an item of {what}");
            return items.iter().filter_map(|item| Some((item.at, self.text(Some(item), &what)?))).collect();
        }
        self.text(Some(node), what).map(|text| (node.at, text)).into_iter().collect()
    }

    /// True or false.
    pub(crate) fn flag(&mut self, node: Option<&Node>, what: &str) -> Option<bool> {
        let node = node?;
        if let Data::Bool(flag) = node.data {
            return Some(flag);
        }
        self.mistaken(node, what, "true or false");
        None
    }

    /// A whole number within bounds.
    pub(crate) fn count(&mut self, node: Option<&Node>, what: &str, least: i64, most: i64) -> Option<i64> {
        let node = node?;
        match node.data {
            Data::Int(number) if (least..=most).contains(&number) => return Some(number),
            Data::Int(_) if most == i64::MAX => self.fault(node.at, format!("{what} must be at least {least}")),
            Data::Int(_) => self.fault(node.at, format!("{what} must be from {least} to {most}")),
            _ => self.mistaken(node, what, "a whole number"),
        }
        None
    }

    /// A number within bounds.
    pub(crate) fn number(&mut self, node: Option<&Node>, what: &str, least: f64, most: f64) -> Option<f64> {
        let node = node?;
        let number = match node.data {
            Data::Int(number) => number.to_string().parse().unwrap_or(f64::NAN),
            Data::Float(number) => number,
            _ => {
                self.mistaken(node, what, "a number");
                return None;
            }
        };
        if (least..=most).contains(&number) {
            return Some(number);
        }
        let bounds = if most.is_finite() { format!("from {least} to {most}") } else { format!("at least {least}") };
        self.fault(node.at, format!("{what} must be {bounds}"));
        None
    }

    /// A span of time: seconds, or numbers with units.
    pub(crate) fn span(&mut self, node: Option<&Node>, what: &str) -> Option<Duration> {
        let node = node?;
        let given = match &node.data {
            Data::Int(number) => span(&number.to_string()),
            Data::Float(number) => Duration::try_from_secs_f64(*number).ok(),
            Data::Text(text) => span(text),
            _ => None,
        };
        let span = given.filter(|span| *span <= LONGEST);
        if span.is_none() {
            self.fault(
                node.at,
                format!("{what} takes seconds or a span such as 500ms, 30s, 10m, 2h or 1d, at most 365d"),
            );
        }
        span
    }

    /// How long something may take.
    pub(crate) fn timeout(&mut self, node: Option<&Node>) -> Option<Duration> {
        let (span, node) = (self.span(node, "timeout")?, node?);
        if span.is_zero() {
            self.fault(node.at, "timeout takes more than 0: nothing is done in no time");
            return None;
        }
        Some(span)
    }
}

/// The longest span.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

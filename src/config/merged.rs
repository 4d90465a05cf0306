//! All layers over each other: the strongest value of each setting, field by field, with the place that it came from.

use crate::config::key;
use crate::config::layer::{Layer, Typed};
use crate::config::place::Place;
use crate::core::money::Money;
use std::collections::HashSet;

/// The layers, strongest first.
#[derive(Clone, Debug, Default)]
pub struct Merged(pub(super) Vec<Layer>);

impl Merged {
    /// The strongest value of a setting and its place.
    pub fn get(&self, path: &str) -> Option<&(Typed, Place)> {
        self.0.iter().find_map(|layer| layer.entries.get(path))
    }

    /// Where a setting or, if it has none, the table of a model, service or role was given.
    pub fn place(&self, path: &str) -> Option<&Place> {
        let table = || self.0.iter().find_map(|layer| layer.tables.get(path));
        self.get(path).map(|(_, place)| place).or_else(table)
    }

    /// Every path that has a value: plain settings in the order of their table, then models, services, roles by name.
    pub fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self.0.iter().flat_map(|layer| layer.entries.keys()).map(String::as_str).collect();
        paths.sort_by_cached_key(|path| {
            let row = key::KEYS.iter().position(|k| k.path == *path || key::chosen(k.path, path).is_some());
            let name = row.and_then(|row| key::chosen(key::KEYS.get(row)?.path, path));
            let group = ["models.", "services.", "roles."].iter().position(|group| path.starts_with(group));
            (name.is_some(), group, name.unwrap_or_default().to_owned(), row)
        });
        paths.dedup();
        paths
    }

    /// The chosen names below `group`: stronger layers first, in alphabetical order within a layer.
    pub fn names(&self, group: &str) -> Vec<String> {
        let of = |layer: &'_ Layer| -> Vec<String> {
            let tables = layer.tables.keys().filter_map(|path| path.strip_prefix(group)?.strip_prefix('.'));
            tables.map(str::to_owned).collect()
        };
        let mut seen = HashSet::new();
        self.0.iter().flat_map(of).filter(|name| seen.insert(name.clone())).collect()
    }

    pub(super) fn text(&self, path: &str) -> Option<String> {
        if let Some((Typed::Text(text), _)) = self.get(path) { Some(text.clone()) } else { None }
    }

    /// A text that somebody has set.
    pub(super) fn named(&self, path: &str) -> Option<String> {
        let set = self.get(path).is_some_and(|(_, place)| *place != Place::BuiltIn);
        self.text(path).filter(|_| set)
    }

    pub(super) fn texts(&self, path: &str) -> Option<Vec<String>> {
        if let Some((Typed::Texts(texts), _)) = self.get(path) { Some(texts.clone()) } else { None }
    }

    pub(super) fn flag(&self, path: &str) -> Option<bool> {
        if let Some((Typed::Flag(flag), _)) = self.get(path) { Some(*flag) } else { None }
    }

    pub(super) fn count(&self, path: &str) -> Option<u64> {
        if let Some((Typed::Count(count), _)) = self.get(path) { Some(*count) } else { None }
    }

    pub(super) fn number(&self, path: &str) -> Option<f64> {
        if let Some((Typed::Number(number), _)) = self.get(path) { Some(*number) } else { None }
    }

    pub(super) fn usd(&self, path: &str) -> Option<Money> {
        if let Some((Typed::Usd(money), _)) = self.get(path) { Some(*money) } else { None }
    }
}

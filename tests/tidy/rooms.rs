//! Rules on rooms: who may import whom, and which crate belongs where.

use super::paths::{Mention, Paths};
use super::source::{Source, Tree, Violation};
use super::{CONFINED, Confined, ROOMS};
use std::collections::BTreeSet;

/// A path into this package names only the file's own room and rooms to its left.
pub(super) fn import_order(tree: &Tree) -> Vec<Violation> {
    tree.rust("src/").filter(|source| source.path != "src/lib.rs").flat_map(outward_paths).collect()
}

/// Every file and folder at the top of src/ is a room of the list.
pub(super) fn known_rooms(tree: &Tree) -> Vec<Violation> {
    let mut seen = BTreeSet::new();
    tree.rust("src/")
        .filter(|source| source.path != "src/lib.rs" && position(room(&source.path)).is_none())
        .filter(|source| seen.insert(room(&source.path)))
        .map(|source| {
            let room = room(&source.path);
            source.violation(
                1,
                format!("`{room}` is no room: move it into one, or give it its place in ROOMS of tests/tidy.rs"),
            )
        })
        .collect()
}

/// `src/lib.rs` lists the rooms in import order.
pub(super) fn listed_order(tree: &Tree) -> Vec<Violation> {
    let mut last = 0;
    let mut found = Vec::new();
    for source in tree.rust("src/lib.rs") {
        for pair in source.tokens.windows(2).filter(|pair| pair[0].is("mod")) {
            let place = position(&pair[1].text).unwrap_or(last);
            if place < last {
                let message =
                    format!("`{}` belongs above `{}`: list the rooms in import order", pair[1].text, ROOMS[last]);
                found.push(source.violation(pair[1].line, message));
            }
            last = place.max(last);
        }
    }
    found
}

/// A crate, `std::env`, processes and printing are named only in their own rooms.
pub(super) fn confinement(tree: &Tree) -> Vec<Violation> {
    tree.rust("src/").flat_map(|source| strays(tree, source)).collect()
}

/// The room of a file of src/: the first part of its path.
fn room(path: &str) -> &str {
    let inner = path.trim_start_matches("src/");
    inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs")
}

fn position(room: &str) -> Option<usize> {
    ROOMS.iter().position(|known| *known == room)
}

fn outward_paths(source: &Source) -> Vec<Violation> {
    let own = room(&source.path);
    let judged = Paths::of(source).mentions.into_iter().filter_map(|mention| {
        let target = mention.inside()?.get(1)?.clone();
        outward(own, &target).map(|message| source.violation(mention.line, message))
    });
    judged.collect()
}

fn outward(own: &str, target: &str) -> Option<String> {
    if own == target {
        return None;
    }
    match (position(own), position(target)) {
        (_, None) => Some(format!("`crate::{target}` is no room: name the item by the room that owns it")),
        (Some(own_place), Some(place)) if place > own_place => Some(format!(
            "`{own}` names `{target}`, which stands to its right: move what both need to the left, or declare a trait in \
             `{own}` that `{target}` implements"
        )),
        _ => None,
    }
}

fn strays(tree: &Tree, source: &Source) -> Vec<Violation> {
    let paths = Paths::of(source);
    let away: Vec<&Confined> = CONFINED.iter().filter(|confined| !at_home(&source.path, confined.homes)).collect();
    let mut found = Vec::new();
    for mention in &paths.mentions {
        let in_test = tree.in_test(source, mention.token);
        for confined in away.iter().filter(|confined| !(confined.tests && in_test)) {
            if let Some(name) = stray(confined, &paths, mention) {
                let homes = confined.homes.join("`, `");
                let message = format!("`{name}` belongs to `{homes}`: {}", confined.instead);
                found.push(source.violation(mention.line, message));
            }
        }
    }
    found
}

fn at_home(path: &str, homes: &[&str]) -> bool {
    let inner = path.trim_start_matches("src/");
    homes.iter().any(|home| inner.strip_prefix(home).is_some_and(|rest| rest.starts_with(['/', '.'])))
}

/// The confined name that a mention uses, unless the import it goes through was reported already.
fn stray(confined: &Confined, paths: &Paths, mention: &Mention) -> Option<&'static str> {
    let (full, import) = paths.resolve(mention);
    confined.names.iter().copied().find(|name| match name.strip_suffix('!') {
        Some(name) => mention.is_macro && full.last().is_some_and(|last| last == name),
        None => {
            begins(&full, name)
                && !import.is_some_and(|import| begins(import, name))
                && !is_homonym(mention, &full, name)
        }
    })
}

/// Whether it is the macro `std::env!`, which is not the module `std::env`.
fn is_homonym(mention: &Mention, full: &[String], name: &str) -> bool {
    mention.is_macro && full.len() == name.split("::").count()
}

fn begins(path: &[String], name: &str) -> bool {
    let mut path = path.iter();
    name.split("::").all(|part| path.next().is_some_and(|segment| segment == part))
}

//! Rules on which files there are: none forgotten, examples in a row, Markdown where it belongs.

use super::source::{Source, Tree, Violation};
use super::{ARCHITECTURE_LINES, MARKDOWN};
use std::collections::BTreeMap;

/// Every Rust file of src/ and tests/ is named by a `mod` on the way from its crate's root.
pub(super) fn forgotten_files(tree: &Tree) -> Vec<Violation> {
    tree.rust("src/")
        .chain(tree.rust("tests/"))
        .filter(|source| !tree.modules.contains_key(&source.path))
        .map(|source| source.violation(1, "no `mod` names this file, so it is never compiled: name it, or delete it"))
        .collect()
}

/// The examples of each folder are `01_name.rhai`, `02_name.rhai` and so on.
pub(super) fn examples(tree: &Tree) -> Vec<Violation> {
    let is_example = |source: &&Source| source.path.starts_with("examples/") && source.path.ends_with(".rhai");
    let mut files: Vec<&Source> = tree.sources.iter().filter(is_example).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for source in files {
        let (folder, name) = source.path.rsplit_once('/').unwrap_or_default();
        let number = counts.entry(folder).or_default();
        *number += 1;
        if !name.starts_with(&format!("{number:02}_")) {
            found
                .push(source.violation(1, format!("examples count without gaps: this one begins with `{number:02}_`")));
        }
    }
    found
}

/// Markdown stands only where the list allows it, and the map of the project stays short.
pub(super) fn markdown(tree: &Tree) -> Vec<Violation> {
    let is_markdown = |source: &&Source| source.path.ends_with(".md");
    tree.sources.iter().filter(is_markdown).filter_map(misplaced_or_long).collect()
}

fn misplaced_or_long(source: &Source) -> Option<Violation> {
    let lines = source.text.lines().count();
    if !MARKDOWN.iter().any(|pattern| matches(&source.path, pattern)) {
        return Some(source.violation(1, "no place for Markdown: put it into a file of MARKDOWN in tests/tidy.rs"));
    }
    let long = source.path == "ARCHITECTURE.md" && lines > ARCHITECTURE_LINES;
    long.then(|| {
        source.violation(lines, format!("{lines} lines, at most {ARCHITECTURE_LINES}: keep the map, drop the tour"))
    })
}

/// Whether a path fits a pattern in which `**/` is any folders and `*.md` any name.
fn matches(path: &str, pattern: &str) -> bool {
    match pattern.split_once("**/") {
        Some((head, tail)) => path.strip_prefix(head).is_some_and(|rest| {
            let mut starts = std::iter::once(0).chain(rest.match_indices('/').map(|(at, _)| at + 1));
            starts.any(|start| matches(&rest[start..], tail))
        }),
        None => match pattern.split_once('*') {
            Some((head, tail)) => {
                let name = path.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
                name.is_some_and(|name| !name.contains('/'))
            }
            None => path == pattern,
        },
    }
}

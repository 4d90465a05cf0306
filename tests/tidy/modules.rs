//! Follows `mod` declarations from the crate roots, to know which files are compiled, and which for tests only.

use super::attributes::{Attribute, attributes};
use super::lexer::{Kind, Token};
use super::paths::InlineModules;
use super::source::Source;
use std::collections::BTreeMap;

/// The files that crates begin with.
pub(super) const ROOTS: &[&str] = &["src/lib.rs", "src/main.rs", "tests/main.rs", "benches/figures.rs"];

/// The files that the roots reach, with whether they are compiled for tests only.
pub(super) fn reached(sources: &[Source]) -> BTreeMap<String, bool> {
    let by_path: BTreeMap<&str, &Source> = sources.iter().map(|source| (source.path.as_str(), source)).collect();
    let mut found = BTreeMap::new();
    let mut open: Vec<(String, bool)> =
        ROOTS.iter().map(|root| ((*root).to_owned(), !root.starts_with("src/"))).collect();
    while let Some((path, test)) = open.pop() {
        let Some(source) = by_path.get(path.as_str()) else { continue };
        let known = found.entry(path).or_insert(true);
        *known = *known && test;
        open.extend(
            declared(source)
                .into_iter()
                .flat_map(|child| child.candidates.into_iter().map(move |candidate| (candidate, test || child.test))),
        );
    }
    found
}

struct Child {
    candidates: Vec<String>,
    test: bool,
}

/// The files that the `mod NAME;` of a file may mean.
fn declared(source: &Source) -> Vec<Child> {
    let attributes = attributes(&source.tokens);
    let declaration = |at: &usize| {
        let tokens = &source.tokens[*at..];
        tokens.len() > 2 && tokens[0].is("mod") && tokens[1].kind == Kind::Word && tokens[2].is(";")
    };
    (0..source.tokens.len())
        .filter(declaration)
        .map(|at| {
            let candidates = match own_path(&source.tokens, &attributes, at) {
                Some(path) => vec![format!("{}/{path}", folder_of(&source.path))],
                None => conventional(source, at),
            };
            Child { candidates, test: source.in_test(at) }
        })
        .collect()
}

fn conventional(source: &Source, at: usize) -> Vec<String> {
    let mut folder = child_folder(&source.path);
    let mut inline = InlineModules::default();
    (0..at).for_each(|index| inline.pass(&source.tokens, index));
    for module in inline.names() {
        folder = format!("{folder}/{module}");
    }
    let name = source.tokens[at + 1].text.trim_start_matches("r#");
    vec![format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")]
}

/// The `#[path = ".."]` among the attributes directly before the declaration.
fn own_path(tokens: &[Token], attributes: &[Attribute<'_>], at: usize) -> Option<String> {
    let mut start = at;
    let visibility = |token: &Token| ["pub", "(", "crate", "super", ")"].iter().any(|part| token.is(part));
    while start > 0 && visibility(&tokens[start - 1]) {
        start -= 1;
    }
    while let Some(attribute) = attributes.iter().find(|attribute| attribute.range.end == start) {
        if attribute.is("path") {
            return attribute.tokens.last().map(|token| token.text.trim_matches('"').to_owned());
        }
        start = attribute.range.start;
    }
    None
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn child_folder(path: &str) -> String {
    let is_front = ROOTS.contains(&path) || path.ends_with("/mod.rs");
    if is_front { folder_of(path).to_owned() } else { path.trim_end_matches(".rs").to_owned() }
}

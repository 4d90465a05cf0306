//! Rules on words: none that promise unfinished work, no empty names, no path of one machine.

use super::lexer::Kind;
use super::source::{Source, Tree, Violation};
use super::{ENDINGS, FILE_NAMES, MACHINE_FOLDERS, WORDS};

/// Folders whose text is the project's own prose and code; tests may quote anything.
const OWN: &[&str] = &["src/", "stdlib/", "scripts/", "examples/", "benches/", "personas/", "memory/"];
const OWN_KINDS: &[&str] = &["rs", "rhai", "md", "yaml", "yml", "sh", "txt"];

/// No word of unfinished or pretended work, in code, comments or prose.
pub(super) fn words(tree: &Tree) -> Vec<Violation> {
    tree.sources.iter().filter(|source| is_own_text(&source.path)).flat_map(words_in).collect()
}

fn is_own_text(path: &str) -> bool {
    let (stem, kind) = path.rsplit_once('.').unwrap_or((path, ""));
    let at_top = !stem.contains('/');
    OWN_KINDS.contains(&kind) && (at_top || OWN.iter().any(|folder| path.starts_with(folder)))
}

fn words_in(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(source.text.to_lowercase().lines()) {
        for word in WORDS.iter().filter(|word| has_word(text, word)) {
            found.push(source.violation(line, format!("`{word}`: finish it, or say plainly what is absent and why")));
        }
    }
    found
}

fn has_word(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(part_of_word);
        let after = text[at + word.len()..].chars().next().is_some_and(part_of_word);
        !before && !after
    })
}

/// Types and files are named for what they are.
pub(super) fn names(tree: &Tree) -> Vec<Violation> {
    tree.rust("src/").flat_map(|source| type_names(source).into_iter().chain(file_name(source))).collect()
}

fn type_names(source: &Source) -> Vec<Violation> {
    let definitions = source.tokens.windows(2).filter(|pair| {
        let defines = ["struct", "enum", "trait", "type", "union"].iter().any(|keyword| pair[0].is(keyword));
        defines && pair[1].kind == Kind::Word && ENDINGS.iter().any(|ending| pair[1].text.ends_with(ending))
    });
    definitions
        .map(|pair| source.violation(pair[1].line, format!("`{}`: name it by the noun it is", pair[1].text)))
        .collect()
}

fn file_name(source: &Source) -> Option<Violation> {
    let parts = source.path.trim_end_matches(".rs").split(['/', '_']);
    let name = parts.into_iter().find(|part| FILE_NAMES.contains(part))?;
    Some(source.violation(1, format!("`{name}` in a file name: name the file by the noun it holds")))
}

/// No absolute path of one machine, in any file.
pub(super) fn machine_paths(tree: &Tree) -> Vec<Violation> {
    tree.sources.iter().flat_map(machine_paths_in).collect()
}

fn machine_paths_in(source: &Source) -> Vec<Violation> {
    let folders: Vec<String> = MACHINE_FOLDERS.iter().map(|folder| format!("/{folder}/")).collect();
    let mut found = Vec::new();
    for (line, text) in (1..).zip(source.text.lines()) {
        for folder in folders.iter().filter(|folder| has_absolute(text, folder)) {
            let message =
                format!("`{folder}` exists on one machine only: use a relative path, or one from the settings");
            found.push(source.violation(line, message));
        }
    }
    found
}

/// Whether the folder begins a path, and is not inside `~/..`, `$HOME/..`, `a/..`, a URL or a pattern.
fn has_absolute(text: &str, folder: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || "_~.-})$/*".contains(c);
    text.match_indices(folder).any(|(at, _)| !text[..at].chars().next_back().is_some_and(continues))
}

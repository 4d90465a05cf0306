//! The files of the project as text, and Rust files as tokens too. It reads; it judges nothing.

use super::attributes::test_ranges;
use super::lexer::{Comment, Token, lex};
use super::modules;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::{fmt, fs, io};

/// Folders that hold nothing of the project's own.
const SKIPPED: &[&str] = &["target", "memory/store", "node_modules"];
/// The hidden folders that do.
const HIDDEN: &[&str] = &[".cargo", ".ci", ".github"];

/// One broken rule at one place.
#[derive(Clone, Debug)]
pub(super) struct Violation {
    pub(super) path: String,
    pub(super) line: usize,
    /// What is wrong and how to mend it.
    pub(super) message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// One text file.
pub(super) struct Source {
    /// Relative to the project, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    /// Empty unless it is Rust.
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
    /// The tokens that are compiled for tests only.
    tests: Vec<Range<usize>>,
}

impl Source {
    fn new(path: String, text: String) -> Self {
        let (tokens, comments) = if path.ends_with(".rs") { lex(&text) } else { (Vec::new(), Vec::new()) };
        let tests = test_ranges(&tokens);
        Self { path, text, tokens, comments, tests }
    }

    /// Whether it is Rust.
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the token at `index` stands in code for tests only.
    pub(super) fn in_test(&self, index: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&index))
    }

    /// Whether a comment stands on one of these lines.
    pub(super) fn comment_on(&self, lines: Range<usize>, text: &str) -> bool {
        self.comments.iter().any(|comment| lines.contains(&comment.line) && comment.text.contains(text))
    }

    /// A violation in this file.
    pub(super) fn violation(&self, line: usize, message: impl Into<String>) -> Violation {
        Violation { path: self.path.clone(), line, message: message.into() }
    }
}

/// Every text file of the project.
pub(super) struct Tree {
    pub(super) sources: Vec<Source>,
    /// What could not be read.
    pub(super) faults: Vec<Violation>,
    /// The Rust files that a crate root reaches, and whether for tests only.
    pub(super) modules: BTreeMap<String, bool>,
}

impl Tree {
    /// The tree of these files, given as path and text.
    pub(super) fn of(files: Vec<(String, String)>) -> Self {
        let sources: Vec<Source> = files.into_iter().map(|(path, text)| Source::new(path, text)).collect();
        let modules = modules::reached(&sources);
        Self { sources, faults: Vec::new(), modules }
    }

    /// The tree below a folder.
    pub(super) fn read(root: &Path) -> Self {
        let (mut files, mut faults) = (Vec::new(), Vec::new());
        walk(root, "", &mut files, &mut faults);
        files.sort();
        Self { faults, ..Self::of(files) }
    }

    /// The Rust files below a folder.
    pub(super) fn rust(&self, folder: &str) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(move |source| source.is_rust() && source.path.starts_with(folder))
    }

    /// Whether a whole file is compiled for tests only.
    pub(super) fn is_test_file(&self, path: &str) -> bool {
        let named = !path.starts_with("src/") || path.ends_with("/tests.rs") || path.contains("/tests/");
        named || self.modules.get(path).copied().unwrap_or(false)
    }

    /// Whether the token at `index` of a file is compiled for tests only.
    pub(super) fn in_test(&self, source: &Source, index: usize) -> bool {
        self.is_test_file(&source.path) || source.in_test(index)
    }
}

fn walk(root: &Path, folder: &str, files: &mut Vec<(String, String)>, faults: &mut Vec<Violation>) {
    let entries = match fs::read_dir(root.join(folder)).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return faults.push(fault(folder, &error)),
    };
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        // In a second working tree of a repository `.git` is a file that names the first one.
        if !entry.path().is_dir() && path != ".git" {
            read(root, path, files, faults);
        } else if !SKIPPED.contains(&path.as_str()) && (!name.starts_with('.') || HIDDEN.contains(&path.as_str())) {
            walk(root, &path, files, faults);
        }
    }
}

/// Reads a file; one that is not text has nothing to check.
fn read(root: &Path, path: String, files: &mut Vec<(String, String)>, faults: &mut Vec<Violation>) {
    match fs::read_to_string(root.join(&path)) {
        Ok(text) => files.push((path, text)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
        Err(error) => faults.push(fault(&path, &error)),
    }
}

fn fault(path: &str, error: &io::Error) -> Violation {
    Violation { path: path.to_owned(), line: 0, message: format!("cannot be read: {error}") }
}

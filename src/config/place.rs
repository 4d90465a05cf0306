//! Where a setting was given.

use std::fmt;
use std::sync::Arc;

/// Where a setting was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A flag of the command line.
    Flag(String),
    /// A variable of the environment.
    Variable(String),
    /// A file.
    File {
        /// Its path.
        file: Arc<str>,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
    },
    /// The program itself.
    BuiltIn,
}

/// A file's text, with the starts of its lines: thousands of places are asked for.
pub struct Source<'a> {
    file: Arc<str>,
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    /// The text of a file of this name.
    pub fn new(file: &str, text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { file: Arc::from(file), text, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The byte offset at which a line begins, and what is written from there on; the first line is 1.
    pub fn line(&self, number: usize) -> (usize, &'a str) {
        let start = self.starts.get(number.saturating_sub(1)).copied().unwrap_or(self.text.len());
        (start, self.text.get(start..).unwrap_or_default())
    }

    /// The place of a byte offset.
    pub fn place(&self, at: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        // Editors do not count the mark of the order of bytes.
        let before = self.text.get(start..at).unwrap_or_default().trim_start_matches('\u{feff}');
        let column = before.chars().count() + 1;
        Place::File { file: Arc::clone(&self.file), line, column }
    }
}

impl Place {
    /// Line and column, for sorting faults as a person mends them; zeros outside of files.
    pub fn position(&self) -> (usize, usize) {
        if let Self::File { line, column, .. } = self { (*line, *column) } else { (0, 0) }
    }

    /// The file, if it is in one.
    pub fn file(&self) -> Option<&str> {
        if let Self::File { file, .. } = self { Some(file) } else { None }
    }

    /// `flag`, `variable`, `file` or `built in`.
    pub const fn source(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Variable(_) => "variable",
            Self::File { .. } => "file",
            Self::BuiltIn => "built in",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::BuiltIn => f.write_str("built in"),
        }
    }
}

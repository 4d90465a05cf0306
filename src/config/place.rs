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

impl Place {
    /// The place of a byte offset in a file's text.
    pub fn in_file(file: &Arc<str>, text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
        Self::File { file: Arc::clone(file), line, column }
    }

    /// Line and column, for sorting faults as a person mends them; zeros outside of files.
    pub fn position(&self) -> (usize, usize) {
        if let Self::File { line, column, .. } = self { (*line, *column) } else { (0, 0) }
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

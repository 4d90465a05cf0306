//! The history of typed lines, kept in a file from one session to the next. A line with a leading space is not kept.

use crate::core::failure::{Failure, FailureKind, Outcome};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor, Helper};
use std::io::ErrorKind;
use std::path::Path;

/// The most lines that are kept.
pub const LENGTH: usize = 10_000;

/// An empty history with the rules of this program.
pub fn empty(config: &Config) -> FileHistory {
    FileHistory::with_config(config)
}

/// Reads the history file; a missing one is an empty history.
pub fn load<H: Helper>(editor: &mut Editor<H, FileHistory>, file: &Path) -> Outcome<()> {
    match editor.load_history(file) {
        Ok(()) => Ok(()),
        Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(fault("read", file, &error)),
    }
}

/// Adds a typed line and writes it down at once, so that a crash loses nothing.
pub fn keep<H: Helper>(editor: &mut Editor<H, FileHistory>, file: &Path, line: &str) -> Outcome<()> {
    let added = editor.add_history_entry(line).map_err(|error| fault("extend", file, &error))?;
    if !added {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| fault("write", file, &ReadlineError::Io(error)))?;
    }
    editor.append_history(file).map_err(|error| fault("write", file, &error))
}

fn fault(deed: &str, file: &Path, error: &ReadlineError) -> Failure {
    Failure::new(FailureKind::Io, format!("cannot {deed} the history {}: {error}", file.display()))
        .hint("the session goes on; lines are remembered until it ends")
}

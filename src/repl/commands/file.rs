//! The file that `.load` and `.save` take.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::repl::commands::command::{Command, needs};
use crate::repl::shell::Shell;
use std::path::{Path, PathBuf};

/// The path that was typed behind a command.
pub fn named(command: &Command, shell: &Shell, argument: &str) -> Outcome<PathBuf> {
    if argument.is_empty() { Err(needs(command, "a file")) } else { Ok(shell.path(argument)) }
}

/// The text of a file; fails with `NotFound` or `Io`.
pub fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| failed("read", path, &error))
}

/// Writes a file; fails with `NotFound` if its folder is missing, with `Io` otherwise.
pub fn write(path: &Path, text: &str) -> Outcome<()> {
    std::fs::write(path, text).map_err(|error| failed("write", path, &error))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::of_io(error), format!("cannot {what} {}: {error}", path.display()))
}

//! The file that `.load` and `.save` take.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::repl::commands::command::{Command, needs};
use crate::repl::shell::Shell;
use crate::repl::words::words;
use std::fs::{Permissions, metadata};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The path that was typed behind a command; quotes around all of it are none of its letters.
pub fn named(command: &Command, shell: &Shell, argument: &str) -> Outcome<PathBuf> {
    let path = match words(argument).as_slice() {
        [only] => only.text,
        _ => argument,
    };
    if path.is_empty() { Err(needs(command, "a file")) } else { Ok(shell.path(path)) }
}

/// Whether a file is named with this ending.
pub fn ends_in(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|extension| extension == ending)
}

/// The text of a file, without a byte order mark; fails with `NotFound` or `Io`.
pub fn read(path: &Path) -> Outcome<String> {
    let text = std::fs::read_to_string(path).map_err(|error| failed("read", path, &error))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Writes a file, or leaves what is there as it is; fails with `NotFound` if its folder is missing, with `Io` otherwise.
pub fn write(path: &Path, text: &str) -> Outcome<()> {
    replace(path, text).map_err(|error| failed("write", path, &error))
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // A link stays one.
    let target = match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_path_buf(),
        target => target?,
    };
    let folder = target.parent().unwrap_or(Path::new("/"));
    let mode = metadata(&target).map_or(0o666, |known| known.permissions().mode() & 0o7777);
    let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&target).map(drop).map_err(|error| error.error)
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::of_io(error), format!("cannot {what} {}: {error}", path.display()))
}

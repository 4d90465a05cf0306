//! What SQLite says, as a failure that names the file and what to do.

use crate::core::failure::{Failure, FailureKind};
use rusqlite::ErrorCode;
use std::path::Path;

/// Why a statement or a whole write failed, before the file's name is added.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite refused.
    Sql(rusqlite::Error),
    /// This room refused, in words for people.
    Told(Failure),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Told(failure)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Told(damaged(&format!("a stored value is not JSON: {error}")))
    }
}

/// How messages about damaged content begin.
const DAMAGED: &str = "the store is damaged: ";

/// The result of a piece of work on a connection.
pub(super) type Worked<T> = Result<T, Fault>;

impl Fault {
    /// The failure for people, about the store at `path`.
    pub(super) fn about(&self, path: &Path) -> Failure {
        match self {
            Self::Told(failure) => failure.clone(),
            Self::Sql(error) => sql_failure(error, path),
        }
    }

    /// Why a row cannot be read; nothing if the fault is not that of the row.
    pub(super) fn of_row(&self) -> Option<String> {
        match self {
            Self::Told(failure) => Some(failure.message.trim_start_matches(DAMAGED).to_owned()),
            Self::Sql(error) => error.sqlite_error_code().is_none().then(|| error.to_string()),
        }
    }

    /// Whether another process holds the file.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Sql(error) if matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        ))
    }
}

/// A failure about content that this program would not have written.
pub(super) fn damaged(what: &str) -> Failure {
    Failure::new(FailureKind::Io, format!("{DAMAGED}{what}"))
        .hint("`rhizo doctor` checks it; a new one is made if RHIZO_HOME names another folder")
}

/// A failure about a file that is no store of this program.
pub(super) fn foreign(path: &Path) -> Failure {
    Failure::new(FailureKind::Io, format!("{} is not a rhizo store", path.display()))
        .hint("move the file away, or set RHIZO_HOME to another folder")
}

fn sql_failure(error: &rusqlite::Error, path: &Path) -> Failure {
    let store = path.display();
    let (message, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (
            format!("the store {store} cannot grow: the disk is full, or its page limit is reached"),
            "free space on that disk, or set RHIZO_HOME to a folder on another one",
        ),
        Some(ErrorCode::ReadOnly) => (
            format!("the store {store} is read-only"),
            "make the file and its folder writable, or set RHIZO_HOME to a folder that is",
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            format!("the store {store} cannot be opened: {error}"),
            "make its folder writable, or set RHIZO_HOME to a folder that is",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            format!("the store {store} is locked by another process"),
            "wait for the other process to end, or set RHIZO_HOME to another folder",
        ),
        Some(ErrorCode::NotADatabase) => return foreign(path),
        Some(ErrorCode::DatabaseCorrupt) => (
            format!("the store {store} is damaged: {error}"),
            "move the file away to start a new one, or set RHIZO_HOME to another folder",
        ),
        Some(ErrorCode::SystemIoFailure) => (
            format!("the store {store} cannot be read or written: {error}"),
            "check the disk, or set RHIZO_HOME to a folder on another one",
        ),
        _ => return Failure::new(FailureKind::Internal, format!("the store {store} refused a statement: {error}")),
    };
    Failure::new(FailureKind::Io, message).hint(hint).detail("path", store.to_string())
}

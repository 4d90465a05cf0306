//! One process at a time repairs, compacts or rebuilds an index: a locked file in it, freed by the system.

use crate::core::failure::{Failure, FailureKind, Outcome};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// The right to change an index's files; given back when dropped, also by a crash.
#[derive(Debug)]
pub struct Lease {
    _file: File,
}

impl Lease {
    /// The lease of the index in `folder`, or nothing if somebody else has it.
    pub fn try_take(folder: &Path) -> Outcome<Option<Self>> {
        let file = open(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(folder, &error)),
        }
    }

    /// The lease of the index in `folder`, as soon as whoever has it is done.
    pub async fn take(folder: &Path) -> Outcome<Self> {
        let folder: PathBuf = folder.to_owned();
        let waiting = tokio::task::spawn_blocking(move || {
            let file = open(&folder)?;
            file.lock().map_err(|error| failed(&folder, &error))?;
            Ok(Self { _file: file })
        });
        let ended =
            |error| Failure::new(FailureKind::Internal, format!("waiting for the memory index failed: {error}"));
        waiting.await.map_err(ended)?
    }
}

fn open(folder: &Path) -> Outcome<File> {
    let opened = fs::create_dir_all(folder)
        .and_then(|()| File::options().create(true).truncate(false).write(true).open(folder.join("lock")));
    opened.map_err(|error| failed(folder, &error))
}

fn failed(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Io, format!("the memory index in {} cannot be locked: {error}", folder.display()))
        .hint("check the rights and the free space of the memory folder")
}

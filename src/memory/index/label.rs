//! The file that says which table is the index, and which embedder's vectors are in it.
//!
//! A rebuilt index is another table; rewriting this file puts it in use in one step.

use crate::core::failure::{Failure, FailureKind};
use crate::memory::embed::EmbedderId;
use crate::memory::index::fault::OpenFault;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use ulid::Ulid;

const FILE: &str = "embedder.json";

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Label {
    embedder: EmbedderId,
    pub(super) table: String,
}

impl Label {
    /// A label for a table that does not exist yet.
    pub(super) fn fresh(embedder: &EmbedderId) -> Self {
        Self { embedder: embedder.clone(), table: format!("episodes-{}", Ulid::generate().to_string().to_lowercase()) }
    }

    /// The label of the index in `folder`; none if there is no index yet.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, OpenFault> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| OpenFault::Broken(format!("{} is wrong: {error}", path.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("reading", &path, &error)),
        }
    }

    /// Puts the label into `folder` in one step, and on disk.
    pub(super) fn write(&self, folder: &Path) -> Result<(), OpenFault> {
        let path = folder.join(FILE);
        let text = serde_json::to_vec(self).map_err(io::Error::other);
        let written = text.and_then(|text| {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)
        });
        written.map(drop).map_err(|error| failed("writing", &path, &error))
    }

    /// Passes if the vectors are those of `wanted`.
    pub(super) fn check(&self, wanted: &EmbedderId) -> Result<(), OpenFault> {
        if self.embedder == *wanted { Ok(()) } else { Err(OpenFault::other_embedder(&self.embedder, wanted)) }
    }
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> OpenFault {
    OpenFault::Failed(
        Failure::new(FailureKind::Io, format!("{doing} {} failed: {error}", path.display()))
            .hint("check the rights and the free space of the memory folder"),
    )
}

//! The user's price file: prices that `rhizo models prices --update` read from a public list, over the built-in table
//! and under the configuration.
//!
//! It is written by this program alone; the public lists' own forms are the registry's business.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::price::Price;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// The prices of a public list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceFile {
    /// The list: `genai-prices` or `litellm`.
    pub source: String,
    /// The day on which it was read, `YYYY-MM-DD`.
    pub read: String,
    /// `service/name` to what the list says.
    pub models: BTreeMap<String, ListedModel>,
}

/// What a list says about a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedModel {
    /// Tokens that fit into a prompt and its answer, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u64>,
    /// Tokens of an answer at most, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// Its price.
    pub price: Price,
}

impl PriceFile {
    /// Reads the file; `None` if there is none. A broken one is an error: prices that are not read would be missing from
    /// every bill.
    pub fn load(path: &Path) -> Outcome<Option<Self>> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            // A folder that is a file is told by the configuration, which is read from the same place.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(failed("cannot read", path, &error)),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            let what = format!("the price file {} is broken: {error}", path.display());
            Failure::new(FailureKind::Config, what)
                .hint("delete it, and write it anew with `rhizo models prices --update FILE`")
        })
    }

    /// Writes the file in one step, and on disk.
    pub fn save(&self, path: &Path) -> Outcome<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let write = || {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&serde_json::to_vec(self).map_err(io::Error::other)?)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)
        };
        write().map(drop).map_err(|error| failed("cannot write", path, &error))
    }
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(FailureKind::Io, format!("{doing} {}: {error}", path.display()))
}

//! How a run was started, as its row in the store keeps it: what it takes to start it again.

use crate::context::library::Library;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::host::typed::Schema;
use crate::store::open::Store;
use crate::store::runs::RunRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a run was started with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Launch {
    /// The folder in which the program was started. A path that is not Unicode is kept as far as it can be read.
    pub folder: String,
    /// Files, folders and globs of the context, as typed.
    pub context: Vec<String>,
    /// Whether standard input was a part of the context; it is not kept.
    pub piped: bool,
    /// What the documents were: a hash of their names and sizes.
    pub documents: String,
    /// The flags, as typed.
    pub flags: Value,
    /// The role of the root model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether the root explores what would fit into one prompt.
    pub recursive: bool,
    /// What the final value must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// The program's file, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The program, as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The pipelines that it calls, by their files as they are named, each with the hash of its text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub called: BTreeMap<String, String>,
    /// The tool, for a run that is one call of it; what it is given stands under `args`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The program's parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Map<String, Value>>,
}

impl Launch {
    /// The launch of a run.
    ///
    /// Fails with `Replay` for a run that keeps none: one of an earlier version, or of a kind that is over at once.
    pub fn of(store: &Store, row: &RunRow) -> Outcome<Self> {
        Self::kept(store, row)?.ok_or_else(|| {
            Failure::new(FailureKind::Replay, format!("run {} does not say how it was started", row.id))
                .hint("runs of `ask`, `run`, `eval`, `tools call` and the REPL can go on, since version 0.1.0")
        })
    }

    /// The same; `None` for a run that keeps none.
    ///
    /// Fails with `Replay` if it cannot be read.
    pub fn kept(store: &Store, row: &RunRow) -> Outcome<Option<Self>> {
        let settings = row.settings.as_ref().map_or(Ok(Value::Null), |stored| store.load(stored))?;
        let launch = settings.get("launch").cloned().filter(|launch| !launch.is_null());
        launch.map(serde_json::from_value).transpose().map_err(|error| {
            Failure::new(FailureKind::Replay, format!("what run {} was started with cannot be read: {error}", row.id))
        })
    }

    /// Whether a run can be started again.
    pub fn is_kept(store: &Store, row: &RunRow) -> bool {
        matches!(Self::kept(store, row), Ok(Some(_)))
    }

    /// Keeps the parameters for the next time that the run goes on, if they are others than those of its row.
    pub async fn keep_parameters(&self, store: &Store, row: &RunRow) -> Outcome<()> {
        if Self::of(store, row)?.args == self.args {
            return Ok(());
        }
        let mut settings = row.settings.as_ref().map_or(Ok(Value::Null), |stored| store.load(stored))?;
        settings["launch"]["args"] = json!(self.args);
        store.keep_settings(&row.id, &settings).await
    }

    /// The program's file, from the folder of the start.
    pub fn path(&self) -> Option<PathBuf> {
        self.file.as_ref().map(|file| Path::new(&self.folder).join(file))
    }

    /// What the final value must be, made ready.
    pub fn schema(&self) -> Outcome<Option<Arc<Schema>>> {
        Ok(self.schema.as_ref().map(Schema::read).transpose()?.map(Arc::new))
    }

    /// Whether these documents are those of the start, by name and size.
    pub fn has_same(&self, library: &Library) -> bool {
        self.documents == documents(library)
    }
}

/// A hash of the names and sizes of all documents.
pub fn documents(library: &Library) -> String {
    let mut hasher = blake3::Hasher::new();
    for document in library.view().documents() {
        hasher.update(json!([document.name(), document.len()]).to_string().as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

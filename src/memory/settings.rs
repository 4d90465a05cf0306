//! What the memory must be told: where its index is and which embedder to use.
//!
//! Reads no file and no environment; `config` fills these in.

use std::path::PathBuf;

/// Which embedder turns situations into vectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EmbedderChoice {
    /// The lexical embedder: no model, no network, words and parts of words only.
    #[default]
    Hashing,
    /// A model in a folder, as `rhizo memory model install` leaves it.
    Folder(PathBuf),
    /// all-MiniLM-L6-v2 from the Hugging Face hub.
    Hub {
        /// Where the hub's files are kept.
        cache: PathBuf,
    },
}

/// Settings of the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemorySettings {
    /// The folder that holds the index; made when first needed.
    pub folder: PathBuf,
    /// The embedder.
    pub embedder: EmbedderChoice,
    /// Up to this many episodes are compared directly where the embedder is instant, without an index.
    pub few: u64,
    /// The most episodes that are kept; beyond it doubles go first, then the oldest of the lowest trust. 0 keeps all.
    pub most: u64,
}

impl MemorySettings {
    /// For so few, opening the index takes longer than comparing: tens of milliseconds against a few.
    pub const FEW: u64 = 500;

    /// The embedder in a word, for the record of an episode.
    pub(super) fn embedder_name(&self) -> String {
        match &self.embedder {
            EmbedderChoice::Hashing => "hashing-v1".to_owned(),
            EmbedderChoice::Folder(folder) => {
                folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
            }
            EmbedderChoice::Hub { .. } => "all-MiniLM-L6-v2".to_owned(),
        }
    }
}

//! Why an index did not open: each kind has its own cure.

use crate::core::failure::{Failure, FailureKind};
use crate::memory::embed::EmbedderId;

/// Why an index did not open.
#[derive(Clone, Debug, PartialEq)]
pub enum OpenFault {
    /// It holds another embedder's vectors; a person must choose.
    OtherEmbedder {
        /// The embedder it was built with.
        built: String,
        /// The embedder it was to be opened with.
        wanted: String,
    },
    /// It cannot be read, for example after a power cut; a rebuild cures it.
    Broken(String),
    /// The disk or the settings are at fault; a rebuild would fail too.
    Failed(Failure),
}

impl OpenFault {
    /// The fault of an index of another embedder.
    pub fn other_embedder(built: &EmbedderId, wanted: &EmbedderId) -> Self {
        Self::OtherEmbedder { built: built.to_string(), wanted: wanted.to_string() }
    }
}

impl From<OpenFault> for Failure {
    fn from(fault: OpenFault) -> Self {
        match fault {
            OpenFault::OtherEmbedder { built, wanted } => Self::new(
                FailureKind::Config,
                format!("the memory index was built with the embedder `{built}`, and `{wanted}` is set"),
            )
            .hint(format!("`rhizo memory reindex` rebuilds it for `{wanted}`; or set the embedder back to `{built}`")),
            OpenFault::Broken(why) => Self::new(FailureKind::Io, format!("the memory index cannot be read: {why}"))
                .hint("`rhizo memory reindex` rebuilds it; no episode is lost"),
            OpenFault::Failed(failure) => failure,
        }
    }
}

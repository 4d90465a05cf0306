//! Folders without a usable model; that a good one works is tested where it is made, in `install`.

use super::OnnxEmbedder;
use super::files::{ONNX, TOKENIZER_FILES};
use crate::core::failure::FailureKind;
use std::fs;

#[test]
fn a_folder_without_a_model_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let failure = OnnxEmbedder::from_folder(folder.path()).err().expect("it is empty");
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert!(failure.message.contains("config.json"), "{failure}");
    assert!(failure.to_string().contains("rhizo memory model install"), "{failure}");
}

#[test]
fn a_broken_model_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in TOKENIZER_FILES {
        fs::write(folder.path().join(name), r#"{"hidden_size": 384}"#).expect("it can be written");
    }
    fs::write(folder.path().join(ONNX), b"not a graph").expect("it can be written");
    let failure = OnnxEmbedder::from_folder(folder.path()).err().expect("it is garbage");
    assert_eq!(failure.kind, FailureKind::Invalid);
    assert!(failure.message.contains("cannot be loaded"), "{failure}");
}

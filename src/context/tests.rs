//! The room's tests: real files in temporary folders, tables, and properties.

mod data;
mod files;
mod lines;
mod pieces;
mod properties;
mod search;
mod torn;
mod views;

use crate::context::document::Document;
use crate::context::library::{Input, Library, OpenOptions};
use crate::context::poll::Poll;
use crate::context::view::View;
use crate::core::failure::Outcome;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A view of one document in memory.
fn text(content: impl AsRef<[u8]>) -> View {
    View::of(Arc::new(Document::owned("text".to_owned(), content.as_ref().to_vec())))
}

/// A view of several documents in memory, called `0`, `1`, ...
fn texts(contents: &[&str]) -> View {
    let views: Vec<View> = contents
        .iter()
        .enumerate()
        .map(|(index, content)| View::of(Arc::new(Document::owned(index.to_string(), content.as_bytes().to_vec()))))
        .collect();
    View::join(&views)
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// Opens paths relative to a folder.
fn open(base: &Path, paths: &[&str]) -> Outcome<Library> {
    let inputs = paths.iter().map(|path| Input::Path(path.into())).collect();
    let options = OpenOptions { base: base.to_owned(), ..OpenOptions::default() };
    Library::open(inputs, &options, &Poll::never())
}

/// All of a view's text.
fn all(view: &View) -> String {
    view.text(usize::MAX).unwrap()
}

/// The texts of several views.
fn every(views: &[View]) -> Vec<String> {
    views.iter().map(all).collect()
}

//! The long input of a run: from flags and pipes to open documents.

use crate::config::settings::Settings;
use crate::context::library::{Input, Library, OpenOptions};
use crate::context::poll::Poll;
use crate::core::failure::Outcome;
use std::io::Read;
use std::path::PathBuf;

/// Opens the inputs of a run: files, folders, globs, and `-` or a pipe for standard input.
pub fn open(settings: &Settings, paths: &[String], pipe: Option<Box<dyn Read + Send>>) -> Outcome<Library> {
    let mut inputs = Vec::new();
    let mut pipe = pipe;
    for path in paths {
        match (path.as_str(), pipe.take()) {
            ("-", Some(reader)) => inputs.push(Input::Stdin(reader)),
            ("-", None) => inputs.push(Input::Stdin(Box::new(std::io::stdin()))),
            (_, kept) => {
                pipe = kept;
                inputs.push(Input::Path(PathBuf::from(path)));
            }
        }
    }
    inputs.extend(pipe.map(Input::Stdin));
    let options = OpenOptions { base: settings.environment.folder.clone(), ..OpenOptions::default() };
    Library::open(inputs, &options, &Poll::never())
}

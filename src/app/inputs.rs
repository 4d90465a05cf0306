//! The long input of a run: from flags and pipes to open documents.

use crate::config::settings::Settings;
use crate::context::library::{Input, Library, OpenOptions};
use crate::context::poll::Poll;
use crate::core::failure::{Failure, FailureKind, Outcome};
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Opens the inputs of a run: files, folders, globs, and `-` or a pipe for standard input.
///
/// It fails with `Deadline` once it has taken as long as the run may, and can be dropped at any time. A writer may keep
/// a pipe silent for ever, and nothing ends a read of it: the thread that waits for one is left behind.
pub async fn open(settings: &Settings, paths: &[String], pipe: Option<Box<dyn Read + Send>>) -> Outcome<Library> {
    let inputs = inputs(paths, pipe);
    if inputs.is_empty() {
        return Ok(Library::default());
    }
    let options = OpenOptions { base: settings.environment.folder.clone(), ..OpenOptions::default() };
    let given_up = CancellationToken::new();
    let poll = Poll::until(&given_up, Failure::cancelled);
    let _guard = given_up.drop_guard();
    let opening = tokio::task::spawn_blocking(move || Library::open(inputs, &options, &poll));
    tokio::select! {
        biased;
        opened = opening => opened.unwrap_or_else(|error| {
            Err(Failure::new(FailureKind::Internal, format!("the context could not be opened: {error}")))
        }),
        late = expiry(settings.limits.timeout_millis) => Err(late),
    }
}

fn inputs(paths: &[String], pipe: Option<Box<dyn Read + Send>>) -> Vec<Input> {
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
    inputs
}

/// Waits for the time limit, and answers its failure.
async fn expiry(limit: Option<u64>) -> Failure {
    let Some(millis) = limit else { return std::future::pending().await };
    let limit = Duration::from_millis(millis);
    tokio::time::sleep(limit).await;
    Failure::new(FailureKind::Deadline, format!("the context was not read within {} s", limit.as_secs_f64()))
        .hint("raise --timeout, or look whether something writes to a pipe that is read")
}

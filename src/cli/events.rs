//! `--events`: every event of a run and of its children as a line of JSON, in order and without a gap.

use crate::cli::flags::RunFlags;
use crate::cli::interrupt;
use crate::cli::printer::Printer;
use crate::core::event::{Event, EventRecord};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::store::open::Store;
use indexmap::IndexMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

/// Where the lines go.
pub enum Target {
    /// Standard output.
    Output(Arc<Printer>),
    /// A file, with its name.
    File(File, String),
}

/// Writes the lines of one run.
pub struct Lines(JoinHandle<Outcome<bool>>);

impl Target {
    /// Where flags want them. It is opened before the run begins, which would stay behind where that fails.
    pub async fn wanted(flags: &RunFlags, printer: &Arc<Printer>) -> Outcome<Option<Self>> {
        match flags.events.as_deref() {
            None => Ok(None),
            Some("-") => Ok(Some(Self::Output(Arc::clone(printer)))),
            Some(name) => interrupt::unless_stopped(Self::open(name.to_owned())).await.map(Some),
        }
    }

    /// A file of this name, to whose end the lines are added: another run may write there too. A pipe opens only once
    /// somebody reads it: the thread that waits for that may be left behind.
    async fn open(name: String) -> Outcome<Self> {
        let opening =
            tokio::task::spawn_blocking(move || match OpenOptions::new().create(true).append(true).open(&name) {
                Ok(file) => Ok(Self::File(file, name)),
                Err(error) => Err(failed(&name, &error).hint("--events takes a file, or -")),
            });
        opening.await.map_err(|error| {
            Failure::new(FailureKind::Internal, format!("the file of --events could not be opened: {error}"))
        })?
    }

    fn write(&mut self, record: &EventRecord) -> Outcome<()> {
        let line = serde_json::to_string(record)
            .map_err(|error| Failure::new(FailureKind::Internal, format!("an event has no form as JSON: {error}")))?;
        match self {
            Self::Output(printer) => printer.out(&line),
            // In one piece, so that lines of other processes stand before or behind it.
            Self::File(file, name) => {
                file.write_all(format!("{line}\n").as_bytes()).map_err(|error| failed(name, &error))?;
            }
        }
        Ok(())
    }
}

fn failed(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Io, format!("cannot write {name}: {error}"))
}

impl Lines {
    /// Writes the events of `root` and its children from now on.
    pub fn follow(store: &Store, root: &RunId, target: Target) -> Self {
        let feed = Feed { store: store.clone(), root: root.clone(), seen: IndexMap::from([(root.clone(), 0)]), target };
        Self(tokio::spawn(feed.copy(store.subscribe())))
    }

    /// Waits for the last line; whether it went to standard output.
    pub async fn finish(self) -> Outcome<bool> {
        self.0.await.map_err(|error| Failure::new(FailureKind::Internal, format!("the events broke off: {error}")))?
    }
}

struct Feed {
    store: Store,
    root: RunId,
    /// The last stored event that was written, by run.
    seen: IndexMap<RunId, u64>,
    target: Target,
}

impl Feed {
    async fn copy(mut self, mut events: Receiver<Arc<EventRecord>>) -> Outcome<bool> {
        loop {
            let over = match events.recv().await {
                Ok(record) => {
                    let gap = self.seen.get(&record.run).is_some_and(|seen| record.seq > seen + 1);
                    (gap && self.catch_up()?) | self.take(&record)?
                }
                // What was missed and is stored is read again; the rest was pieces of text.
                Err(RecvError::Lagged(_)) => self.catch_up()?,
                Err(RecvError::Closed) => true,
            };
            if over {
                return Ok(matches!(self.target, Target::Output(_)));
            }
        }
    }

    /// Writes an event that is of this tree and new; whether it was the last.
    fn take(&mut self, record: &EventRecord) -> Outcome<bool> {
        let Some(seen) = self.seen.get_mut(&record.run) else { return Ok(false) };
        if record.seq > 0 {
            if record.seq <= *seen {
                return Ok(false);
            }
            *seen = record.seq;
        }
        if let Event::ChildStarted { child, .. } = &record.event {
            self.seen.insert(child.clone(), 0);
        }
        self.target.write(record)?;
        Ok(record.run == self.root && matches!(record.event, Event::RunFinished { .. }))
    }

    fn catch_up(&mut self) -> Outcome<bool> {
        let mut over = false;
        let mut at = 0;
        // A child that is found on the way stands behind the run that started it.
        while let Some((run, seen)) = self.seen.get_index(at).map(|(run, seen)| (run.clone(), *seen)) {
            for record in self.store.events(&run, seen)? {
                over |= self.take(&record)?;
            }
            at += 1;
        }
        Ok(over)
    }
}

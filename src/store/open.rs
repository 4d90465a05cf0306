//! The store as the other rooms hold it: one writer, one reader, one live bus.
//!
//! What is written and read is in the files of the tables.

use crate::core::event::EventRecord;
use crate::core::failure::{Failure, Outcome};
use crate::store::fault::{Fault, Worked, damaged};
use crate::store::group::Desk;
use crate::store::writer::{Ack, Writer};
use crate::store::{bus, connect};
use rusqlite::{Connection, Row, Rows};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

/// The store; clones are the same store. It closes when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    options: OpenOptions,
    /// Opened by the first query: a run that only writes does not pay for it. Closed before the writer tidies up.
    reader: Mutex<Option<Connection>>,
    writer: Writer,
    bus: broadcast::Sender<Arc<EventRecord>>,
    /// Why something is missing from a list.
    note: Mutex<Option<Failure>>,
}

/// How to open a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// The most pages of 4,096 bytes that the file may have; `None` is as many as the disk holds.
    pub max_pages: Option<u32>,
    /// How long a write waits for another process, in milliseconds.
    pub busy_millis: u64,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { max_pages: None, busy_millis: 10_000 }
    }
}

impl Store {
    /// Opens the store at `path`, making the file and its folders where needed.
    ///
    /// Fails with `Io` and a hint if the file is another program's, newer than this program, damaged, locked, or
    /// cannot be written.
    pub fn open(path: &Path) -> Outcome<Self> {
        Self::open_with(path, &OpenOptions::default())
    }

    /// The same with options.
    pub fn open_with(path: &Path, options: &OpenOptions) -> Outcome<Self> {
        let (connection, bus) = (connect::for_writing(path, options)?, bus::channel());
        let desk = Desk::new(path, bus.clone(), Duration::from_millis(options.busy_millis));
        let writer = Writer::start(connection, desk)?;
        let (path, options, note) = (path.to_owned(), *options, Mutex::new(None));
        let inner = Inner { path, options, writer, reader: Mutex::new(None), bus, note };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The store's file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// How many transactions this process has committed to the store.
    pub fn commits(&self) -> u64 {
        self.inner.writer.commits()
    }

    /// Waits until everything handed over so far is on disk.
    ///
    /// Fails with the first failure of a write whose caller did not wait for it.
    pub fn close(&self) -> Ack<()> {
        self.inner.writer.flush()
    }

    /// That rows or costs were left out since the last call because they could not be read: what is wrong with the first.
    pub fn take_note(&self) -> Option<Failure> {
        self.inner.note.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The rows of a query that can be read, each made into a value. That others were left out is noted: one damaged row
    /// shall not hide all the others.
    pub(super) fn readable<T>(&self, mut rows: Rows<'_>, make: impl Fn(&Row<'_>) -> Worked<T>) -> Worked<Vec<T>> {
        let mut made = Vec::new();
        while let Some(row) = rows.next()? {
            match make(row) {
                Ok(value) => made.push(value),
                Err(fault) => self.leave_out(fault)?,
            }
        }
        Ok(made)
    }

    /// Notes why something is missing from a list, unless there is such a note already.
    pub(super) fn note(&self, note: Failure) {
        self.inner.note.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(note);
    }

    fn leave_out(&self, fault: Fault) -> Worked<()> {
        let Some(why) = fault.of_row() else { return Err(fault) };
        let note = damaged(&format!("what cannot be read is left out: {why}"));
        self.note(note.hint("`rhizo doctor` tells of it, `rhizo doctor --repair` takes it out of the way"));
        Ok(())
    }

    pub(super) fn writer(&self) -> &Writer {
        &self.inner.writer
    }

    pub(super) fn bus(&self) -> &broadcast::Sender<Arc<EventRecord>> {
        &self.inner.bus
    }

    /// Runs a query on the reading connection.
    pub(super) fn read<T>(&self, query: impl FnOnce(&Connection) -> Worked<T>) -> Outcome<T> {
        let mut reader = self.inner.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match reader.take() {
            Some(connection) => connection,
            None => connect::for_reading(&self.inner.path, &self.inner.options)
                .map_err(|fault| fault.about(&self.inner.path))?,
        };
        query(reader.insert(connection)).map_err(|fault| fault.about(&self.inner.path))
    }

    /// How many rows a table has.
    pub(super) fn count(&self, table: &'static str) -> Outcome<u64> {
        self.read(|connection| {
            let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or_default())
        })
    }
}

#[cfg(test)]
pub(in crate::store) mod tests;

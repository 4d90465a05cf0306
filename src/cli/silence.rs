//! A pipe on standard input that nobody named and that says nothing: whoever started the program may only have left it open,
//! and would wait for ever without knowing for what.

use crate::cli::printer::Printer;
use std::io::{self, Read};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long nothing comes before a person is told.
const LONG: Duration = Duration::from_secs(1);

/// Whether anything has come, or the end.
#[derive(Clone, Default)]
pub struct Heard(Arc<AtomicBool>);

/// A pipe that is listened to.
struct Listened {
    from: Box<dyn Read + Send>,
    heard: Heard,
}

impl Read for Listened {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into);
        self.heard.0.store(true, Ordering::Relaxed);
        read
    }
}

impl Heard {
    /// The same pipe, listened to.
    pub fn listen(&self, from: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        Box::new(Listened { from, heard: self.clone() })
    }

    /// Does work that reads the pipe, and says so if nothing comes.
    pub async fn during<T>(self, printer: &Printer, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep(LONG) => {}
        }
        if !printer.quiet && !self.0.load(Ordering::Relaxed) {
            printer.err("note: reading the context from standard input; `< /dev/null` if none is meant");
        }
        work.await
    }
}

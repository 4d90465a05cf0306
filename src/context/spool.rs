//! Keeps what a pipe delivers: small texts in memory, large ones in an unlinked temporary file. It does not look inside.

use crate::context::mapping::Mapping;
use crate::context::poll::Poll;
use crate::core::failure::{Failure, FailureKind, Outcome};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// Texts up to this many bytes stay in memory.
const SMALL: usize = 1 << 16;
const BUFFER: usize = 1 << 18;

/// Where the text of a pipe ended up.
#[derive(Debug)]
pub enum Spooled {
    /// In memory.
    Small(Vec<u8>),
    /// In a file without a name.
    Large(Mapping),
}

/// Reads `reader` to its end; `folder` is where the temporary file goes, or the system's place for such files.
///
/// Asks `poll` between reads; a read that waits for a silent writer is not interrupted.
pub fn spool(reader: &mut dyn Read, name: &str, folder: Option<&Path>, poll: &Poll) -> Outcome<Spooled> {
    let mut small = Vec::new();
    let mut buffer = vec![0; BUFFER];
    let mut file: Option<File> = None;
    let mut total = 0;
    loop {
        poll.check()?;
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::new(FailureKind::Io, format!("cannot read {name}: {error}"))),
        };
        total += count;
        match &mut file {
            Some(file) => keep(file, &buffer[..count], name)?,
            None => {
                small.extend_from_slice(&buffer[..count]);
                if small.len() > SMALL {
                    let mut made = create(name, folder)?;
                    keep(&mut made, &small, name)?;
                    small = Vec::new();
                    file = Some(made);
                }
            }
        }
    }
    match file {
        None => Ok(Spooled::Small(small)),
        Some(file) => Mapping::new(&file, total, None)
            .map(Spooled::Large)
            .map_err(|error| Failure::new(FailureKind::Io, format!("cannot map what {name} delivered: {error}"))),
    }
}

fn create(name: &str, folder: Option<&Path>) -> Outcome<File> {
    match folder {
        Some(folder) => tempfile::tempfile_in(folder),
        None => tempfile::tempfile(),
    }
    .map_err(|error| disk(name, &error))
}

fn keep(file: &mut File, bytes: &[u8], name: &str) -> Outcome<()> {
    file.write_all(bytes).map_err(|error| disk(name, &error))
}

fn disk(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Io, format!("cannot keep what {name} delivers in a temporary file: {error}"))
        .hint("make room on the disk, or save the text to a file and give its path")
}

//! Small files that people write, read whole within a bound. What never ends, such as a pipe or a device, is none.

use std::fs::{File, metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// The text of a file of at most `most` bytes.
///
/// # Errors
/// Those of the system, and what is no file, too large or not UTF-8.
pub fn read(file: &Path, most: u64) -> Result<String> {
    // Asked before it is opened: to open a pipe waits for whoever writes it.
    if !metadata(file)?.is_file() {
        return Err(Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(Error::other(format!("it has more than {} KiB", most / 1024)));
    }
    String::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not a text in UTF-8"))
}

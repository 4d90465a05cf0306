//! One memory-mapped file. It holds no file descriptor, so that thousands of files can be open; it does not write.

use crate::context::fault::Guard;
use crate::core::failure::{Failure, FailureKind, Outcome};
use memmap2::{Mmap, MmapOptions, UncheckedAdvice};
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The kernel maps neighbours of a page that is read, at most this many bytes before it.
const FAULT_AROUND: usize = 1 << 20;

/// A file's bytes as memory. Fields drop in this order: the guard leaves its table before the memory goes.
#[derive(Debug)]
pub struct Mapping {
    guard: Guard,
    map: Mmap,
    /// Where the file can be looked at again, with its device and inode; `None` for a spooled, unlinked file.
    file: Option<(PathBuf, u64, u64)>,
}

impl Mapping {
    /// Maps the first `length` bytes of `file` (at least 1); `path` is asked later whether the file shrank.
    #[allow(unsafe_code)]
    pub fn new(file: &File, length: usize, path: Option<&Path>) -> io::Result<Self> {
        let seen = file.metadata()?;
        // SAFETY: the mapping is read-only. Other processes may change the file: a shrinking file is caught by the
        // guard, and text is validated only after it has been copied, so changing bytes cannot break a `String`.
        let map = unsafe { MmapOptions::new().len(length).map(file)? };
        let guard = Guard::register(&map)?;
        Ok(Self { guard, map, file: path.map(|path| (path.to_owned(), seen.dev(), seen.ino())) })
    }

    /// The file's bytes; zeros where the file no longer has any.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Whether a read has already failed; cheap.
    pub fn is_torn(&self) -> bool {
        self.guard.is_torn()
    }

    /// Fails with `Io` if the file has shrunk or a read of it has failed since it was opened.
    pub fn check(&self, name: &str) -> Outcome<()> {
        if self.has_shrunk() {
            self.guard.tear();
            return Err(Failure::new(FailureKind::Io, format!("file {name:?} shrank while it was open"))
                .hint("open it again; if something keeps rewriting it, work on a copy"));
        }
        if self.guard.is_torn() {
            return Err(Failure::new(
                FailureKind::Io,
                format!("file {name:?} could not be read: it changed or its disk failed while it was open"),
            )
            .hint("open it again; if something keeps rewriting it, work on a copy"));
        }
        Ok(())
    }

    /// A file replaced under its name is another inode, and the mapping still has the old one, whole.
    fn has_shrunk(&self) -> bool {
        let Some((path, device, inode)) = &self.file else { return false };
        match path.metadata() {
            Ok(now) => {
                now.dev() == *device
                    && now.ino() == *inode
                    && usize::try_from(now.len()).is_ok_and(|length| length < self.map.len())
            }
            // An unlinked file is still whole in memory.
            Err(_) => false,
        }
    }

    /// Gives the memory of these bytes back to the system; the next read fetches them from the file again.
    #[allow(unsafe_code)]
    pub fn release(&self, start: usize, end: usize) {
        let end = end.min(self.map.len());
        // The fault that began these bytes may have mapped pages before them, after those were released.
        let start = start.saturating_sub(FAULT_AROUND);
        if start < end {
            // SAFETY: the mapping is of a file and never written, so dropped pages come back with the same content
            // (or as zeros of the patch, which are zeros again).
            let advised = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start) };
            // Only advice: a refusal costs memory, not correctness.
            drop(advised);
        }
    }
}

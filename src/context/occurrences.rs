//! Where one byte stands in a document: counts per block, built only as far as somebody asked. Those of newlines know the
//! lines, those of quotes what stands within them.

use crate::context::document::Document;
use crate::context::poll::Poll;
use crate::core::failure::Outcome;
use memchr::memchr_iter;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes per block of the index.
pub const BLOCK: usize = 1 << 20;

/// How often a byte stands up to the end of each block seen so far.
#[derive(Debug)]
pub struct Occurrences {
    byte: u8,
    totals: Mutex<Vec<usize>>,
}

impl Occurrences {
    /// Those of a byte, none of which is counted yet.
    pub const fn of(byte: u8) -> Self {
        Self { byte, totals: Mutex::new(Vec::new()) }
    }

    /// How many there are before `offset` of `document`, whose index this is.
    pub fn before(&self, document: &Document, offset: usize, poll: &Poll) -> Outcome<usize> {
        let blocks = offset / BLOCK;
        while let Some(block) = self.uncounted(blocks) {
            self.extend(document, block, poll)?;
        }
        let base = self.total_of(blocks);
        Ok(base + memchr_iter(self.byte, &document.bytes()[blocks * BLOCK..offset]).count())
    }

    /// The offset of the one with the number `index`, from 0, or `None` if there are fewer.
    pub fn position(&self, document: &Document, index: usize, poll: &Poll) -> Outcome<Option<usize>> {
        let bytes = document.bytes();
        let whole = bytes.len() / BLOCK;
        while let Some(block) = self.uncounted(whole).filter(|block| self.total_of(*block) <= index) {
            self.extend(document, block, poll)?;
        }
        let block = self.totals().partition_point(|total| *total <= index);
        let rest = index - self.total_of(block);
        let from = block * BLOCK;
        let upto = bytes.len().min(from + BLOCK);
        Ok(memchr_iter(self.byte, &bytes[from..upto]).nth(rest).map(|at| from + at))
    }

    fn totals(&self) -> MutexGuard<'_, Vec<usize>> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first block that is not counted, if it is one of the first `blocks`.
    fn uncounted(&self, blocks: usize) -> Option<usize> {
        let known = self.totals().len();
        (known < blocks).then_some(known)
    }

    fn total_of(&self, blocks: usize) -> usize {
        blocks.checked_sub(1).and_then(|last| self.totals().get(last).copied()).unwrap_or(0)
    }

    /// Counts `block`, behind those that are counted. The lock is not held meanwhile: two threads may count the same block,
    /// one result is kept.
    fn extend(&self, document: &Document, block: usize, poll: &Poll) -> Outcome<()> {
        poll.check()?;
        let (from, upto) = (block * BLOCK, (block + 1) * BLOCK);
        let count = memchr_iter(self.byte, &document.bytes()[from..upto]).count();
        document.intact()?;
        let total = self.total_of(block) + count;
        let mut totals = self.totals();
        if totals.len() == block {
            totals.push(total);
        }
        drop(totals);
        document.release(from, upto);
        Ok(())
    }
}

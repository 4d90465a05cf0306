//! Where the lines of a document are: counts of newlines per block, built only as far as somebody asked.

use crate::context::document::Document;
use crate::context::poll::Poll;
use crate::core::failure::Outcome;
use memchr::memchr_iter;
use std::sync::{Mutex, PoisonError};

/// Bytes per block of the index.
pub const BLOCK: usize = 1 << 20;

/// How many newlines there are up to the end of each block seen so far.
#[derive(Debug, Default)]
pub struct Newlines {
    totals: Mutex<Vec<usize>>,
}

impl Newlines {
    /// The number of newlines before `offset` of `document`, whose index this is.
    pub fn before(&self, document: &Document, offset: usize, poll: &Poll) -> Outcome<usize> {
        let blocks = offset / BLOCK;
        while self.known() < blocks {
            self.extend(document, poll)?;
        }
        let base = self.total_of(blocks);
        Ok(base + memchr_iter(b'\n', &document.bytes()[blocks * BLOCK..offset]).count())
    }

    /// The offset of the newline number `index`, from 0, or `None` if there are fewer.
    pub fn position(&self, document: &Document, index: usize, poll: &Poll) -> Outcome<Option<usize>> {
        let bytes = document.bytes();
        let whole = bytes.len() / BLOCK;
        while self.known() < whole && self.total_of(self.known()) <= index {
            self.extend(document, poll)?;
        }
        let block = {
            let totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
            totals.partition_point(|total| *total <= index)
        };
        let rest = index - self.total_of(block);
        let from = block * BLOCK;
        let upto = bytes.len().min(from + BLOCK);
        Ok(memchr_iter(b'\n', &bytes[from..upto]).nth(rest).map(|at| from + at))
    }

    fn known(&self) -> usize {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn total_of(&self, blocks: usize) -> usize {
        let totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.checked_sub(1).and_then(|last| totals.get(last)).copied().unwrap_or(0)
    }

    /// Counts one more block. The lock is not held meanwhile: two threads may count the same block, one result is kept.
    fn extend(&self, document: &Document, poll: &Poll) -> Outcome<()> {
        poll.check()?;
        let block = self.known();
        let (from, upto) = (block * BLOCK, (block + 1) * BLOCK);
        let count = memchr_iter(b'\n', &document.bytes()[from..upto]).count();
        document.intact()?;
        let total = self.total_of(block) + count;
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        if totals.len() == block {
            totals.push(total);
        }
        drop(totals);
        document.release(from, upto);
        Ok(())
    }
}

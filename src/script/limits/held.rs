//! Counts the bytes that the process holds, so that a script's memory can be checked at every step.
//!
//! The count is the whole process's: a session that waits for a large answer is charged for it too. Beside it the
//! allocator counts what deep values are made of, and notes when a thread makes a string of the interpreter that is too
//! long. A thread adds to the counts of all in lumps: one memory cell that every allocation of every thread writes to
//! would pass from core to core all the time.

use crate::script::engine::STRING_LIMIT;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

static HELD: AtomicIsize = AtomicIsize::new(0);
static NESTED: AtomicIsize = AtomicIsize::new(0);

/// What a thread keeps to itself at most. A thread that ends should hand it over: else as much is never counted.
const OWN_BYTES: usize = 4 << 10;
const OWN_NESTED: usize = 64;

/// Rhai's strings ask for an even address, which plain buffers of bytes do not (`smartstring` keeps a mark in the lowest
/// bit). They double as they grow, so one of up to twice the limit may still hold what is allowed.
const TEXT_ALIGN: usize = 2;
const LONG_TEXT: usize = 2 * STRING_LIMIT;

thread_local! {
    static HAS_LONG_TEXT: Cell<bool> = const { Cell::new(false) };
    /// Bytes and nesting allocations of this thread that are not in the counts of all yet. Without a destructor, so that it
    /// is there as long as the thread allocates.
    static OWN: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

/// Whether this thread made a string of the interpreter beyond the limit.
pub fn has_long_text() -> bool {
    HAS_LONG_TEXT.get()
}

/// Forgets what this thread made so far.
pub fn forget_long_text() {
    HAS_LONG_TEXT.set(false);
}

/// Whether an allocation may be what makes a value one level deeper: the box of an array or a map (24 bytes), the cell of
/// a variable that a closure captured (48), or the values that are bound to a closure (16 bytes and 16 for each; from 32
/// values on their bytes alone are limit enough). Arrays of up to 32 items have such allocations too, and so has the rest
/// of the program: what is counted is at least the levels there are.
fn nests(align: usize, size: usize) -> bool {
    align == 8 && (size == 24 || ((32..=512).contains(&size) && size.is_multiple_of(16)))
}

/// What an allocation counts for: its bytes and whether it nests. No allocation is larger than half of the address space.
fn weight(layout: Layout, size: usize) -> (isize, isize) {
    (size.cast_signed(), isize::from(nests(layout.align(), size)))
}

fn count((bytes, nested): (isize, isize)) {
    // One look at the cell, by the accessor that is compiled into its caller: this runs at every allocation.
    let lump = OWN.try_with(|own| {
        let sum = own.get();
        let sum = (sum.0.wrapping_add(bytes), sum.1.wrapping_add(nested));
        let is_lump = sum.0.unsigned_abs() > OWN_BYTES || sum.1.unsigned_abs() > OWN_NESTED;
        own.set(if is_lump { (0, 0) } else { sum });
        is_lump.then_some(sum)
    });
    // A cell that is not there keeps nothing.
    if let Some((bytes, nested)) = lump.unwrap_or(Some((bytes, nested))) {
        share(bytes, nested);
    }
}

fn share(bytes: isize, nested: isize) {
    HELD.fetch_add(bytes, Ordering::Relaxed);
    NESTED.fetch_add(nested, Ordering::Relaxed);
}

/// Adds what this thread keeps to itself to the counts of all, for one that is about to end.
pub fn hand_over() {
    let (bytes, nested) = OWN.replace((0, 0));
    share(bytes, nested);
}

fn note(layout: Layout, size: usize) {
    count(weight(layout, size));
    if size > LONG_TEXT && layout.align() == TEXT_ALIGN {
        HAS_LONG_TEXT.set(true);
    }
}

fn forget(layout: Layout) {
    let (bytes, nested) = weight(layout, layout.size());
    count((-bytes, -nested));
}

/// The system's allocator with a count.
pub struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is handed to the system's allocator unchanged; the count touches no memory but its own.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout, layout.size());
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout, layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        forget(layout);
        // SAFETY: `at` came from the same allocator with this layout.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(layout, size);
        forget(layout);
        // SAFETY: `at` came from the same allocator with this layout, and the caller vouches for `size`.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// Bytes that the process holds now, but for what other threads keep to themselves: without that it may be less than none.
pub fn held() -> isize {
    sum(&HELD, OWN.get().0)
}

/// Allocations that the process holds now of which values that nest are made.
pub fn nested() -> isize {
    sum(&NESTED, OWN.get().1)
}

fn sum(all: &AtomicIsize, own: isize) -> isize {
    all.load(Ordering::Relaxed).wrapping_add(own)
}

#[cfg(test)]
mod tests {
    use super::{OWN, hand_over};

    #[test]
    fn a_thread_keeps_nothing_to_itself_once_it_has_handed_over() {
        let kept = "kept".to_owned();
        hand_over();
        assert_eq!(OWN.get(), (0, 0));
        drop(kept);
    }
}

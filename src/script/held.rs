//! Counts the bytes that the process holds, so that a script's memory can be checked at every step.
//!
//! The count is the whole process's: a session that waits for a large answer is charged for it too. Beside it the
//! allocator counts what deep values are made of, and notes when a thread makes a string of the interpreter that is too
//! long.

use crate::script::engine::STRING_LIMIT;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

static HELD: AtomicUsize = AtomicUsize::new(0);
static NESTED: AtomicUsize = AtomicUsize::new(0);

/// Rhai's strings ask for an even address, which plain buffers of bytes do not (`smartstring` keeps a mark in the lowest
/// bit). They double as they grow, so one of up to twice the limit may still hold what is allowed.
const TEXT_ALIGN: usize = 2;
const LONG_TEXT: usize = 2 * STRING_LIMIT;

thread_local! {
    static HAS_LONG_TEXT: Cell<bool> = const { Cell::new(false) };
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

fn note(layout: Layout, size: usize) {
    HELD.fetch_add(size, Ordering::Relaxed);
    if nests(layout.align(), size) {
        NESTED.fetch_add(1, Ordering::Relaxed);
    }
    if size > LONG_TEXT && layout.align() == TEXT_ALIGN {
        HAS_LONG_TEXT.set(true);
    }
}

fn forget(layout: Layout) {
    HELD.fetch_sub(layout.size(), Ordering::Relaxed);
    if nests(layout.align(), layout.size()) {
        NESTED.fetch_sub(1, Ordering::Relaxed);
    }
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

/// Bytes that the process holds now.
pub fn held() -> u64 {
    u64::try_from(HELD.load(Ordering::Relaxed)).unwrap_or(u64::MAX)
}

/// Allocations that the process holds now of which values that nest are made.
pub fn nested() -> u64 {
    u64::try_from(NESTED.load(Ordering::Relaxed)).unwrap_or(u64::MAX)
}

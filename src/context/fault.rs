//! Keeps a read of a mapped file that has shrunk from killing the process: the read sees zeros and the mapping is marked.
//!
//! The kernel answers a read beyond the end of a mapped file with SIGBUS. The handler here looks the address up in a
//! table of our mappings; faults elsewhere go to whoever handled SIGBUS before. It does not report anything itself:
//! whoever read asks `Guard::is_torn` afterwards.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The most mappings at once; Linux's default `vm.max_map_count` is 65,530.
const SLOTS: usize = 65_536;

/// One mapping. `start` is 0 while the slot is free; it is written last and cleared first.
struct Slot {
    start: AtomicUsize,
    end: AtomicUsize,
    torn: AtomicBool,
}

static TABLE: [Slot; SLOTS] =
    [const { Slot { start: AtomicUsize::new(0), end: AtomicUsize::new(0), torn: AtomicBool::new(false) } }; SLOTS];
/// Slots from here on were never used.
static HIGH: AtomicUsize = AtomicUsize::new(0);
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
static PAGE: AtomicUsize = AtomicUsize::new(0);
static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();

/// A mapping's place in the table, for as long as it lives. Drop it before the memory is unmapped.
#[derive(Debug)]
pub struct Guard {
    slot: usize,
}

impl Guard {
    /// Enters the memory at `bytes`, installing the signal handler at the first call; fails when the table is full.
    pub fn register(bytes: &[u8]) -> io::Result<Self> {
        install()?;
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = match free.pop() {
            Some(slot) => slot,
            None => {
                let slot = HIGH.load(Ordering::SeqCst);
                if slot >= SLOTS {
                    return Err(io::Error::other("too many mapped files"));
                }
                HIGH.store(slot + 1, Ordering::SeqCst);
                slot
            }
        };
        let start = bytes.as_ptr().addr();
        TABLE[slot].torn.store(false, Ordering::SeqCst);
        TABLE[slot].end.store(start + bytes.len(), Ordering::SeqCst);
        TABLE[slot].start.store(start, Ordering::SeqCst);
        Ok(Self { slot })
    }

    /// Whether a read of it has failed.
    pub fn is_torn(&self) -> bool {
        TABLE[self.slot].torn.load(Ordering::SeqCst)
    }

    /// Marks it for good, when something else has shown that the file shrank.
    pub fn tear(&self) {
        TABLE[self.slot].torn.store(true, Ordering::SeqCst);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        TABLE[self.slot].start.store(0, Ordering::SeqCst);
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(self.slot);
    }
}

fn install() -> io::Result<()> {
    static INSTALLED: OnceLock<Option<i32>> = OnceLock::new();
    match INSTALLED.get_or_init(|| set_handler().err().map(|error| error.raw_os_error().unwrap_or(libc::EINVAL))) {
        None => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(*code)),
    }
}

#[allow(unsafe_code)]
fn set_handler() -> io::Result<()> {
    // SAFETY: sysconf has no preconditions; sigaction is given valid pointers to zeroed, then filled, structs. The
    // previous action is kept before ours is set, so that the handler can always hand over.
    unsafe {
        let page = libc::sysconf(libc::_SC_PAGESIZE);
        PAGE.store(usize::try_from(page).map_err(io::Error::other)?, Ordering::SeqCst);
        let mut previous: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(libc::SIGBUS, ptr::null(), &raw mut previous) != 0 {
            return Err(io::Error::last_os_error());
        }
        PREVIOUS.get_or_init(|| previous);
        let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = on_fault;
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        if libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Runs inside the signal: only atomics and system calls, no allocation, no lock.
#[allow(unsafe_code)]
extern "C" fn on_fault(_signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo, whose address is set for SIGBUS; errno is this
    // thread's own and is put back; `PREVIOUS` was filled before this handler was set.
    unsafe {
        let saved = *errno();
        if !patch((*info).si_addr().addr())
            && let Some(previous) = PREVIOUS.get()
        {
            libc::sigaction(libc::SIGBUS, previous, ptr::null_mut());
        }
        *errno() = saved;
    }
}

/// Puts zeros over the rest of the mapping that holds `address`; false if none does.
///
/// The whole rest, because everything behind a page beyond the end of the file is beyond it too, and one mapping per
/// page would run into the kernel's limit of mappings.
#[allow(unsafe_code)]
fn patch(address: usize) -> bool {
    let page_size = PAGE.load(Ordering::SeqCst);
    for slot in &TABLE[..HIGH.load(Ordering::SeqCst)] {
        let start = slot.start.load(Ordering::SeqCst);
        let end = slot.end.load(Ordering::SeqCst);
        let inside = start != 0 && start <= address && address < end.next_multiple_of(page_size);
        // A slot that changed hands between the two loads has another start now.
        if !inside || slot.start.load(Ordering::SeqCst) != start {
            continue;
        }
        slot.torn.store(true, Ordering::SeqCst);
        let from = address - address % page_size;
        let length = end.next_multiple_of(page_size) - from;
        // SAFETY: the range lies inside a live mapping of ours, which a thread is reading at this moment; replacing
        // its pages by readable zeros leaves every reference to it valid memory.
        let mapped = unsafe {
            libc::mmap(
                ptr::without_provenance_mut(from),
                length,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            )
        };
        return mapped != libc::MAP_FAILED;
    }
    false
}

#[cfg(any(target_os = "linux", target_os = "emscripten"))]
#[allow(unsafe_code)]
fn errno() -> *mut libc::c_int {
    // SAFETY: no preconditions; the pointer is to this thread's own errno.
    unsafe { libc::__errno_location() }
}

#[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
#[allow(unsafe_code)]
fn errno() -> *mut libc::c_int {
    // SAFETY: no preconditions; the pointer is to this thread's own errno.
    unsafe { libc::__error() }
}

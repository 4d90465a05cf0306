//! Whether the terminal shows what is typed. While something runs keys would stand in the midst of its progress: they are unseen
//! then, and wait for whoever reads next. Nothing else changes, Ctrl-C interrupts as before. And whether it marks what is pasted.
//!
//! A program that is stopped (Ctrl-Z) leaves the terminal as it is. A shell that edits lines has settings of its own, and keys
//! show after its `fg`; in another (dash) they are unseen until `stty echo` or the end of what was stopped.

use crate::repl::editor::edited;
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

/// How long the rest of what arrived in one burst may take to come behind its first line.
pub const BURST: Duration = Duration::from_millis(20);

/// Whether keys are unseen while nobody is asked. The terminal is one for the whole process.
static UNSEEN: AtomicBool = AtomicBool::new(false);

/// How many bytes of whole lines waited when keys were last shown: somebody saw them while they were typed.
static AHEAD: AtomicI32 = AtomicI32::new(0);

/// The terminal that marks what is pasted; `NONE` if none does.
static MARKING: AtomicI32 = AtomicI32::new(NONE);

/// No terminal.
pub(super) const NONE: RawFd = -1;

/// What a terminal is told to put marks around what is pasted, and to put none any more.
const MARKS: &str = "\u{1b}[?2004h";
pub(super) const NO_MARKS: &str = "\u{1b}[?2004l";

/// Signals that end the program where nobody watches them; the last is that of an abort, for want of stack or memory.
const ENDS: [libc::c_int; 4] = [libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGABRT];

/// Keys are unseen as long as it lives.
#[derive(Debug)]
pub struct Unseen(());

impl Unseen {
    /// From now on; `None` where they were unseen before, or where the terminal is not this program's alone: in the background,
    /// or beside a pager in the same pipe.
    pub fn begin() -> Option<Self> {
        let is_alone =
            std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        if !is_alone || UNSEEN.swap(true, Ordering::Relaxed) {
            return None;
        }
        AHEAD.store(0, Ordering::Relaxed);
        // First, for a signal that comes behind the change has to find its handler.
        watch_ends();
        if set(false) {
            return Some(Self(()));
        }
        UNSEEN.store(false, Ordering::Relaxed);
        forget_ends();
        None
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        restore();
    }
}

/// Keys show as long as it lives: somebody is asked, or another program has the terminal.
#[derive(Debug)]
pub struct Shown(());

impl Shown {
    /// From now on.
    pub fn begin() -> Self {
        show(true);
        Self(())
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        AHEAD.store(waiting(libc::STDIN_FILENO), Ordering::Relaxed);
        show(false);
    }
}

/// The terminal marks what is pasted as long as it lives.
#[derive(Debug)]
pub struct Marks<'a>(&'a File);

impl<'a> Marks<'a> {
    /// From now on.
    pub fn begin(terminal: &'a File) -> Self {
        watch_ends();
        MARKING.store(terminal.as_raw_fd(), Ordering::Relaxed);
        let marks = Self(terminal);
        marks.again();
        marks
    }

    /// Says so once more, to a terminal that others had meanwhile.
    pub fn again(&self) {
        let mut terminal = self.0;
        // A terminal that is gone pastes nothing any more.
        drop(terminal.write_all(MARKS.as_bytes()));
    }
}

impl Drop for Marks<'_> {
    fn drop(&mut self) {
        unmark();
        forget_ends();
    }
}

/// Has the terminal put no more marks. A handler of signals may call it.
#[allow(unsafe_code)]
fn unmark() {
    let terminal = MARKING.swap(NONE, Ordering::Relaxed);
    if terminal != NONE {
        // SAFETY: the text is as long as is said. The descriptor is open as long as it is kept there, and a terminal that is
        // gone fails the call.
        unsafe { libc::write(terminal, NO_MARKS.as_ptr().cast(), NO_MARKS.len()) };
    }
}

/// Shows keys again, and has what is pasted marked no more; for a program that ends at once, without dropping what it has.
pub fn restore() {
    unmark();
    if UNSEEN.swap(false, Ordering::Relaxed) {
        set(true);
        forget_ends();
    }
}

/// Whether keys are unseen unless somebody is asked.
pub fn is_unseen() -> bool {
    UNSEEN.load(Ordering::Relaxed)
}

/// Whether lines wait to be read that all were typed while keys that are unseen otherwise were shown.
pub fn is_ahead() -> bool {
    let ahead = AHEAD.load(Ordering::Relaxed);
    is_unseen() && ahead > 0 && waiting(libc::STDIN_FILENO) == ahead
}

/// Takes the whole lines that came with the last answer and answer nothing: nobody has sent them to whoever reads next.
pub async fn take_ahead() -> String {
    let mut taken = Vec::new();
    if AHEAD.swap(0, Ordering::Relaxed) == 0 || !is_unseen() {
        return String::new();
    }
    while waiting(libc::STDIN_FILENO) > 0 {
        let mut piece = [0_u8; 4096];
        // A terminal that cannot be read is told by whoever reads next.
        let Ok(read @ 1..) = std::io::stdin().lock().read(&mut piece) else { break };
        taken.extend_from_slice(&piece[..read]);
        if waiting(libc::STDIN_FILENO) == 0 {
            // A terminal keeps few lines: the rest of a burst comes once there is room.
            tokio::time::sleep(BURST).await;
        }
    }
    String::from_utf8_lossy(&taken).trim_end().to_owned()
}

/// Shows keys that are unseen otherwise, or does not any more.
fn show(shown: bool) {
    if is_unseen() {
        set(shown);
        // `restore` may have come in between, and nobody would show them again.
        if !is_unseen() {
            set(true);
        }
    }
}

/// How many bytes of whole lines wait to be read on a terminal.
#[allow(unsafe_code)]
pub fn waiting(terminal: RawFd) -> libc::c_int {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the pointer is valid, and the kernel writes one number there.
    let asked = unsafe { libc::ioctl(terminal, libc::FIONREAD, &raw mut bytes) };
    if asked == 0 { bytes } else { 0 }
}

/// Sets whether the terminal shows keys; answers whether that is a change. A handler of signals may call it.
#[allow(unsafe_code)]
fn set(shown: bool) -> bool {
    let terminal = libc::STDIN_FILENO;
    let Some(mut settings) = settings(terminal) else { return false };
    let was_shown = settings.c_lflag & libc::ECHO != 0;
    settings.c_lflag ^= libc::ECHO;
    // SAFETY: the call takes plain numbers and a valid pointer.
    was_shown != shown && unsafe { libc::tcsetattr(terminal, libc::TCSANOW, &raw const settings) } == 0
}

/// The settings of a terminal that this program may change: one in the background would be stopped for it. A handler of signals
/// may call it.
#[allow(unsafe_code)]
pub(super) fn settings(terminal: RawFd) -> Option<libc::termios> {
    let mut known = MaybeUninit::<libc::termios>::uninit();
    // SAFETY: the calls take plain numbers and a valid pointer, and the settings are read once the kernel has written them.
    unsafe {
        let is_ours = libc::tcgetpgrp(terminal) == libc::getpgrp();
        (is_ours && libc::tcgetattr(terminal, known.as_mut_ptr()) == 0).then(|| known.assume_init())
    }
}

/// Has signals that would end the program give the terminal back before.
pub(super) fn watch_ends() {
    ENDS.into_iter().for_each(watch);
}

/// Lets them end it at once, where there is nothing to give back.
pub(super) fn forget_ends() {
    if !is_unseen() && MARKING.load(Ordering::Relaxed) == NONE && !edited::is_open() {
        ENDS.into_iter().for_each(forget);
    }
}

#[allow(unsafe_code)]
fn watch(signal: libc::c_int) {
    if handler(signal) == Some(libc::SIG_DFL) {
        // SAFETY: the handler makes system calls only.
        unsafe { libc::signal(signal, address()) };
    }
}

/// Lets a signal end the program as before, unless others have taken it over.
#[allow(unsafe_code)]
fn forget(signal: libc::c_int) {
    if handler(signal) == Some(address()) {
        // SAFETY: the call takes plain numbers.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

fn address() -> libc::sighandler_t {
    let handler: extern "C" fn(libc::c_int) = on_end;
    handler as *const () as libc::sighandler_t
}

/// Runs inside the signal: system calls only.
#[allow(unsafe_code)]
extern "C" fn on_end(signal: libc::c_int) {
    edited::give_back();
    unmark();
    set(true);
    // SAFETY: both calls take plain numbers. The signal is held until this returns, and ends the program then.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// What handles a signal, if that can be known.
#[allow(unsafe_code)]
fn handler(signal: libc::c_int) -> Option<libc::sighandler_t> {
    let mut known = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the pointer is valid, and what it leads to is read only once the kernel has written it.
    unsafe {
        let asked = libc::sigaction(signal, ptr::null(), known.as_mut_ptr());
        (asked == 0).then(|| known.assume_init().sa_sigaction)
    }
}

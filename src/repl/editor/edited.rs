//! A terminal on which a line is edited: it hands out keys as they are pressed, shows none, and marks what is pasted. The line editor
//! gives it back at the end of the line; a signal that ends the program leaves the editor no time for it.

use crate::repl::editor::echo::{self, NO_MARKS, NONE};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// The terminal on which a line is edited; `NONE` if none is.
static TERMINAL: AtomicI32 = AtomicI32::new(NONE);

/// What it did before with input, output, the line to it, and keys.
static BEFORE: [AtomicU32; 4] = [const { AtomicU32::new(0) }; 4];

/// A line is edited as long as it lives. It keeps the terminal open, which a handler of signals cannot do.
#[derive(Debug)]
pub struct Edited(Option<File>);

impl Edited {
    /// From now on, before the editor changes the terminal. One that does not tell its settings is given back by nobody.
    pub fn begin() -> Self {
        let terminal = File::options().read(true).write(true).open("/dev/tty").ok();
        let settings = terminal.as_ref().and_then(|terminal| echo::settings(terminal.as_raw_fd()));
        if let Some((terminal, known)) = terminal.as_ref().zip(settings) {
            let flags = [known.c_iflag, known.c_oflag, known.c_cflag, known.c_lflag];
            BEFORE.iter().zip(flags).for_each(|(before, flags)| before.store(flags, Ordering::Relaxed));
            TERMINAL.store(terminal.as_raw_fd(), Ordering::Relaxed);
            echo::watch_ends();
        }
        Self(terminal)
    }
}

impl Drop for Edited {
    fn drop(&mut self) {
        if self.0.is_some() {
            TERMINAL.store(NONE, Ordering::Relaxed);
            echo::forget_ends();
        }
    }
}

/// Whether a line is edited.
pub fn is_open() -> bool {
    TERMINAL.load(Ordering::Relaxed) != NONE
}

/// Gives the terminal back as it was before. A handler of signals may call it.
#[allow(unsafe_code)]
pub fn give_back() {
    let terminal = TERMINAL.swap(NONE, Ordering::Relaxed);
    if terminal == NONE {
        return;
    }
    let Some(mut settings) = echo::settings(terminal) else { return };
    let [input, output, control, keys] = BEFORE.each_ref().map(|flags| flags.load(Ordering::Relaxed));
    (settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag) = (input, output, control, keys);
    // SAFETY: the text is as long as is said, the pointer is valid, and the descriptor is open as long as it is kept there. A
    // terminal that is gone fails the calls.
    unsafe {
        libc::write(terminal, NO_MARKS.as_ptr().cast(), NO_MARKS.len());
        libc::tcsetattr(terminal, libc::TCSANOW, &raw const settings);
    }
}

//! How wide the terminal is at this moment: a window may change at any time, also while something runs.

use std::mem::MaybeUninit;

/// The columns of the terminal on standard error, else on standard output; `None` without one or where it does not tell.
pub fn columns() -> Option<u16> {
    [libc::STDERR_FILENO, libc::STDOUT_FILENO].into_iter().find_map(of)
}

#[allow(unsafe_code)]
fn of(stream: libc::c_int) -> Option<u16> {
    let mut size = MaybeUninit::<libc::winsize>::uninit();
    // SAFETY: the pointer is valid, and what it leads to is read only once the kernel has written it.
    let columns = unsafe {
        let asked = libc::ioctl(stream, libc::TIOCGWINSZ, size.as_mut_ptr());
        (asked == 0).then(|| size.assume_init().ws_col)
    };
    columns.filter(|columns| *columns > 0)
}

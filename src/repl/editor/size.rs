//! How large the terminal is at this moment: a window may change at any time, also while something runs.

use std::mem::MaybeUninit;

/// Columns and rows of the terminal on standard error, else on standard output; `None` without one or where it does not tell.
pub fn size() -> Option<(u16, u16)> {
    [libc::STDERR_FILENO, libc::STDOUT_FILENO].into_iter().find_map(of)
}

/// Its columns.
pub fn columns() -> Option<u16> {
    size().map(|(columns, _)| columns)
}

#[allow(unsafe_code)]
fn of(stream: libc::c_int) -> Option<(u16, u16)> {
    let mut size = MaybeUninit::<libc::winsize>::uninit();
    // SAFETY: the pointer is valid, and what it leads to is read only once the kernel has written it.
    let size = unsafe {
        let asked = libc::ioctl(stream, libc::TIOCGWINSZ, size.as_mut_ptr());
        (asked == 0).then(|| size.assume_init())
    };
    size.map(|size| (size.ws_col, size.ws_row)).filter(|(columns, rows)| *columns > 0 && *rows > 0)
}

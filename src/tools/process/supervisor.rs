//! A process between rhizo and a program, from which no descendant of the program can get away: it inherits every
//! orphan among them, so the system tells it when the last one has ended, whatever they did about their parents,
//! sessions and environments.
//!
//! It is a copy of this process that never becomes another one, and it only waits. Who is killed, and when, is the
//! business of `family`. Systems other than Linux have no such inheritance and go without.

use std::io;
use std::os::fd::RawFd;

/// Splits the process that was made for a program: this returns in the program alone, in a session of its own. The
/// supervisor closes `report` when the program has ended, and ends with its status when all descendants have. Both
/// end with the process above them.
///
/// Call it between fork and exec: it makes system calls only, and neither allocates nor locks.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub fn split(report: RawFd) -> io::Result<()> {
    end_with_parent()?;
    // SAFETY: the call takes plain numbers and touches no memory of ours.
    checked(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })?;
    new_session()?;
    // SAFETY: the process has one thread, and both sides make system calls only.
    match checked(unsafe { libc::fork() })? {
        0 => {
            end_with_parent()?;
            new_session()
        }
        program => supervise(program, report),
    }
}

/// Puts the program into a session of its own, which is all that can be done here.
#[cfg(not(target_os = "linux"))]
pub fn split(_report: RawFd) -> io::Result<()> {
    new_session()
}

/// A session of its own can be signalled as a whole and has no terminal.
#[allow(unsafe_code)]
fn new_session() -> io::Result<()> {
    // SAFETY: the call has no arguments and touches no memory of ours.
    checked(unsafe { libc::setsid() }).map(drop)
}

fn checked(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

/// Kills this process when the one above it dies.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn end_with_parent() -> io::Result<()> {
    let signal = libc::c_ulong::try_from(libc::SIGKILL).unwrap_or(9);
    // SAFETY: the call takes plain numbers and touches no memory of ours.
    checked(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal, 0, 0, 0) }).map(drop)
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn supervise(program: libc::pid_t, report: RawFd) -> ! {
    keep_only(report);
    let mut code = 0;
    loop {
        match next_end(0) {
            Some((id, status)) if id == program => {
                code = shell_status(status);
                if others_remain() {
                    // SAFETY: the byte outlives the call. If rhizo is gone, so is this process in a moment.
                    unsafe { libc::write(0, c"+".as_ptr().cast(), 1) };
                }
            }
            Some(_) => {}
            // SAFETY: the call ends the process without running anything of it.
            None => unsafe { libc::_exit(code) },
        }
    }
}

/// Whether a child lives, once those that ended have been taken note of.
#[cfg(target_os = "linux")]
fn others_remain() -> bool {
    loop {
        match next_end(libc::WNOHANG) {
            Some((id, _)) if id > 0 => {}
            none_or_waiting => return none_or_waiting.is_some(),
        }
    }
}

/// The next child that ended, with its status; 0 if none has and the call shall not wait; `None` if there is no child, and
/// with that no descendant.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn next_end(options: libc::c_int) -> Option<(libc::pid_t, libc::c_int)> {
    let mut status = 0;
    loop {
        // SAFETY: `status` outlives the call.
        let id = unsafe { libc::waitpid(-1, &raw mut status, options) };
        if id >= 0 {
            return Some((id, status));
        }
        if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return None;
        }
    }
}

/// An exit code, or 128 and the number of the signal, as shells count.
#[cfg(target_os = "linux")]
const fn shell_status(status: libc::c_int) -> libc::c_int {
    if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 128 + libc::WTERMSIG(status) }
}

/// Closes all that this process shares with the one that it copies, but for `report`, which becomes descriptor 0; and
/// forgets what that one does on signals.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn keep_only(report: RawFd) {
    // SAFETY: this process uses none of these descriptors and signals, and has one thread.
    unsafe {
        for signal in 1..libc::SIGSYS {
            libc::signal(signal, libc::SIG_DFL);
        }
        libc::dup2(report, 0);
        // Kernels before 5.9 lack the call.
        if libc::syscall(libc::SYS_close_range, 1, libc::c_uint::MAX, 0) < 0 {
            for descriptor in 1..MANY_DESCRIPTORS {
                libc::close(descriptor);
            }
        }
    }
}

/// More descriptors than this process has open.
#[cfg(target_os = "linux")]
const MANY_DESCRIPTORS: RawFd = 1 << 16;

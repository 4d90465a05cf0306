//! A process between rhizo and a program, from which no descendant of the program can get away: it inherits every
//! orphan among them, so the system tells it when the last one has ended, whatever they did about their parents,
//! sessions and environments.
//!
//! It is a copy of this process that never becomes another one, and it only waits. Who is killed, and when, is the
//! business of `family`, unless rhizo itself was killed, or `family` does not see all of them and says so by `SIGTERM`:
//! then the supervisor kills all that it stands above. Systems other than Linux have no such inheritance and go without.

use crate::tools::beneath::check;
use std::io;
use std::os::fd::RawFd;

/// Splits the process that was made for a program: this returns in the program alone, in a session of its own. The
/// supervisor writes to `report` when the program has ended and others have not, and ends with its status when all
/// descendants have. All of them end with `above`, the process above this one.
///
/// Call it between fork and exec: it makes system calls only, but for a second `fork`, and allocates nothing.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub fn split(report: RawFd, above: u32) -> io::Result<()> {
    // What the supervisor is told before it waits for it is kept, and nothing else than `SIGKILL` ends it.
    hold_signals(true)?;
    signal_at_end_of_parent(libc::SIGTERM)?;
    // SAFETY: the call has no arguments and touches no memory of ours.
    if unsafe { libc::getppid() }.unsigned_abs() != above {
        return Err(io::Error::from(io::ErrorKind::Interrupted));
    }
    // SAFETY: the call takes plain numbers and touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })?;
    new_session()?;
    // SAFETY: the process has one thread. `fork` takes locks of the C library, which the `fork` that made this process left
    // free; after it both sides make system calls only.
    match check(unsafe { libc::fork() })? {
        0 => {
            signal_at_end_of_parent(libc::SIGKILL)?;
            new_session()?;
            close_at_start();
            hold_signals(false)
        }
        program => supervise(program, report),
    }
}

/// Puts the program into a session of its own, which is all that can be done here.
#[cfg(not(target_os = "linux"))]
pub fn split(_report: RawFd, _above: u32) -> io::Result<()> {
    new_session()
}

/// A session of its own can be signalled as a whole and has no terminal.
#[allow(unsafe_code)]
fn new_session() -> io::Result<()> {
    // SAFETY: the call has no arguments and touches no memory of ours.
    check(unsafe { libc::setsid() }).map(drop)
}

/// Has this process sent a signal when the one above it dies.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn signal_at_end_of_parent(signal: libc::c_int) -> io::Result<()> {
    let signal = libc::c_ulong::try_from(signal).unwrap_or(9);
    // SAFETY: the call takes plain numbers and touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal, 0, 0, 0) }).map(drop)
}

/// Holds back all signals, or none.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn hold_signals(all: bool) -> io::Result<()> {
    // SAFETY: a set of zeros is a set, and it outlives the calls.
    check(unsafe {
        let mut held: libc::sigset_t = std::mem::zeroed();
        if all {
            libc::sigfillset(&raw mut held);
        } else {
            libc::sigemptyset(&raw mut held);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &raw const held, std::ptr::null_mut())
    })
    .map(drop)
}

/// Has all that this process inherited beside its three streams closed when it becomes the program: what is open already
/// is open whatever the cage says.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn close_at_start() {
    // SAFETY: the call takes plain numbers; the descriptors stay open until then. Kernels before 5.11 refuse it, and what
    // rhizo itself has opened is closed there too.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn supervise(program: libc::pid_t, report: RawFd) -> ! {
    keep_only(report);
    // A program that did not end by itself is killed.
    let mut code = 128 + libc::SIGKILL;
    loop {
        match next_end() {
            Some((0, _)) => {
                if next_signal() == libc::SIGTERM {
                    end_all(program, code);
                }
            }
            Some((id, status)) if id == program => {
                code = shell_status(status);
                if others_remain() {
                    // SAFETY: the byte outlives the call. If rhizo is gone nobody reads it; `SIGPIPE` is held back.
                    unsafe { libc::write(0, c"+".as_ptr().cast(), 1) };
                }
            }
            Some(_) => {}
            // SAFETY: the call ends the process without running anything of it.
            None => unsafe { libc::_exit(code) },
        }
    }
}

/// Waits until a child has ended or this process shall; a number that is no signal if another one came between.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn next_signal() -> libc::c_int {
    // SAFETY: a set of zeros is a set, and it outlives the calls.
    unsafe {
        let mut awaited: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut awaited);
        libc::sigaddset(&raw mut awaited, libc::SIGCHLD);
        libc::sigaddset(&raw mut awaited, libc::SIGTERM);
        libc::sigwaitinfo(&raw const awaited, std::ptr::null_mut())
    }
}

/// Kills every descendant, and ends with `code`: the children of who is killed become children of this process, until
/// none is left.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn end_all(program: libc::pid_t, code: libc::c_int) -> ! {
    while others_remain() {
        // SAFETY: the path outlives the call.
        let children = unsafe { libc::open(c"/proc/thread-self/children".as_ptr(), libc::O_RDONLY) };
        if children < 0 {
            // Where the kernel shows no such list, the program's group is all that can be found.
            // SAFETY: the call takes plain numbers.
            unsafe { libc::kill(-program, libc::SIGKILL) };
            break;
        }
        kill_listed(children);
        // SAFETY: there is no descriptor to look at: this waits two milliseconds, in which the killed are gone.
        unsafe { libc::poll(std::ptr::null_mut(), 0, 2) };
    }
    // SAFETY: the call ends the process without running anything of it.
    unsafe { libc::_exit(code) }
}

/// Kills the processes of a list `12 345 `, and closes it. They are children of this process, and so their numbers are
/// theirs until it has taken note of their end.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn kill_listed(list: RawFd) {
    let mut bytes = [0_u8; 512];
    let mut id: libc::pid_t = 0;
    // SAFETY: the bytes outlive the calls, which take plain numbers otherwise.
    unsafe {
        while let Ok(count @ 1..) = usize::try_from(libc::read(list, bytes.as_mut_ptr().cast(), bytes.len())) {
            for &byte in bytes.iter().take(count) {
                if byte.is_ascii_digit() {
                    id = id.saturating_mul(10).saturating_add(libc::pid_t::from(byte - b'0'));
                } else if id > 1 {
                    libc::kill(id, libc::SIGKILL);
                    id = 0;
                }
            }
        }
        libc::close(list);
    }
}

/// Whether a child lives, once those that ended have been taken note of.
#[cfg(target_os = "linux")]
fn others_remain() -> bool {
    loop {
        match next_end() {
            Some((id, _)) if id > 0 => {}
            none_or_waiting => return none_or_waiting.is_some(),
        }
    }
}

/// A child that has ended, with its status; 0 if none has; `None` if there is no child, and with that no descendant.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn next_end() -> Option<(libc::pid_t, libc::c_int)> {
    let mut status = 0;
    // SAFETY: `status` outlives the call.
    let id = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
    (id >= 0).then_some((id, status))
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

/// How many descriptors are closed one by one where the kernel cannot close all: what lies beyond stays open.
#[cfg(target_os = "linux")]
const MANY_DESCRIPTORS: RawFd = 1 << 16;

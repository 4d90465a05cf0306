//! What other processes can see of this one: not the environment that it was started with, which holds keys, and not
//! its memory. The processes that it forks stand directly above model-written programs and are copies of it.
//!
//! Nothing changes for this process itself: every variable keeps its name and its value.

/// Takes the variables of this process out of `/proc`, and closes its memory to other processes of its user, debuggers
/// among them; it leaves no core dumps. All that holds for what it forks, until that becomes another program.
///
/// Call it first of all: where there is a second thread already, the variables stay where they are.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub fn close() {
    // Closing the memory hides no environment from root, and since Linux 6.15 not even Landlock does.
    if is_alone() {
        move_variables();
    }
    let (closed, none): (libc::c_ulong, libc::c_ulong) = (0, 0);
    // SAFETY: the call takes plain numbers and touches no memory of ours.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, closed, none, none, none) };
}

/// Other systems do not show environments as files.
#[cfg(not(target_os = "linux"))]
pub fn close() {}

/// Whether the calling thread is the only one.
#[cfg(target_os = "linux")]
fn is_alone() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}

/// Copies the variables into memory that `/proc/ID/environ` does not show, and wipes what it does show. The mark of a
/// command that is this program itself stays, because it is looked for there.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn move_variables() {
    use crate::tools::process::launch::MARK;
    use std::ffi::CStr;
    // SAFETY: the C library defines this list, and as there is no other thread, nobody else uses it meanwhile.
    unsafe extern "C" {
        static mut environ: *mut *mut libc::c_char;
    }
    // SAFETY: the list ends with a null pointer. Its entries are texts that end with a NUL byte and lie in writable
    // memory of this process; what replaces one is never freed.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            let shown = *entry;
            let kept = CStr::from_ptr(shown).to_owned();
            let length = kept.as_bytes().len();
            if !kept.as_bytes().starts_with(MARK.as_bytes()) {
                *entry = kept.into_raw();
                shown.write_bytes(0, length);
            }
            entry = entry.add(1);
        }
    }
}

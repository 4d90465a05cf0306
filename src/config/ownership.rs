//! Whose a project's file of settings is. It comes with a folder, and decides where keys are sent and what is allowed:
//! one that somebody else can change is not followed.

use crate::core::failure::{Failure, FailureKind, Outcome};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The bit of a mode that lets everybody write.
const EVERYBODY: u32 = 0o002;

/// Refuses a file that belongs neither to the user of this process nor to root, or that everybody may write.
///
/// # Errors
/// `config`, with the file and what to do.
pub fn check(file: &Path, found: &Metadata) -> Outcome<()> {
    let (owner, shown) = (found.uid(), file.display());
    let refused = |what: String| Failure::new(FailureKind::Config, what);
    if owner != 0 && owner != user() {
        return Err(refused(format!("{shown} belongs to another user (number {owner}), so it is not followed"))
            .hint("start in another folder or, if you trust the file, make it yours: chown"));
    }
    if found.mode() & EVERYBODY != 0 {
        return Err(refused(format!("{shown} can be written by everybody, so it is not followed"))
            .hint("if it says what you want: chmod o-w"));
    }
    Ok(())
}

/// The user whose rights this process has.
#[allow(unsafe_code)]
fn user() -> u32 {
    // SAFETY: the call has no arguments, cannot fail, and touches no memory of ours.
    unsafe { libc::geteuid() }
}

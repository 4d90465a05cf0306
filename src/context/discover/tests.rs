//! How far a glob looks, and what is said of a folder that may not be read, which is one like any other to root.

use super::{Finds, Found, discover, place_of};
use crate::context::poll::Poll;
use crate::core::failure::{Failure, FailureKind};
use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn a_glob_looks_no_deeper_than_it_can_match() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("a/b/c/d")).unwrap();
    for name in ["a/b/c/d/deep.txt", "a/b/two.txt", "a/one.txt", "top.md"] {
        std::fs::write(folder.path().join(name), "x").unwrap();
    }
    // Each walk looks at its root, too; where nothing matches there are two.
    for (glob, files, looks) in [
        ("nothing*", 0, 6),
        ("*/*.txt", 1, 5),
        ("{top.md,a/*.txt}", 2, 5),
        ("a/*/*.txt", 1, 5),
        ("**/*.txt", 3, 9),
        ("**", 4, 9),
    ] {
        let looked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&looked);
        let poll = Poll::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            None
        });
        let found = discover(Path::new(glob), folder.path(), &poll).map_or(0, |finds| finds.files.len());
        assert_eq!((found, looked.load(Ordering::Relaxed)), (files, looks), "{glob}");
    }
}

/// What a walk makes of an error of the system: the path stands in it once more.
#[derive(Debug)]
struct Walked(io::Error);

impl fmt::Display for Walked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IO error for operation on /n/closed: {}", self.0)
    }
}

impl Error for Walked {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// A walk that found nothing, and met this.
fn met(kind: ErrorKind) -> Finds {
    let failed = ignore::Error::Io(io::Error::new(kind, Walked(kind.into())));
    let failed = ignore::Error::WithDepth { depth: 1, err: Box::new(failed) };
    let failed = ignore::Error::WithPath { path: "/n/closed".into(), err: Box::new(failed) };
    let mut finds = Finds::default();
    finds.pass_by(place_of(&failed).unwrap(), "n/closed".to_owned(), &failed);
    finds
}

#[test]
fn a_folder_that_may_not_be_read_is_no_empty_one() {
    let none = || Failure::new(FailureKind::NotFound, "none");
    let closed = met(ErrorKind::PermissionDenied);
    assert_eq!(closed.skipped, [("n/closed".to_owned(), "permission denied".to_owned())]);
    let said = closed.clone().or(none).unwrap_err();
    assert_eq!((said.kind, said.message.as_str()), (FailureKind::Denied, "cannot read /n/closed: permission denied"));
    assert!(said.hint.unwrap().contains("ls -ld"));
    let file = Found { path: "/n/a".into(), name: "n/a".to_owned(), given: "n/a".to_owned(), explicit: false };
    assert_eq!(Finds { files: vec![file], ..closed }.or(none).unwrap().files.len(), 1);
    assert_eq!(met(ErrorKind::TimedOut).or(none).unwrap().closed, None);
    assert_eq!(Finds::default().or(none).unwrap_err().message, "none");
}

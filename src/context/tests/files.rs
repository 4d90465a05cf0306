//! Opening files, folders, globs, pipes and texts; what is refused and what is left out.

use super::{all, folder, open};
use crate::context::document::Document;
use crate::context::library::{Input, Library, OpenOptions};
use crate::context::poll::Poll;
use crate::core::document::SpanRef;
use crate::core::failure::{Failure, FailureKind};
use std::collections::HashSet;
use std::ffi::CString;
use std::io::{Cursor, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;

fn names(library: &Library) -> Vec<String> {
    library.view().documents().iter().map(|document| document.name().to_owned()).collect()
}

#[test]
fn inputs_become_documents() {
    let home = folder(&[
        ("notes.txt", b"n"),
        ("src/b.rs", b"b"),
        ("src/a.rs", b"a"),
        ("src/deep/c.rs", b"c"),
        ("src/deep/old.log", b"ignored"),
        ("src/.gitignore", b"*.log\n"),
        ("src/.hidden", b"h"),
        ("src/picture.png", b"\x89PNG\r\n\x1a\n"),
        ("odd[1].txt", b"o"),
        ("empty.txt", b""),
    ]);
    let check = |paths: &[&str], expect: &[&str]| {
        assert_eq!(names(&open(home.path(), paths).unwrap()), expect, "{paths:?}");
    };
    check(&["notes.txt"], &["notes.txt"]);
    check(&["./notes.txt", "src/../notes.txt"], &["notes.txt"]);
    check(&["src"], &["src/a.rs", "src/b.rs", "src/deep/c.rs"]);
    check(&["src/"], &["src/a.rs", "src/b.rs", "src/deep/c.rs"]);
    check(&["src/*.rs"], &["src/a.rs", "src/b.rs"]);
    check(&["**/*.rs", "src/a.rs"], &["src/a.rs", "src/b.rs", "src/deep/c.rs"]);
    check(&["**/*.log"], &["src/deep/old.log"]);
    check(&["src/.h*"], &["src/.hidden"]);
    check(&["./src/*.rs"], &["src/a.rs", "src/b.rs"]);
    check(&["src//./*.rs"], &["src/a.rs", "src/b.rs"]);
    check(&["src/.hidden"], &["src/.hidden"]);
    check(&["odd[1].txt"], &["odd[1].txt"]);
    check(&["src/{a,b}.rs", "notes.txt"], &["src/a.rs", "src/b.rs", "notes.txt"]);
    check(&["empty.txt"], &["empty.txt"]);
    let absolute = home.path().join("src/deep/c.rs");
    check(&[absolute.to_str().unwrap()], &["src/deep/c.rs"]);
    assert_eq!(names(&open(&home.path().join("src/deep"), &["../a.rs", "."]).unwrap()), ["a.rs", "c.rs"]);
    // A name that is taken does not hide where the other one is.
    let twins = folder(&[("x/f.txt", b"x"), ("y/f.txt", b"y"), ("y/z/f.txt", b"z")]);
    let opened = open(&twins.path().join("x"), &["f.txt", "../y/f.txt", "../y/z"]).unwrap();
    assert_eq!(names(&opened), ["f.txt", "../y/f.txt", "z/f.txt"]);
    assert_eq!(all(&opened.view().doc("../y/f.txt").unwrap()), "y");
    let twins = folder(&[("x/.keep", b""), ("y/s/f.txt", b"y"), ("z/s/f.txt", b"z")]);
    for (paths, first) in [(["../y/s", "../z/s"], "s/f.txt"), (["../y/s/*.txt", "../z/s/*.txt"], "f.txt")] {
        let opened = open(&twins.path().join("x"), &paths).unwrap();
        assert_eq!(names(&opened), [first, "../z/s/f.txt"], "{paths:?}");
    }
    let library = open(home.path(), &["src"]).unwrap();
    assert_eq!(library.skipped(), [("src/picture.png".to_owned(), "a PNG picture".to_owned())]);
}

#[test]
fn a_folder_may_be_called_like_a_pattern() {
    let home = folder(&[("x[1]/a.txt", b"a"), ("x[1]/d/b.txt", b"b"), ("x1/c.txt", b"c")]);
    let inside = home.path().join("x[1]");
    for (base, path, name) in [
        (inside.as_path(), "*.txt", "a.txt"),
        (inside.as_path(), "*/*.txt", "d/b.txt"),
        (home.path(), "x[1]/*.txt", "x[1]/a.txt"),
        (home.path(), "x?/*.txt", "x1/c.txt"),
    ] {
        assert_eq!(names(&open(base, &[path]).unwrap()), [name], "{path}");
    }
    let failure = open(home.path(), &["x[1]/c.txt"]).unwrap_err();
    assert!(failure.message.contains("there is no file or folder \"x[1]/c.txt\""), "{failure}");
}

#[test]
fn folders_and_globs_pass_links_by() {
    let home = folder(&[("d/a.txt", b"a")]);
    for (link, target) in [("d/broken", "nowhere"), ("d/live", "a.txt")] {
        symlink(target, home.path().join(link)).unwrap();
    }
    let links = ["d/broken", "d/live"].map(|name| (name.to_owned(), "a symbolic link".to_owned()));
    for path in ["d", "d/*", "*/*"] {
        let library = open(home.path(), &[path]).unwrap();
        assert_eq!((names(&library), library.skipped()), (vec!["d/a.txt".to_owned()], &links[..]), "{path}");
    }
    symlink("d", home.path().join("e")).unwrap();
    let through = open(home.path(), &["e"]).unwrap();
    let left: Vec<&str> = through.skipped().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names(&through), ["e/a.txt"]);
    assert_eq!(left, ["e/broken", "e/live"]);
    let failure = open(home.path(), &["d/b*"]).unwrap_err();
    assert_eq!(failure.hint.as_deref(), Some("left out: d/broken: a symbolic link"));
    assert!(open(home.path(), &["d/broken"]).unwrap_err().hint.unwrap().contains("a glob in quotes passes it by"));
}

#[test]
fn wrong_inputs_are_explained() {
    let home = folder(&[
        ("notes.txt", b"n"),
        ("data.pdf", b"%PDF-1.7"),
        ("nul.bin", b"a\0b"),
        ("wide.txt", b"\xff\xfea\0"),
        ("pictures/x.png", b"\x89PNG"),
        ("hollow/.keep", b""),
    ]);
    let check = |path: &str, kind: FailureKind, message: &str, hint: &str| {
        let failure = open(home.path(), &[path]).unwrap_err();
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.contains(message), "{failure}");
        assert!(failure.hint.as_deref().unwrap_or_default().contains(hint), "{failure}");
    };
    check("note.txt", FailureKind::NotFound, "\"note.txt\"", "did you mean \"notes.txt\"?");
    check("no/such/file", FailureKind::NotFound, "no/such/file", "does not exist either");
    check("quite-different", FailureKind::NotFound, "quite-different", "has no entry of a similar name");
    check("notes.txt/x", FailureKind::NotFound, "notes.txt/x", "");
    check("*.rs", FailureKind::NotFound, "no file matches \"*.rs\"", "**");
    check("nowhere/*.rs", FailureKind::NotFound, "nowhere/*.rs", "");
    check("{a", FailureKind::Invalid, "glob", "backslash");
    check("data.pdf", FailureKind::Invalid, "\"data.pdf\" is a PDF, not text", "pdftotext");
    check("nul.bin", FailureKind::Invalid, "\"nul.bin\" is binary, not text", "text");
    check("wide.txt", FailureKind::Invalid, "UTF-16", "iconv");
    check("pictures", FailureKind::NotFound, "no text in \"pictures\"", "x.png: a PNG picture");
    check("hollow", FailureKind::NotFound, "has no files", "hidden");
    check("/dev/null", FailureKind::Invalid, "device", "file");
    check("", FailureKind::Invalid, "an empty path names nothing", "may be unset");
}

#[test]
fn too_many_files_are_refused() {
    let home = folder(&[("a", b"a"), ("b", b"b"), ("c", b"c")]);
    let options = OpenOptions { base: home.path().to_owned(), max_documents: 2, ..OpenOptions::default() };
    let failure = Library::open(vec![Input::Path(".".into())], &options, &Poll::never()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Invalid);
    assert!(failure.message.contains("more than 2 files"), "{failure}");
}

#[test]
fn pipes_and_texts_have_names() {
    let large = "line of a pipe\n".repeat(20_000);
    let inputs = vec![Input::Stdin(Box::new(Cursor::new(large.clone()))), Input::Stdin(Box::new(Cursor::new("small")))];
    let library = Library::open(inputs, &OpenOptions::default(), &Poll::never()).unwrap();
    assert_eq!(names(&library), ["stdin", "stdin (2)"]);
    let view = library.view();
    assert!(!view.doc("stdin").unwrap().documents()[0].is_owned());
    assert_eq!(all(&view.doc("stdin").unwrap()), large);
    assert_eq!(all(&view.doc("stdin (2)").unwrap()), "small");
    for text in ["one", "two", "three"] {
        assert_eq!(all(&library.add_text(Document::owned("a".to_owned(), text.into()))), text);
    }
    assert_eq!(names(&library), ["stdin", "stdin (2)", "a", "a (2)", "a (3)"]);
    let binary = Input::Stdin(Box::new(Cursor::new(b"\x1f\x8b\x08\0")));
    let failure = Library::open(vec![binary], &OpenOptions::default(), &Poll::never()).unwrap_err();
    assert!(failure.message.contains("\"stdin\" is gzip-compressed"), "{failure}");
}

#[test]
#[allow(unsafe_code)]
fn a_named_pipe_is_read_like_stdin() {
    let home = folder(&[]);
    let path = home.path().join("pipe");
    let name = CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: the name is a C string that lives through the call.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, "through a pipe")
    });
    let library = open(home.path(), &["pipe"]).unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(all(&library.view()), "through a pipe");
}

#[test]
fn the_pipe_of_a_command_is_read_like_stdin() {
    let home = folder(&[]);
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(b"from a command").unwrap();
    drop(writer);
    let library = open(home.path(), &[&format!("/dev/fd/{}", reader.as_raw_fd())]).unwrap();
    assert_eq!(all(&library.view()), "from a command");
}

#[test]
fn handles_resolve_to_the_same_bytes() {
    let home = folder(&[("a.txt", "grün\n".repeat(9000).as_bytes()), ("b.txt", b"second\n")]);
    let library = open(home.path(), &["."]).unwrap();
    let view = library.view().slice(40_000, -2);
    let again = library.resolve(&view.spans()).unwrap();
    assert_eq!(all(&again), all(&view));
    assert_eq!(again.spans(), view.spans());
    let wrong = |document: &str, start, end| {
        library.resolve(&[SpanRef { document: document.to_owned(), start, end }]).unwrap_err()
    };
    assert_eq!(wrong("a.text", 0, 1).hint.as_deref(), Some("did you mean \"a.txt\"?"));
    assert_eq!(wrong("b.txt", 0, 8).kind, FailureKind::Invalid);
    assert_eq!(wrong("b.txt", 5, 4).kind, FailureKind::Invalid);
    assert_eq!(wrong("b.txt", u64::MAX, u64::MAX).kind, FailureKind::Invalid);
}

#[test]
fn many_documents_have_different_hashes_and_stay_open() {
    let home = folder(&[]);
    for index in 0..1500 {
        let content = format!("{index}\n").repeat(20 + index % 7 * 4000);
        std::fs::write(home.path().join(format!("{index:04}")), content).unwrap();
    }
    let library = open(home.path(), &["."]).unwrap();
    let documents = library.view().documents();
    assert_eq!(documents.len(), 1500);
    assert!(documents.iter().any(|d| d.is_owned()) && documents.iter().any(|d| !d.is_owned()));
    let hashes: HashSet<String> = documents.iter().map(|d| d.hash(&Poll::never()).unwrap()).collect();
    assert_eq!(hashes.len(), 1500);
    let content = std::fs::read(home.path().join("0013")).unwrap();
    assert_eq!(documents[13].hash(&Poll::never()).unwrap(), blake3::hash(&content).to_hex().to_string());
}

#[test]
fn opening_can_be_stopped() {
    let home = folder(&[("a", b"a")]);
    let stop = Poll::new(|| Some(Failure::new(FailureKind::Cancelled, "stopped")));
    let options = OpenOptions { base: home.path().to_owned(), ..OpenOptions::default() };
    let failure = Library::open(vec![Input::Path(".".into())], &options, &stop).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Cancelled);
}

//! Files that shrink while they are open: a failure, never a crash.

use super::{all, folder, open};
use crate::context::poll::Poll;
use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind};
use std::fs::{self, OpenOptions};
use std::sync::Barrier;
use tempfile::TempDir;

type Question = Box<dyn Fn(&View) -> Option<Failure>>;

fn shrinking(length: u64) -> (TempDir, View) {
    let home = folder(&[("a.txt", "some text in a line\n".repeat(200_000).as_bytes())]);
    let view = open(home.path(), &["a.txt"]).unwrap().view();
    let file = OpenOptions::new().write(true).open(home.path().join("a.txt")).unwrap();
    file.set_len(length).unwrap();
    (home, view)
}

fn assert_shrank(failure: Option<Failure>) {
    let failure = failure.expect("the file shrank, and nobody noticed");
    assert_eq!(failure.kind, FailureKind::Io);
    assert_eq!(failure.message, "file \"a.txt\" shrank while it was open");
    assert!(failure.hint.is_some());
}

#[test]
fn every_question_to_a_shrunken_file_fails() {
    let never = Poll::never();
    let questions: Vec<Question> = vec![
        Box::new(|view| view.grep("nothing", 5, &Poll::never()).err()),
        Box::new(|view| view.slice(3_000_000, 3_000_010).text(100).err()),
        Box::new(|view| view.count("text", &Poll::never()).err()),
        Box::new(|view| view.line(-1, &Poll::never()).err()),
        Box::new(|view| view.line(150_000, &Poll::never()).err()),
        Box::new(|view| view.line_count(&Poll::never()).err()),
        Box::new(|view| view.search("text", 2, &Poll::never()).err()),
        Box::new(|view| view.chunks(1000, 0, &Poll::never()).err()),
        Box::new(|view| view.paragraphs(&Poll::never()).err()),
        Box::new(|view| view.word_count(&Poll::never()).err()),
        Box::new(|view| view.between("some", "text", &Poll::never()).err()),
        Box::new(|view| view.json(usize::MAX).err()),
        Box::new(|view| view.docs(&Poll::never()).err()),
        Box::new(|view| view.card(&crate::context::card::CardOptions::default()).err()),
        Box::new(|view| view.documents()[0].hash(&Poll::never()).err()),
    ];
    for question in questions {
        let (_home, view) = shrinking(5000);
        assert_shrank(question(&view));
        // It stays so, whatever is asked next.
        assert_shrank(view.count("x", &never).err());
    }
}

#[test]
fn shrinking_within_the_last_page_is_noticed() {
    let (_home, view) = shrinking(200_000 * 20 - 7);
    assert_shrank(view.tail(100).text(100).err());
}

#[test]
fn two_threads_may_meet_the_same_hole() {
    for _ in 0..20 {
        let (_home, view) = shrinking(4096);
        let start = Barrier::new(2);
        let grep = || {
            start.wait();
            view.grep("nothing", 5, &Poll::never()).err()
        };
        let slice = || {
            start.wait();
            view.slice(2_000_000, 4_000_000).text(9_000_000).err()
        };
        std::thread::scope(|scope| {
            let (a, b) = (scope.spawn(grep), scope.spawn(slice));
            assert_shrank(a.join().unwrap());
            assert_shrank(b.join().unwrap());
        });
    }
}

#[test]
fn a_file_that_shrinks_during_a_scan_is_noticed() {
    let content = "some text in a line\n".repeat(400_000);
    let home = folder(&[("a.txt", content.as_bytes())]);
    let path = home.path().join("a.txt");
    let view = open(home.path(), &["a.txt"]).unwrap().view();
    // The poll is the one place where something can happen in the middle of a scan for certain.
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let poll = Poll::new(move || {
        if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 3 {
            OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
        }
        None
    });
    assert_shrank(view.grep("nothing", 5, &poll).err());
}

#[test]
fn a_replaced_or_deleted_file_stays_whole() {
    let content = "some text in a line\n".repeat(10_000);
    let home = folder(&[("a.txt", content.as_bytes()), ("b.txt", b"other")]);
    let view = open(home.path(), &["a.txt"]).unwrap().view();
    fs::rename(home.path().join("b.txt"), home.path().join("a.txt")).unwrap();
    assert_eq!(all(&view), content);
    fs::remove_file(home.path().join("a.txt")).unwrap();
    assert_eq!(view.count("some", &Poll::never()).unwrap(), 10_000);
}

#[test]
fn a_file_that_grows_keeps_its_length() {
    let (home, view) = {
        let home = folder(&[("a.txt", "x\n".repeat(20_000).as_bytes())]);
        let view = open(home.path(), &["a.txt"]).unwrap().view();
        (home, view)
    };
    fs::write(home.path().join("a.txt"), "y\n".repeat(40_000)).unwrap();
    assert_eq!(view.len(), 40_000);
    assert!(view.text(40_000).is_ok());
}

#[test]
#[allow(unsafe_code)]
fn foreign_faults_still_kill() {
    use std::os::fd::AsRawFd;
    // Our handler is installed by opening a mapped file.
    let (_home, view) = shrinking(4096);
    assert_shrank(view.count("x", &Poll::never()).err());
    let file = tempfile::tempfile().unwrap();
    file.set_len(4096).unwrap();
    // SAFETY: a mapping of our own, never unmapped; the child calls nothing that is unsafe after fork.
    unsafe {
        let memory = libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, libc::MAP_SHARED, file.as_raw_fd(), 0);
        assert_ne!(memory, libc::MAP_FAILED);
        file.set_len(0).unwrap();
        let child = libc::fork();
        if child == 0 {
            memory.cast::<u8>().read_volatile();
            libc::_exit(0);
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGBUS, "{status}");
    }
}

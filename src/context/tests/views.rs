//! Slices, names, limits, cards.

use super::{all, every, folder, open, text, texts};
use crate::context::card::CardOptions;
use crate::context::poll::Poll;
use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn slices_snap_to_characters() {
    let check = |content: &str, a: i64, b: i64, expect: &str| {
        assert_eq!(all(&text(content).slice(a, b)), expect, "{content:?} {a} {b}");
    };
    check("hello", 1, 3, "el");
    check("hello", 0, 99, "hello");
    check("hello", -3, -1, "ll");
    check("hello", -99, i64::MAX, "hello");
    check("hello", i64::MIN, 2, "he");
    check("hello", 3, 2, "");
    check("aéb", 2, 4, "éb");
    check("aéb", 1, 2, "");
    check("aéb", 0, 2, "a");
    check("日本", 4, 6, "本");
    check("😀x", 3, 5, "😀x");
    assert_eq!(all(&text("aé").head(2)), "a");
    assert_eq!(all(&text("éa").tail(2)), "a");
    assert_eq!(all(&text("abc").tail(2)), "bc");
    assert_eq!(all(&text("abc").head(9)), "abc");
}

#[test]
fn invalid_text_keeps_its_offsets() {
    let view = text(b"ab\xff\xfecd\x80\x80\x80\x80\x80ef\xc3");
    assert_eq!(view.len(), 14);
    assert_eq!(all(&view), "ab\u{fffd}\u{fffd}cd\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}ef\u{fffd}");
    assert_eq!(all(&view.slice(4, 6)), "cd");
    assert_eq!(all(&view.slice(9, 13)), "\u{fffd}\u{fffd}ef");
    let hit = view.grep("ef", 1, &Poll::never()).unwrap().remove(0);
    assert_eq!((hit.start, hit.end), (11, 13));
}

#[test]
fn large_texts_are_not_handed_out() {
    let failure = text("x".repeat(100)).text(99).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Invalid);
    assert!(failure.message.contains("100 bytes") && failure.message.contains("99"));
    for way in ["slice(", "chunks(", "search("] {
        assert!(failure.hint.as_deref().unwrap().contains(way));
    }
    assert_eq!(text("x".repeat(100)).text(100).unwrap().len(), 100);
}

#[test]
fn documents_make_one_text() {
    let view = texts(&["one\n", "", "two", "three"]);
    assert_eq!(all(&view), "one\ntwothree");
    assert_eq!(all(&view.slice(2, 9)), "e\ntwoth");
    assert_eq!(all(&view.slice(4, 7)), "two");
    assert_eq!(all(&view.slice(2, 9).slice(2, 5)), "two");
    assert_eq!(view.slice(2, 9).spans().len(), 3);
    let docs = view.docs(&Poll::never()).unwrap();
    let rows: Vec<_> = docs.iter().map(|doc| (doc.name.as_str(), doc.len, doc.lines)).collect();
    assert_eq!(rows, [("0", 4, Some(1)), ("1", 0, Some(0)), ("2", 3, Some(1)), ("3", 5, Some(1))]);
    assert_eq!(every(&[view.doc("2").unwrap(), view.doc("1").unwrap()]), ["two", ""]);
    let joined = View::join(&[view.slice(0, 2), view.slice(2, 4), view.slice(7, 9)]);
    assert_eq!((joined.spans().len(), all(&joined).as_str()), (2, "one\nth"));
    assert!(View::default().is_empty() && View::join(&[]).spans().is_empty());
}

#[test]
fn documents_are_found_by_name() {
    let home = folder(&[("a/readme.md", b"1"), ("b/readme.md", b"2"), ("b/notes.md", b"3")]);
    let view = open(home.path(), &["."]).unwrap().view();
    let check = |name: &str, expect: &str| assert_eq!(all(&view.doc(name).unwrap()), expect);
    check("a/readme.md", "1");
    check("notes.md", "3");
    let wrong = |name: &str, hint: &str| {
        let failure = view.doc(name).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
        assert_eq!(failure.hint.as_deref(), Some(hint));
    };
    wrong("readme.md", "which one? \"a/readme.md\", \"b/readme.md\"");
    wrong("a/readne.md", "did you mean \"a/readme.md\"?");
    wrong("x", "the documents are \"a/readme.md\", \"b/notes.md\", \"b/readme.md\"");
    assert_eq!(View::default().doc("x").unwrap_err().hint.as_deref(), Some("the context has no documents"));
}

#[test]
fn cards_show_ends_and_sizes() {
    let options = CardOptions { documents: 2, head: 5, tail: 4 };
    let card = texts(&["grün\nblau\n", "two", "three"]).card(&options).unwrap();
    let expect = "context: 3 documents, 19 bytes, 4 lines\n  1. \"0\": 11 bytes, 2 lines\n  2. \"1\": 3 bytes, 1 line\n  \
                  ... and 1 more; docs() lists them all\n--- its first 5 bytes ---\ngrün\n---\n--- its last 4 bytes ---\nhree\n---\n";
    assert_eq!(card, expect);
    let card = text("a\nb\n").card(&CardOptions::default()).unwrap();
    assert_eq!(
        card,
        "context: 1 document, 4 bytes, 2 lines\n  1. \"text\": 4 bytes, 2 lines\n--- all of it ---\na\nb\n---\n"
    );
    assert_eq!(View::default().card(&CardOptions::default()).unwrap(), "context: empty\n");
    let card = text("x".repeat(1_234_567)).card(&CardOptions::default()).unwrap();
    assert!(card.starts_with("context: 1 document, 1,234,567 bytes, 1 line\n"), "{card}");
}

#[test]
fn every_scan_can_be_stopped() {
    let view = text("some words here\n".repeat(400_000));
    let stop = Poll::new(|| Some(Failure::new(FailureKind::Cancelled, "stopped")));
    let kinds = [
        view.grep("nothing", 10, &stop).err(),
        view.count("words", &stop).err(),
        view.line_count(&stop).err(),
        view.line(-1, &stop).err(),
        view.search("nothing", 3, &stop).err(),
        view.chunks(1000, 0, &stop).err(),
        view.paragraphs(&stop).err(),
        view.word_count(&stop).err(),
        view.between("no", "such", &stop).err(),
        view.documents()[0].hash(&stop).err(),
    ];
    for (index, failure) in kinds.into_iter().enumerate() {
        assert_eq!(failure.map(|failure| failure.kind), Some(FailureKind::Cancelled), "{index}");
    }
}

#[test]
fn scans_ask_between_the_matches_of_a_window() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let poll = Poll::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        None
    });
    assert_eq!(text("a".repeat(6_400)).count("a", &poll).unwrap(), 6_400);
    assert!(asked.load(Ordering::SeqCst) >= 100);
}

#[test]
fn scans_ask_at_least_every_four_megabytes() {
    let view = text("some words here\n\n".repeat(1_000_000));
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let poll = Poll::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        None
    });
    let scans: [fn(&View, &Poll); 9] = [
        |view, poll| assert_eq!(view.grep("nothing", 10, poll).unwrap(), []),
        |view, poll| assert_eq!(view.count("(?s)none.*", poll).unwrap(), 0),
        |view, poll| assert_eq!(view.line_count(poll).unwrap(), 2_000_000),
        |view, poll| assert_eq!(view.search("nothing", 3, poll).unwrap(), []),
        |view, poll| assert!(view.chunks(100_000, 0, poll).is_ok()),
        |view, poll| assert_eq!(view.paragraphs(poll).unwrap().len(), 1_000_000),
        |view, poll| assert_eq!(view.word_count(poll).unwrap(), 3_000_000),
        |view, poll| assert_eq!(view.between("no", "such", poll).unwrap().len(), 0),
        |view, poll| assert!(view.documents()[0].hash(poll).is_ok()),
    ];
    for (index, scan) in scans.iter().enumerate() {
        asked.store(0, Ordering::SeqCst);
        scan(&view, &poll);
        assert!(asked.load(Ordering::SeqCst) >= 4, "{index}");
    }
}

#[test]
fn how_long_a_text_with_headings_is_can_be_told_without_making_it() {
    let names: Vec<String> = (0..100).map(|number| format!("notes/{number}.txt")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"one\ntwo"[..])).collect();
    let home = folder(&files);
    let whole = open(home.path(), &["notes"]).unwrap().view();
    let later: Vec<View> = names.iter().map(|name| whole.doc(name).unwrap().tail(3)).collect();
    for view in [whole.clone(), View::join(&later), text("one\n".repeat(2_000)), text("one").tail(2)] {
        let (told, made) = (view.headed_len(), view.headed(&Poll::never()).unwrap().len());
        assert!((made..made + 32 + 16 * view.parts().len()).contains(&told), "{told} of {made}");
    }
}

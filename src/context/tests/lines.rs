//! Lines, and hits by line.

use super::{all, folder, open, text, texts};
use crate::context::document::Document;
use crate::context::grep::Hit;
use crate::context::occurrences::BLOCK;
use crate::context::poll::Poll;
use crate::core::failure::{Failure, FailureKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn lines_by_number() {
    let never = Poll::never();
    let check = |content: &str, count: usize, number: i64, expect: Option<&str>| {
        let view = text(content);
        assert_eq!(view.line_count(&never).unwrap(), count, "{content:?}");
        assert_eq!(view.line(number, &never).ok().map(|line| all(&line)).as_deref(), expect, "{content:?} {number}");
    };
    check("", 0, 1, None);
    check("a", 1, 1, Some("a"));
    check("a\n", 1, 1, Some("a"));
    check("a\n", 1, 2, None);
    check("a\nb", 2, -1, Some("b"));
    check("a\r\nb\r\n", 2, 1, Some("a"));
    check("a\r\nb\r\n", 2, -1, Some("b"));
    check("\n\nx\n", 3, 2, Some(""));
    check("\n\nx\n", 3, -3, Some(""));
    check("\n\nx\n", 3, -4, None);
    check("a\nb", 2, 0, None);
    check("a\nb", 2, i64::MIN, None);
    let failure = text("a\nb").line(7, &never).unwrap_err();
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::Invalid, "there is no line 7: the text has 2 lines")
    );
}

#[test]
fn lines_of_slices_and_of_many_documents() {
    let never = Poll::never();
    let view = texts(&["a\nb", "c\n", "", "d\ne\n"]);
    assert_eq!(view.line_count(&never).unwrap(), 5);
    let lines: Vec<String> = (1..=5).map(|number| all(&view.line(number, &never).unwrap())).collect();
    assert_eq!(lines, ["a", "b", "c", "d", "e"]);
    let inner = text("first\nsecond\nthird\n").slice(3, 15);
    assert_eq!(all(&inner), "st\nsecond\nth");
    let lines: Vec<String> = (1..=3).map(|number| all(&inner.line(number, &never).unwrap())).collect();
    assert_eq!(lines, ["st", "second", "th"]);
    assert_eq!(inner.line_count(&never).unwrap(), 3);
}

#[test]
fn several_lines_are_each_as_it_is_alone() {
    let check = |contents: &[&str], (first, last): (i64, i64), expect: &[&str]| {
        let found = texts(contents).lines(first, last, 9, 99, &Poll::never()).unwrap();
        assert_eq!(found, expect, "{contents:?} {first} {last}");
    };
    let many = ["a\nb", "c\n", "", "\nd\n\n"];
    check(&many, (2, 4), &["b", "c", ""]);
    check(&many, (-2, -1), &["d", ""]);
    check(&many, (1, 99), &["a", "b", "c", "", "d", ""]);
    check(&many, (3, 2), &[]);
    check(&["a\n\nb\n"], (1, 2), &["a", ""]);
    check(&["a\n\n"], (2, i64::MAX), &[""]);
    check(&["a\r\n\r\r\nb\r"], (1, 3), &["a", "\r", "b"]);
    let refused = |first, last, most, limit| texts(&many).lines(first, last, most, limit, &Poll::never()).unwrap_err();
    for (first, last, message) in [
        (7, 9, "there is no line 7: the text has 6 lines"),
        (1, 0, "there is no line 0: the text has 6 lines"),
        (1, -7, "there is no line -7: the text has 6 lines"),
    ] {
        assert_eq!(refused(first, last, 9, 99).message, message);
    }
    assert_eq!(refused(1, 6, 5, 99).kind, FailureKind::Limit);
    assert_eq!(refused(1, 2, 9, 1).message, "the text has 3 bytes, and at most 1 can be taken at once");
}

#[test]
fn a_piece_knows_the_line_in_which_it_begins() {
    let never = Poll::never();
    let content: String = (1..=300_000).map(|number| format!("line number {number}\n")).collect();
    let view = text(&content);
    for number in [1, 2, 52_000, 299_999, 300_000] {
        let line = view.line(number, &never).unwrap().first_line(&never).unwrap();
        assert_eq!(i64::try_from(line).unwrap(), number);
    }
    assert_eq!(text("a\nbcd\ne").slice(3, 7).first_line(&never).unwrap(), 2);
    assert_eq!(text("").first_line(&never).unwrap(), 1);
    assert_eq!(text("a\nb").slice(2, 2).first_line(&never).unwrap(), 0);
    let many = texts(&["a\nb", "c\nd\ne"]);
    assert_eq!(many.slice(2, 6).first_line(&never).unwrap(), 2);
    assert_eq!(many.slice(5, 6).first_line(&never).unwrap(), 2);
}

#[test]
fn line_numbers_are_right_across_blocks() {
    let never = Poll::never();
    let content: String = (1..=300_000).map(|number| format!("line number {number}\n")).collect();
    let home = folder(&[("a.txt", content.as_bytes())]);
    let view = open(home.path(), &["a.txt"]).unwrap().view();
    for number in [1, 2, 52_000, 150_000, 299_999, 300_000] {
        let expect = format!("line number {number}");
        assert_eq!(all(&view.line(number, &never).unwrap()), expect);
        assert_eq!(all(&view.line(number - 300_001, &never).unwrap()), expect);
        let hits = view.grep(&format!("number {number}$"), 9, &never).unwrap();
        assert_eq!(hits.iter().map(|hit| i64::try_from(hit.line).unwrap()).collect::<Vec<_>>(), [number]);
        let back = view.slice(i64::try_from(hits[0].start).unwrap(), i64::try_from(hits[0].end).unwrap());
        assert_eq!(all(&back), format!("number {number}"));
        let chunk = view.slice(2_000_000, 99_000_000).grep(&format!("number {number}$"), 9, &never).unwrap();
        assert!(chunk.iter().all(|hit| i64::try_from(hit.line).unwrap() == number));
    }
    assert_eq!(view.count("number", &never).unwrap(), 300_000);
    assert_eq!(view.grep("9$", usize::MAX, &never).unwrap().len(), 30_000);
}

#[test]
fn two_may_count_the_lines_of_a_document_at_once() {
    let lines = 2 * BLOCK + 5;
    let counting: [fn(&Document, &Poll) -> usize; 2] = [
        |document, poll| document.newlines().before(document, document.len(), poll).unwrap(),
        |document, poll| document.newlines().position(document, document.len() - 1, poll).unwrap().unwrap() + 1,
    ];
    for count in counting {
        let document = Arc::new(Document::owned("a".to_owned(), vec![b'\n'; lines]));
        // Between two blocks of the one, the other counts all.
        let other = Arc::clone(&document);
        let poll = Poll::new(move || other.newlines().before(&other, other.len(), &Poll::never()).err());
        assert_eq!(count(&document, &poll), lines);
    }
}

fn found(hits: &[Hit]) -> Vec<(usize, &str)> {
    hits.iter().map(|hit| (hit.line, hit.text.as_str())).collect()
}

#[test]
fn grep_works_by_line() {
    let check = |content: &str, pattern: &str, expect: &[(usize, &str)], count: usize| {
        let view = text(content);
        let hits = view.grep(pattern, 100, &Poll::never()).unwrap();
        assert_eq!(found(&hits), expect, "{content:?} {pattern}");
        assert_eq!(view.count(pattern, &Poll::never()).unwrap(), count, "{content:?} {pattern}");
    };
    check("one\ntwo\nthree\n", "t", &[(2, "two"), (3, "three")], 2);
    check("aaa\nb\naa", "a", &[(1, "aaa"), (3, "aa")], 5);
    check("Grün\nGRÜN\n", "(?i)grün", &[(1, "Grün"), (2, "GRÜN")], 2);
    check("a\r\nb\r\n", "a$", &[(1, "a")], 1);
    check("a\n\nb\n", "^$", &[(2, "")], 1);
    check("a\nb", "$", &[(1, "a"), (2, "b")], 2);
    check("a\nb\n", "x*", &[(1, "a"), (2, "b")], 4);
    check("foo\nfoo\nfoo\n", r"foo\n", &[(1, "foo"), (2, "foo"), (3, "foo")], 3);
    check("foo\r\nfoo\r\nbar", r"foo\r\n", &[(1, "foo"), (2, "foo")], 2);
    check("foo\nbar\nfoo\n", r"foo\n|^", &[(1, "foo"), (2, "bar"), (3, "foo")], 2);
    check("a\n\n\nb\n\n", r"\n\n", &[(1, "a\n"), (4, "b\n")], 2);
    check("a \n b", r"a\s+b", &[], 0);
    check("a \n b", r"a\s*\n\s*b", &[(1, "a \n b")], 1);
    check("<x>\n1\n</x>\n<x>2</x>", "(?s)<x>.*?</x>", &[(1, "<x>\n1\n</x>"), (4, "<x>2</x>")], 2);
    check("", "", &[], 0);
    check("\r\n", "", &[(1, "")], 1);
    check("b\r\n", "[^a]", &[(1, "b")], 1);
    check("bb\ncc\n", "[^a]+", &[(1, "bb"), (2, "cc")], 2);
}

#[test]
fn hits_say_where_they_are() {
    let view = texts(&["none\n", "x\nyes here\n"]);
    let hits = view.grep("yes", 5, &Poll::never()).unwrap();
    let expect = Hit { doc: "1".to_owned(), line: 2, start: 7, end: 10, text: "yes here".to_owned(), score: None };
    assert_eq!(hits, [expect]);
    let value = serde_json::to_value(&hits[0]).unwrap();
    assert_eq!(value, serde_json::json!({"doc": "1", "line": 2, "start": 7, "end": 10, "text": "yes here"}));
    assert_eq!(view.grep("e", 1, &Poll::never()).unwrap().len(), 1);
    assert!(view.grep("e", 0, &Poll::never()).unwrap().is_empty());
    assert_eq!(view.grep("(", 1, &Poll::never()).unwrap_err().kind, FailureKind::Invalid);
}

#[test]
fn very_long_lines_are_cut_around_the_match() {
    let content = format!("{}NEEDLE{}\nNEEDLE\n", "é".repeat(1_500_000), "ü".repeat(1_500_000));
    let view = text(content);
    let hits = view.grep("NEEDLE", 9, &Poll::never()).unwrap();
    assert_eq!(hits.iter().map(|hit| (hit.line, hit.start)).collect::<Vec<_>>(), [(1, 3_000_000), (2, 6_000_007)]);
    assert!(hits[0].text.contains("éNEEDLEü") && hits[0].text.len() <= 4096 && !hits[0].text.contains('\u{fffd}'));
    assert_eq!(view.count("NEEDLE$", &Poll::never()).unwrap(), 1);
    assert_eq!(view.count("^é", &Poll::never()).unwrap(), 1);
    let hits = text(format!("x{}", "é".repeat(5_000))).grep("xé+", 9, &Poll::never()).unwrap();
    assert!(hits[0].text.ends_with('é') && hits[0].text.len() == 4095, "{}", hits[0].text.len());
}

#[test]
fn a_match_that_would_cross_each_line_can_be_stopped() {
    // From each `a` the expression runs to the end of the text, only to be refused for the line.
    let content = "a\n".repeat(200_000) + "b";
    let asked = AtomicUsize::new(0);
    let poll = Poll::new(move || {
        let again = asked.fetch_add(1, Ordering::Relaxed) > 0;
        again.then(Failure::cancelled)
    });
    let failure = text(content).grep("a[^b]*b", 5, &poll).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Cancelled);
}

//! Chunks, paragraphs, words, texts between markers.

use super::{every, folder, open, text, texts};
use crate::context::poll::Poll;
use crate::core::failure::FailureKind;

#[test]
fn chunks_end_where_a_reader_would_cut() {
    let check = |contents: &[&str], size: usize, overlap: usize, expect: &[&str]| {
        let chunks = texts(contents).chunks(size, overlap, &Poll::never()).unwrap();
        assert_eq!(every(&chunks), expect, "{contents:?} {size} {overlap}");
    };
    check(&[""], 10, 0, &[]);
    check(&["short"], 10, 0, &["short"]);
    check(&["exactly 10"], 10, 0, &["exactly 10"]);
    check(&["0123456789abcde"], 10, 0, &["0123456789", "abcde"]);
    check(&["0123456789abcde"], 10, 3, &["0123456789", "789abcde"]);
    check(&["words are here. and there"], 10, 0, &["words are ", "here. and ", "there"]);
    check(&["aaaaaaa\n\nbb\ncc"], 10, 0, &["aaaaaaa\n\n", "bb\ncc"]);
    check(&["aaaaaaaa\nb c"], 10, 0, &["aaaaaaaa\n", "b c"]);
    check(&["one docu\n", "two"], 10, 0, &["one docu\n", "two"]);
    check(&["a", "b", "c"], 10, 0, &["abc"]);
    check(&["日本語"], 1, 0, &["日", "本", "語"]);
    check(&["aé😀"], 4, 2, &["aé", "😀"]);
    check(&["a😀"], 4, 2, &["a", "😀"]);
    check(&["日本語"], 4, 2, &["日", "本", "語"]);
}

#[test]
fn impossible_chunks_are_refused() {
    let check = |size: usize, overlap: usize, message: &str| {
        let failure = text("x".repeat(3_000_000)).chunks(size, overlap, &Poll::never()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid);
        assert!(failure.message.contains(message), "{failure}");
    };
    check(0, 0, "0 bytes");
    check(10, 6, "too much");
    check(2, 0, "at most 1000000");
}

#[test]
fn chunks_of_a_file_share_its_memory() {
    let content = "a line of text that is long enough\n".repeat(300_000);
    let home = folder(&[("a.txt", content.as_bytes())]);
    let view = open(home.path(), &["a.txt"]).unwrap().view();
    let chunks = view.chunks(100_000, 0, &Poll::never()).unwrap();
    assert_eq!(every(&chunks).concat(), content);
    assert!(chunks.iter().all(|chunk| chunk.len() % 35 == 0 && chunk.len() <= 100_000));
}

#[test]
fn paragraphs_are_runs_of_lines() {
    let check = |contents: &[&str], expect: &[&str]| {
        assert_eq!(every(&texts(contents).paragraphs(&Poll::never()).unwrap()), expect, "{contents:?}");
    };
    check(&["a\nb\n\nc\n"], &["a\nb", "c"]);
    check(&["\n\n  \na\r\n\r\nb\r\n"], &["a", "b"]);
    check(&["a", "b\n\n", ""], &["a", "b"]);
    check(&[""], &[]);
}

#[test]
fn words_are_what_white_space_parts() {
    let check = |contents: &[&str], expect: usize| {
        assert_eq!(texts(contents).word_count(&Poll::never()).unwrap(), expect, "{contents:?}");
    };
    check(&["The end,  my\n\tfriend."], 4);
    check(&["a", "b c "], 3);
    check(&[" "], 0);
    check(&["\u{feff} a"], 1);
}

#[test]
fn texts_between_markers() {
    let check = |contents: &[&str], a: &str, b: &str, expect: &[&str]| {
        assert_eq!(every(&texts(contents).between(a, b, &Poll::never()).unwrap()), expect, "{contents:?}");
    };
    check(&["x<a>1</a>y<a>2</a>"], "<a>", "</a>", &["1", "2"]);
    check(&["|a|b|c|"], "|", "|", &["a", "c"]);
    check(&["BEGIN no end", "end"], "BEGIN", "end", &[" no "]);
    check(&["BEGIN", "END"], "BEGIN", "END", &[]);
    check(&["<<>>"], "<<", ">>", &[""]);
    assert_eq!(text("x").between("", "b", &Poll::never()).unwrap_err().kind, FailureKind::Invalid);
    let far = format!("[{}]", "x".repeat(5_000_000));
    assert_eq!(text(far).between("[", "]", &Poll::never()).unwrap()[0].len(), 5_000_000);
}

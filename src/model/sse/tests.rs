//! The parser against every form of line end and every split.

use super::{Frame, Frames, LINE_CAP};

fn frames(pieces: &[&[u8]]) -> Vec<Frame> {
    let mut parser = Frames::new();
    let mut all: Vec<Frame> = Vec::new();
    for piece in pieces {
        all.extend(parser.feed(piece).unwrap());
    }
    all.extend(parser.finish());
    all
}

fn frame(event: &str, data: &str) -> Frame {
    Frame { event: event.to_owned(), data: data.to_owned() }
}

#[test]
fn reads_each_form() {
    let check = |input: &str, expect: &[Frame]| assert_eq!(frames(&[input.as_bytes()]), expect, "{input:?}");
    check("data: a\n\n", &[frame("", "a")]);
    check("data:a\r\n\r\n", &[frame("", "a")]);
    check("data: a\r\rdata: b\r\r", &[frame("", "a"), frame("", "b")]);
    check("data: a\r\n\r\ndata: b\n\n", &[frame("", "a"), frame("", "b")]);
    check("data:  a\n\n", &[frame("", " a")]);
    check("data: a\ndata: b\ndata\n\n", &[frame("", "a\nb\n")]);
    check(": comment\n\n:\n\ndata: a\n: between\ndata: b\n\n", &[frame("", "a\nb")]);
    check("event: ping\ndata: {}\n\ndata: x\n\n", &[frame("ping", "{}"), frame("", "x")]);
    check("event: nothing\n\ndata: x\n\n", &[frame("", "x")]);
    check("id: 1\nretry: 5\nwhat: ever\ndata: a\n\n", &[frame("", "a")]);
    check("\u{FEFF}data: a\n\n", &[frame("", "a")]);
    check("data: a:b\n\n", &[frame("", "a:b")]);
    check("data\n\n", &[frame("", "")]);
    check("\n\n\n", &[]);
    check("", &[]);
}

#[test]
fn keeps_what_no_empty_line_closed() {
    for (input, data) in [("data: a", "a"), ("data: a\n", "a"), ("data: a\ndata: b", "a\nb"), ("data: a\r", "a")] {
        assert_eq!(frames(&[input.as_bytes()]), [frame("", data)], "{input:?}");
    }
}

#[test]
fn every_split_gives_the_same_frames() {
    let input = "event: e\r\ndata: gr\u{fc}\u{df} \u{1F980}\r\n\r\n: c\rdata: b\r\rdata: x\ndata: y\n\n".as_bytes();
    let whole = frames(&[input]);
    assert_eq!(whole, [frame("e", "gr\u{fc}\u{df} \u{1F980}"), frame("", "b"), frame("", "x\ny")]);
    for first in 0..=input.len() {
        for second in first..=input.len() {
            let pieces = [&input[..first], &input[first..second], &[], &input[second..]];
            assert_eq!(frames(&pieces), whole, "split at {first} and {second}");
        }
    }
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(frames(&bytes), whole);
}

#[test]
fn a_byte_that_is_no_text_does_not_end_the_stream() {
    assert_eq!(frames(&[b"data: a\xffb\n\ndata: c\n\n"]), [frame("", "a\u{FFFD}b"), frame("", "c")]);
}

#[test]
fn lines_and_frames_are_bounded() {
    let half = vec![b'x'; LINE_CAP / 2 + 1];
    let mut one_line = Frames::new();
    one_line.feed(&half).unwrap();
    assert_eq!(one_line.feed(&half).unwrap_err().kind.name(), "protocol");

    let line = [b"data: ".as_slice(), &half, b"\n"].concat();
    let mut one_frame = Frames::new();
    one_frame.feed(&line).unwrap();
    assert_eq!(one_frame.feed(&line).unwrap_err().kind.name(), "protocol");
}

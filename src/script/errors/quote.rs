//! A line of a program with a caret below a place in it. Of a longer line only what stands around the place is quoted: a line
//! that wraps has its caret below something else.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The most columns where nobody knows how many there are.
const COLUMNS: usize = 120;

/// What stands in front of the caret.
const BELOW: &str = "     | ";

/// The line number `row` with a caret behind `before`, which it begins with.
pub fn quote(row: usize, line: &str, before: &str) -> String {
    drawn(&format!("{row:>4} | "), line, before.width(), COLUMNS)
}

/// A quoted line and the one with its caret for this many columns; `None` if they are something else.
pub fn refit(quoted: &str, caret: &str, columns: usize) -> Option<String> {
    let (head, line) = quoted.split_at(quoted.find(" | ")? + " | ".len());
    let is_row = head.trim_end_matches(" | ").trim_start().bytes().all(|c| c.is_ascii_digit());
    let blanks = caret.strip_prefix(BELOW)?.strip_suffix('^')?;
    (is_row && blanks.trim().is_empty()).then(|| drawn(head, line, blanks.len(), columns))
}

fn drawn(head: &str, line: &str, place: usize, columns: usize) -> String {
    let (shown, pad) = window(line, place, columns.saturating_sub(head.width()));
    format!("{head}{shown}\n{BELOW}{}^", " ".repeat(pad))
}

/// So much of a line around its column `place` as fits into so many columns, and where the place is in that.
fn window(line: &str, place: usize, room: usize) -> (String, usize) {
    let whole = line.width();
    if whole.max(place + 1) <= room {
        return (line.to_owned(), place);
    }
    // A mark on either side, and the caret may stand behind the last character.
    let inner = room.saturating_sub(5).max(1);
    let from = place.saturating_sub(inner * 2 / 3).min(whole.saturating_sub(inner));
    let (mut column, mut start, mut shown) = (0, None, String::new());
    for c in line.chars() {
        let end = column + c.width().unwrap_or(1);
        if column >= from && end <= from + inner {
            start.get_or_insert(column);
            shown.push(c);
        }
        column = end;
    }
    let start = start.unwrap_or(from);
    let (head, tail) = (if start > 0 { "… " } else { "" }, if from + inner < whole { " …" } else { "" });
    (format!("{head}{shown}{tail}"), head.width() + place.saturating_sub(start))
}

#[cfg(test)]
mod tests {
    use super::{quote, refit, window};
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn the_place_is_in_what_is_quoted() {
        let line: String = (0..30).map(|number| format!("word{number:02} 日本 ")).collect();
        for room in 20..=130 {
            for (at, _) in line.char_indices() {
                let (before, after) = line.split_at(at);
                let (shown, pad) = window(&line, before.width(), room);
                assert!(shown.width() <= room && pad < room, "{room} {at}: {shown}");
                let mut column = 0;
                let below = shown.chars().find(|c| {
                    column += UnicodeWidthStr::width(c.encode_utf8(&mut [0; 4]) as &str);
                    column > pad
                });
                assert_eq!(below, after.chars().next(), "{room} {at}: {shown}");
            }
            let (shown, pad) = window(&line, line.width(), room);
            assert_eq!((shown.width(), shown.starts_with("… ")), (pad, true), "{room}: {shown}");
        }
    }

    #[test]
    fn a_line_that_fits_stays_as_it_is() {
        let quoted = quote(7, "let a = nope + 1", "let a = ");
        assert_eq!(quoted, "   7 | let a = nope + 1\n     |         ^");
        let (line, caret) = quoted.split_once('\n').unwrap();
        assert_eq!(refit(line, caret, 40), Some(quoted.clone()));
        assert_eq!(refit(line, caret, 20).as_deref(), Some("   7 | …  a = nop …\n     |        ^"));
        for (line, caret) in [("a | b", caret), (line, "     | let b"), ("no code", caret), (line, "")] {
            assert_eq!(refit(line, caret, 20), None, "{line} {caret}");
        }
    }
}

//! Tables for people, no wider than the terminal; plain and unwrapped where there is none.
//!
//! A line breaks only between words: a name or a number that is cut cannot be typed again.

use crate::script::errors::quote::refit;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Blanks between columns.
const GAP: usize = 2;

/// A table with a head; its columns wrap between words at `width` characters. Where not even its words fit beside each
/// other, each row is a paragraph.
pub fn render<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    width: Option<u16>,
) -> String {
    let rows: Vec<[String; N]> = rows.into_iter().collect();
    let least = least(&head, &rows);
    let needed = least.iter().map(|words| words + GAP).sum::<usize>();
    if let Some(width) = width.map(usize::from).filter(|width| needed > width + GAP) {
        return paragraphs(head, &rows, width);
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(head);
    match width {
        // The gap behind the last column is taken off its lines.
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(20) + 2),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    for row in rows {
        table.add_row(row);
    }
    for (column, words) in table.column_iter_mut().zip(least) {
        column.set_padding((0, 2));
        if width.is_some() {
            let words = u16::try_from(words + GAP).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(words)));
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The width of the longest word of each column.
fn least<const N: usize>(head: &[&str; N], rows: &[[String; N]]) -> [usize; N] {
    let longest = |text: &str| text.split_whitespace().map(UnicodeWidthStr::width).max().unwrap_or(0);
    let mut least = head.map(longest);
    for row in rows {
        for (words, cell) in least.iter_mut().zip(row) {
            *words = longest(cell).max(*words);
        }
    }
    least
}

/// Each row as its name, and below it what the other columns say.
fn paragraphs<const N: usize>(head: [&str; N], rows: &[[String; N]], width: usize) -> String {
    // A column without a head marks the rows.
    let named = head.iter().position(|title| !title.is_empty()).unwrap_or(0);
    let paragraph = |row: &[String; N]| {
        let name: Vec<&str> = row.iter().take(named + 1).map(|cell| cell.trim()).filter(|c| !c.is_empty()).collect();
        let rest = head.iter().zip(row).skip(named + 1).filter(|(_, cell)| !cell.is_empty());
        let rest: Vec<String> = rest.map(|(title, cell)| format!("{title} {cell}")).collect();
        let rest = wrapped(&rest.join(" · "), width.saturating_sub(GAP), GAP);
        format!("{}\n{}{rest}", name.join(" "), " ".repeat(GAP))
    };
    rows.iter().map(paragraph).collect::<Vec<_>>().join("\n")
}

/// A text in lines of at most `width` characters that end between words; lines after the first begin with `indent`
/// blanks. A word that is longer has a line of its own.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut out = String::new();
    for (index, line) in text.lines().enumerate() {
        let mut filled = 0;
        if index > 0 {
            out.push('\n');
        }
        for word in line.split(' ') {
            let long = word.width();
            if filled > 0 && filled + 1 + long > width {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                filled = 0;
            } else if filled > 0 {
                out.push(' ');
                filled += 1;
            }
            out.push_str(word);
            filled += long;
        }
    }
    out
}

/// What is said about the work: failures, hints and notes wrap between words; of a line of a program what stands around its
/// caret is told.
pub fn told(text: &str, width: Option<u16>) -> String {
    let said = |line: &str| ["error:", "hint:", "note:"].iter().any(|word| line.trim_start().starts_with(word));
    let fitted = |line: &str| if said(line) { page(line, width) } else { line.to_owned() };
    let mut lines = text.split('\n').peekable();
    let mut all = Vec::new();
    while let Some(line) = lines.next() {
        let quoted = width.zip(lines.peek()).and_then(|(width, caret)| refit(line, caret, usize::from(width)));
        if quoted.is_some() {
            lines.next();
        }
        all.push(quoted.unwrap_or_else(|| fitted(line)));
    }
    all.join("\n")
}

/// Progress: code and what it came to are cut where the line ends, all else wraps between words.
pub fn progress(text: &str, width: Option<u16>) -> String {
    let Some(room) = width.map(usize::from) else { return text.to_owned() };
    let fitted = |line: &str| {
        let words = line.trim_start();
        if words.width() < line.width() && (words.starts_with("| ") || words.starts_with("→ ")) {
            let (before, _) = line.split_at(line.len() - words.len());
            return format!("{before}{}", cut(words, room.saturating_sub(before.len())));
        }
        page(line, width)
    };
    text.split('\n').map(fitted).collect::<Vec<_>>().join("\n")
}

/// As much of a line as fits into so many columns, and a mark where it goes on.
fn cut(line: &str, columns: usize) -> String {
    if line.width() <= columns {
        return line.to_owned();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < columns
    };
    format!("{}…", line.chars().take_while(fits).collect::<String>())
}

/// A text for a terminal of this width: longer lines wrap between words, and what follows stands a little further in.
pub fn page(text: &str, width: Option<u16>) -> String {
    let Some(width) = width.map(usize::from) else {
        return text.to_owned();
    };
    let fitted = |line: &str| {
        if line.width() <= width {
            return line.to_owned();
        }
        let words = line.trim_start();
        let (before, _) = line.split_at(line.len() - words.len());
        let below = before.width() + GAP;
        format!("{before}{}", wrapped(words, width.saturating_sub(below), below))
    };
    text.lines().map(fitted).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{page, progress, render};

    #[test]
    fn rows_wrap_only_at_a_known_width() {
        let row = || [["a".to_owned(), "many words ".repeat(10)]];
        assert!(render(["name", "text"], row(), Some(60)).lines().all(|line| line.chars().count() <= 60));
        assert_eq!(render(["name", "text"], row(), None).lines().count(), 2);
    }

    #[test]
    fn a_page_wraps_between_words_below_the_beginning_of_its_lines() {
        let text = "name(a)\n  It does this and that.\n    a   the first of all\n";
        assert_eq!(
            page(text, Some(16)),
            "name(a)\n  It does this\n    and that.\n    a   the\n      first of\n      all"
        );
        assert_eq!(page(text, None), text);
        assert_eq!(page("a_word_that_is_longer than it", Some(12)), "a_word_that_is_longer\n  than it");
    }

    #[test]
    fn code_is_cut_where_the_line_ends() {
        for (line, shown) in [
            ("  | let n = 1", "  | let n = 1"),
            ("  | let n = 12", "  | let n = …"),
            ("  → 日本日本日", "  → 日本日本…"),
            ("turn 1 of 20 at most", "turn 1 of\n  20 at most"),
        ] {
            assert_eq!(progress(line, Some(13)), shown);
            assert_eq!(progress(line, None), line);
        }
    }

    #[test]
    fn no_width_cuts_a_name_or_a_number() {
        let (name, price) = ("anthropic/claude-sonnet-4-5-20250929", "$0.003625");
        let rows = || {
            let text = "needs ANTHROPIC_API_KEY and a person who sets it".to_owned();
            [["-".to_owned(), name.to_owned(), "1000000".to_owned(), price.to_owned(), text]]
        };
        for width in 20..=160 {
            let text = render(["", "model", "window", "in per M tokens", "usable"], rows(), Some(width));
            for word in [name, price, "1000000", "ANTHROPIC_API_KEY"] {
                assert!(text.split_whitespace().any(|found| found == word), "{word} at {width}:\n{text}");
            }
            let long = text.lines().filter(|line| line.chars().count() > usize::from(width));
            assert!(long.into_iter().all(|line| !line.trim().contains("  ") && width < 40), "{width}:\n{text}");
        }
    }
}

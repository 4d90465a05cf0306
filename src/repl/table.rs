//! Tables for people, no wider than the terminal; plain and unwrapped where there is none.
//!
//! A line breaks only between words: a name or a number that is cut cannot be typed again.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

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
    if width.is_some_and(|width| least.iter().map(|words| words + GAP).sum::<usize>() > usize::from(width) + GAP) {
        return paragraphs(head, &rows);
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

/// Each row as its name and a line for each other column that says something.
fn paragraphs<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    // A column without a head marks the rows.
    let named = head.iter().position(|title| !title.is_empty()).unwrap_or(0);
    let labels = head.iter().map(|title| title.width()).max().unwrap_or(0) + GAP;
    let paragraph = |row: &[String; N]| {
        let name: Vec<&str> = row.iter().take(named + 1).map(|cell| cell.trim()).filter(|c| !c.is_empty()).collect();
        let rest = head.iter().zip(row).skip(named + 1).filter(|(_, cell)| !cell.is_empty());
        let lines = rest.map(|(title, cell)| format!("  {title:<labels$}{cell}"));
        std::iter::once(name.join(" ")).chain(lines).collect::<Vec<_>>().join("\n")
    };
    rows.iter().map(paragraph).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn rows_wrap_only_at_a_known_width() {
        let row = || [["a".to_owned(), "many words ".repeat(10)]];
        assert!(render(["name", "text"], row(), Some(60)).lines().all(|line| line.chars().count() <= 60));
        assert_eq!(render(["name", "text"], row(), None).lines().count(), 2);
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
            let fits = text.lines().all(|line| line.chars().count() <= usize::from(width));
            assert!(fits || text.contains("\n  window"), "{width}:\n{text}");
        }
    }
}

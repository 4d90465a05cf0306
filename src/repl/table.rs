//! Tables for people, no wider than the terminal; plain and unwrapped where there is none.

use comfy_table::{ContentArrangement, Table, presets};

/// A table with a head; its columns wrap at `width` characters.
pub fn render<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    width: Option<u16>,
) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(head);
    match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(20)),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
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
}

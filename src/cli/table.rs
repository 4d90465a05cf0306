//! Tables for people: narrow enough for the terminal, plain in a pipe.

use comfy_table::{ContentArrangement, Table, presets};

/// A table with a head; columns wrap at the terminal's width.
pub fn render<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

//! Tables and pages on standard output: as wide as its terminal, unwrapped in a pipe.

use crate::repl::table;
use comfy_table::Table;

/// A table with a head.
pub fn render<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    table::render(head, rows, Table::new().width())
}

/// A text whose lines end between words; those after the first begin with `indent` blanks.
pub fn wrapped(text: &str, indent: usize) -> String {
    match Table::new().width() {
        Some(width) => table::wrapped(text, usize::from(width).saturating_sub(indent).max(20), indent),
        None => text.to_owned(),
    }
}

//! Tables and pages on standard output: as wide as its terminal, unwrapped in a pipe. And how wide standard error is.

use crate::repl::table;
use comfy_table::Table;

/// A table with a head.
pub fn render<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    table::render(head, rows, width())
}

/// The width of standard output, if it is a terminal.
pub fn width() -> Option<u16> {
    Table::new().width()
}

/// The width of standard error, if it is a terminal.
pub fn width_aside() -> Option<u16> {
    Table::new().use_stderr().width()
}

/// A text whose lines end between words; those after the first begin with `indent` blanks.
pub fn wrapped(text: &str, indent: usize) -> String {
    match width() {
        Some(width) => table::wrapped(text, usize::from(width).saturating_sub(indent).max(20), indent),
        None => text.to_owned(),
    }
}

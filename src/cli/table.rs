//! Tables and pages on standard output: as wide as its terminal, unwrapped in a pipe. And how wide standard error is.

use crate::repl::table;
use comfy_table::Table;

/// The least width that is believed, and the one that is taken instead.
const LEAST: u16 = 20;
const STANDARD: u16 = 80;

/// A table with a head.
pub fn render<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    table::render(head, rows, width())
}

/// The width of standard output, if it is a terminal.
pub fn width() -> Option<u16> {
    Table::new().width().map(usable)
}

/// The width of standard error, if it is a terminal.
pub fn width_aside() -> Option<u16> {
    Table::new().use_stderr().width().map(usable)
}

/// A terminal that nobody has told its size says that it has none.
const fn usable(width: u16) -> u16 {
    if width < LEAST { STANDARD } else { width }
}

/// A text whose lines end between words; those after the first begin with `indent` blanks.
pub fn wrapped(text: &str, indent: usize) -> String {
    match width() {
        Some(width) => table::wrapped(text, usize::from(width).saturating_sub(indent).max(20), indent),
        None => text.to_owned(),
    }
}

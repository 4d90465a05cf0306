//! Tables on standard output: as wide as its terminal, unwrapped in a pipe.

use crate::repl::table;
use comfy_table::Table;

/// A table with a head.
pub fn render<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    table::render(head, rows, Table::new().width())
}

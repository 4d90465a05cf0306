//! What a run and its children spent, by depth, role and model: a line for each.

use crate::budget::report::{SpendReport, SpendRow};
use crate::host::episodes::footer;
use crate::repl::table::page;

/// The lines, each behind `indent` blanks; none where everything was spent at one depth, in one role, by one model.
pub fn lines(rows: &[SpendRow], indent: usize, width: Option<u16>) -> Vec<String> {
    if rows.len() > 1 { rows.iter().map(|row| line(row, indent, width)).collect() } else { Vec::new() }
}

/// The line of one depth, role and model.
pub fn line(row: &SpendRow, indent: usize, width: Option<u16>) -> String {
    let alone = SpendReport { totals: row.totals, ..SpendReport::default() };
    let text = format!("depth {} · {} · {} · {}", row.depth, row.role, row.model, footer(&alone));
    page(&format!("{:indent$}{text}", ""), width)
}

//! What a run and its children spent, by depth, role and model: a line for each.

use crate::budget::footer::footer;
use crate::budget::report::SpendRow;
use crate::repl::table::page;

/// The lines, each behind `indent` blanks; none where everything was spent at one depth, in one role, by one model.
pub fn lines(rows: &[SpendRow], indent: usize, width: Option<u16>) -> Vec<String> {
    if rows.len() > 1 { rows.iter().map(|row| line(row, indent, width)).collect() } else { Vec::new() }
}

/// The line of one depth, role and model.
pub fn line(row: &SpendRow, indent: usize, width: Option<u16>) -> String {
    let text = format!("depth {} · {} · {} · {}", row.depth, row.role, row.model, footer(&row.totals));
    page(&format!("{:indent$}{text}", ""), width)
}

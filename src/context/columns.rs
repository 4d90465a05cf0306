//! The columns of a table: their names, and how many rows with these names beside every field fit into memory. It reads
//! no table.

use crate::core::failure::{Failure, FailureKind, Outcome};
use std::collections::{HashMap, HashSet};

/// The most columns.
const COLUMNS: usize = 10_000;
/// The longest name, in bytes.
const NAME: usize = 1_000;
/// Bytes that all rows together may take as maps, beside their texts: each has the names of all columns once more.
const ROWS: usize = 512 << 20;
/// Bytes of a field in a map beside its name and its text, about.
const FIELD: usize = 100;

/// The columns of a table that is being read.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    names: Vec<String>,
    /// Bytes of a row beside its texts.
    row: usize,
    /// Bytes that are left for rows.
    left: usize,
}

impl Columns {
    /// Names for the columns of a header, each only once: an empty one becomes `column_N`, a repeated one gets `_2`.
    ///
    /// Fails with `Invalid` if there are too many, or one is too long.
    pub(crate) fn new(header: impl IntoIterator<Item = impl AsRef<str>>) -> Outcome<Self> {
        let mut names = Vec::new();
        let mut taken = HashSet::new();
        // The number that each repeated name had last, so that a thousand equal ones are not counted through each time.
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for (index, typed) in header.into_iter().enumerate() {
            let wanted = wanted(index, typed.as_ref().trim())?;
            let mut name = wanted.clone();
            while !taken.insert(name.clone()) {
                let number = numbers.entry(wanted.clone()).or_insert(1);
                *number += 1;
                name = format!("{wanted}_{number}");
            }
            names.push(name);
        }
        let row = names.iter().map(|name| name.len() + FIELD).sum();
        Ok(Self { names, row, left: ROWS })
    }

    /// Their names.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Counts one more row; fails with `Invalid` if it does not fit any more.
    pub(crate) fn add_row(&mut self) -> Outcome<()> {
        let left = self.left.checked_sub(self.row).ok_or_else(|| {
            let (columns, size) = (self.names.len(), ROWS >> 20);
            let message = format!("the rows of the table take over {size} MiB with {columns} names each");
            Failure::new(FailureKind::Invalid, message)
                .hint("shorten the names of its columns, or take fewer rows at once")
        })?;
        self.left = left;
        Ok(())
    }
}

/// The name that a column would have if it were the only one of it.
fn wanted(index: usize, typed: &str) -> Outcome<String> {
    if index >= COLUMNS {
        return Err(Failure::new(FailureKind::Invalid, format!("the table has more than {COLUMNS} columns"))
            .hint("check the delimiter, and that the table has its line ends"));
    }
    if typed.len() > NAME {
        let message = format!("column {} of the table has a name of {} bytes, at most {NAME}", index + 1, typed.len());
        return Err(Failure::new(FailureKind::Invalid, message)
            .hint("check that the first line is a header, and that its quotes are closed"));
    }
    Ok(if typed.is_empty() { format!("column_{}", index + 1) } else { typed.to_owned() })
}

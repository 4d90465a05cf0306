//! Recorded outcomes of two models on the same prompts: JSON lines of `{id, set, domain, prompt, weak, strong}`.

use crate::core::failure::{Failure, FailureKind, Outcome};
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// How a row is written.
pub const FORM: &str = r#"{"id", "set", "domain", "prompt", "weak": 0 or 1, "strong": 0 or 1}"#;

/// A prompt with what two models made of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Row {
    /// Its name in the data.
    pub id: String,
    /// The collection it is from.
    pub set: String,
    /// Its subject; the set's name if there is none.
    #[serde(default)]
    pub domain: String,
    /// The prompt.
    pub prompt: String,
    /// 1 if the weak model was right, else 0.
    pub weak: u8,
    /// 1 if the strong model was right, else 0.
    pub strong: u8,
}

impl Row {
    /// The row that a line has, or what is wrong with it.
    pub fn read(line: &str) -> Result<Self, String> {
        let row: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if row.weak > 1 || row.strong > 1 {
            return Err("`weak` and `strong` are 0 or 1".to_owned());
        }
        Ok(row)
    }
}

/// The rows of a file. `Invalid` with the line for one that has another form.
pub fn read(path: &Path) -> Outcome<Vec<Row>> {
    let form = || format!("each line is {FORM}");
    let failed = |error: std::io::Error| {
        Failure::new(FailureKind::of_io(&error), format!("cannot read {}: {error}", path.display())).hint(form())
    };
    let mut rows = Vec::new();
    for (at, line) in BufReader::new(File::open(path).map_err(failed)?).lines().enumerate() {
        let line = line.map_err(failed)?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |why: String| {
            let message = format!("{}:{}: {why}", path.display(), at + 1);
            Failure::new(FailureKind::Invalid, message).hint(form())
        };
        rows.push(Row::read(&line).map_err(wrong)?);
    }
    if rows.is_empty() {
        return Err(Failure::new(FailureKind::Invalid, format!("{} has no rows", path.display())));
    }
    Ok(rows)
}

/// The names of the sets, in their order.
pub fn sets(rows: &[Row]) -> Vec<String> {
    let mut sets: Vec<String> = Vec::new();
    for row in rows {
        if !sets.contains(&row.set) {
            sets.push(row.set.clone());
        }
    }
    sets
}

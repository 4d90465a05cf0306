//! Views as data: JSON, JSON lines, and tables of separated values.

use crate::context::poll::Poll;
use crate::context::table::{Form, Tables, without_mark};
use crate::context::view::{Part, View};
use crate::core::failure::{Failure, FailureKind, Outcome};
use serde_json::Value;
use std::sync::Arc;

impl View {
    /// The value of a JSON text, or the array of values of JSON lines, of at most `limit` bytes.
    ///
    /// Fails with `Invalid`, naming the line and column.
    pub fn json(&self, limit: usize) -> Outcome<Value> {
        let bytes = self.bytes(limit)?;
        let text = without_mark(&bytes);
        let error = match serde_json::from_slice(text) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        // Several values, one after the other, are JSON lines; then the first error is that there is more.
        let values: Vec<Result<Value, _>> = serde_json::Deserializer::from_slice(text).into_iter().collect();
        let good = values.iter().filter(|value| value.is_ok()).count();
        if good > 1 && good == values.len() {
            return Ok(Value::Array(values.into_iter().flatten().collect()));
        }
        let error = if good > 1 { values.into_iter().find_map(Result::err).unwrap_or(error) } else { error };
        let failure = Failure::new(FailureKind::Invalid, format!("the text is not JSON: {error}"));
        let failure = failure.detail("line", error.line()).detail("column", error.column());
        Err(match self.documents().len() {
            0 | 1 => failure.hint("look at it first: line(i) or head(200)"),
            many => failure.hint(format!("there are {many} documents; take one: doc(name).json()")),
        })
    }

    /// The rows of a table with a header line, as an array of objects, from at most `limit` bytes; the separator is
    /// the one of `,` `;` tab `|` that parts the header most often. Each document is a table of its own, with the same
    /// header.
    ///
    /// Columns whose values are all numbers become numbers, empty ones null. Fails with `Invalid`, naming the line or
    /// what there is too much of, and with the poll's failure.
    pub fn csv(&self, limit: usize, poll: &Poll) -> Outcome<Value> {
        let documents: Vec<&[Part]> =
            self.parts().chunk_by(|one, next| Arc::ptr_eq(&one.document, &next.document)).collect();
        let bytes = self.bytes(limit).map_err(|failure| too_much(failure, documents.len()))?;
        let mut tables = Tables::new(Form::default());
        for parts in &documents {
            let (Some(first), Some(last)) = (parts.first(), parts.last()) else { continue };
            let text = &bytes[first.at..last.at + last.len()];
            let name = first.document.name();
            tables.add(text, poll).map_err(|failure| of_document(failure, name, documents.len()))?;
        }
        tables.rows(poll).map(Value::from)
    }
}

/// A table is read as a whole: a piece of it has lost the header.
fn too_much(failure: Failure, many: usize) -> Failure {
    match (failure.kind, many) {
        (FailureKind::Invalid, 0 | 1) => failure.hint(
            "take its lines in parts: lines(2, 10001), with line(1) for the names; grep(pattern) and count(pattern) \
             search all of it",
        ),
        (FailureKind::Invalid, many) => failure.hint(format!(
            "there are {many} documents; take one after the other: `for d in docs() {{ let rows = \
             context.doc(d.name).csv(); }}`"
        )),
        _ => failure,
    }
}

/// What is wrong with one document among several.
fn of_document(failure: Failure, name: &str, many: usize) -> Failure {
    if many < 2 || failure.kind != FailureKind::Invalid {
        return failure;
    }
    let message = format!("{name}: {}", failure.message);
    Failure { message, ..failure }.hint(format!("there are {many} documents; take one: doc(name).csv()"))
}

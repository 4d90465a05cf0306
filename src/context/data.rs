//! Views as data: JSON, JSON lines, and tables of separated values.

use crate::context::poll::Poll;
use crate::context::rows::Table;
use crate::context::table::{Form, Tables};
use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind, Outcome};
use serde_json::Value;

impl View {
    /// The value of a JSON text, or the array of values of JSON lines, of at most `limit` bytes.
    ///
    /// Fails with `Invalid`, naming the line and column.
    pub fn json(&self, limit: usize) -> Outcome<Value> {
        let text = self.bytes(limit)?;
        let error = match serde_json::from_slice(&text) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        // Several values, one after the other, are JSON lines; then the first error is that there is more.
        let values: Vec<Result<Value, _>> = serde_json::Deserializer::from_slice(&text).into_iter().collect();
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
    /// header; of a piece of one come the rows that begin in it.
    ///
    /// Columns whose values are all numbers become numbers, empty ones null. Fails with `Invalid`, naming the line or
    /// what there is too much of, and with the poll's failure.
    pub fn csv(&self, limit: usize, poll: &Poll) -> Outcome<Value> {
        let documents = self.tables(poll)?;
        let texts: Vec<Self> = documents.iter().map(|table| table.text.clone()).collect();
        Self::join(&texts).fits(limit).map_err(|failure| too_much(failure, documents.len()))?;
        let mut tables = Tables::new(Form::default());
        for table in &documents {
            let text = table.text.bytes(limit)?;
            let added = tables.add(&text, table.skipped, poll);
            added.map_err(|failure| of_document(failure, table, documents.len()))?;
        }
        tables.rows(poll).map(Value::from)
    }
}

fn too_much(failure: Failure, many: usize) -> Failure {
    if many > 1 {
        return failure.hint(format!(
            "there are {many} documents; take one after the other: `for d in docs() {{ let rows = \
             context.doc(d.name).csv(); }}`"
        ));
    }
    failure.hint(
        "take it in pieces, which have each row once: `for c in context.chunks(2000000) { let rows = c.csv(); }`; \
         grep(pattern) and count(pattern) search all of it",
    )
}

/// What is wrong with a piece of a document, or with one document among several.
fn of_document(failure: Failure, table: &Table, many: usize) -> Failure {
    if failure.kind != FailureKind::Invalid {
        return failure;
    }
    let message = match many {
        0 | 1 => failure.message,
        _ => format!("{}: {}", table.document.name(), failure.message),
    };
    let failure = Failure { message, ..failure };
    match many {
        _ if table.is_piece => failure.hint(
            "the first row of its document names the columns of a piece; for a table within a text there is \
             TOOL(\"csv_read\", #{text: piece.text})",
        ),
        0 | 1 => failure,
        many => failure.hint(format!("there are {many} documents; take one: doc(name).csv()")),
    }
}

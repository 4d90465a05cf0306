//! Views as data: JSON, JSON lines, and tables of separated values.

use crate::context::columns::Columns;
use crate::context::poll::Poll;
use crate::context::view::{Part, View};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::one_line;
use serde_json::{Map, Number, Value};
use std::sync::Arc;

/// Rows read between two polls.
const STEP: usize = 1024;

/// How much of a header decides by what it is parted: where a quote is open, all of the text would be header.
const DECISIVE: usize = 64 << 10;

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
        let bytes = self.bytes(limit)?;
        let documents: Vec<&[Part]> =
            self.parts().chunk_by(|one, next| Arc::ptr_eq(&one.document, &next.document)).collect();
        let mut tables = Tables::default();
        for parts in &documents {
            let (Some(first), Some(last)) = (parts.first(), parts.last()) else { continue };
            let text = without_mark(&bytes[first.at..last.at + last.len()]);
            if !text.is_empty() {
                let name = first.document.name();
                tables.add(text, poll).map_err(|failure| of_document(failure, name, documents.len()))?;
            }
        }
        tables.value(poll)
    }
}

/// Tables with the same columns, one below the other.
#[derive(Default)]
struct Tables {
    columns: Option<Columns>,
    rows: Vec<Vec<String>>,
}

impl Tables {
    fn add(&mut self, text: &[u8], poll: &Poll) -> Outcome<()> {
        let mut reader = reader(text, separator(text, poll)?);
        let own = Columns::new(reader.byte_headers().map_err(|error| explain(&error))?.iter().map(lossy))?;
        if let Some(known) = self.columns.as_ref().filter(|known| known.names() != own.names()) {
            let shown = |columns: &Columns| one_line(&columns.names().join(", "), 100);
            let (own, known) = (shown(&own), shown(known));
            let message = format!("its columns ({own}) are not those of the documents before it ({known})");
            return Err(Failure::new(FailureKind::Invalid, message));
        }
        let columns = self.columns.get_or_insert(own);
        for record in reader.byte_records() {
            if self.rows.len().is_multiple_of(STEP) {
                poll.check()?;
            }
            columns.add_row()?;
            self.rows.push(record.map_err(|error| explain(&error))?.iter().map(lossy).collect());
        }
        Ok(())
    }

    fn value(self, poll: &Poll) -> Outcome<Value> {
        let Self { columns, rows } = self;
        let columns = columns.unwrap_or_default();
        let names = columns.names();
        let numeric = (0..names.len()).map(|column| poll.check().map(|()| is_numeric(&rows, column)));
        let numeric = numeric.collect::<Outcome<Vec<bool>>>()?;
        let object = |row: Vec<String>| {
            let fields = names.iter().zip(row).zip(&numeric);
            Value::Object(
                fields.map(|((name, text), numeric)| (name.clone(), field(text, *numeric))).collect::<Map<_, _>>(),
            )
        };
        Ok(Value::Array(rows.into_iter().map(object).collect()))
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

/// The text without a byte order mark.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn lossy(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}

fn reader(text: &[u8], separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().delimiter(separator).from_reader(text)
}

/// The separator that makes the most columns of the header, the first of equals: what stands within quotes is none.
fn separator(text: &[u8], poll: &Poll) -> Outcome<u8> {
    let start = text.get(..DECISIVE).unwrap_or(text);
    let mut best = (b',', 0);
    for by in [b',', b';', b'\t', b'|'] {
        poll.check()?;
        let columns = reader(start, by).byte_headers().map_or(0, csv::ByteRecord::len);
        if columns > best.1 {
            best = (by, columns);
        }
    }
    Ok(best.0)
}

fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    let mut values = rows.iter().filter_map(|row| row.get(column)).filter(|text| !text.is_empty()).peekable();
    values.peek().is_some() && values.all(|text| number(text).is_some())
}

fn field(text: String, numeric: bool) -> Value {
    match (numeric, text.is_empty()) {
        (true, true) => Value::Null,
        (true, false) => number(&text).map_or(Value::String(text), Value::Number),
        (false, _) => Value::String(text),
    }
}

/// The number that `text` writes in plain decimals; codes such as `007` are not numbers.
fn number(text: &str) -> Option<Number> {
    if let Ok(integer) = text.parse::<i64>() {
        return (integer.to_string() == text).then(|| integer.into());
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.')?;
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    text.parse().ok().and_then(Number::from_f64)
}

fn explain(error: &csv::Error) -> Failure {
    let failure = match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            let message = format!("line {line} of the table has {len} fields, the header has {expected_len}");
            Failure::new(FailureKind::Invalid, message).detail("line", line)
        }
        _ => Failure::new(FailureKind::Invalid, format!("the text is not a table: {error}")),
    };
    failure.hint("look at the line with line(i); quote fields that hold the separator")
}

//! Tables of separated values, wherever their text comes from. It guesses numbers and the separator, and no dates.

use crate::context::columns::Columns;
use crate::context::document::without_mark;
use crate::context::poll::Poll;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::one_line;
use serde_json::{Map, Number, Value};

/// Rows read between two polls.
const STEP: usize = 1024;

/// How much of a header decides by what it is parted: where a quote is open, all of the text would be header.
const DECISIVE: usize = 64 << 10;

/// How a table is written, and how much of it is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// What separates the columns; if nothing is named, the one of `,` `;` tab `|` that parts the first row most often.
    pub(crate) separator: Option<u8>,
    /// Whether the first row names the columns.
    pub(crate) header: bool,
    /// The most rows that are read.
    pub(crate) most: usize,
}

impl Default for Form {
    fn default() -> Self {
        Self { separator: None, header: true, most: usize::MAX }
    }
}

/// Tables with the same columns, one below the other.
#[derive(Debug)]
pub(crate) struct Tables {
    form: Form,
    columns: Option<Columns>,
    rows: Vec<Vec<String>>,
}

impl Tables {
    /// None yet.
    pub(crate) const fn new(form: Form) -> Self {
        Self { form, columns: None, rows: Vec::new() }
    }

    /// Reads one more table; an empty text is none. Behind its header, `skipped` lines of its document are left out.
    ///
    /// Fails with `Invalid`, naming the line or what there is too much of, and with the poll's failure.
    pub(crate) fn add(&mut self, text: &[u8], skipped: usize, poll: &Poll) -> Outcome<()> {
        let Form { header, most, .. } = self.form;
        let text = without_mark(text);
        if text.is_empty() {
            return Ok(());
        }
        let by = self.form.separator.map_or_else(|| separator(text, poll), Ok)?;
        let mut reader = reader(text, by, header);
        let first = reader.byte_headers().map_err(|error| explain(&error, header, 0))?;
        let own = Columns::new(first.iter().map(|name| if header { lossy(name) } else { String::new() }))?;
        if let Some(known) = self.columns.as_ref().filter(|known| known.names() != own.names()) {
            let shown = |columns: &Columns| one_line(&columns.names().join(", "), 100);
            let (own, known) = (shown(&own), shown(known));
            let message = format!("its columns ({own}) are not those of the documents before it ({known})");
            return Err(Failure::new(FailureKind::Invalid, message));
        }
        let columns = self.columns.get_or_insert(own);
        for record in reader.byte_records().take(most.saturating_sub(self.rows.len())) {
            if self.rows.len().is_multiple_of(STEP) {
                poll.check()?;
            }
            columns.add_row()?;
            self.rows.push(record.map_err(|error| explain(&error, header, skipped))?.iter().map(lossy).collect());
        }
        Ok(())
    }

    /// All rows, by the names of their columns. Columns whose values are all numbers are numbers, empty ones null.
    ///
    /// Fails with the poll's failure.
    pub(crate) fn rows(self, poll: &Poll) -> Outcome<Vec<Map<String, Value>>> {
        let Self { columns, rows, .. } = self;
        let columns = columns.unwrap_or_default();
        let names = columns.names();
        let numeric = (0..names.len()).map(|column| poll.check().map(|()| is_numeric(&rows, column)));
        let numeric = numeric.collect::<Outcome<Vec<bool>>>()?;
        let object = |row: Vec<String>| {
            let fields = names.iter().zip(row).zip(&numeric);
            fields.map(|((name, text), numeric)| (name.clone(), field(text, *numeric))).collect::<Map<_, _>>()
        };
        Ok(rows.into_iter().map(object).collect())
    }
}

fn lossy(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}

fn reader(text: &[u8], separator: u8, header: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().delimiter(separator).has_headers(header).from_reader(text)
}

/// The separator that makes the most columns of the first row, the first of equals: what stands within quotes is none.
fn separator(text: &[u8], poll: &Poll) -> Outcome<u8> {
    let start = text.get(..DECISIVE).unwrap_or(text);
    let mut best = (b',', 0);
    for by in [b',', b';', b'\t', b'|'] {
        poll.check()?;
        let columns = reader(start, by, true).byte_headers().map_or(0, csv::ByteRecord::len);
        if columns > best.1 {
            best = (by, columns);
        }
    }
    Ok(best.0)
}

fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    let values = rows.iter().filter_map(|row| row.get(column)).map(|text| text.trim());
    let mut values = values.filter(|text| !text.is_empty()).peekable();
    values.peek().is_some() && values.all(|text| number(text).is_some())
}

fn field(text: String, numeric: bool) -> Value {
    match (numeric, text.trim()) {
        (true, "") => Value::Null,
        (true, typed) => number(typed).map_or(Value::String(text), Value::Number),
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

fn explain(error: &csv::Error, header: bool, skipped: usize) -> Failure {
    let failure = match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let skipped = u64::try_from(skipped).unwrap_or(u64::MAX);
            let line = pos.as_ref().map_or(0, csv::Position::line).saturating_add(skipped);
            let first = if header { "header" } else { "first row" };
            let message = format!("line {line} of the table has {len} fields, the {first} has {expected_len}");
            Failure::new(FailureKind::Invalid, message).detail("line", line)
        }
        _ => Failure::new(FailureKind::Invalid, format!("the text is not a table: {error}")),
    };
    failure.hint("look at that line: fields that hold the separator stand in quotes")
}

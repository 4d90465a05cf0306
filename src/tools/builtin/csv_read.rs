//! `csv_read`: a table in a file or text as maps. It guesses numbers, and neither dates nor delimiters.

use crate::context::columns::Columns;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::builtin::json_query::file_text;
use crate::tools::tool::ToolContext;
use crate::tools::typed::TypedTool;
use csv::ReaderBuilder;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Number, Value, json};

/// The tool.
pub struct CsvRead;

/// Its arguments: exactly one of `path` and `text`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// A file of the workspace.
    path: Option<String>,
    /// The table as text.
    text: Option<String>,
    /// What separates the columns: one character, `\t` for a tab.
    #[serde(default = "comma")]
    delimiter: String,
    /// Whether the first row names the columns; without, they are `column_1`, `column_2`, ...
    #[serde(default = "yes")]
    header: bool,
    /// The most rows to return.
    limit: Option<usize>,
}

fn comma() -> String {
    ",".to_owned()
}

const fn yes() -> bool {
    true
}

impl TypedTool for CsvRead {
    type Args = Args;
    const NAME: &'static str = "csv_read";
    const SUMMARY: &'static str = "Reads a CSV table from a file of the workspace or a text.";
    const RETURNS: &'static str = "\
        An array of maps, column name to value. What is written as a number is a number (`007` and `+49` are \
        text); an empty field is an empty text.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] = &["csv", "tsv", "table", "rows", "columns", "spreadsheet", "parse"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"path": "table.csv"}), "a file"),
            (json!({"text": "name;price\nnut;1.5\n", "delimiter": ";"}), "a text with another delimiter"),
        ]
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<Value> {
        cx.blocking(move |cx| read(args, &cx)).await
    }
}

fn read(args: Args, cx: &ToolContext) -> Outcome<Value> {
    let delimiter = delimiter(&args.delimiter)?;
    let text = match (args.path, args.text) {
        (Some(path), None) => file_text(&path, cx)?,
        (None, Some(text)) => text,
        _ => return Err(Failure::new(FailureKind::Invalid, "csv_read needs exactly one of path and text")),
    };
    let text = text.trim_start_matches('\u{feff}');
    let mut table = ReaderBuilder::new().delimiter(delimiter).has_headers(args.header).from_reader(text.as_bytes());
    let mut columns = match args.header {
        true => Columns::new(table.headers().map_err(|error| malformed(&error))?)?,
        false => Columns::default(),
    };
    let mut rows = Vec::new();
    for (number, record) in table.records().take(args.limit.unwrap_or(usize::MAX)).enumerate() {
        if number.is_multiple_of(1024) {
            cx.check()?;
        }
        let record = record.map_err(|error| malformed(&error))?;
        if columns.names().is_empty() {
            columns = Columns::new(record.iter().map(|_| ""))?;
        }
        columns.add_row()?;
        let names = columns.names().iter().cloned();
        rows.push(Value::Object(names.zip(record.iter().map(field)).collect::<Map<_, _>>()));
    }
    Ok(Value::Array(rows))
}

fn delimiter(typed: &str) -> Outcome<u8> {
    match (typed, typed.as_bytes()) {
        ("\\t" | "tab", _) => Ok(b'\t'),
        (_, &[byte]) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(byte),
        _ => Err(Failure::new(FailureKind::Invalid, format!("delimiter {typed:?} is not one ASCII character"))
            .hint("for example \",\", \";\", \"|\" or \"\\t\"")),
    }
}

/// A number if the text is how the number would be written, so that codes such as `007` survive.
fn field(text: &str) -> Value {
    let typed = text.trim();
    let digits = typed.strip_prefix('-').unwrap_or(typed);
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !numeric || padded {
        return Value::String(text.to_owned());
    }
    if let Ok(whole) = typed.parse::<i64>() {
        return whole.into();
    }
    // A whole number too long for an integer is a code too: a float would lose its last digits.
    let fraction = typed.contains(['.', 'e', 'E']);
    let float = typed.parse::<f64>().ok().filter(|_| fraction).and_then(Number::from_f64);
    float.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn malformed(error: &csv::Error) -> Failure {
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths { pos: Some(at), expected_len, len } => {
            format!("line {} of the table has {len} columns, the rows before it {expected_len}", at.line())
        }
        _ => format!("the table is malformed: {error}"),
    };
    Failure::new(FailureKind::Invalid, message).hint("check the delimiter, and that fields with commas are quoted")
}

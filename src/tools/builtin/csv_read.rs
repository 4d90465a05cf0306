//! `csv_read`: a table in a file or text as maps. How a table is read is for `context/table` to know.

use crate::context::poll::Poll;
use crate::context::table::{Form, Tables};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::builtin::json_query::file_text;
use crate::tools::tool::{ToolContext, cancelled};
use crate::tools::typed::TypedTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

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
    /// What separates the columns: one character, `\t` for a tab; if not given, the one of `,` `;` tab `|` that parts
    /// the first row most often.
    delimiter: Option<String>,
    /// Whether the first row names the columns; without, they are `column_1`, `column_2`, ...
    #[serde(default = "yes")]
    header: bool,
    /// The most rows to return.
    limit: Option<usize>,
}

const fn yes() -> bool {
    true
}

impl TypedTool for CsvRead {
    type Args = Args;
    type Answer = Vec<Map<String, Value>>;
    const NAME: &'static str = "csv_read";
    const SUMMARY: &'static str = "Reads a CSV table from a file of the workspace or a text.";
    const RETURNS: &'static str = "\
        An array of maps, column name to value, as `context.csv()` gives them. Where all values of a column are \
        written as numbers they are numbers (`007` and `+49` are text) and empty fields are null; else all are text.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] = &["csv", "tsv", "table", "rows", "columns", "spreadsheet", "parse"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"path": "table.csv"}), "a file"),
            (json!({"text": "name;price\nnut;1.5\n", "delimiter": ";"}), "a text with another delimiter"),
        ]
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<Vec<Map<String, Value>>> {
        cx.blocking(move |cx| read(args, &cx)).await
    }

    /// What is written as it is need not be copied.
    fn value(answer: Vec<Map<String, Value>>) -> Outcome<Value> {
        Ok(answer.into())
    }
}

fn read(args: Args, cx: &ToolContext) -> Outcome<Vec<Map<String, Value>>> {
    let separator = args.delimiter.as_deref().map(delimiter).transpose()?;
    let text = match (args.path, args.text) {
        (Some(path), None) => file_text(&path, cx)?,
        (None, Some(text)) => text,
        _ => return Err(Failure::new(FailureKind::Invalid, "csv_read needs exactly one of path and text")),
    };
    let poll = Poll::until(&cx.cancel, cancelled);
    let mut tables = Tables::new(Form { separator, header: args.header, most: args.limit.unwrap_or(usize::MAX) });
    tables.add(text.as_bytes(), 0, &poll)?;
    tables.rows(&poll)
}

fn delimiter(typed: &str) -> Outcome<u8> {
    match (typed, typed.as_bytes()) {
        ("\\t" | "tab", _) => Ok(b'\t'),
        (_, &[byte]) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(byte),
        _ => Err(Failure::new(FailureKind::Invalid, format!("delimiter {typed:?} is not one ASCII character"))
            .hint("for example \",\", \";\", \"|\" or \"\\t\"")),
    }
}

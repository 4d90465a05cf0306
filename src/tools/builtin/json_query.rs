//! `json_query`: picks parts of a JSON value with JSONPath, the form of RFC 9535.

use crate::context::read::decode;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::builtin::json_query::reach::Size;
use crate::tools::tool::ToolContext;
use crate::tools::typed::TypedTool;
use crate::tools::workspace::{self, Workspace, lasting};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use serde_json_path::JsonPath;
use std::io::Read;

mod reach;

/// Bytes that the values which match may take, if what they were picked from is smaller.
const ANSWER: usize = 64 << 20;

/// The tool.
pub struct JsonQuery;

/// Its arguments: the query and exactly one source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The JSONPath, for example `$.items[?@.price < 10].name`.
    query: String,
    /// The value to look into.
    value: Option<Value>,
    /// JSON text to look into.
    text: Option<String>,
    /// A JSON file of the workspace to look into.
    path: Option<String>,
}

impl TypedTool for JsonQuery {
    type Args = Args;
    type Answer = Vec<Value>;
    const NAME: &'static str = "json_query";
    const SUMMARY: &'static str = "Picks parts of a JSON value, text or file with a JSONPath query.";
    const RETURNS: &'static str = "An array of the values that match, in document order; empty if none does.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] = &["json", "jsonpath", "jq", "parse", "select", "filter"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"query": "$.items[?@.price < 10].name", "path": "data.json"}), "a filter over a file"),
            (json!({"query": "$..id", "text": "[{\"id\": 1}, {\"id\": 2}]"}), "every `id` in a text"),
            (json!({"query": "$[-1]", "value": [1, 2, 3]}), "the last item of a value"),
        ]
    }

    fn check(args: &Value, workspace: &Workspace) -> Outcome<()> {
        let given: Vec<&Value> = ["value", "text", "path"].iter().filter_map(|name| args.get(*name)).collect();
        if given.is_empty() || given.iter().filter(|source| !source.is_null()).count() > 1 {
            return Err(sources());
        }
        lasting(&args["path"], |path| workspace.resolve_read(path))?;
        args["query"].as_str().map_or(Ok(()), |query| compiled(query, Size::default()).map(drop))
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<Vec<Value>> {
        cx.blocking(move |cx| query(args, &cx)).await
    }

    /// What is written as it is need not be copied.
    fn value(answer: Vec<Value>) -> Outcome<Value> {
        Ok(answer.into())
    }
}

fn query(args: Args, cx: &ToolContext) -> Outcome<Vec<Value>> {
    let value = match (args.value, args.text, args.path) {
        (Some(value), None, None) => value,
        (None, Some(text), None) => parsed("the text", &text)?,
        (None, None, Some(path)) => parsed(&format!("`{path}`"), &file_text(&path, cx)?)?,
        _ => return Err(sources()),
    };
    let size = Size::of(&value);
    let path = compiled(&args.query, size)?;
    cx.check()?;
    copied(&path.query(&value).all(), size, cx)
}

fn sources() -> Failure {
    Failure::new(FailureKind::Invalid, "json_query needs exactly one of value, text and path")
}

/// The query, if it is not too much for a value of this size.
fn compiled(query: &str, size: Size) -> Outcome<JsonPath> {
    reach::check(query, size)?;
    JsonPath::parse(query).map_err(|error| {
        let place = error.position();
        Failure::new(FailureKind::Invalid, format!("JSONPath `{query}`: {} at character {place}", error.message()))
            .hint("for example $.name, $.items[0], $..id, $.items[?@.price < 10]")
    })
}

/// The values that match. One that stands in another one that matches is in the answer twice.
fn copied(found: &[&Value], whole: Size, cx: &ToolContext) -> Outcome<Vec<Value>> {
    let most = whole.bytes.max(ANSWER);
    let mut bytes = 0;
    for (number, value) in found.iter().enumerate() {
        if number.is_multiple_of(1024) {
            cx.check()?;
        }
        bytes += Size::of(value).bytes;
        if bytes > most {
            let message = format!("the values that match take over {} MiB", most >> 20);
            return Err(Failure::new(FailureKind::Invalid, message)
                .hint("pick single parts, for example $..name, and not also what they stand in, as $..* does"));
        }
    }
    Ok(found.iter().copied().cloned().collect())
}

fn parsed(source: &str, text: &str) -> Outcome<Value> {
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| Failure::new(FailureKind::Invalid, format!("{source} is not JSON: {error}")))
}

/// The text of a file of the workspace; fails with `Invalid` if it is too large to be taken into memory.
pub(crate) fn file_text(path: &str, cx: &ToolContext) -> Outcome<String> {
    Ok(decode(file_bytes(path, cx)?))
}

/// The same before it is text.
pub(crate) fn file_bytes(path: &str, cx: &ToolContext) -> Outcome<Vec<u8>> {
    let limit = cx.limits.max_input_bytes;
    let mut bytes = Vec::new();
    let file = cx.workspace.open(path)?;
    file.take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| workspace::failed(path, &error))?;
    if bytes.len() > limit {
        return Err(Failure::new(FailureKind::Invalid, format!("`{path}` has more than {limit} bytes"))
            .hint("open it as a context, or cut it with run_command first"));
    }
    Ok(bytes)
}

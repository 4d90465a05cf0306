//! The arguments of a tool as they are typed in a shell: NAME=VALUE, or one JSON object.

use crate::cli::run;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::quoted;
use crate::core::tool::ToolSpec;
use serde_json::{Map, Value};

/// The arguments that were typed. A value is JSON or plain text; where the tool takes nothing but a text it is that.
pub(super) fn read(spec: &ToolSpec, typed: &[String]) -> Outcome<Map<String, Value>> {
    if let [one] = typed
        && one.trim_start().starts_with('{')
    {
        return serde_json::from_str(one).map_err(|e| {
            Failure::new(FailureKind::Invalid, format!("the arguments are not JSON: {e}"))
                .hint(format!("rhizo tools call {} NAME=VALUE, or '{{\"name\": \"value\"}}'", spec.name))
        });
    }
    let one = |(name, text): (String, String)| {
        let value = value(spec, &name, &text);
        (name, value)
    };
    Ok(run::split(typed)?.into_iter().map(one).collect())
}

/// The examples of a tool as they are typed in a shell, a line for each.
pub(super) fn examples(spec: &ToolSpec) -> String {
    let line = |args: &Value| format!("\n  in a shell: rhizo tools call {}{}", spec.name, words(spec, args));
    spec.examples.iter().map(|example| line(&example.args)).collect()
}

fn value(spec: &ToolSpec, name: &str, text: &str) -> Value {
    let plain = || Value::String(text.to_owned());
    if takes_text_only(spec, name) { plain() } else { serde_json::from_str(text).unwrap_or_else(|_| plain()) }
}

fn takes_text_only(spec: &ToolSpec, name: &str) -> bool {
    match &spec.parameters["properties"][name]["type"] {
        Value::String(form) => form == "string",
        Value::Array(forms) => forms.iter().all(|form| form == "string" || form == "null"),
        _ => false,
    }
}

fn words(spec: &ToolSpec, args: &Value) -> String {
    let word = |(name, given): (&String, &Value)| match given {
        Value::String(text) if value(spec, name, text) == *given => format!(" {name}={}", quoted(text)),
        other => format!(" {name}={}", quoted(&other.to_string())),
    };
    let words: String = args.as_object().into_iter().flatten().map(word).collect();
    // A line end would end the line of the example; JSON has a code for it.
    if words.contains(char::is_control) { format!(" {}", quoted(&args.to_string())) } else { words }
}

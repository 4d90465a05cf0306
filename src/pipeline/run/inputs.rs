//! What a pipeline is given, checked against what it declares before anything runs.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::{meant, one_line};
use crate::host::typed::{Checked, Schema};
use crate::pipeline::plan::{Input, Pipeline};
use serde_json::{Map, Value};

/// How much of a value or a schema a message shows, in characters.
const SHOWN: usize = 160;

/// The inputs with defaults filled in.
///
/// # Errors
/// `invalid` for an unknown name, a missing input or a value of another kind.
pub fn settle(pipeline: &Pipeline, given: &Map<String, Value>) -> Outcome<Value> {
    named(pipeline, given)?;
    let one = |input: &Input| Ok((input.name.clone(), value(pipeline, input, given.get(&input.name))?));
    pipeline.inputs.iter().map(one).collect::<Outcome<Map<_, _>>>().map(Value::Object)
}

/// The inputs whose values are known, with defaults filled in, and the names of those that are still needed.
///
/// # Errors
/// `invalid` for an unknown name or a value of another kind.
pub fn known<'p>(pipeline: &'p Pipeline, given: &Map<String, Value>) -> Outcome<(Map<String, Value>, Vec<&'p str>)> {
    named(pipeline, given)?;
    let absent = |input: &&Input| !given.contains_key(&input.name) && !input.may_be_absent();
    let (needed, there): (Vec<&Input>, Vec<&Input>) = pipeline.inputs.iter().partition(absent);
    let one = |input: &Input| Ok((input.name.clone(), value(pipeline, input, given.get(&input.name))?));
    let known = there.into_iter().map(one).collect::<Outcome<Map<_, _>>>()?;
    Ok((known, needed.into_iter().map(|input| input.name.as_str()).collect()))
}

/// Refuses names that are not declared.
fn named(pipeline: &Pipeline, given: &Map<String, Value>) -> Outcome<()> {
    let known = || pipeline.inputs.iter().map(|input| input.name.as_str());
    for name in given.keys() {
        if !known().any(|known| known == name) {
            let failure =
                Failure::new(FailureKind::Invalid, format!("pipeline `{}` has no input `{name}`", pipeline.id));
            return Err(match meant(name, known()) {
                Some(meant) => failure.hint(meant),
                None if pipeline.inputs.is_empty() => failure.hint("it takes no inputs"),
                None => failure.hint(format!("its inputs: {}", known().collect::<Vec<_>>().join(", "))),
            });
        }
    }
    Ok(())
}

fn value(pipeline: &Pipeline, input: &Input, given: Option<&Value>) -> Outcome<Value> {
    let Some(given) = given.filter(|given| !input.is_left_out(given)) else {
        if !input.may_be_absent() {
            let what = format!("pipeline `{}` needs the input `{}`", pipeline.id, input.name);
            return Err(
                Failure::new(FailureKind::Invalid, what).hint(format!("{}=VALUE: {}", input.name, input.description))
            );
        }
        return Ok(input.default.clone().unwrap_or_default());
    };
    match Schema::plain(&input.schema)?.check_data(given) {
        Checked::Valid(value) => Ok(value),
        Checked::Wrong(message) => {
            let (name, wanted) = (&input.name, wanted(&input.schema));
            let shown = one_line(&given.to_string(), SHOWN);
            let what = format!("the input `{name}` of pipeline `{}` takes {wanted}, not {shown}", pipeline.id);
            let failure = Failure::new(FailureKind::Invalid, what).detail("input", name.as_str());
            Err(failure.hint(if input.description.is_empty() {
                one_line(&message, SHOWN)
            } else {
                format!("{name}: {}", input.description)
            }))
        }
    }
}

/// What a JSON Schema takes, in words.
pub fn wanted(schema: &Value) -> String {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return format!("one of {}", words.iter().map(Value::to_string).collect::<Vec<_>>().join(", "));
    }
    let kind = match schema.get("type").and_then(Value::as_str) {
        Some("string") => "a text",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        Some("array") => "a list",
        Some("object") => "a map",
        _ => return one_line(&format!("what fits {schema}"), SHOWN),
    };
    let rest: Vec<String> = schema
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !["type", "description", "examples", "default"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if rest.is_empty() { kind.to_owned() } else { one_line(&format!("{kind} ({})", rest.join(", ")), SHOWN) }
}

/// Inputs as typed on a command line, `NAME=VALUE`: as JSON where that fits what is declared, else as text.
pub fn typed(pipeline: &Pipeline, typed: &[(String, String)]) -> Outcome<Map<String, Value>> {
    let mut inputs = Map::new();
    for (name, text) in typed {
        let declared = pipeline.inputs.iter().find(|input| input.name == *name);
        let schema = declared.map(|input| Schema::plain(&input.schema)).transpose()?;
        let read = serde_json::from_str::<Value>(text).ok();
        let fits =
            |value: &Value| schema.as_ref().is_none_or(|schema| matches!(schema.check_data(value), Checked::Valid(_)));
        let value = read.filter(fits).unwrap_or_else(|| Value::String(text.clone()));
        inputs.insert(name.clone(), value);
    }
    Ok(inputs)
}

//! What `catch` of a script received, as the failure that would have been told of it.

use super::{Names, describe, first_lower, script, strip_position, thrown, unknown_function};
use crate::core::failure::Failure;
use crate::script::convert;
use rhai::{Dynamic, Engine, EvalAltResult, Map, Position};
use serde_json::Value;

/// Registers `failure_of`.
pub fn register(engine: &mut Engine) {
    engine.register_fn("failure_of", |caught: Dynamic| -> Dynamic {
        let is_failure = caught.as_map_ref().is_ok_and(|map| map.contains_key("kind"));
        if is_failure { caught } else { convert::to_dynamic(&Value::Object(failure(&caught).to_map())) }
    });
}

/// An error of the language has no kind; its map says what it is.
fn failure(caught: &Dynamic) -> Failure {
    let Ok(map) = caught.as_map_ref() else { return thrown(caught) };
    let names = Names::default();
    if let Some(error) = error(&map) {
        return describe(&error, "", Position::NONE, &names);
    }
    let (Some(_), Some(message)) = (text(&map, "error"), text(&map, "message")) else { return thrown(caught) };
    // Behind the first line stands what it came through.
    let line = strip_position(message.lines().next().unwrap_or_default());
    match line.strip_prefix("Function not found: ") {
        Some(signature) => unknown_function(signature, &names),
        None => script(first_lower(line)),
    }
}

/// The error that a map was made of, as far as its fields tell more than its message.
fn error(map: &Map) -> Option<EvalAltResult> {
    use EvalAltResult as E;
    let at = Position::NONE;
    let error = match text(map, "error")?.as_str() {
        "ErrorFunctionNotFound" => E::ErrorFunctionNotFound(text(map, "function")?, at),
        "ErrorVariableNotFound" => E::ErrorVariableNotFound(text(map, "variable")?, at),
        "ErrorPropertyNotFound" => E::ErrorPropertyNotFound(text(map, "variable")?, at),
        "ErrorDataRace" => E::ErrorDataRace(text(map, "variable")?, at),
        "ErrorIndexNotFound" => E::ErrorIndexNotFound(map.get("index")?.clone(), at),
        "ErrorDotExpr" => E::ErrorDotExpr(text(map, "property")?, at),
        "ErrorFor" => E::ErrorFor(at),
        "ErrorMismatchDataType" | "ErrorMismatchOutputType" => {
            E::ErrorMismatchDataType(text(map, "requested")?, text(map, "actual")?, at)
        }
        _ => return None,
    };
    Some(error)
}

fn text(map: &Map, name: &str) -> Option<String> {
    map.get(name)?.as_immutable_string_ref().ok().map(|text| text.to_string())
}

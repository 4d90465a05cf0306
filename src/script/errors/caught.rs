//! What `catch` of a script received, as the failure that would have been told of it.

use super::{Names, describe, first_lower, in_its_step, script, strip_position, thrown};
use crate::core::failure::Failure;
use crate::script::convert;
use crate::script::natives::told;
use rhai::{Dynamic, Engine, EvalAltResult, Map, Position};
use serde_json::Value;

/// Registers `failure_of`, and `error_of`: what `errors` of a pipeline has of the step that failed with it.
pub fn register(engine: &mut Engine) {
    let says = "Makes the map of a failure, with `kind`, `message` and `hint`, of whatever `catch` received.";
    told(engine, ("failure_of", says), |caught: Dynamic| -> Dynamic {
        if is_failure(&caught) { caught } else { map(&caught, failure(&caught).to_map()) }
    });
    let says =
        "Makes of whatever `catch` received the map that `errors` of a pipeline has of a step that failed with it.";
    told(engine, ("error_of", says), |caught: Dynamic| -> Dynamic { map(&caught, of_step(&caught).to_error()) });
}

/// The failure with which the step fails in which the program is, to be thrown on.
pub fn step_failure(caught: &Dynamic) -> Dynamic {
    map(caught, in_its_step(of_step(caught)).to_map())
}

/// The failure of a step: what its values did not bear is one of the data.
pub(super) fn of_step(caught: &Dynamic) -> Failure {
    let is_answer = is_failure(caught) && !is_of_values(caught);
    let failure = failure(caught);
    if is_answer { failure } else { failure.of_data() }
}

/// The map of a failure, with which goes on from which call it comes.
fn map(caught: &Dynamic, fields: serde_json::Map<String, Value>) -> Dynamic {
    let mut map = convert::to_dynamic(&Value::Object(fields));
    map.set_tag(caught.tag());
    map
}

/// Marks the map of a failure that a function raised over the values that it was given. A pipeline blames its data for
/// what fails in an expression, but not for what a model or tool answers. The mark goes with the map, and no script sees
/// it.
pub(super) fn mark(map: &mut Dynamic) {
    // Above 0 are the numbers of causes.
    if map.tag() == 0 {
        map.set_tag(OF_VALUES);
    }
}

const OF_VALUES: i32 = -1;

fn is_of_values(caught: &Dynamic) -> bool {
    caught.tag() == OF_VALUES
}

fn is_failure(caught: &Dynamic) -> bool {
    caught.as_map_ref().is_ok_and(|map| map.contains_key("kind"))
}

/// An error of the language has no kind; its map says what it is.
fn failure(caught: &Dynamic) -> Failure {
    let Ok(map) = caught.as_map_ref() else { return thrown(caught) };
    let (Some(_), Some(message)) = (text(&map, "error"), text(&map, "message")) else { return thrown(caught) };
    // Behind the first line stands what it came through.
    let line = strip_position(message.lines().next().unwrap_or_default());
    match error(&map).or_else(|| of_line(&line)) {
        Some(error) => describe(&error, "", Position::NONE, &Names::default()),
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
        "ErrorNonPureMethodCallOnConstant" => E::ErrorNonPureMethodCallOnConstant(text(map, "function")?, at),
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

/// Makes an error of what stands behind its words.
type Made = fn(String, Position) -> EvalAltResult;

/// The error that a line tells of: what came through a function or a closure has lost its fields.
fn of_line(line: &str) -> Option<EvalAltResult> {
    use EvalAltResult as E;
    let named: [(&str, Made); 5] = [
        ("Function not found: ", E::ErrorFunctionNotFound),
        ("Variable not found: ", E::ErrorVariableNotFound),
        ("Property not found: ", E::ErrorPropertyNotFound),
        ("Data race detected on ", E::ErrorDataRace),
        ("Invalid index: ", |index, at| E::ErrorIndexNotFound(index.into(), at)),
    ];
    let at = Position::NONE;
    let rest = |(before, error): (&str, Made)| line.strip_prefix(before).map(|rest| error(rest.to_owned(), at));
    let mismatch = || {
        let told = ["Data type incorrect: ", "Output type incorrect: "].iter().find_map(|w| line.strip_prefix(*w))?;
        let (found, wanted) = told.strip_suffix(')')?.split_once(" (expecting ")?;
        Some(E::ErrorMismatchDataType(wanted.to_owned(), found.to_owned(), at))
    };
    named.into_iter().find_map(rest).or_else(mismatch).or_else(|| match line {
        "For loop expects iterable type" => Some(E::ErrorFor(at)),
        _ => line.starts_with("Unknown property '").then(|| E::ErrorDotExpr(line.to_owned(), at)),
    })
}

fn text(map: &Map, name: &str) -> Option<String> {
    map.get(name)?.as_immutable_string_ref().ok().map(|text| text.to_string())
}

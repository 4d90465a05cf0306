//! What Rhai reports, as failures that say line, column, the source line with a caret, and a hint.

pub mod caught;
mod fields;
pub mod members;
pub mod panics;
pub mod quote;
pub mod slip;
mod syntax;
mod unknown;
mod values;
pub mod way;

use crate::core::failure::{Cause, Failure, FailureKind};
use crate::script::errors::quote::quote;
use crate::script::errors::syntax::syntax;
use crate::script::errors::unknown::{unknown_function, unknown_variable};
use crate::script::errors::way::{Home, Way};
use crate::script::language::notation;
use crate::script::{bridge, convert};
use rhai::{Dynamic, EvalAltResult, Map, ParseError, Position};

/// Carries a failure that no script may catch out of the engine.
#[derive(Clone, Debug)]
pub struct Stop(pub Failure);

/// A failure as the error that a function raises over the values that it was given: catchable as a map, or a stop.
pub fn raise(failure: Failure) -> Box<EvalAltResult> {
    let mut error = answered(failure);
    if let EvalAltResult::ErrorRuntime(map, _) = &mut *error {
        caught::mark(map);
    }
    error
}

/// The same of a failure with which somebody answered who was asked: a model, a tool, a program.
pub fn answered(failure: Failure) -> Box<EvalAltResult> {
    if failure.kind.catchable() {
        Box::new(EvalAltResult::ErrorRuntime(convert::to_dynamic(&failure.to_slot()), Position::NONE))
    } else {
        // Nothing catches it on its way that could say where it happened.
        Box::new(EvalAltResult::ErrorTerminated(Dynamic::from(Stop(in_its_step(failure))), Position::NONE))
    }
}

/// A failure with the step in which the program says to be.
fn in_its_step(failure: Failure) -> Failure {
    match bridge::step() {
        Some(step) => failure.in_step(&step),
        None => failure,
    }
}

/// What the hints need to know of the session.
#[derive(Default)]
pub struct Names {
    /// Variables in scope.
    pub variables: Vec<String>,
    /// Functions that can be called.
    pub functions: Vec<String>,
}

impl Names {
    /// The names with those that a program declares itself.
    pub fn with_declared(&self, source: &str) -> Self {
        let words: Vec<&str> =
            source.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
        let declared = |keyword: &str| {
            let pairs = words.windows(2).filter(|pair| pair.first() == Some(&keyword));
            pairs.filter_map(|pair| pair.get(1).map(|name| (*name).to_owned())).collect::<Vec<String>>()
        };
        let variables = [self.variables.clone(), declared("let"), declared("const")].concat();
        Self { variables, functions: [self.functions.clone(), declared("fn")].concat() }
    }
}

/// The error of what a native function called as a failure: the text that it stands in is not at hand there.
pub fn from_native(error: &EvalAltResult) -> Failure {
    from_session(error, "", &Names::default(), &|_| Home::Program)
}

/// An evaluation's error as a failure. `source` is the text that was evaluated; a session's functions may stand in an earlier
/// one.
pub fn from_session(error: &EvalAltResult, source: &str, names: &Names, home: &dyn Fn(&str) -> Home) -> Failure {
    let Way { within, inner, mut position, elsewhere } = way::of(error, home);
    if let (EvalAltResult::ErrorDataRace(what, _), true) = (inner, within.is_empty() && position.is_none()) {
        position = way::sole_call(source, what);
    }
    let text = if elsewhere.is_some() { "" } else { source };
    let mut failure = describe(inner, text, position, names);
    if let Some(place) = elsewhere {
        failure.message = format!("{} ({place})", failure.message);
    }
    // What a script threw as data arrives as it was thrown.
    let as_thrown = matches!(inner, EvalAltResult::ErrorRuntime(value, _) if value.is_map());
    if !within.is_empty() && !as_thrown {
        failure.message = format!("{} (in `{}`)", failure.message, within.join("` > `"));
    }
    located(failure, source, position)
}

/// The error that ended a program in a step, in the words in which a pipeline ends with it.
pub fn from_step(error: &EvalAltResult, source: &str, home: &dyn Fn(&str) -> Home, step: &str) -> Failure {
    let Way { inner, position, .. } = way::of(error, home);
    let failure = match inner {
        EvalAltResult::ErrorRuntime(value, _) => caught::of_step(value),
        inner => describe(inner, "", position, &Names::default()).of_data(),
    };
    located(failure.in_step(step).named(), source, position)
}

/// The error of an expression of a pipeline as a failure, in the words that `failure_of` has for it in a script.
pub fn from_expression(error: &EvalAltResult, source: &str) -> Failure {
    let Way { inner, position, .. } = way::of(error, &|_| Home::Program);
    located(describe(inner, "", position, &Names::default()), source, position)
}

/// A syntax error as a failure.
pub fn from_parse(error: &ParseError, source: &str, names: &Names) -> Failure {
    let position = within(source, error.position());
    let failure = syntax(error.err_type(), source, position, names);
    located(failure, source, position)
}

/// The place of a syntax error, which the parser puts below the text if something is missing at its end: that is behind the
/// last line on which something stands.
fn within(source: &str, position: Position) -> Position {
    if position.is_none() || line_of(source, position).is_some_and(|line| !line.trim().is_empty()) {
        return position;
    }
    let rows = position.line().unwrap_or(1);
    let last = source.lines().enumerate().take(rows).filter(|(_, line)| !line.trim().is_empty()).last();
    let Some((row, line)) = last.filter(|_| source.lines().skip(rows).all(|line| line.trim().is_empty())) else {
        return position;
    };
    let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    Position::new(short(row + 1), short(line.trim_end().chars().count() + 1))
}

fn script(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Script, message)
}

fn limit(message: impl Into<String>, hint: &str) -> Failure {
    Failure::new(FailureKind::Limit, message).hint(hint)
}

fn describe(error: &EvalAltResult, source: &str, position: Position, names: &Names) -> Failure {
    use EvalAltResult as E;
    match error {
        E::ErrorTerminated(token, _) => match token.read_lock::<Stop>() {
            Some(stop) => stop.0.clone(),
            None => Failure::new(FailureKind::Cancelled, "stopped"),
        },
        E::ErrorRuntime(value, _) => thrown(value),
        E::ErrorParsing(kind, _) => syntax(kind, source, position, names),
        E::ErrorVariableNotFound(name, _) => unknown_variable(name, source, names),
        // Rhai tells with this error what its `sort` refuses.
        E::ErrorFunctionNotFound(text, _) if text.ends_with(" cannot be sorted") => {
            script(text.as_str()).hint("say what decides: `a.sort(|x, y| x.to_string() < y.to_string())`")
        }
        E::ErrorFunctionNotFound(signature, _) => unknown_function(signature, source, names),
        E::ErrorPropertyNotFound(name, _) => fields::absent(name, &around(source, position).0, source),
        // Names with `$` are those of indexers and fields.
        E::ErrorNonPureMethodCallOnConstant(method, _) if !method.contains('$') => {
            fields::constant(method, &around(source, position))
        }
        E::ErrorIndexNotFound(index, _) => script(format!("there is nothing at [{index}]")),
        E::ErrorIndexingType(told, _) => values::no_index(told),
        E::ErrorDotExpr(text, _) => fields::no_property(text),
        E::ErrorFor(_) => script("this value cannot be iterated").hint(
            "iterate arrays, ranges, `map.keys()`, `context.lines(1, 100)`, `context.chunks(4000, 0)` or \
             `context.grep(pattern)`",
        ),
        E::ErrorModuleNotFound(name, _) => script(format!("there is no module `{name}`")).hint(format!(
            "modules: {}, or a file of the script's own folder",
            crate::script::stdlib::names().join(", ")
        )),
        E::ErrorDataRace(..) => script("data race: a closure reads the value on which it is called")
            .hint("give what comes before it a name: `let hits = c.grep(\"x\"); hits.map(|h| c.line(h.line))`"),
        E::ErrorTooManyOperations(_) => limit(
            "the script took too many steps",
            "look for an endless loop; large scans belong in context.grep or context.count",
        ),
        E::ErrorStackOverflow(_) => limit("calls nest too deep (64)", "look for a recursion without an end"),
        E::ErrorDataTooLarge(what, _) => limit(
            format!("a value grew too large: {}", what.to_lowercase()),
            "keep handles (`context.chunks(..)`) instead of copies; limits: strings 10 MB, arrays 1 M items",
        ),
        E::ErrorTooManyVariables(_) => limit("too many variables", "keep values in an array or a map"),
        E::ErrorTooManyModules(_) => limit("too many modules", "import each module once"),
        E::ErrorMismatchDataType(wanted, found, _) | E::ErrorMismatchOutputType(wanted, found, _) => {
            values::mismatch(wanted, found)
        }
        other => script(first_lower(strip_position(&other.to_string()))),
    }
}

/// What a script threw: a map keeps its fields, anything else becomes the message.
fn thrown(value: &Dynamic) -> Failure {
    let Ok(map) = value.as_map_ref() else {
        return match notation::displayed(value) {
            Ok(text) => script(text),
            Err(failure) => failure,
        };
    };
    let text = |name: &str| {
        map.get(name).and_then(|v| v.as_immutable_string_ref().ok().map(|s| s.to_string())).filter(|s| !s.is_empty())
    };
    let kind = text("kind").and_then(|k| FailureKind::ALL.iter().find(|known| known.name() == k).copied());
    let message = text("message").unwrap_or_else(|| shown(&map));
    let mut failure = Failure::new(kind.unwrap_or(FailureKind::Script), message);
    failure.hint = text("hint");
    failure.cause = value.tag().try_into().ok().and_then(Cause::new);
    for (name, field) in
        map.iter().filter(|(k, _)| !["kind", "message", "hint", "error", "retryable"].contains(&k.as_str()))
    {
        if let Ok(field) = convert::to_value(field) {
            failure.details.insert(name.to_string(), field);
        }
    }
    failure
}

fn shown(map: &Map) -> String {
    notation::displayed(&Dynamic::from_map(map.clone())).unwrap_or_else(|failure| failure.message)
}

/// Adds line, column and the source line with a caret.
pub fn located(failure: Failure, source: &str, position: Position) -> Failure {
    let (Some(row), Some(text)) = (position.line(), line_of(source, position)) else {
        return failure;
    };
    let column = position.position().unwrap_or(1);
    let before: String = text.chars().take(column.saturating_sub(1)).collect();
    let snippet = quote(row, text, &before);
    failure.detail("line", row).detail("column", column).detail("snippet", snippet)
}

/// A failure of a program that was rewritten within its lines, as one of the program `source`; `column` finds the column
/// there for a line and a column.
pub fn relocated(failure: Failure, source: &str, column: impl Fn(usize, usize) -> usize) -> Failure {
    let number = |name: &str| failure.details.get(name)?.as_u64().and_then(|number| usize::try_from(number).ok());
    let (Some(line), Some(at), true) = (number("line"), number("column"), failure.details.contains_key("snippet"))
    else {
        return failure;
    };
    match (u16::try_from(line), u16::try_from(column(line, at))) {
        (Ok(line @ 1..), Ok(at)) => located(failure, source, Position::new(line, at)),
        _ => failure,
    }
}

/// The same for a value that cannot be a part of a text in back-ticks, if it stands at this place of this source.
pub fn located_in_text(failure: Failure, source: &str, position: Position) -> Failure {
    let (before, _) = around(source, position);
    let is_there = ["$", "${"].iter().any(|sign| before.trim_end().ends_with(sign));
    if is_there { located(failure, source, position) } else { failure }
}

/// What stands in front of a place on its line, and what from there on.
fn around(source: &str, position: Position) -> (String, String) {
    let column = position.position().unwrap_or(1).saturating_sub(1);
    let line = line_of(source, position).unwrap_or_default();
    (line.chars().take(column).collect(), line.chars().skip(column).collect())
}

fn line_of(source: &str, position: Position) -> Option<&str> {
    source.lines().nth(position.line()?.checked_sub(1)?)
}

fn strip_position(text: &str) -> String {
    text.split(" (line ").next().unwrap_or(text).to_owned()
}

fn first_lower(text: impl Into<String>) -> String {
    let text = text.into();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().collect::<String>() + letters.as_str(),
        None => text,
    }
}

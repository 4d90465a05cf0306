//! Text that is no program, with the form of what was perhaps meant.

use super::{Names, around, first_lower, limit, line_of, script};
use crate::core::failure::Failure;
use crate::core::text::{did_you_mean, is_hidden, nearest};
use crate::script::errors::unknown::{PASSED, unknown_variable};
use crate::script::errors::values::CONDITION;
use crate::script::language::python::{self, DIVISION, MAP, TUPLE, divides};
use crate::script::stdlib;
use rhai::{LexError, ParseErrorType, Position};

const RESERVED: &str = "it is a reserved word of Rhai: choose another name, or quote it as the key of a map";

/// What the parser refused at `position` of `source`.
pub(super) fn syntax(kind: &ParseErrorType, source: &str, position: Position, names: &Names) -> Failure {
    let line = line_of(source, position).unwrap_or_default();
    let (_, from) = around(source, position);
    let failure = script(format!("syntax error: {}", first_lower(kind.to_string())));
    let hint = match kind {
        ParseErrorType::VariableUndefined(name) => return undefined(name, (line, from.as_str()), source, names),
        ParseErrorType::ModuleUndefined(name) => {
            let near = nearest(name, stdlib::names()).filter(|near| near != name);
            return script(format!("there is no module `{name}`"))
                .hint(near.map_or_else(|| import_of(name), did_you_mean));
        }
        ParseErrorType::BadInput(LexError::StringTooLong(_)) | ParseErrorType::LiteralTooLarge(..) => {
            return limit("a literal is too large", "strings may have 10 MB, arrays 1 M items");
        }
        ParseErrorType::BadInput(error) => unreadable(error, line),
        ParseErrorType::Reserved(word) => python::hint(line).or_else(|| reserved(word)),
        ParseErrorType::ExprTooDeep => Some("give its parts names: `let part = ...;`; brackets nest at most 128 deep"),
        ParseErrorType::MissingToken(token, _) => {
            let divided = || is_divided(source, position, names).then_some(DIVISION);
            let several = || (token == ")" && from.starts_with(',')).then_some(TUPLE);
            // Behind a key a statement is to end only in a block.
            let map = || (token == ";" && is_value(&from)).then_some(MAP);
            python::hint(line).or_else(divided).or_else(several).or_else(map)
        }
        ParseErrorType::MismatchedType(wanted, _) if wanted == "a boolean expression" => {
            python::hint(line).or(Some(CONDITION))
        }
        _ => python::hint(line),
    };
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The pair is the line, and what stands on it from the name on.
fn undefined(name: &str, (line, from): (&str, &str), source: &str, names: &Names) -> Failure {
    let failure = unknown_variable(name, source, names);
    match python::hint(line) {
        None if from.strip_prefix(name).is_some_and(is_value) => failure.hint(MAP),
        // An unknown word in a statement of another language is no slip of the hand.
        Some(habit) if python::is_certain(habit) => failure.hint(habit),
        Some(habit) if failure.hint.as_deref().is_none_or(|h| h.starts_with("declare") || h.starts_with(PASSED)) => {
            failure.hint(habit)
        }
        _ => failure,
    }
}

/// Whether text goes on as that behind the key of a map does.
fn is_value(from: &str) -> bool {
    let rest = from.trim_start();
    rest.starts_with(':') && !rest.starts_with("::")
}

/// What can be done about text that is no token.
fn unreadable(error: &LexError, line: &str) -> Option<&'static str> {
    match error {
        LexError::UnterminatedString => {
            Some("a text in double quotes ends on its line; one in back-ticks may have several")
        }
        LexError::MalformedEscapeSequence(typed) if typed.starts_with("\\u") || typed.starts_with("\\U") => {
            Some("a letter by its number has four or eight digits and no braces: `\\u00e9`, `\\U0001f600`")
        }
        LexError::MalformedEscapeSequence(_) => {
            Some("in double quotes a backslash is `\\\\`; text in back-ticks has it as it is: `\\d+`")
        }
        LexError::UnexpectedInput(typed) => foreign(typed).or_else(|| python::hint(line)),
        LexError::ImproperSymbol(_, told) => {
            let word = told.strip_prefix("reserved keyword '").and_then(|rest| rest.split('\'').next());
            word.map_or_else(|| python::hint(line), reserved)
        }
        _ => python::hint(line),
    }
}

/// What can be done about a sign that Rhai does not know.
fn foreign(typed: &str) -> Option<&'static str> {
    let c = typed.chars().next()?;
    if matches!(c, '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}' | '\u{ab}' | '\u{bb}') {
        return Some("texts stand between straight double quotes");
    }
    if is_hidden(c) || c.is_whitespace() {
        return Some("a sign that is not seen stands here: type a blank for it");
    }
    let is_letter = c.is_alphabetic() && !c.is_ascii();
    is_letter.then_some("names have the letters a to z, digits and `_`; other letters stand only in texts")
}

fn reserved(word: &str) -> Option<&'static str> {
    let is_name = word.chars().all(|c| c.is_alphanumeric() || c == '_');
    python::function_hint(word).or_else(|| is_name.then_some(RESERVED))
}

/// Whether the text up to the place of an error ends in a line on which `//` seems to divide, so that what was to
/// follow is a comment.
fn is_divided(source: &str, position: Position, names: &Names) -> bool {
    let rows = position.line().unwrap_or_else(|| source.lines().count());
    let read: Vec<&str> = source.lines().take(rows).filter(|line| !line.trim().is_empty()).collect();
    let is_variable = |word: &str| names.variables.iter().any(|known| known == word);
    read.iter().rev().take(2).any(|line| divides(line, is_variable).is_some())
}

/// How a module gets the name that a program uses for it.
fn import_of(name: &str) -> String {
    if stdlib::names().contains(&name) {
        return format!("load it first: `import \"{name}\" as {name};`");
    }
    format!(
        "an import holds for one evaluation: write `import \"MODULE\" as {name};` here too; modules of the stdlib need \
         none under their own names: `text::trimmed(s)`"
    )
}

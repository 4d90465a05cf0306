//! Variables and functions that nobody has declared, with the one that was perhaps meant.

use super::{Names, members, script};
use crate::core::failure::Failure;
use crate::core::text::{self, one_line};
use crate::script::language::python;

/// How the hint begins that follows where a function is named as if it were a value.
pub(super) const PASSED: &str = "a function is handed over as";

/// A variable that is not in scope.
pub(super) fn unknown_variable(name: &str, source: &str, names: &Names) -> Failure {
    let failure = script(format!("there is no variable `{}`", one_line(name, 80)));
    if let Some(hint) = members::hint(name, source, false) {
        return failure.hint(hint);
    }
    let known = names.variables.iter().chain(&names.functions).map(String::as_str).filter(|known| *known != name);
    match python::function_hint(name) {
        _ if name == "f" => failure.hint("Rhai interpolates in back-ticks: `count: ${n}`"),
        _ if name == "args" => failure.hint("only a program with parameters has `args`: `rhizo run FILE NAME=VALUE`"),
        Some(hint) => failure.hint(hint),
        None if names.functions.iter().any(|known| known == name) => {
            failure.hint(format!("{PASSED} `|x| {name}(x)`, or as `Fn(\"{name}\")`"))
        }
        None => match text::meant(name, known) {
            Some(meant) => failure.hint(meant),
            None => failure.hint("declare it first: `let x = ...;` (a `fn` does not see the variables outside it)"),
        },
    }
}

/// A function that is not there for these arguments.
pub(super) fn unknown_function(signature: &str, source: &str, names: &Names) -> Failure {
    let name = signature.split([' ', '(']).next().unwrap_or(signature);
    let shown =
        signature.replace("&str | ImmutableString | String", "string").replace("i64", "int").replace("f64", "float");
    if name.starts_with("anon$") {
        let given = shown.split_once(' ').map_or("()", |(_, given)| given);
        let given = one_line(given, 200);
        return script(format!("a closure is called with {given} and takes another number of values"));
    }
    let failure = script(format!("there is no function `{}`", one_line(&shown, 200)));
    let is_known = names.functions.iter().any(|f| f == name);
    let arguments = shown.split_once('(').map_or("", |(_, given)| given);
    let habit = python::with_arguments(name, arguments, is_known).or_else(|| python::function_hint(name));
    let hint = members::hint(name, source, true).or_else(|| habit.map(ToOwned::to_owned));
    if let Some(hint) = hint.or_else(|| meant(name, arguments)) {
        return failure.hint(hint);
    }
    if is_known {
        return failure.hint(format!("`{name}` takes other arguments: `?{name}` shows them"));
    }
    if ["<", ">", "<=", ">=", "==", "!="].contains(&name) && signature.contains("Context") {
        return failure.hint("a handle is not its text: compare `c.text`");
    }
    if ["+", "-", "*", "/", "+=", "-=", "*=", "/="].contains(&name) && signature.contains("()") {
        return failure
            .hint("one side is (), as an absent key is: set it first, or give another value by `??`: `(x ?? 0) + 1`");
    }
    if ["+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "!="].contains(&name) {
        return failure.hint("convert one side first: `x.to_string()`, parse_int(text), parse_float(text)");
    }
    match text::meant(name, names.functions.iter().map(String::as_str)) {
        Some(meant) => failure.hint(meant),
        None => failure,
    }
}

/// How a call is written, of a model mostly, that was made with other arguments.
fn meant(name: &str, arguments: &str) -> Option<String> {
    let options = match name {
        "llm" | "llm_query" => "prompt, #{role: \"worker\"}",
        "rlm" | "rlm_query" => "task, context, #{role: \"worker\"}",
        "llm_batch" | "llm_query_batched" | "rlm_batch" | "rlm_query_batched" if arguments.starts_with("array") => {
            "list, #{role: \"worker\"}"
        }
        "llm_batch" | "llm_query_batched" | "rlm_batch" | "rlm_query_batched" => {
            return Some(format!("`{name}` takes an array: `{name}([\"..\", \"..\"])`"));
        }
        "len" if arguments.starts_with("int") => {
            let told = "a number has no length: `lines()` is already the number; `lines(1, n)` are the lines";
            return Some(told.to_owned());
        }
        _ => return None,
    };
    arguments.contains(',').then(|| format!("options are a map: `{name}({options})`"))
}

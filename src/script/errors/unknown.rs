//! Variables and functions that nobody has declared, with the one that was perhaps meant.

use super::values::CONDITION;
use super::{Names, members, script};
use crate::core::failure::Failure;
use crate::core::text::{self, one_line};
use crate::script::language::python;
use crate::script::prims::primitive::Primitive;
use crate::script::prims::table;
use crate::tools::builtin;
use crate::tools::tool::Tool;
use std::sync::{Arc, LazyLock};

/// How the hint begins that follows where a function is named as if it were a value.
pub(super) const PASSED: &str = "a function is handed over as";

/// What stands for a text with an `r` in front of it.
const RAW: &str = "a text has no `r` in front: in double quotes a backslash is doubled, as in `\"\\\\d+\"`, and in back-ticks \
    it stands as it is: `\\d+`";

/// The tools of the program itself.
static TOOLS: LazyLock<Vec<Arc<dyn Tool>>> = LazyLock::new(builtin::all);

/// A variable that is not in scope.
pub(super) fn unknown_variable(name: &str, source: &str, names: &Names) -> Failure {
    let failure = script(format!("there is no variable `{}`", one_line(name, 80)));
    if let Some(hint) = members::hint(name, source, false) {
        return failure.hint(hint);
    }
    let known = names.variables.iter().chain(&names.functions).map(String::as_str).filter(|known| *known != name);
    let is_raw = name == "r" && ["r\"", "r'"].iter().any(|text| source.contains(*text));
    match python::function_hint(name) {
        _ if name == "f" => failure.hint("Rhai interpolates in back-ticks: `count: ${n}`"),
        _ if is_raw => failure.hint(RAW),
        _ if name == "args" => failure.hint("only a program with parameters has `args`: `rhizo run FILE NAME=VALUE`"),
        Some(hint) => failure.hint(hint),
        None if names.functions.iter().any(|known| known == name) => {
            failure.hint(format!("{PASSED} `|x| {name}(x)`, or as `Fn(\"{name}\")`"))
        }
        None => match near(name, known) {
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
    if !is_known && is_value(name, source, names) {
        let given = if shown.ends_with("()") { "" } else { ".." };
        return failure.hint(format!("`{name}` is a variable: a function in one is called by `{name}.call({given})`"));
    }
    let arguments = shown.split_once('(').map_or("", |(_, given)| given);
    let habit = python::with_arguments(name, arguments, is_known).or_else(|| python::function_hint(name));
    let hint = members::hint(name, source, true).or_else(|| habit.map(ToOwned::to_owned));
    if let Some(hint) = hint.or_else(|| meant(name, arguments)) {
        return failure.hint(hint);
    }
    if is_known {
        return failure.hint(other_arguments(name, arguments));
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
    if name == "!" {
        return failure.hint(CONDITION);
    }
    match tool(name).or_else(|| near(name, names.functions.iter().map(String::as_str))) {
        Some(meant) => failure.hint(meant),
        None => failure,
    }
}

/// The known name that a slip of the hand made another one. A short one with another first letter is another word.
fn near<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let first = |word: &str| word.chars().next().map(|letter| letter.to_ascii_lowercase());
    let is_long = name.chars().count() > 5;
    text::meant(name, known.filter(|known| is_long || first(known) == first(name)))
}

/// How a tool of the program itself is called, which a script calls like a function.
fn tool(name: &str) -> Option<String> {
    let spec = TOOLS.iter().map(|tool| tool.spec()).find(|spec| spec.name == name)?;
    let required = spec.parameters["required"].as_array().into_iter().flatten();
    let given: Vec<String> = required.filter_map(|field| Some(format!("{}: ..", field.as_str()?))).collect();
    Some(format!("it is a tool, and called by `TOOL(\"{name}\", #{{{}}})`", given.join(", ")))
}

/// Whether a name that is called, not as a method, is that of a value: of a variable, or of a parameter in this text.
fn is_value(name: &str, source: &str, names: &Names) -> bool {
    let lists = |list: &str| list.split(',').any(|parameter| parameter.trim() == name);
    let of_function = |rest: &str| rest.split_once('(').and_then(|(_, rest)| rest.split(')').next()).is_some_and(lists);
    // No function is ever in these.
    let is_data = ["args", "context"].contains(&name) || source.contains(&format!(".{name}("));
    !is_data
        && (names.variables.iter().any(|known| known == name)
            || source.split("fn ").skip(1).any(of_function)
            || source.split('|').any(lists))
}

/// How a function is called that was called with other arguments. Only primitives are known here by more than their names; values
/// of other kinds have functions that are called like methods of a handle.
fn other_arguments(name: &str, arguments: &str) -> String {
    let is_meant = |primitive: &&Primitive| !primitive.name.starts_with("context.") || arguments.contains("Context");
    let forms = table::find(name).filter(is_meant).map_or_else(
        || format!("`?{name}` shows them"),
        |primitive| primitive.usage.iter().map(|form| format!("`{form}`")).collect::<Vec<_>>().join(" or "),
    );
    format!("`{name}` takes other arguments: {forms}")
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

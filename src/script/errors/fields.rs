//! Fields that a map does not have, properties that another value does not have, and constants that are to be
//! changed.

use super::values::NOTHING;
use super::{first_lower, script};
use crate::core::failure::Failure;
use crate::script::language::python;
use crate::script::prims::table;
use crate::script::{convert, natives};

/// A map has no field of this name; `before` is what stands before it on its line of the program.
pub(super) fn absent(name: &str, before: &str, source: &str) -> Failure {
    let owner = before.trim_end().trim_end_matches(['.', '?', '[']).trim_end();
    let is_args = owner.strip_suffix("args").is_some_and(|rest| !rest.ends_with(is_part_of_a_name));
    script(format!("the map has no field `{name}`")).hint(match name {
        _ if is_args => format!("a parameter that may be missing is read by `args.get(\"{name}\") ?? \"x\"`"),
        "len" | "length" | "size" => "the number of its keys is `map.len()`".to_owned(),
        "text" if source.contains("docs()") => {
            let document = &owner[owner.trim_end_matches(is_part_of_a_name).len()..];
            let document = if document.is_empty() { "d" } else { document };
            format!("`docs()` only tells of documents: the text of one is `context.doc({document}.name).text`")
        }
        _ => format!("ask first: `\"{name}\" in map`, or use `map.get(\"{name}\")`, which gives () if absent"),
    })
}

/// A method that changes what stands before its dot was called on a constant. The pair is what stands on the line in front
/// of its name, and what from there on.
pub(super) fn constant(method: &str, (before, from): &(String, String)) -> Failure {
    let is_bare = from.strip_prefix(method).is_some_and(|rest| rest.starts_with("()"));
    let call = if is_bare { format!("{method}()") } else { format!("{method}(..)") };
    let owner = before.trim_end().strip_suffix('.').unwrap_or_default();
    let chain = owner.get(owner.trim_end_matches(is_part_of_a_name).len()..).unwrap_or_default();
    let (variable, fields) = chain.split_at(chain.find('.').unwrap_or(chain.len()));
    if variable.is_empty() {
        return script(format!("`{method}` changes what it is called on, and that is a constant"))
            .hint(format!("change a copy: `let t = ..; t.{call}`"));
    }
    let copy = if variable == "t" { "own" } else { "t" };
    script(format!("`{method}` changes what it is called on, and `{variable}` is a constant"))
        .hint(format!("change a copy: `let {copy} = {variable}; {copy}{fields}.{call}`"))
}

const fn is_part_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

/// Rhai says `Unknown property 'x' - a getter is not registered for type 'y'`.
pub(super) fn no_property(text: &str) -> Failure {
    let mut quoted = text.split('\'').skip(1).step_by(2);
    let (Some(name), Some(kind)) = (quoted.next(), quoted.next()) else {
        return script(first_lower(text));
    };
    let kind = convert::friendly(kind.rsplit("::").next().unwrap_or(kind));
    let failure = script(format!("{kind} has no property `{name}`"));
    let method = table::find(name).and_then(|known| known.usage.first()).filter(|usage| usage.starts_with("context."));
    let habit = python::function_hint(name).or_else(|| python::with_arguments(name, "", false));
    match (kind, name, method, habit) {
        ("a handle", _, Some(usage), _) => failure.hint(format!("it is called: `{usage}`")),
        ("()", ..) => failure.hint(NOTHING),
        (_, "length" | "size" | "count", ..) => failure.hint("use `.len`"),
        (.., Some(hint)) => failure.hint(hint),
        _ if natives::BUILT_IN.contains(&name) => failure.hint(format!("it is called: `x.{name}(..)`")),
        _ => failure.hint("`type_of(x)` tells what it is; print(x) shows it; only maps have named fields"),
    }
}

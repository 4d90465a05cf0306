//! The functions of the language itself, with the signatures and comments that the engine has of them.

use rhai::{Engine, FnPtr, FuncRegistration, RhaiNativeFunc, Variant};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Most signatures that are shown of one name.
const SHOWN: usize = 10;

/// Numbers and times that Rhai has functions for and no program here has.
const FOREIGN: &[&str] = &["i8", "i16", "i32", "i128", "u8", "u16", "u32", "u64", "u128", "f32", "Instant"];

/// How the comment goes on of a form that Rhai keeps for old programs.
const OUTDATED: &str = "# Deprecated API";

/// What operators do, of which Rhai tells by the values that they take.
const OPERATORS: &[(&str, &str)] = &[
    ("+", "Adds numbers; joins texts, arrays and maps, and a text with any value but ()."),
    ("-", "Subtracts numbers."),
    ("*", "Multiplies numbers."),
    ("/", "Divides numbers; of whole ones the rest is left out: `7 / 2` is 3."),
    ("%", "Returns the rest of a division."),
    ("**", "Raises a number to a power."),
    ("==", "Tells whether two values are equal; values of different types are an error."),
    ("!=", "Tells whether two values differ; values of different types are an error."),
];

/// What Rhai itself says nothing of.
const UNTOLD: &[(&str, &str)] = &[("to_float", "Returns a number as a float.")];

/// Those that a misspelled name may have meant.
pub const BUILT_IN: &[&str] = &[
    "print",
    "debug",
    "len",
    "push",
    "pop",
    "shift",
    "insert",
    "remove",
    "contains",
    "index_of",
    "map",
    "filter",
    "reduce",
    "sort",
    "reverse",
    "join",
    "split",
    "trim",
    "replace",
    "sub_string",
    "to_upper",
    "to_lower",
    "keys",
    "values",
    "type_of",
    "to_string",
    "parse_int",
    "parse_float",
    "to_int",
    "to_float",
    "abs",
    "min",
    "max",
    "floor",
    "ceiling",
    "round",
    "starts_with",
    "ends_with",
    "extract",
    "append",
    "some",
    "all",
    "find",
    "range",
    "is_empty",
    "chars",
    "bytes",
    "get",
    "set",
    "clear",
    "truncate",
    "chop",
    "dedup",
    "drain",
    "retain",
    "splice",
    "mixin",
    "order",
    "order_by",
    "sort_by",
    "sum",
    "mean",
    "group_by",
    "count_by",
];

/// Registers a function with what `?name` says of it.
pub fn told<A: 'static, const N: usize, const X: bool, R: Variant + Clone, const F: bool>(
    engine: &mut Engine,
    (name, says): (&'static str, &'static str),
    function: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
) {
    FuncRegistration::new(name).with_comments([format!("/// {says}")]).register_into_engine(engine, function);
}

/// What the engine has of one form of a function.
struct Form {
    types: Vec<TypeId>,
    params: Vec<String>,
    comment: String,
}

impl Form {
    /// Takes from a form of the same types what this one lacks.
    fn complete(&mut self, other: Self) {
        if self.params.iter().all(|param| param.starts_with('_')) {
            self.params = other.params;
        }
        if self.comment.is_empty() {
            self.comment = other.comment;
        }
    }

    fn takes_closure(&self) -> bool {
        self.types.contains(&TypeId::of::<FnPtr>())
    }
}

/// The signatures of a native function and what it does; `None` if there is none of this name.
pub fn about(engine: &Engine, name: &str) -> Option<String> {
    let forms = forms(engine, name);
    if forms.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = forms.keys().take(SHOWN).map(|(_, signature)| signature.clone()).collect();
    if let Some(more) = forms.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("... and {more} more"));
    }
    lines.extend(says(name, &forms).map(|says| format!("  {says}")));
    lines.push(if name.contains(|c: char| c.is_alphanumeric()) {
        "  a function of the language; the first argument may stand in front: `a.name(b)`".to_owned()
    } else {
        format!("  an operator of the language: `a {name} b`")
    });
    Some(lines.join("\n"))
}

/// The forms that a program can call, by how many values they take and how they are shown.
fn forms(engine: &Engine, name: &str) -> BTreeMap<(usize, String), Form> {
    let known = engine.collect_fn_metadata(
        None,
        |f| {
            let known = f.metadata;
            (known.name.as_str() == name).then(|| Form {
                types: known.param_types.iter().copied().collect(),
                params: known.params_info.iter().map(|param| param.to_string()).collect(),
                comment: known.comments.iter().map(|part| part.to_string()).collect::<Vec<String>>().join("\n"),
            })
        },
        true,
    );
    // Of two with the same types the first is called, which is that of this program; Rhai's has names and a comment.
    let mut distinct: Vec<Form> = Vec::new();
    for form in known.into_iter().filter(|form| !form.comment.contains(OUTDATED)) {
        match distinct.iter_mut().find(|first| first.types == form.types) {
            Some(first) => first.complete(form),
            None => distinct.push(form),
        }
    }
    let mut forms: BTreeMap<(usize, String), Form> = BTreeMap::new();
    for form in distinct {
        let Some(signature) = signature(name, &form.params, form.types.len()) else { continue };
        match forms.entry((form.types.len(), signature)) {
            Entry::Occupied(mut same) => same.get_mut().complete(form),
            Entry::Vacant(place) => {
                place.insert(form);
            }
        }
    }
    forms
}

/// What a function does. What takes a closure is mostly called with one.
fn says(name: &str, forms: &BTreeMap<(usize, String), Form>) -> Option<String> {
    let of = |table: &[(&str, &str)]| {
        let known = table.iter().find(|(known, _)| *known == name);
        known.map(|(_, says)| (*says).to_owned())
    };
    let (with_closure, others): (Vec<&Form>, Vec<&Form>) = forms.values().partition(|form| form.takes_closure());
    let mut told = with_closure.into_iter().chain(others).map(|form| summary(&form.comment));
    of(OPERATORS).or_else(|| told.find(|says| !says.is_empty())).or_else(|| of(UNTOLD))
}

/// One form of a function; `None` if it is for numbers that nobody has here.
fn signature(name: &str, params: &[String], count: usize) -> Option<String> {
    if params.is_empty() {
        return Some(format!("{name}({})", vec!["_"; count].join(", ")));
    }
    let params: Option<Vec<String>> = params.iter().map(|param| parameter(param)).collect();
    Some(format!("{name}({})", params?.join(", ")))
}

/// A parameter as people read it: `delimiter: string`.
fn parameter(param: &str) -> Option<String> {
    let (name, kind) = param.split_once(':').unwrap_or(("_", param));
    let kind = kind.replace('&', " ");
    let bare = kind.trim().trim_start_matches("mut ").trim();
    let bare = bare.rsplit("::").next().unwrap_or(bare);
    let kind = match bare {
        known if FOREIGN.contains(&known) => return None,
        "ImmutableString" | "str" | "String" => "string",
        "INT" | "i64" => "int",
        "FLOAT" | "f64" => "float",
        "Array" => "array",
        "Map" => "map",
        "Blob" => "blob",
        "Dynamic" => "value",
        "FnPtr" | "Fn" => "closure",
        "ExclusiveRange" | "InclusiveRange" | "range=" => "range",
        floats if floats.starts_with("Range<FLOAT") => return None,
        known if known.starts_with("Range<") => "range",
        other => other,
    };
    let name = name.trim();
    Some(if matches!(name, "" | "_" | "?") { kind.to_owned() } else { format!("{name}: {kind}") })
}

/// The first sentence of a comment, on one line.
fn summary(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.trim().trim_start_matches('/').trim());
    let first: Vec<&str> = lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    first.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{BUILT_IN, about};
    use crate::script::engine::plain;

    #[test]
    fn a_native_function_is_shown_with_its_forms() {
        let engine = plain();
        for (name, has) in [
            ("parse_int", "parse_int("),
            ("split", "split("),
            ("split", "segments"),
            (
                "sort",
                "\nsort(array: array, comparer: closure)\n  Sort the array based on applying the `comparer` function",
            ),
            ("map", "applying a `mapper` function"),
            ("reduce", "applying the `reducer` function"),
            ("for_each", "for_each(array: array, map: closure)\n  Calls a closure with each item"),
            ("range", "range(range: range, step: int)"),
            ("+", "  Adds numbers; "),
            ("-", "an operator of the language: `a - b`"),
            ("sub_string", "int"),
        ] {
            let text = about(&engine, name).unwrap_or_default();
            assert!(text.contains(has), "{name}: {text}");
            for foreign in ["ImmutableString", "i128", "Range<", "range=", "FLOAT", "Instant", "named by"] {
                assert!(!text.contains(foreign), "{text}");
            }
        }
        assert_eq!(about(&engine, "nothing_of_this_name"), None);
    }

    #[test]
    fn names_that_hints_offer_are_functions_that_there_are() {
        let engine = plain();
        // `type_of` is the parser's.
        for name in BUILT_IN.iter().filter(|name| **name != "type_of") {
            assert!(about(&engine, name).is_some(), "{name}");
        }
    }
}

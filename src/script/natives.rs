//! The functions of the language itself, with the signatures and comments that the engine has of them.

use rhai::{Engine, FuncRegistration, RhaiNativeFunc, Variant};
use std::collections::BTreeSet;

/// Most signatures that are shown of one name.
const SHOWN: usize = 10;

/// Numbers that Rhai has functions for and no program here has.
const FOREIGN: &[&str] = &["i8", "i16", "i32", "i128", "u8", "u16", "u32", "u64", "u128", "f32"];

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

/// The signatures of a native function and what it does; `None` if there is none of this name.
pub fn about(engine: &Engine, name: &str) -> Option<String> {
    let known = engine.collect_fn_metadata(
        None,
        |f| {
            let known = f.metadata;
            (known.name.as_str() == name).then(|| {
                let params: Vec<String> = known.params_info.iter().map(|param| param.to_string()).collect();
                let comment = known.comments.first().map(|comment| comment.to_string()).unwrap_or_default();
                (params, known.num_params, comment)
            })
        },
        true,
    );
    let form = |(params, count, comment): &(Vec<String>, usize, String)| {
        signature(name, params, *count).map(|form| (form, summary(comment)))
    };
    let forms: Vec<(String, String)> = known.iter().filter_map(form).collect();
    let signatures: BTreeSet<&str> = forms.iter().map(|(form, _)| form.as_str()).collect();
    if signatures.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = signatures.iter().take(SHOWN).map(|form| (*form).to_owned()).collect();
    if let Some(more) = signatures.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("... and {more} more"));
    }
    let untold = UNTOLD.iter().filter(|(untold, _)| *untold == name).map(|(_, says)| *says);
    let mut summaries = forms.iter().map(|(_, says)| says.as_str()).chain(untold);
    lines.extend(summaries.find(|says| !says.is_empty()).map(|says| format!("  {says}")));
    lines.push("  a function of the language; the first argument may stand in front: `a.name(b)`".to_owned());
    Some(lines.join("\n"))
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
        "ExclusiveRange" | "InclusiveRange" => "range",
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
            ("sort", "closure"),
            ("sub_string", "int"),
        ] {
            let text = about(&engine, name).unwrap_or_default();
            assert!(text.contains(has), "{name}: {text}");
            assert!(!text.contains("ImmutableString") && !text.contains("i128"), "{text}");
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

//! The names that mean something at the prompt, with their signatures: for completion, hints and `?name`.

use crate::script::help;
use crate::script::prims::table;
use crate::script::session::Session;
use crate::script::stdlib;

/// A function that can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callable {
    /// Its name, without the module or variable in front.
    pub name: String,
    /// How it is called, for example `llm(prompt)`.
    pub usage: String,
}

/// Words of the language that a person types.
pub const KEYWORDS: &[&str] = &[
    "let",
    "const",
    "fn",
    "if",
    "else",
    "switch",
    "for",
    "in",
    "while",
    "loop",
    "do",
    "until",
    "break",
    "continue",
    "return",
    "throw",
    "try",
    "catch",
    "import",
    "as",
    "true",
    "false",
    "this",
    "private",
    "is_def_var",
];

/// Functions of the language itself that are called without a value in front.
const PLAIN: &[&str] = &[
    "print(value)",
    "debug(value)",
    "type_of(value)",
    "range(start, end)",
    "parse_int(text)",
    "parse_float(text)",
    "min(a, b)",
    "max(a, b)",
    "Fn(name)",
];

const TEXT: &[&str] = &[
    "len()",
    "contains(text)",
    "starts_with(text)",
    "ends_with(text)",
    "index_of(text)",
    "split(separator)",
    "sub_string(start, length)",
    "to_upper()",
    "to_lower()",
    "trim()",
    "replace(from, to)",
    "chars()",
    "bytes",
    "is_empty()",
    "to_chars()",
    "pad(length, text)",
    "truncate(length)",
];

const ARRAY: &[&str] = &[
    "len()",
    "push(item)",
    "pop()",
    "shift()",
    "insert(index, item)",
    "remove(index)",
    "map(|x| ...)",
    "filter(|x| ...)",
    "reduce(|sum, x| ..., start)",
    "for_each(|x| ...)",
    "some(|x| ...)",
    "all(|x| ...)",
    "find(|x| ...)",
    "sort()",
    "reverse()",
    "contains(item)",
    "index_of(item)",
    "extract(start, length)",
    "dedup()",
    "append(items)",
    "clear()",
    "is_empty()",
    "truncate(length)",
    "retain(|x| ...)",
    "join(separator)",
    "sum()",
    "mean()",
    "min()",
    "max()",
    "order()",
    "order_by(|x| key)",
    "group_by(|x| key)",
    "count_by(|x| key)",
];

const MAP: &[&str] = &[
    "keys()",
    "values()",
    "len()",
    "contains(key)",
    "get(key)",
    "set(key, value)",
    "remove(key)",
    "mixin(map)",
    "clear()",
    "is_empty()",
];

const NUMBER: &[&str] =
    &["abs()", "sign()", "to_float()", "to_int()", "to_string()", "floor()", "ceiling()", "round()"];

const CLOSURE: &[&str] = &["call(arguments)", "curry(arguments)"];

/// What a name of the language is that no list of functions has: a word of it, or a function that it knows by itself.
pub fn language(name: &str) -> Option<String> {
    if KEYWORDS.contains(&name) {
        return Some(format!("{name}\n  a word of the language"));
    }
    let known =
        [PLAIN, TEXT, ARRAY, MAP, NUMBER, CLOSURE].concat().into_iter().find(|usage| callable(usage).name == name);
    known.map(|usage| format!("{usage}\n  a part of the language"))
}

/// What can be called without anything in front: the session's functions, the primitives, Rhai's own.
pub fn functions(session: &Session) -> Vec<Callable> {
    let own = session.functions().into_iter().map(|usage| callable(&usage));
    let primitives = table::ALL.iter().filter(|p| !p.name.starts_with("context."));
    let primitives = primitives.flat_map(|p| p.usage.iter().take(1)).map(|usage| callable(usage));
    let plain = PLAIN.iter().map(|usage| callable(usage));
    own.chain(primitives).chain(plain).collect()
}

/// What can be called on a value of this kind, as `Session::kind_of` names it; everything for an unknown kind.
pub fn methods(kind: Option<&str>) -> Vec<Callable> {
    let of = |list: &[&str]| list.iter().map(|usage| callable(usage)).collect();
    match kind {
        Some("Context") => context(),
        Some("string" | "char") => of(TEXT),
        Some("array" | "blob") => of(ARRAY),
        Some("map") => of(MAP),
        Some("int" | "float") => of(NUMBER),
        Some("Fn") => of(CLOSURE),
        Some(_) => Vec::new(),
        None => {
            let mut all: Vec<Callable> =
                [TEXT, ARRAY, MAP, CLOSURE].concat().iter().map(|usage| callable(usage)).collect();
            all.extend(context());
            all.sort_by(|a, b| a.name.cmp(&b.name));
            all.dedup_by(|a, b| a.name == b.name);
            all
        }
    }
}

/// The functions of a module of the stdlib.
pub fn module(name: &str) -> Vec<Callable> {
    let within = |f: &help::LibraryFunction| f.signature.strip_prefix(name)?.strip_prefix("::").map(callable);
    help::library().iter().filter_map(within).collect()
}

/// The modules of the stdlib.
pub fn modules() -> Vec<&'static str> {
    stdlib::names()
}

/// How the function of this name is called, if it is known.
pub fn usage(name: &str, session: &Session) -> Option<String> {
    let known = functions(session).into_iter().chain(context());
    known.into_iter().find(|f| f.name == name).map(|f| f.usage)
}

/// The options of a primitive, as its forms have them.
pub fn options(name: &str) -> Vec<String> {
    let forms = table::find(name).into_iter().flat_map(|primitive| primitive.usage);
    let maps = forms.filter_map(|usage| usage.split_once("#{")?.1.split('}').next());
    let names = maps.flat_map(|map| map.split(',')).map(|name| name.split(':').next().unwrap_or(name).trim());
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    names.filter(is_name).map(str::to_owned).collect()
}

fn context() -> Vec<Callable> {
    let methods = table::ALL.iter().filter(|p| p.usage.first().is_some_and(|usage| usage.starts_with("context.")));
    let usages = methods.filter_map(|p| p.usage.first()?.strip_prefix("context."));
    usages.map(callable).collect()
}

fn callable(usage: &str) -> Callable {
    let name = usage.split('(').next().unwrap_or(usage).to_owned();
    Callable { name, usage: usage.to_owned() }
}

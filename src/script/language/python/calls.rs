//! Functions and methods of other languages, and what stands for them here.

/// The Rhai form of a call that is not there for its arguments, which are told as types: `array, int)`. `is_known` says
/// whether there is a function of the name.
pub fn with_arguments(name: &str, arguments: &str, is_known: bool) -> Option<&'static str> {
    let given = CALLS.iter().find(|(names, first, _)| names.contains(&name) && arguments.starts_with(*first));
    let absent = || ABSENT.iter().find(|(names, _)| names.contains(&name) && !is_known);
    given.map(|(.., rhai)| *rhai).or_else(|| absent().map(|(_, rhai)| *rhai))
}

const NO_TEXT: &str =
    "a handle is no text: take a part of it by `context.slice(from, to)`, or all by `context.text()`, at most 10 MB";

const ROUND: &str = "round takes one value; to two digits: `(x * 100.0).round() / 100.0`";

const JSON: &str = "`parse_json(text)` reads JSON, and `json_text(value)` writes it";

const MATH: &str =
    "numbers have methods: `x.abs()`, `4.0.sqrt()`, `x.floor()`; `2 ** 3` is a power, and `PI()` a number";

const WAITING: &str = "every call waits by itself; many at once are `llm_batch(prompts)` and `par_map(items, |x| ..)`";

const REPEATED: &str = "repeat a text by `let s = \"\"; s.pad(length, \"ab\")`";

/// What stands for a tuple.
pub const TUPLE: &str = "an array stands for a tuple: `[1, 2]`";

/// How kinds of values are told.
pub(super) const KINDS: &str =
    "use `type_of(x) == \"string\"`; numbers are \"i64\" and \"f64\", others \"bool\", \"array\", \"map\" and \"()\"";

const EACH: &str = "use `items.for_each(|x| ..)`, or a loop: `for x in items { ... }`";

const NO_SETS: &str = "Rhai has no sets: `let own = items; own.sort(); own.dedup(); own` has each value once";

/// Functions that there are, the beginning of the arguments that they are wrongly given, and the right form.
const CALLS: &[(&[&str], &str, &str)] = &[
    (&["contains", "includes"], "Context", "ask a handle by a pattern: `context.count(\"word\") > 0`"),
    (
        &["find", "index_of"],
        "Context",
        "search a handle by `context.grep(pattern)`, whose hits have `line`, `start`, `end` and `text`",
    ),
    (
        &["split"],
        "Context",
        "cut a handle by `context.chunks(4000, 0)`, `context.paragraphs()` or `context.between(from, to)`, lines are \
         `context.lines(1, 100)`",
    ),
    (
        &["slice", "sub_string", "substring", "extract"],
        "Context",
        "a part of a handle is `context.slice(from, to)`, to its end `context.slice(from, context.len)`",
    ),
    (&["trim", "to_upper", "to_lower", "replace", "starts_with", "ends_with", "chars", "to_chars"], "Context", NO_TEXT),
    (
        &["grep", "count"],
        "Context, string, ",
        "`(?i)` in front of the pattern ignores case: `context.grep(\"(?i)word\")`",
    ),
    (
        &["grep", "search", "slice", "line", "head", "tail", "chunks"],
        "map",
        "`docs()` only tells of documents: the handle on one is `context.doc(d.name)`",
    ),
    (&["for_each"], "range", "a loop goes over a range: `for i in 0..3 { ... }`"),
    (
        &["sqrt", "exp", "ln", "log", "sin", "cos", "tan"],
        "int",
        "it takes a number with a fraction: `4.0.sqrt()`, `n.to_float().sqrt()`",
    ),
    (&["map", "filter", "reduce", "some", "all"], "Fn", "the array comes first: `items.map(|x| x + 1)`"),
    (&["*", "*="], "string, int", REPEATED),
    (&["*", "*="], "int, string", REPEATED),
    (&["*", "*="], "array, int", "fill an array by `let items = []; items.pad(length, 0)`"),
    (&["par_map"], "map", "par_map takes an array: `par_map(m.keys(), |key| f(m[key]))`"),
    (&["par_map"], "string", "par_map takes an array: `par_map(text.split(\"\\n\"), |line| f(line))`"),
    (&["par_map"], "Context", "par_map takes an array: `par_map(context.chunks(4000, 0), |chunk| f(chunk.text))`"),
    (&["to_int"], "string", "parse an integer by `parse_int(text)`"),
    (&["to_float"], "string", "parse a float by `parse_float(text)`"),
    (&["all"], "array)", "all takes a closure: `items.all(|x| x)`"),
    (&["round"], "float, int", ROUND),
    (&["round"], "int, int", ROUND),
    (&["set"], "array)", NO_SETS),
    (&["set"], ")", NO_SETS),
    (&["print"], "", "print takes one value: print(`${a} ${b}`)"),
];

/// Functions that there are not. As names of variables they mean nothing.
const ABSENT: &[(&[&str], &str)] = &[
    (&["dict"], "a map is `#{}` or `#{name: 1}`"),
    (&["list"], "the characters of a text are `text.to_chars()`, a range is `(0..n).to_array()`, an array is `[1, 2]`"),
    (&["tuple"], "an array stands for a tuple: `[a, b]`"),
    (&["bool"], "compare instead: `x != 0`, `x != ()`, `text != \"\"`"),
    (&["any"], "write `items.some(|x| x)`"),
    (&["format"], "texts are put together in back-ticks: `count: ${n}`"),
    (&["each"], EACH),
    (&["pow"], "write `2 ** 3`"),
    (&["ord"], "the number of a letter is `\"A\"[0].to_int()`"),
    (
        &["chr"],
        "a letter by its number stands in a text, `\"\\u0041\"`; one below 128 is `blob(1, 65).as_string()` too",
    ),
    (&["isdigit", "isnumeric", "isdecimal"], "use `text.to_chars().all(|c| c in \"0123456789\")`"),
    (&["title", "capitalize"], "use `text.split().map(|w| w[0].to_upper() + w.sub_string(1)).join(\" \")`"),
    (
        &["lstrip", "rstrip", "trim_start", "trim_end", "trimStart", "trimEnd"],
        "use `text.trim()`, which takes blanks off both ends",
    ),
    (&["index"], "use `x.index_of(y)`, -1 if absent"),
    (&["extend"], "use `items.append(other)`, or `items + other`"),
    (&["update"], "use `map.mixin(other)`, or `map + other`"),
    (&["setdefault"], "write `if !(\"key\" in map) { map.key = value; }`"),
    (&["first"], "the first item is `items[0]`, or `items.get(0)`, () if there is none"),
    (&["last"], "the last item is `items[-1]`, or `items.get(-1)`, () if there is none"),
    (&["unique", "distinct", "uniq"], NO_SETS),
    (&["flatten", "flat"], "arrays in an array are joined by `items.reduce(|all, part| all + part, [])`"),
];

/// Names that other languages have for functions, methods and statements.
pub(super) const FUNCTIONS: &[(&str, &str)] = &[
    ("range", "write `for i in 0..n { ... }`, or `range(from, to)` with both ends"),
    ("append", "arrays grow by `items.push(x)`; `items.append(other)` joins another array"),
    ("str", "make a string by `x.to_string()` or `${x}` in back-ticks"),
    ("int", "parse an integer by `parse_int(text)`; `x.to_int()` truncates a float"),
    ("float", "parse a float by `parse_float(text)`; `n.to_float()` converts an integer"),
    (
        "strip",
        "use `let own = text; own.trim()`, which changes `own` in place too, or `text::trimmed(s)` of the stdlib",
    ),
    ("upper", "use `text.to_upper()`"),
    ("lower", "use `text.to_lower()`"),
    ("toUpperCase", "use `text.to_upper()`"),
    ("toLowerCase", "use `text.to_lower()`"),
    ("startswith", "use `text.starts_with(s)`"),
    ("endswith", "use `text.ends_with(s)`"),
    ("startsWith", "use `text.starts_with(s)`"),
    ("endsWith", "use `text.ends_with(s)`"),
    ("includes", "use `x.contains(y)`"),
    ("indexOf", "use `x.index_of(y)`"),
    ("find", "strings: `text.index_of(s)`, -1 if absent; arrays: `items.find(|x| ..)`"),
    ("join", "use `items.join(\", \")`: the array comes first"),
    ("sorted", "write `items.order()`, or `items.order_by(|x| x.key)`; `items.sort()` sorts a variable in place"),
    ("reversed", "reverse a variable in place: `let own = items; own.reverse(); own`"),
    ("enumerate", "write `for (x, i) in items { ... }`"),
    ("zip", "write `for (x, i) in items { let y = other[i]; ... }`"),
    ("items", "use `map.keys()` and `map.values()`, or `for k in map.keys() { map[k] }`"),
    ("get", "use `map.get(\"key\")`, `()` if absent"),
    ("push_back", "use `items.push(x)`"),
    ("repeat", REPEATED),
    ("collect", "a range becomes an array by `(0..n).to_array()`"),
    ("isinstance", KINDS),
    ("type", KINDS),
    ("sum", "use `items.sum()`"),
    ("average", "use `items.mean()`"),
    ("groupby", "use `items.group_by(|x| x.key)`"),
    ("open", "read a file by TOOL(\"read_file\", #{path: \"...\"})"),
    ("input", "ask a person by `ask_user(\"...\")`"),
    ("println", "use `print(value)`"),
    ("eval", "`eval` is switched off: write the code itself"),
    ("substring", "use `text.sub_string(start, length)`"),
    ("slice", "use `text.sub_string(start, length)` or `items.extract(start, length)`"),
    ("re_findall", "use `context.grep(pattern)`"),
    ("forEach", EACH),
    ("json", JSON),
    ("JSON", JSON),
    ("re", "a handle is searched by `context.grep(pattern)`, a text by `text.contains(s)` and `text.index_of(s)`"),
    ("math", MATH),
    ("Math", MATH),
    ("console", "use `print(value)`"),
    ("async", WAITING),
    ("await", WAITING),
    ("help", "at the prompt `.help` lists commands and keys, and `?llm` explains a name"),
    ("final", "end the run by `FINAL(value)`"),
    ("class", "Rhai has no classes: a map holds the fields, `#{name: 1}`; functions take it, `fn area(shape) { .. }`"),
    ("struct", "Rhai has no structs: a map holds the fields, `#{name: 1}`; functions take it, `fn area(shape) { .. }`"),
    ("assert", "write `if !(condition) { throw \"message\"; }`"),
    ("pass", "an empty block is `{}`: `if condition {}`"),
    ("del", "remove by `map.remove(\"key\")` or `items.remove(index)`"),
];

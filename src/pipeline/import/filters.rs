//! Filters, methods and functions of Jinja, Python and orchestrator as Rhai, over the Rhai of their values.
//!
//! What they declare begins with an underscore, as no name of a step does.

/// The filters that make a text of whatever they are put behind, and of their arguments.
pub(super) const OF_TEXTS: &[&str] = &["upper", "lower", "capitalize", "title", "trim", "strip", "replace"];

/// A filter; `None` if it has no counterpart.
pub(super) fn filter(value: &str, name: &str, arguments: &[String]) -> Option<String> {
    let most = match name {
        "replace" => 2,
        "join" | "split" | "truncate" | "round" | "int" | "float" => 1,
        _ => 0,
    };
    if arguments.len() > most {
        return None;
    }
    let argument = |at: usize, standard: &str| arguments.get(at).map_or(standard, String::as_str).to_owned();
    Some(match name {
        "length" | "count" => format!("{value}.len()"),
        "upper" => format!("{value}.to_upper()"),
        "lower" => format!("{value}.to_lower()"),
        "capitalize" => kept(value, "_kept.sub_string(0, 1).to_upper() + _kept.sub_string(1).to_lower()"),
        "title" => titled(value, "_c in \"- \\t\\n({[<\""),
        "trim" | "strip" => kept(value, "_kept.trim(); _kept"),
        // Orchestrator joins with a comma where Jinja joins with nothing.
        "join" => format!("{value}.map(|_one| python_text(_one)).join({})", argument(0, "\", \"")),
        "split" => format!("{value}.split({})", argument(0, "\" \"")),
        "to_json" | "json" | "json_encode" => format!("json_text({value}, 2)"),
        "tojson" => format!("python_json({value})"),
        "from_json" | "fromjson" => format!("parse_json({value})"),
        "first" => format!("{value}[0]"),
        "last" => format!("{value}[-1]"),
        "sum" => format!("{value}.reduce(|_all, _one| _all + _one, 0)"),
        "min" => format!("{value}.reduce(|_all, _one| if _all == () || _one < _all {{ _one }} else {{ _all }})"),
        "max" => format!("{value}.reduce(|_all, _one| if _all == () || _one > _all {{ _one }} else {{ _all }})"),
        "sort" => kept(value, "_kept.sort(); _kept"),
        "replace" => kept(value, &format!("_kept.replace({}, {}); _kept", argument(0, "\"\""), argument(1, "\"\""))),
        "basename" => format!("{value}.split(\"/\")[-1]"),
        "slugify" => slug(value),
        "truncate" => truncated(value, &argument(0, "255")),
        "int" => format!("python_int({value}, {})", argument(0, "0")),
        "float" => format!("python_float({value}, {})", argument(0, "0.0")),
        "string" => format!("python_text({value})"),
        "abs" => format!("{value}.abs()"),
        "round" => format!("python_round({value}, {})", argument(0, "0")),
        "list" => listed(value),
        "safe" => value.to_owned(),
        _ => return None,
    })
}

/// A method; `None` if it has no counterpart.
pub(super) fn method(value: &str, name: &str, arguments: &[String]) -> Option<String> {
    Some(match (name, arguments) {
        ("upper" | "lower" | "strip" | "capitalize", []) => return filter(value, name, arguments),
        // Python's own begins a word behind whatever is no letter.
        ("title", []) => titled(value, "_c.to_upper() == _c.to_lower()"),
        ("split", [_]) | ("replace", [_, _]) => return filter(value, name, arguments),
        ("startswith", [head]) => format!("{value}.starts_with({head})"),
        ("endswith", [tail]) => format!("{value}.ends_with({tail})"),
        ("join", [list]) => format!("{list}.map(|_one| python_text(_one)).join({value})"),
        ("get", [key]) => item(value, key, "()"),
        ("get", [key, other]) => item(value, key, other),
        ("keys" | "values", []) => format!("{value}.{name}()"),
        _ => return None,
    })
}

/// A function; `None` if it has no counterpart.
pub(super) fn function(name: &str, arguments: &[String]) -> Option<String> {
    Some(match (name, arguments) {
        ("range", [end]) => format!("(0..{end}).to_array()"),
        ("range", [begin, end]) => format!("({begin}..{end}).to_array()"),
        ("len", [value]) => format!("{value}.len()"),
        ("str", [value]) => format!("python_text({value})"),
        ("int", [value]) => whole_number(value),
        ("float", [value]) => format!("parse_float({value}.to_string())"),
        _ => return None,
    })
}

/// An item or a field, or what stands for it if it is missing.
pub(super) fn item(value: &str, key: &str, other: &str) -> String {
    format!("python_item({value}, {key}, {other})")
}

/// What Python goes through: the letters of a text, the keys of a map, the items of a list.
pub(super) fn listed(value: &str) -> String {
    let letters = "_kept.to_chars().map(|_c| _c.to_string())";
    kept(value, &format!("switch type_of(_kept) {{ \"string\" => {letters}, \"map\" => _kept.keys(), _ => _kept }}"))
}

/// Whether a text is the same as a value that is mostly none: here to compare the two is a failure.
pub(super) fn same(one: &str, other: &str) -> String {
    let alike = "type_of(_one) == type_of(_other) && _one == _other";
    format!("({{ let _one = {one}; let _other = {other}; {alike} }})")
}

/// A value under a name of its own, so that it is computed once.
fn kept(value: &str, body: &str) -> String {
    format!("({{ let _kept = {value}; {body} }})")
}

/// Words with capitals; `ends` is whether the letter `c` stands between words.
fn titled(value: &str, ends: &str) -> String {
    let letter = "if _begins { _c.to_upper() } else { _c.to_lower() }";
    let each = format!("for _c in _kept.to_chars() {{ _titled += {letter}; _begins = {ends}; }}");
    kept(value, &format!("let _titled = \"\"; let _begins = true; {each} _titled"))
}

fn truncated(value: &str, most: &str) -> String {
    // Jinja counts the dots too, and allows five characters more.
    let cut = format!("_kept.sub_string(0, {most} - 3)");
    let first_words = format!("let _words = {cut}.split(\" \"); if _words.len() > 1 {{ _words.pop(); }}");
    kept(
        value,
        &format!("if _kept.len() <= {most} + 5 {{ _kept }} else {{ {first_words} _words.join(\" \") + \"...\" }}"),
    )
}

fn whole_number(value: &str) -> String {
    let body = "switch type_of(_kept) { \"i64\" => _kept, \"f64\" => _kept.to_int(), _ => parse_int(_kept) }";
    kept(value, body)
}

/// Letters, digits and underscores, in lower case, with hyphens between words, as orchestrator has it.
fn slug(value: &str) -> String {
    let plain = "_kept.to_lower().to_chars().filter(|_c| _c in \"abcdefghijklmnopqrstuvwxyz0123456789_- \")";
    let words = "_text.split(\"-\").filter(|_word| _word != \"\").join(\"-\")";
    kept(
        value,
        &format!(
            "let _text = {plain}.map(|_c| if _c == ' ' {{ \"-\" }} else {{ _c.to_string() }}).join(\"\"); {words}"
        ),
    )
}

//! Functions that a twin may need; each is written into it only if it is called.

/// Name and text.
pub(super) const ALL: &[(&str, &str)] = &[
    (
        "as_text",
        "\
fn as_text(value) {
    if type_of(value) == \"char\" { value.to_string() } else if type_of(value) == \"string\" { value } else { json_text(value) }
}
",
    ),
    (
        "texts",
        "\
fn texts(choices) {
    let all = [];
    if choices != () { for choice in choices { all.push(as_text(choice)); } }
    all
}
",
    ),
    (
        "one_of",
        "\
fn one_of(choices) {
    let all = texts(choices);
    if all.is_empty() { () } else { #{\"type\": \"string\", \"enum\": all} }
}
",
    ),
    (
        "copied",
        "\
fn copied(value) {
    value
}
",
    ),
    (
        "again",
        "\
fn again(visits, name, most) {
    if visits >= most {
        throw #{kind: \"loop_exhausted\", message: \"`\" + name + \"` was visited \" + visits + \" times and is wanted once more\"};
    }
    name
}
",
    ),
    (
        "as_failure",
        "\
fn as_failure(caught) {
    if type_of(caught) == \"map\" && caught.contains(\"kind\") { return caught; }
    let told = if type_of(caught) == \"map\" { caught.get(\"message\") ?? \"\" } else { caught };
    #{error: true, kind: \"script\", message: as_text(told), hint: \"\", retryable: false}
}
",
    ),
    (
        "checked",
        "\
fn checked(answer) {
    if type_of(answer) == \"map\" {
        let code = answer.get(\"exit_code\") ?? 0;
        if !(answer.get(\"success\") ?? true) || code != 0 {
            throw #{kind: \"tool\", message: \"the tool says that it failed\", answer: answer};
        }
    }
    answer
}
",
    ),
    (
        "picked",
        "\
fn picked(answer, names) {
    let kept = #{};
    for name in names { kept[name] = answer[name]; }
    kept
}
",
    ),
    (
        "listed",
        "\
fn listed(all) {
    let kind = type_of(all);
    if kind == \"map\" { return all.values(); }
    if kind == \"array\" || kind == \"blob\" { return all; }
    // What has no form as data is told here.
    try { json_text(all); } catch (failure) { failure.kind = \"data\"; throw failure; }
    let kind = switch kind { \"()\" => \"()\", \"bool\" => \"a boolean\", \"i64\" | \"f64\" => \"a number\", _ => \"a text\" };
    throw #{kind: \"data\", message: \"`in` must be a list or a map, it is \" + kind};
}
",
    ),
    (
        "keys_of",
        "\
fn keys_of(all) {
    if type_of(all) == \"map\" { all.keys() } else { (0..all.len()).to_array() }
}
",
    ),
    (
        "distinct",
        "\
fn distinct(given) {
    let taken = #{};
    for one in given {
        if taken.contains(one.key) { throw #{kind: \"invalid\", message: \"two items have the key `\" + one.key + \"`\"}; }
        taken[one.key] = true;
    }
    given
}
",
    ),
    (
        "failures",
        "\
fn failures(results) {
    let failed = #{};
    for one in results {
        if one.contains(\"failure\") { failed[one.key] = as_failure(one.failure); }
    }
    if failed.is_empty() { () } else { failed }
}
",
    ),
    (
        "gathered",
        "\
fn gathered(results, keyed, stop) {
    let list = [];
    let map = #{};
    for one in results {
        if one.contains(\"error\") { throw one; }
        if stop && one.contains(\"failure\") { throw one.failure; }
        let value = one.get(\"value\");
        if keyed { map[one.key] = value; } else { list.push(value); }
    }
    if keyed { map } else { list }
}
",
    ),
    (
        "table",
        "\
fn cell(value, alone) {
    let text = if value == () { \"\" } else { as_text(value) };
    let plain = !text.contains(\",\") && !text.contains(\"\\\"\") && !text.contains(\"\\n\") && !text.contains(\"\\r\");
    if plain && !(alone && text == \"\") { return text; }
    text.replace(\"\\\"\", \"\\\"\\\"\");
    \"\\\"\" + text + \"\\\"\"
}

fn table(value) {
    if [\"string\", \"char\"].contains(type_of(value)) { return as_text(value); }
    let names = [];
    for row in value {
        if type_of(row) != \"map\" { continue; }
        for name in row.keys() { if !names.contains(name) { names.push(name); } }
    }
    let rows = if names.is_empty() { [] } else { [names] };
    for row in value {
        if type_of(row) == \"map\" {
            let cells = [];
            for name in names { cells.push(row.get(name)); }
            rows.push(cells);
        } else {
            rows.push(row);
        }
    }
    let text = \"\";
    for row in rows {
        let cells = [];
        for value in row { cells.push(cell(value, row.len() == 1)); }
        text += cells.join(\",\") + \"\\n\";
    }
    text
}
",
    ),
    (
        "trimmed",
        "\
fn trimmed(path) {
    path.trim();
    path
}
",
    ),
    (
        "product",
        "\
fn product(path, value) {
    let plain = [\"string\", \"char\"].contains(type_of(value)) && !path.to_lower().ends_with(\".json\");
    let text = if plain { as_text(value) } else { json_text(value, 2) + \"\\n\" };
    TOOL(\"write_file\", #{path: path, text: text, mode: \"overwrite\"});
}
",
    ),
];

/// What functions call themselves.
pub(super) const CALLED: &[(&str, &str)] = &[
    ("as_failure", "as_text"),
    ("failures", "as_failure"),
    ("failures", "as_text"),
    ("one_of", "as_text"),
    ("one_of", "texts"),
    ("product", "as_text"),
    ("table", "as_text"),
    ("texts", "as_text"),
];

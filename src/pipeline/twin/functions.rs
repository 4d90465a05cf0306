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
    if choices == () { return all; }
    let wrong = ![\"array\", \"range\", \"range=\"].contains(type_of(choices));
    if wrong { throw #{kind: \"data\", message: \"`choices` must be a list, it is \" + json_text(choices)}; }
    for choice in choices { all.push(as_text(choice)); }
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
fn again(visits, name, most, more) {
    if visits < most { return name; }
    let message = \"`\" + name + \"` was visited \" + most + \" times and is wanted once more\";
    let hint = \"raise `max_visits` of `\" + name + \"`, or give the loop another way out\";
    throw #{kind: \"loop_exhausted\", message: message, hint: hint} + more;
}
",
    ),
    (
        "checked",
        "\
fn says(answer, name, value) {
    let said = answer.get(name);
    type_of(said) == type_of(value) && said == value
}

fn complaint(answer) {
    if says(answer, \"success\", false) {
        if says(answer, \"timed_out\", true) { return \"took longer than its `timeout`\"; }
        if says(answer, \"overflowed\", true) { return \"was ended because it printed too much\"; }
        let status = answer.get(\"status\");
        return if type_of(status) == \"i64\" { \"ended with status \" + status } else { \"answered `success: false`\" };
    }
    let code = answer.get(\"exit_code\");
    if type_of(code) == \"i64\" && code != 0 { \"ended with exit code \" + code } else { \"\" }
}

fn checked(name, answer) {
    let what = if type_of(answer) == \"map\" { complaint(answer) } else { \"\" };
    if what == \"\" { return answer; }
    for word in [\"error\", \"stderr\", \"message\"] {
        let told = answer.get(word);
        if type_of(told) != \"string\" { continue; }
        told.trim();
        if told == \"\" { continue; }
        let lines = told.split(\"\\n\");
        let cut = lines.len() > 1 || lines[0].len() > 200;
        what += \": \" + lines[0].sub_string(0, 200) + if cut { \"…\" } else { \"\" };
        break;
    }
    throw #{kind: \"tool\", message: name + \" \" + what, answer: answer};
}
",
    ),
    (
        "called",
        "\
fn called(name, args) {
    try { return TOOL(name, args); } catch (failure) {
        // What could be known of them was checked with the file.
        if failure.message.starts_with(\"wrong arguments for \") { failure.kind = \"data\"; }
        throw failure;
    }
}
",
    ),
    (
        "nested",
        "\
fn nested(path, inputs) {
    try { return PIPELINE(path, inputs); } catch (failure) {
        // What fails within it names its step.
        if failure.get(\"kind\") == \"invalid\" && !failure.contains(\"step\") { failure.kind = \"data\"; }
        throw failure;
    }
}
",
    ),
    (
        "holds",
        "\
fn holds(value, condition) {
    if type_of(value) == \"bool\" { return value; }
    let message = \"the condition `\" + condition + \"` is \" + json_text(value) + \", neither true nor false\";
    throw #{kind: \"data\", message: message, hint: \"compare: `x > 0`, `x != ()`, `text != \\\"\\\"`\"};
}
",
    ),
    (
        "verdict",
        "\
fn verdict(value) {
    if [\"bool\", \"string\"].contains(type_of(value)) { return value; }
    if type_of(value) == \"char\" { return value.to_string(); }
    throw #{kind: \"data\", message: \"the check answered \" + json_text(value), hint: \"it answers true or false, or a text that says what is wrong\"};
}
",
    ),
    (
        "picked",
        "\
fn picked(answer, act, schema) {
    let kept = answer;
    if type_of(answer) == \"map\" {
        kept = #{};
        for name in schema.required { if answer.contains(name) { kept[name] = answer[name]; } }
    }
    let what = \"the answer of `\" + act + \"` lacks what `vars` declares\";
    try { return typed(kept, schema, what); } catch (failure) { throw failure + #{kind: \"data\", raw: answer}; }
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
    if kind == \"range\" || kind == \"range=\" { return all.to_array(); }
    // What has no form as data is told here.
    json_text(all);
    let kind = switch kind { \"()\" => \"()\", \"bool\" => \"a boolean\", \"i64\" | \"f64\" => \"a number\", _ => \"a text\" };
    throw #{kind: \"data\", message: \"`in` must be a list or a map, it is \" + kind, hint: \"read a text first: `text.split(\\\"\\\\n\\\")`, `parse_json(text)`\"};
}
",
    ),
    (
        "keys_of",
        "\
fn keys_of(all) {
    if type_of(all) == \"map\" { all.keys() } else { (0..listed(all).len()).to_array() }
}
",
    ),
    (
        "distinct",
        "\
fn distinct(given) {
    let taken = #{};
    for one in given {
        if taken.contains(one.key) {
            let hint = \"choose a `key` that tells items apart, or leave it out\";
            throw #{kind: \"data\", message: \"two items have the key `\" + one.key + \"`\", hint: hint};
        }
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
        if one.contains(\"failure\") { failed[one.key] = one.failure; failed[one.key].item = one.key; }
    }
    if failed.is_empty() { () } else { failed }
}
",
    ),
    (
        "named",
        "\
fn named(results, given, step) {
    let first = ();
    let items = #{};
    for one in results {
        if !one.contains(\"error\") { continue; }
        one.item = given[one.item].key;
        items[one.item] = one;
        if first == () { first = one; }
    }
    if first == () { return; }
    first.message = \"item `\" + first.item + \"` of `\" + step + \"`: \" + first.message;
    first.items = items;
    throw first;
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
    let lists = [\"array\", \"range\", \"range=\", \"blob\"];
    let wrong = #{kind: \"data\", hint: \"a list of maps, a list of lists, or text\"};
    if !lists.contains(type_of(value)) { throw wrong + #{message: \"a `csv` product cannot be made of \" + json_text(value)}; }
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
        } else if lists.contains(type_of(row)) {
            rows.push(row);
        } else {
            throw wrong + #{message: \"a row of a `csv` product cannot be \" + json_text(row)};
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
pub(super) const CALLED: &[(&str, &str)] =
    &[("one_of", "as_text"), ("one_of", "texts"), ("product", "as_text"), ("table", "as_text"), ("texts", "as_text")];

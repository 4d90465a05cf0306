//! Functions that a twin may need; each is written into it only if it is called.

/// Name and text.
pub(super) const ALL: &[(&str, &str)] = &[
    (
        "as_text",
        "\
fn as_text(value) {
    if type_of(value) == \"string\" { value } else { json_text(value) }
}
",
    ),
    (
        "retried",
        "\
fn retried(times, wait, factor, act) {
    loop {
        try {
            return act.call();
        } catch (failure) {
            if times <= 0 { throw failure; }
            times -= 1;
            if wait > 0.0 { sleep(wait); }
            wait *= factor;
        }
    }
}
",
    ),
    (
        "visited",
        "\
fn visited(visits, name, most) {
    visits[name] = (visits.get(name) ?? 0) + 1;
    if visits[name] > most { throw #{kind: \"loop_exhausted\", message: `${name} was visited ${most} times`}; }
    visits
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
        "gathered",
        "\
fn gathered(results, keyed, stop) {
    let list = [];
    let map = #{};
    for one in results {
        if \"error\" in one { throw one; }
        if stop && \"failure\" in one { throw one.failure; }
        if keyed { map[one.key] = one.value; } else { list.push(one.value); }
    }
    if keyed { map } else { list }
}
",
    ),
    (
        "product",
        "\
fn product(path, value) {
    let plain = type_of(value) == \"string\" && !path.ends_with(\".json\");
    let text = if plain { value } else { json_text(value) };
    TOOL(\"write_file\", #{path: path, text: text, mode: \"overwrite\"});
}
",
    ),
];

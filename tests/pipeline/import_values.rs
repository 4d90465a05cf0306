//! `import`: what expressions of Jinja come to, compared with Jinja 3.1.

use crate::pipeline::import::{file, imported};
use crate::support::program::Program;

/// Runs a pipeline of theirs that writes these lines, and claims that the file has what Jinja makes of them.
#[track_caller]
fn written(inputs: &str, lines: &[(&str, &str)]) {
    let content: String = lines.iter().map(|(line, _)| format!("        {line}\n")).collect();
    let theirs = format!(
        "id: values\nparameters:\n{inputs}steps:\n  - id: page\n    tool: filesystem\n    action: write\n    \
         parameters:\n      path: out/page.txt\n      content: |\n{content}"
    );
    let program = Program::offline().file("theirs.yaml", theirs);
    imported(&program).ok();
    let expected: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    assert_eq!(file(&program, "out/page.txt"), expected);
}

#[test]
fn what_is_empty_or_zero_is_not_true() {
    written(
        "  topic: {type: string, default: ''}\n  names: {type: list, default: []}\n  n: {type: integer, default: 5}\n",
        &[
            ("{{ topic or 'none' }} {{ not topic }} {{ topic | default('none', true) }}", "none True none"),
            ("{{ 1 if names else 2 }} {{ names or 'x' }} {{ not names }}", "2 x True"),
            ("{{ n > 3 and 'yes' or 'no' }} {{ n - 5 or 'zero' }}", "yes zero"),
            ("{% if topic %}a{% else %}b{% endif %}.", "b."),
        ],
    );
}

#[test]
fn what_is_gone_through_is_what_python_goes_through() {
    written(
        "  d: {type: object, default: {a: 1, k: v}}\n  t: {type: list, default: [x, y]}\n  \
         s: {type: string, default: hey}\n  z: {type: integer, default: 0}\n",
        &[
            ("{% for k in d %}{{ loop.index }}{{ k }}{% if not loop.last %}, {% endif %}{% endfor %}.", "1a, 2k."),
            ("{% for c in s %}{{ c }}{% if c == 'e' %}!{% endif %}{% endfor %} {{ s | list }}", "he!y ['h', 'e', 'y']"),
            (
                "{{ d | list }} {{ (t if z else d) | list }} {{ (d if z else t) | list }}",
                "['a', 'k'] ['a', 'k'] ['x', 'y']",
            ),
        ],
    );
}

#[test]
fn filters_of_texts_make_texts_of_what_they_are_put_behind() {
    written(
        "  n: {type: integer, default: 5}\n  flag: {type: boolean, default: true}\n  f: {type: number, default: 2.5}\n",
        &[
            ("{{ 5 | trim }}{{ n | lower }}{{ f | capitalize }} {{ 'n: ' ~ n | trim }}", "552.5 n: 5"),
            (
                "{{ 15 | replace(1, 'x') }} {{ n | replace('5', 7) }} {{ none | upper }} {{ flag | upper }}",
                "x5 7 NONE TRUE",
            ),
            ("{{ flag | title }} {{ -7 | trim }} {{ 1.5 | title }}", "True -7 1.5"),
        ],
    );
}

#[test]
fn a_text_is_no_number() {
    written(
        "  m: {type: string, default: '3'}\n",
        &[("{{ m == 3 }} {{ m != 3 }} {{ 3 == m }} {{ m == '3' }} {{ m == true }}", "False True False True False")],
    );
}

#[test]
fn a_fault_of_what_a_file_becomes_is_told_with_its_line_and_not_at_a_place_of_the_file() {
    let theirs = "id: x\nparameters:\n  topic: {type: string, default: tides}\nsteps:\n  - id: each\n    \
        for_each: \"{{ topic }}\"\n    steps:\n      - {id: a, action: echo, parameters: {message: hey}}\n";
    let program = Program::offline().file("theirs.yaml", theirs);
    let ran = program.args(["pipeline", "import", "theirs.yaml"]).run().code(1);
    ran.says("what theirs.yaml becomes here cannot run").says("`in` takes a list").does_not_say("theirs.yaml:");
}

#[test]
fn all_in_a_text_that_has_no_counterpart_is_told_at_once() {
    let content = "{{ n ** 2 }} {{ n | wobble }} {% for k, v in n.items() %}{{ k }}{% endfor %} {% set x = 1 %} \
        {% if n | shake %}{{ {'a': n} }}{% endif %} {{ n | wobble }}";
    let theirs = format!(
        "id: x\nparameters:\n  n: {{type: integer, default: 1}}\nsteps:\n  - id: w\n    tool: filesystem\n    \
         action: write\n    parameters: {{path: 'out/{{{{ n | turn }}}}.txt', content: \"{content}\"}}\n"
    );
    let program = Program::offline().file("theirs.yaml", theirs);
    let told = program.args(["pipeline", "import", "theirs.yaml"]).run().code(1).stderr;
    let faults: Vec<&str> =
        told.lines().filter_map(|line| line.split_once("theirs.yaml:8:")).map(|(_, told)| told).collect();
    let faults: Vec<&str> = faults.iter().filter_map(|told| told.split_once(": ")).map(|(_, what)| what).collect();
    let expected = [
        "the filter `turn`",
        "`**` in the expression `n ** 2`",
        "the filter `wobble`",
        "`{% for k, v in n.items() %}`",
        "`{% set x = 1 %}`",
        "the filter `shake`",
        "`{`",
    ];
    assert_eq!(faults, expected, "{told}");
}

#[test]
fn a_field_or_an_item_that_is_missing_has_another_one_for_it() {
    written(
        "  d: {type: object, default: {a: 1, n: null}}\n  l: [3, 1, 2]\n  e: []\n",
        &[
            ("{{ d.b | default('r') }} {{ d['b'] | default('r') }} {{ d.a | default('r') }}", "r r 1"),
            ("{{ d.n | default('r') }}", "None"),
            ("{{ d.get('b', 'x') }} {{ d.get('b') }} {{ d.get('a') }} {{ d.get('n', 'x') }}", "x None 1 None"),
            ("{{ l[7] | default('q') }} {{ l[-1] | default('q') }} {{ l[-4] | default('q') }}", "q 2 q"),
            ("{{ [] | first | default('z') }} {{ e | last | default('z') }} {{ l | last | default('z') }}", "z z 2"),
            ("{{ d.b | default(d.c) | default('last') }} {{ d.b | default('t', true) }}", "last t"),
            (
                "{{ d.b is defined }} {{ d.a is defined }} {% for x in [d] %}{{ x.b | default('i') }}{% endfor %}.",
                "False True i.",
            ),
        ],
    );
}

#[test]
fn a_part_may_begin_and_end_anywhere() {
    written(
        "  word: abcdef\n  l: [3, 1, 2]\n  cut: 4\n",
        &[
            (
                "{{ word[-3:5] }} {{ word[:-2] }} {{ word[1:-1] }} {{ word[2:] }} {{ word[4:2] }}.",
                "de abcd bcde cdef .",
            ),
            ("{{ word[cut - 6:cut - 1] }}. {{ word[cut - 6:cut + 1] }} {{ word[-20:2] }}", ". e ab"),
            ("{{ l[-2:2] }} {{ l[5:9] }} {{ l[:-1] }} {{ [3, 1, 2][-2:2] }}", "[1] [] [3, 1] [1]"),
        ],
    );
}

#[test]
fn a_text_that_is_too_long_ends_with_dots_behind_a_whole_word() {
    written(
        "  s: hello world foo bar\n  one: abcdefghijklmnopqrst\n",
        &[
            ("{{ s | truncate(11) }} {{ s | truncate(14) }} {{ s | truncate(3) }}", "hello... hello world foo bar ..."),
            ("{{ one | truncate(9) }} {{ s | truncate }}", "abcdef... hello world foo bar"),
            ("{{ 'ab  cd efghijklmnopq' | truncate(7) }} {{ ' abcdefghijklmnopq' | truncate(6) }}", "ab ... ..."),
        ],
    );
}

#[test]
fn what_is_no_number_becomes_one() {
    written(
        "  f: 3.9\n  l: [1]\n  flag: true\n  few: '12abc'\n",
        &[
            (
                "{{ '3.7' | int }} {{ few | int }} {{ 'x' | int(7) }} {{ ' 12 ' | int }} {{ f | int }} {{ l | int }}",
                "3 0 7 12 3 0",
            ),
            (
                "{{ flag | int }} {{ none | int }} {{ 'x' | int('no') }} {{ few | int(none) }} {{ '5' | int + 1 }}",
                "1 0 no None 6",
            ),
            ("{{ '3.7' | float }} {{ few | float }} {{ 'x' | float(1.5) }} {{ '3' | float }}", "3.7 0.0 1.5 3.0"),
            ("{{ int(f) }} {{ float('2.5') }}", "3 2.5"),
            ("{{ 'inf' | int(5) }} {{ 'nan' | int }} {{ '0x1f' | int(5) }} {{ '1_000' | int }}", "5 0 5 1000"),
        ],
    );
}

#[test]
fn a_whole_number_that_does_not_fit_is_told_and_not_another_one() {
    for value in ["'1e30' | int", "'1e30' | float | int", "big | int"] {
        let theirs = format!(
            "id: x\nparameters: {{big: '-9223372036854775809'}}\nsteps:\n  - {{id: a, action: echo, \
             parameters: {{message: \"{{{{ {value} }}}}\"}}}}\n"
        );
        let program = Program::offline().file("theirs.yaml", theirs);
        imported(&program).code(1).says(" is beyond a whole number of 64 bits");
    }
}

#[test]
fn a_number_of_what_is_none_still_fails_as_a_function() {
    for call in ["int", "float"] {
        let theirs = format!(
            "id: x\nparameters: {{few: 12abc}}\nsteps:\n  - {{id: a, action: echo, \
             parameters: {{message: '{{{{ {call}(few) }}}}'}}}}\n"
        );
        let program = Program::offline().file("theirs.yaml", theirs);
        imported(&program).code(1).says("step `a`: ");
    }
}

#[test]
fn steps_may_have_the_names_that_a_translation_would_choose() {
    let names = "kept words text one all c titled begins by word at_x x".split(' ');
    let steps: String =
        names.map(|name| format!("  - {{id: {name}, action: echo, parameters: {{message: <{name}>}}}}\n")).collect();
    let theirs = r#"
id: names
parameters:
  l: [3, 1, 2]
  n: 7
steps:
STEPS  - id: page
    tool: filesystem
    action: write
    parameters:
      path: out/page.txt
      content: |
        {{ 'the old mill' | title }} {{ 'x old' | replace(kept.result, one.result) }} {{ n % 4 }} {{ n // 4 }}
        {{ l | join(one.result) }} {{ l | sum }} {{ l | min }} {{ l | max }} {{ 'The Mill' | slugify }}
        {{ 'hello world foo bar' | truncate(11) }} {{ all.result }} {{ by.result | upper }}
        {% for x in l %}{{ x }}{{ at_x.result }}{% endfor %}{{ x.result }}
"#;
    let program = Program::offline().file("theirs.yaml", theirs.replace("STEPS", &steps));
    imported(&program).ok();
    let expected = "The Old Mill x old 3 1\n3<one>1<one>2 6 1 3 the-mill\nhello... <all> <BY>\n\
                    3<at_x>1<at_x>2<at_x><x>\n";
    assert_eq!(file(&program, "out/page.txt"), expected);
}

#[test]
fn a_text_decides_whether_a_step_runs() {
    let theirs = r#"
id: asked
parameters:
  topic: {type: string, default: "TOPIC"}
steps:
  - id: note
    if: "{{ topic }}"
    tool: filesystem
    action: write
    parameters: {path: out/note.txt, content: x}
"#;
    for (topic, runs) in [("", false), ("tides", true)] {
        let program = Program::offline().file("theirs.yaml", theirs.replace("TOPIC", topic));
        imported(&program).ok();
        assert_eq!(program.project().join("out/note.txt").exists(), runs, "{topic}");
    }
}

#[test]
fn a_model_that_is_to_be_chosen_is_left_to_the_choice_that_is_made_here() {
    let theirs = r#"
id: asks
model: "<AUTO>a small one</AUTO>"
steps:
  - id: first
    action: generate_text
    parameters: {prompt: hello, model: "<AUTO task='writing'>best for this</AUTO>"}
  - id: second
    action: generate_text
    parameters: {prompt: hello, model: offline}
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    let ours = program.args(["pipeline", "import", "theirs.yaml"]).run().ok().stdout;
    assert!(!ours.contains("AUTO") && !ours.contains("default_model"), "{ours}");
    assert_eq!(ours.matches("model: ").collect::<Vec<_>>(), ["model: "], "{ours}");
    let program = Program::offline().file("theirs.yaml", theirs.replace("model: offline", "model: [offline]"));
    program.args(["pipeline", "import", "theirs.yaml"]).run().code(1).says("a `model` that is no text");
}

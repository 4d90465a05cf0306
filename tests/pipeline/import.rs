//! `import`: pipelines of ContextLab's orchestrator become pipelines of this program, or say what they cannot be.

use crate::support::program::{Program, Ran};

const THEIRS: &str = r#"
id: report-run
name: Report
description: Reads a file and writes a report.
version: "1.0.0"
parameters:
  source: {type: string, default: data/in.txt, description: what is read}
  limit: {type: integer, default: 3}
  tags: {type: list, default: [a, b]}
steps:
  - id: load-data
    tool: filesystem
    action: read
    parameters:
      path: "{{ source }}"
  - id: count
    tool: terminal
    action: execute
    parameters:
      command: "wc -c < {{ source }}"
    dependencies: [load-data]
  - id: longer
    action: filesystem
    if: "{{ limit > 2 and load-data.content | length > 3 }}"
    depends_on: [count]
    parameters:
      action: write
      path: out/report.md
      content: |
        # {{ load-data.content | upper }}

        {% if count.return_code == 0 %}Bytes: {{ count.stdout }}{% else %}none{% endif %}
        {% for tag in tags %}- {{ tag }}
        {% endfor %}
  - id: each-tag
    for_each: "{{ tags }}"
    max_parallel: 2
    steps:
      - id: note
        tool: filesystem
        action: write
        parameters: {path: "out/{{ $item }}.txt", content: "{{ $index }} {{ item }}"}
outputs:
  text: "{{ load-data.content }}"
  written: "{{ longer.success }}"
"#;

#[test]
fn files_commands_conditions_and_loops_are_carried_over() {
    let program = Program::offline().file("theirs.yaml", THEIRS);
    let ran = program.args(["pipeline", "import", "theirs.yaml"]).run().ok();
    ran.snapshot("pipeline_import");
    program.args(["pipeline", "import", "theirs.yaml", "--output", "ours.yaml"]).run().ok();
    program.args(["pipeline", "validate", "ours.yaml"]).run().ok().prints("ours.yaml: ok, 6 steps\n");
    program.args(["pipeline", "import", "theirs.yaml", "-o", "ours.yaml"]).run().code(1).says("cannot write ours.yaml");
    program.args(["pipeline", "import", "none.yaml"]).run().code(1).says("hint: name a pipeline in a .yaml file");
}

#[test]
fn what_has_no_counterpart_is_told_at_once() {
    let program = Program::offline().file(
        "theirs.yaml",
        r#"
id: x
checkpoint: true
steps:
  - id: a
    action: data-processing
    parameters: {action: analyze}
  - id: b
    tool: web-search
    action: search
  - id: c
    tool: filesystem
    action: write
    parameters: {path: "{{ today() }}.txt", content: "<AUTO>write something</AUTO>"}
  - id: d
    action: generate_text
    parameters: {prompt: "{{ nobody.result | slugify }}"}
    on_error: {handler_action: retry it}
  - tool: terminal
"#,
    );
    program.args(["pipeline", "import", "theirs.yaml"]).run().code(1).snapshot("pipeline_import_faults");
}

/// Imports a pipeline of theirs, checks it, and runs it with what commands and files need.
pub(super) fn imported(program: &Program) -> Ran {
    program.args(["pipeline", "import", "theirs.yaml", "--output", "ours.yaml"]).run().ok();
    program.args(["pipeline", "validate", "ours.yaml"]).run().ok();
    program.args(["run", "ours.yaml", "--approve", "auto"]).run()
}

pub(super) fn file(program: &Program, path: &str) -> String {
    std::fs::read_to_string(program.project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn branches_are_joined_and_the_files_are_the_same() {
    let theirs = r#"
id: meet
parameters:
  folder: {type: string, default: "./made"}
  word: {type: string, default: tide}
steps:
  - id: left
    tool: filesystem
    action: write
    parameters: {path: "{{ folder }}/left.txt", content: "{{ word }} in"}
  - id: right
    tool: filesystem
    action: write
    parameters: {path: "{{ folder }}/right.txt", content: "{{ word | upper }} out"}
  - id: read-left
    tool: filesystem
    action: read
    parameters: {path: "{{ folder }}/left.txt"}
    dependencies: [left]
  - id: read-right
    tool: filesystem
    action: read
    parameters: {path: "{{ folder }}/right.txt"}
    dependencies: [right]
  - id: both
    tool: filesystem
    action: write
    parameters:
      path: "{{ folder }}/deep/both.txt"
      content: "{{ read-left.result.content }}, {{ read-right.content }}: {{ read-left.size }}"
    dependencies: [read-left, read-right]
  - id: kept
    tool: filesystem
    action: copy
    parameters: {path: "{{ folder }}/deep/both.txt", destination: "{{ folder }}/kept/copy.txt"}
    dependencies: [both]
outputs:
  text: "{{ read-left.result.content }}"
  written: "{{ both.success }}"
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    imported(&program).ok();
    assert_eq!(file(&program, "made/left.txt"), "tide in");
    assert_eq!(file(&program, "made/deep/both.txt"), "tide in, TIDE out: 7");
    assert_eq!(file(&program, "made/kept/copy.txt"), "tide in, TIDE out: 7");
}

#[test]
fn a_step_that_fails_ends_with_one_and_keeps_what_was_made_before() {
    let theirs = r#"
id: broken
steps:
  - id: before
    tool: filesystem
    action: write
    parameters: {path: out/before.txt, content: made}
  - id: lost
    tool: filesystem
    action: read
    parameters: {path: out/nowhere.txt}
    dependencies: [before]
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    imported(&program).code(1).says("lost");
    assert_eq!(file(&program, "out/before.txt"), "made");

    let command =
        "id: c\nsteps:\n  - id: stop\n    tool: terminal\n    action: execute\n    parameters: {command: exit 3}\n";
    let program = Program::offline().file("theirs.yaml", command);
    imported(&program).code(1).says("stop");
}

#[test]
fn texts_have_the_blanks_that_they_have_there() {
    let theirs = r#"
id: texts
parameters:
  names: {type: array, default: [ann, bo, cy]}
  loud: {type: boolean, default: true}
  place: {type: string, default: "a/b/The Old Mill!.txt"}
steps:
  - id: hello
    action: echo "Good day"
  - id: page
    tool: filesystem
    action: write
    parameters:
      path: "out/{{ place | basename | slugify }}.md"
      content: |
        # {{ hello.result }}, {{ names | length }} of you
        {% for name in names %}
          {% if loop.last %}
        and {{ name | title }}.
          {% else %}
        {{ loop.index }}: {{ name }}{{ "!" if loud else "" }}
          {% endif %}
        {% endfor %}
        {%- if loud %} Loud: {{ loud }}{% endif %}

        {# nobody sees this #}
        {{ names | join }} {{ names[:2] | join("+") }} {{ place[2:9] }} {{ (names | length) * 2 + 1 }}
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    imported(&program).ok();
    // As Jinja 3.1 writes it with trim_blocks, lstrip_blocks and keep_trailing_newline.
    let expected = "# Good day, 3 of you\n1: ann!\n2: bo!\nand Cy.\n Loud: True\nann, bo, cy ann+bo b/The O 7\n";
    assert_eq!(file(&program, "out/the-old-milltxt.md"), expected);
}

#[test]
fn items_know_where_they_stand() {
    let theirs = r#"
id: items
parameters:
  words: {type: array, default: [ebb, flow, slack]}
steps:
  - id: each-word
    for_each: "{{ words }}"
    steps:
      - id: count
        tool: terminal
        action: execute
        parameters: {command: "printf %s '{{ $item }}' | wc -c", working_dir: "out/{{ item }}"}
      - id: note
        tool: filesystem
        action: write
        parameters:
          path: "out/{{ item }}/note.txt"
          content: "{{ $index }} of {{ length }} {{ $is_first }} {{ is_last }} {{ count.result.stdout | trim }}"
        dependencies: [count]
  - id: end
    tool: filesystem
    action: write
    parameters: {path: out/end.txt, content: "{{ words | last }}"}
    dependencies: [each-word]
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    imported(&program).ok();
    assert_eq!(file(&program, "out/ebb/note.txt"), "0 of 3 True False 3");
    assert_eq!(file(&program, "out/flow/note.txt"), "1 of 3 False False 4");
    assert_eq!(file(&program, "out/slack/note.txt"), "2 of 3 False True 5");
    assert_eq!(file(&program, "out/end.txt"), "slack");
}

#[test]
fn rounds_see_the_round_before() {
    let theirs = r#"
id: rounds
parameters:
  goal: {type: integer, default: 3}
steps:
  - id: start
    tool: filesystem
    action: write
    parameters: {path: out/count.txt, content: "0"}
  - id: grow
    while: "{{ count.content | default('0') | int < goal }}"
    max_iterations: 9
    steps:
      - id: more
        tool: terminal
        action: execute
        parameters: {command: "echo $(( $(cat out/count.txt) + 1 )) > out/count.txt; echo round {{ $iteration }} >> out/log.txt"}
      - id: count
        tool: filesystem
        action: read
        parameters: {path: out/count.txt}
        dependencies: [more]
    dependencies: [start]
  - id: few
    until: "{{ seen.content | trim == 'round 1' }}"
    max_iterations: 5
    steps:
      - id: seen
        tool: terminal
        action: execute
        parameters: {command: "echo x >> out/few.txt; echo round {{ few.iteration }}"}
    dependencies: [grow]
  - id: end
    tool: filesystem
    action: write
    parameters: {path: out/end.txt, content: "{{ count.content | trim }}"}
    dependencies: [few]
"#;
    let program = Program::offline().file("theirs.yaml", theirs.replace("seen.content", "seen.stdout"));
    imported(&program).ok();
    assert_eq!(file(&program, "out/log.txt"), "round 0\nround 1\nround 2\n");
    assert_eq!(file(&program, "out/end.txt"), "3");
    assert_eq!(file(&program, "out/few.txt"), "x\nx\n");
    // The last round that is allowed is no failure.
    let program = Program::offline()
        .file("theirs.yaml", theirs.replace("seen.content", "seen.stdout").replace("default: 3", "default: 99"));
    imported(&program).ok();
    assert_eq!(file(&program, "out/end.txt"), "9");
}

#[test]
fn what_fails_may_be_gone_past() {
    let theirs = r#"
id: past
steps:
  - id: lost
    tool: filesystem
    action: read
    parameters: {path: nowhere.txt}
    on_error: {fallback_value: nothing there}
  - id: skipped
    tool: terminal
    action: execute
    if: "{{ 1 > 2 }}"
    parameters: {command: echo never}
  - id: odd
    tool: terminal
    action: execute
    parameters: {command: exit 1}
    on_error: continue
  - id: page
    tool: filesystem
    action: write
    parameters:
      path: out/page.txt
      content: "{{ lost.content }}, {{ skipped.stdout | default('skipped') }}"
    dependencies: [lost, skipped, odd]
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    // What was gone past has failed all the same.
    imported(&program).code(1).says("step `lost`: ");
    assert_eq!(file(&program, "out/page.txt"), "nothing there, skipped");
}

#[test]
fn what_a_tool_reports_holds_up_only_who_reads_it() {
    let theirs = r#"
id: reported
steps:
  - id: lost
    tool: filesystem
    action: read
    parameters: {path: nowhere.txt}
  - id: odd
    tool: terminal
    action: execute
    parameters: {command: "echo told; exit 3"}
    max_retries: 5
    on_failure: skip
  - id: behind
    tool: filesystem
    action: write
    parameters: {path: out/behind.txt, content: went on}
    dependencies: [lost, odd]
  - id: reader
    tool: filesystem
    action: write
    parameters: {path: out/reader.txt, content: "{{ lost.content }}"}
    dependencies: [lost]
  - id: after-reader
    tool: filesystem
    action: write
    parameters: {path: out/after.txt, content: never}
    dependencies: [reader]
  - id: careful
    tool: filesystem
    action: write
    parameters: {path: out/careful.txt, content: "{{ lost.content | default('none') }} {{ odd.success }}"}
    dependencies: [lost, odd]
outputs:
  said: "{{ odd.stdout }}"
  where: "{{ behind.path }}"
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    program.args(["pipeline", "import", "theirs.yaml"]).run().ok().snapshot("pipeline_import_reported");
    imported(&program).code(1).says("step `lost`: ");
    assert_eq!(file(&program, "out/behind.txt"), "went on");
    assert_eq!(file(&program, "out/careful.txt"), "none False");
    for path in ["out/reader.txt", "out/after.txt"] {
        assert!(!program.project().join(path).exists(), "{path}");
    }
}

#[test]
fn a_command_that_takes_too_long_is_tried_as_often_as_there() {
    let theirs = r#"
id: late
steps:
  - id: slow
    tool: terminal
    action: execute
    timeout: 0.3
    max_retries: 2
    on_failure: POLICY
    parameters: {command: "echo tried >> tries.txt; sleep 60"}
  - id: after
    tool: filesystem
    action: write
    parameters: {path: out/after.txt, content: went on}
    dependencies: [slow]
"#;
    for (policy, goes_on) in [("continue", true), ("fail", false), ("skip", false)] {
        let program = Program::offline().file("theirs.yaml", theirs.replace("POLICY", policy));
        imported(&program).code(1).says("step `slow`: ");
        assert_eq!(file(&program, "tries.txt"), "tried\ntried\n", "{policy}");
        assert_eq!(program.project().join("out/after.txt").exists(), goes_on, "{policy}");
    }
}

#[test]
fn steps_lead_elsewhere() {
    let theirs = r#"
id: ways
parameters:
  word: {type: string, default: mountains}
steps:
  - id: long
    tool: filesystem
    action: write
    condition: "{{ word | length > 5 }}"
    on_false: short
    parameters: {path: out/long.txt, content: "{{ word }}"}
  - id: mark-long
    tool: filesystem
    action: write
    on_success: end
    parameters: {path: out/mark.txt, content: long}
    dependencies: [long]
  - id: end
    tool: filesystem
    action: read
    parameters: {path: out/mark.txt}
    dependencies: [mark-short]
  - id: short
    tool: filesystem
    action: write
    parameters: {path: out/short.txt, content: "{{ word }}"}
    dependencies: [mark-long]
  - id: mark-short
    tool: filesystem
    action: write
    parameters: {path: out/mark.txt, content: short}
    dependencies: [short]
outputs:
  taken: "{{ end.content }}"
  short: "{{ short.path }}"
"#;
    for (word, made, left) in [("mountains", "long", "short"), ("sea", "short", "long")] {
        let program = Program::offline().file("theirs.yaml", theirs.replace("mountains", word));
        let answer = imported(&program).ok().json();
        assert_eq!(answer["taken"], made);
        assert_eq!(file(&program, &format!("out/{made}.txt")), word);
        assert!(!program.project().join(format!("out/{left}.txt")).exists(), "{left}");
    }
}

#[test]
fn a_failure_that_leads_elsewhere_ends_with_one() {
    let theirs = r#"
id: rescued
steps:
  - id: lost
    tool: filesystem
    action: read
    on_failure: rescue
    parameters: {path: nowhere.txt}
  - id: never
    tool: filesystem
    action: write
    parameters: {path: out/never.txt, content: x}
    dependencies: [lost]
  - id: rescue
    tool: filesystem
    action: write
    parameters: {path: out/rescue.txt, content: done}
    dependencies: [never]
  - id: loop
    for_each: [a.txt, nowhere.txt, b.txt]
    steps:
      - id: note
        tool: terminal
        action: execute
        parameters: {command: "test {{ item }} != nowhere.txt"}
      - id: done
        tool: filesystem
        action: write
        parameters: {path: "out/{{ item }}", content: "{{ index }}"}
        dependencies: [note]
    dependencies: [rescue]
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    imported(&program).code(1).says("outcomes.lost");
    assert_eq!((file(&program, "out/rescue.txt"), file(&program, "out/b.txt")), ("done".to_owned(), "2".to_owned()));
    assert!(program.project().join("out/nowhere.txt").exists(), "what only waits for a command runs after its failure");
    assert!(!program.project().join("out/never.txt").exists());
    let program = Program::offline().file("theirs.yaml", theirs.replace("on_failure: rescue", "on_failure: nowhere"));
    program.args(["pipeline", "import", "theirs.yaml"]).run().code(1).says("`on_failure` that leads to no step");
}

#[test]
fn values_inside_of_texts_look_as_in_python() {
    let theirs = r#"
id: looks
parameters:
  names: {type: list, default: [ann, "o'neil"]}
  m: {type: object, default: {k: v, z: [1, true, 2.0]}}
  flag: {type: boolean, default: true}
  off: {type: boolean, default: false}
  f: {type: number, default: 2.5}
  neg: {type: integer, default: -7}
  s: {type: string, default: "it's big-world"}
steps:
  - id: page
    tool: filesystem
    action: write
    parameters:
      path: out/page.txt
      content: |
        {{ names }} {{ m }} {{ [s, 2] }} {{ names[1:] }}
        {{ flag and m.k }} {{ off and m.k }} {{ off or names }} {{ flag and off }}
        {{ off | default(off) }} {{ off if flag else f }} {{ [flag, none] }} {{ s ~ flag }}
        {{ f | round }} {{ 3.5 | round }} {{ neg | round(1) }} {{ -7 | abs }} {{ neg // 2 }} {{ neg % 3 }} {{ 4 / 2 }}
        {{ s | title }} {{ s.title() }} {{ s | list | first }} {{ s }} {% if flag %}yes{% endif %}

        {% for x in [1, off] %}{{ x }} {% endfor %}
  - id: ends
    tool: filesystem
    action: write
    parameters: {path: out/ends.txt, content: "\n{{ s[:] }}\n"}
  - id: alone
    tool: filesystem
    action: write
    parameters: {path: out/alone.txt, content: "{{ names }}"}
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    imported(&program).ok();
    // As Jinja 3.1 writes it.
    let expected = r#"['ann', "o'neil"] {'k': 'v', 'z': [1, True, 2.0]} ["it's big-world", 2] ["o'neil"]
v False ['ann', "o'neil"] False
False False [True, None] it's big-worldTrue
2.0 4.0 -7 7 -4 2 2.0
It's Big-World It'S Big-World i it's big-world yes
1 False "#;
    assert_eq!(file(&program, "out/page.txt"), expected);
    assert_eq!(file(&program, "out/ends.txt"), "\nit's big-world\n");
    assert_eq!(file(&program, "out/alone.txt"), r#"['ann', "o'neil"]"#);
}

#[test]
fn a_file_that_was_written_has_the_path_that_was_given() {
    let write = "tool: filesystem\n    action: write\n    parameters";
    let theirs = format!(
        r#"
id: paths
parameters:
  word: {{type: string, default: b}}
steps:
  - id: plain
    {write}: {{path: ./out/a.txt, content: x}}
  - id: filled
    {write}: {{path: "out/{{{{ word }}}}.txt", content: x}}
  - id: never
    if: "{{{{ 1 > 2 }}}}"
    {write}: {{path: ./out/never.txt, content: x}}
outputs: {{plain: "{{{{ plain.path }}}}", filled: "{{{{ filled.path }}}}", never: "{{{{ never.path }}}}"}}
"#
    );
    let answer = imported(&Program::offline().file("theirs.yaml", theirs)).ok().json();
    assert_eq!(answer, serde_json::json!({"plain": "./out/a.txt", "filled": "out/b.txt", "never": null}));
}

#[test]
fn loops_take_lists_as_texts_and_know_what_comes() {
    let theirs = r#"
id: loops
steps:
  - id: each
    for_each: "['A', 'B']"
    steps:
      - id: note
        tool: filesystem
        action: write
        parameters: {path: "out/{{ item }}.txt", content: "{{ $remaining }} {{ $has_next }} {{ has_prev }}"}
  - id: again
    while: "{{ index < 2 }}"
    max_iterations: 5
    steps:
      - id: line
        tool: filesystem
        action: append
        parameters: {path: out/log.txt, content: "{{ $index }} {{ $position }} {{ is_first }};"}
    dependencies: [each]
"#;
    let program = Program::offline().file("theirs.yaml", theirs);
    imported(&program).ok();
    assert_eq!(file(&program, "out/A.txt"), "1 True False");
    assert_eq!(file(&program, "out/B.txt"), "0 False True");
    assert_eq!(file(&program, "out/log.txt"), "0 1 True;1 2 False;");
}

//! `import`: pipelines of ContextLab's orchestrator become pipelines of this program, or say what they cannot be.

use crate::support::program::Program;

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
    program.args(["pipeline", "validate", "ours.yaml"]).run().ok().prints("ours.yaml: ok, 5 steps\n");
    program.args(["pipeline", "import", "theirs.yaml", "-o", "ours.yaml"]).run().code(1).says("cannot write ours.yaml");
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
    parameters: {path: "{{ now() }}.txt", content: "<AUTO>write something</AUTO>"}
  - id: d
    action: generate_text
    parameters: {prompt: "{{ nobody.result | slugify }}"}
    on_error: {handler_action: retry it}
  - tool: terminal
"#,
    );
    program.args(["pipeline", "import", "theirs.yaml"]).run().code(1).snapshot("pipeline_import_faults");
}

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

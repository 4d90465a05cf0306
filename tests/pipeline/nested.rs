//! Pipelines that call pipelines: what they are given, how deep, and never themselves.

use crate::support::program::Program;

const INNER: &str = "inputs: {topic: what, n: {type: integer, default: 2}}\noutputs: {text: one.text}\n\
    steps:\n  one: {set: {text: inputs.topic}}\n";

#[test]
fn inputs_and_outputs_are_compared() {
    let program = Program::offline().file("parts/inner.yaml", INNER).file(
        "flow.yaml",
        r#"
steps:
  right: {pipeline: parts/inner.yaml, inputs: {topic: ships}}
  less: {pipeline: parts/inner.yaml}
  more: {pipeline: {path: parts/inner.yaml, inputs: {topic: ships, topc: x, n: many}}}
  none: {pipeline: parts/iner.yaml}
  read: {set: {a: right.text, b: right.txt}}
"#,
    );
    program.args(["pipeline", "validate", "flow.yaml"]).run().code(1).snapshot("pipeline_nested_inputs");
}

#[test]
fn an_input_with_a_default_need_not_be_given_even_if_it_is_required() {
    let inner = "inputs: {n: {type: integer, required: true, default: 7}}\nsteps: {one: {set: {n: inputs.n}}}\n";
    let program =
        Program::offline().file("inner.yaml", inner).file("flow.yaml", "steps: {a: {pipeline: inner.yaml}}\n");
    for file in ["inner.yaml", "flow.yaml"] {
        let ran = program.args(["run", file]).run().ok();
        assert!(ran.stdout.contains('7'), "{file}: {}", ran.stdout);
    }
}

#[test]
fn faults_of_what_is_called_are_told_once_with_their_file() {
    let program = Program::offline().file("inner.yaml", "steps: {one: {set: {n: missing}}}\n").file(
        "flow.yaml",
        "steps:\n  a: {pipeline: inner.yaml}\n  b: {pipeline: inner.yaml}\n  c: {set: {n: absent}}\n",
    );
    program.args(["pipeline", "validate", "flow.yaml"]).run().code(1).snapshot("pipeline_nested_faults");
}

#[test]
fn what_is_wrong_with_a_step_is_told_once() {
    let program = Program::offline().file("inner.yaml", "steps: {one: {set: {n: missing}}}\n");
    for (text, fault) in [
        (
            "steps:\n  s: {pipeline: inner.yaml}\n  t: {set: {v: s.n}}\noutputs: {v: s.n, w: t.v}\n",
            "inner.yaml:1:24: there is no variable `missing`",
        ),
        (
            "steps:\n  a: {set: {v: '1'}}\n  e: {each: {in: [1], steps: {a: {set: {v: '2'}}}}}\n",
            "flow.yaml:3:31: there is a step `a` already, on line 2",
        ),
    ] {
        std::fs::write(program.project().join("flow.yaml"), text).expect("a file");
        let ran = program.args(["pipeline", "validate", "flow.yaml"]).run().code(1);
        ran.says("flow.yaml has a fault\n").says(fault);
    }
}

#[test]
fn a_tool_that_is_the_pipeline_itself_is_a_recursion() {
    let program = Program::offline()
        .file("pipelines/again.yaml", "steps: {s: {tool: again}}\n")
        .file("pipelines/other.yaml", "steps: {s: {tool: again}}\n")
        .file("flow.yaml", "steps: {s: {tool: again}}\n");
    let endless = "pipelines call each other without an end: the tool `again` is this pipeline";
    for file in ["pipelines/again.yaml", "flow.yaml"] {
        program.args(["pipeline", "validate", file]).run().code(1).says(endless).does_not_say("there is no tool");
    }
    let by_file = "`again` is a pipeline, which another pipeline of such a folder calls by its file";
    program.args(["tools", "show", "other"]).run().code(1).says(by_file);
}

#[test]
fn recursion_is_found() {
    let program = Program::offline()
        .file("a.yaml", "steps: {one: {pipeline: b.yaml}}\n")
        .file("b.yaml", "steps: {two: {pipeline: c.yaml}}\n")
        .file("c.yaml", "steps: {three: {pipeline: b.yaml}}\n")
        .file("self.yaml", "steps: {one: {pipeline: ./self.yaml}}\n");
    program.args(["pipeline", "validate", "a.yaml", "self.yaml"]).run().code(1).snapshot("pipeline_recursion");
}

#[test]
fn five_deep_and_no_deeper() {
    let chain = |program: Program, depth: usize| {
        (1..depth).fold(program.file(&format!("p{depth}.yaml"), "steps: {last: {set: {n: 1}}}\n"), |program, n| {
            let text = format!("steps: {{s{n}: {{pipeline: p{}.yaml}}}}\n", n + 1);
            program.file(&format!("p{n}.yaml"), text)
        })
    };
    chain(Program::offline(), 5).args(["pipeline", "validate", "p1.yaml"]).run().ok();
    let ran = chain(Program::offline(), 6).args(["pipeline", "validate", "p1.yaml"]).run().code(1);
    assert!(ran.stderr.contains("p5.yaml:1:24: pipelines nest deeper than 5"), "{}", ran.stderr);
}

#[test]
fn what_was_read_further_up_is_not_called_too_deep() {
    let calls = |program: Program, name: &str, called: &str| {
        program.file(&format!("{name}.yaml"), format!("steps: {{s{name}: {{pipeline: {called}.yaml}}}}\n"))
    };
    let chain = |ends: &[(&str, &str)], last: &str| {
        let program = ends.iter().fold(Program::offline(), |program, (name, called)| calls(program, name, called));
        program
            .file(&format!("{last}.yaml"), "steps: {last: {set: {n: 1}}}\n")
            .file("p.yaml", "steps: {x: {pipeline: c.yaml}, y: {pipeline: a.yaml}}\n")
    };
    let right = chain(&[("a", "b"), ("b", "c"), ("c", "d")], "d");
    right.args(["pipeline", "validate", "p.yaml"]).run().ok();
    right.args(["run", "p.yaml"]).run().ok();
    let deep = chain(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")], "e");
    let ran = deep.args(["pipeline", "validate", "p.yaml"]).run().code(1);
    ran.says("p.yaml has a fault").says("b.yaml:1:24: pipelines nest deeper than 5");
}

#[test]
fn files_outside_are_refused() {
    let program = Program::offline().file("flow.yaml", "steps: {one: {pipeline: ../user/secret.yaml}}\n");
    std::fs::write(program.user().join("secret.yaml"), "steps: {one: {set: {n: 1}}}\n").expect("a file");
    let ran = program.args(["pipeline", "validate", "flow.yaml"]).run().code(1);
    assert!(ran.stderr.contains("lies outside of the workspace"), "{}", ran.stderr);
}

#[test]
fn the_faults_of_a_pipeline_that_is_a_tool_are_told_without_what_stands_around_them() {
    let program = Program::offline()
        .file("pipelines/one.yaml", "steps: {b: {tool: two}}\n")
        .file("pipelines/two.yaml", "steps: {b: {pipeline: one.yaml}}\n")
        .file("pipelines/broken.yaml", "steps: {a: {st: 1}}\n")
        .file("flow.yaml", "steps:\n  a: {tool: two}\n  b: {tool: broken}\n");
    let told = program.args(["pipeline", "validate", "flow.yaml"]).run().code(1).stderr;
    let lines: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("  flow.yaml:")).collect();
    let endless = "pipelines call each other without an end: the tool `two` is this pipeline";
    assert_eq!(lines[0], format!("2:13: `two` has a fault at one.yaml:1:19: {endless}"), "{told}");
    assert!(lines[1].starts_with("3:13: `broken` has a fault at broken.yaml:1:13: step `a` has no key `st`"), "{told}");
    assert!(lines[2].starts_with("3:13: `broken` has a fault at broken.yaml:1:9: step `a` does nothing"), "{told}");
    assert!(lines.len() == 3 && !told.contains("[project]"), "{told}");
}

//! Small pipelines and the scripts that `explain --rhai` makes of them: the same requests, effects, files and answers,
//! whatever fails on the way.

use super::generated_bodies::BODIES;
use super::generated_cases::{Case, WAYS};
use super::run_twins::{Came, run};
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

/// Whoever is asked for something bad refuses, a critic is content with the third draft, and all others repeat what they
/// were told.
fn answer(ask: &Ask) -> Reply {
    let text = ask.last();
    if text.contains("bad") {
        return Reply::refusal(400, "no");
    }
    if text.contains("verdict") {
        return Reply::text(format!("{{\"good\": {}, \"n\": {}}}", text.matches('+').count() >= 2, text.len()));
    }
    if text.contains("yes or no") {
        return Reply::text("\"yes\"");
    }
    Reply::text(format!("({text})"))
}

/// What a run came to, and what was asked for it.
pub(super) fn came(program: &Program, server: &ChatServer, file: &str, args: &[&str]) -> (Came, Vec<String>) {
    let before = server.asks().len();
    let came = run(program, file, args);
    let mut asked: Vec<String> = server.asks().iter().skip(before).map(|ask| ask.body.to_string()).collect();
    asked.sort();
    (came, asked)
}

/// Two runs that must have come to the same.
#[track_caller]
pub(super) fn same(original: &Came, twin: &Came, told: &str) {
    assert_eq!(original.effects, twin.effects, "effects {told}");
    assert_eq!(original.files, twin.files, "files {told}");
    assert_eq!((original.code, &original.end), (twin.code, &twin.end), "end {told}");
    if original.code == 0 {
        assert_eq!(original.answer, twin.answer, "answers {told}");
    }
}

/// Runs a pipeline and the script made of it, which must come to the same.
#[track_caller]
fn check(case: &Case) {
    let server = ChatServer::new(answer);
    let mut program = Program::served_by(&server).file("p.yaml", case.text).file("notes.txt", "a note\n");
    for (name, text) in case.files {
        program = program.file(name, text);
    }
    let (original, asked) = came(&program, &server, "p.yaml", case.args);
    let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    std::fs::write(program.project().join("twin.rhai"), &script).expect("a script");
    let (twin, asked_again) = came(&program, &server, "twin.rhai", case.args);
    let name = case.name;
    assert_eq!(asked, asked_again, "{name}: requests\n{script}");
    same(&original, &twin, &format!("of {name}\n{script}"));
    // What the case is there for did happen.
    assert_eq!((original.code, asked.len()), (case.code, case.asked), "{name}: {:#?}\n{asked:#?}", original.answer);
    if !case.answer.is_empty() {
        let expected: Value = serde_json::from_str(case.answer).expect("JSON");
        assert_eq!(original.answer, expected, "{name}");
    }
}

#[test]
fn a_made_script_goes_the_ways_of_its_pipeline() {
    WAYS.iter().for_each(check);
}

#[test]
fn a_made_script_has_the_bodies_and_files_of_its_pipeline() {
    BODIES.iter().for_each(check);
}

#[test]
fn a_made_script_hands_out_the_context_whatever_its_steps_are_called() {
    let server = ChatServer::root(&["FINAL(context.lines)"], "leaf");
    let text = "\
steps:
  context: {set: {v: '1'}}
  look: {run: {task: How many lines?, max_turns: 3}}
  all: {each: {in: [1], steps: {each_look: {run: {task: 'Lines of {{ context.v }}?', max_turns: 3}}}}}
outputs: {lines: look, all: all}
";
    let long = "a line of some words\n".repeat(40_000);
    let program = Program::served_by(&server).file("p.yaml", text).file("long.txt", long);
    let args = ["--context", "long.txt"];
    let original = run(&program, "p.yaml", &args);
    let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    std::fs::write(program.project().join("twin.rhai"), &script).expect("a script");
    same(&original, &run(&program, "twin.rhai", &args), &format!("of\n{script}"));
    assert_eq!((original.code, original.answer), (0, json!({"lines": 40_000, "all": [40_000]})));
}

#[test]
fn a_made_script_has_the_limits_of_its_steps_and_says_those_of_the_whole() {
    let text = "\
budget: {max_calls: 9}
limits: {timeout: 2m}
steps:
  a: {llm: timed, timeout: 60s}
  b: {run: {task: look}, budget: {max_calls: 3, max_cost: 0.5}, timeout: 90s}
  c: {parallel: [{d: {llm: inner}}], budget: {max_tokens: 100}}
";
    let program = Program::offline().file("p.yaml", text);
    let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    let lines: Vec<&str> = script.lines().map(str::trim).collect();
    for line in [
        "// The limits of the whole belong to the command: --max-calls 9 --timeout 120",
        "a = llm(\"timed\");",
        "a = within(#{name: \"step `a`\", timeout: 60.0}, Fn(\"limited_of_a\"));",
        "b = rlm(\"look\", context);",
        "b = within(#{name: \"step `b`\", timeout: 90.0, max_cost: 0.5, max_calls: 3}, Fn(\"limited_of_b\"));",
        "c = within(#{name: \"step `c`\", max_tokens: 100}, Fn(\"limited_of_c\"));",
    ] {
        assert!(lines.contains(&line), "no {line} in\n{script}");
    }
}

#[test]
fn a_made_script_that_is_too_long_to_run_is_written_and_says_so() {
    let step = |at: usize| format!("  s{at}: {{llm: '{}'}}\n", "many words ".repeat(600));
    let steps: String = (0..45).map(step).collect();
    let short = "steps: {a: {set: {n: '1'}}}\n";
    let program = Program::offline().file("p.yaml", format!("steps:\n{steps}")).file("q.yaml", short);
    let long = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok();
    assert!(long.stdout.len() > 256 * 1024, "{}", long.stdout.len());
    let told = "// It is longer than a program may be, 256 KiB: it can be read, not run.";
    assert_eq!(long.stdout.lines().nth(1), Some(told));
    assert!(long.stderr.contains("KiB and cannot be run, the limit is 256 KiB"), "{}", long.stderr);
    let short = program.args(["pipeline", "explain", "q.yaml", "--rhai"]).run().ok();
    assert!(!short.stdout.contains("longer") && short.stderr.is_empty(), "{}{}", short.stdout, short.stderr);
}

#[test]
fn a_made_script_says_at_its_head_what_of_the_file_it_lacks() {
    const LACKS: &[&str] = &[
        "that the inputs have their forms.",
        "`priority` in blocks with jumps, whose steps stand as they are written.",
        "`limits.max_parallel` for the whole: it holds for each `par_map`.",
        "what a suffix that only a hole gives makes of a file: no table, no bytes.",
    ];
    for (text, lacks) in [
        ("inputs: {t: a text, u: {default: x, example: y}, v: {type: any}}\nsteps: {a: {set: {n: inputs.t}}}\n", None),
        ("inputs: {n: {type: integer}}\nsteps: {a: {set: {n: inputs.n}}}\n", Some(0)),
        ("inputs: {n: {schema: good|bad}}\nsteps: {a: {set: {n: inputs.n}}}\n", Some(0)),
        ("steps: {a: {set: {n: 1}, priority: 2}, b: {set: {n: 2}}}\n", None),
        ("steps: {a: {set: {n: 1}, priority: 2, on_success: end}, b: {set: {n: 2}}}\n", Some(1)),
        ("limits: {max_parallel: 2}\nsteps: {a: {set: {n: 1}}}\n", None),
        ("limits: {max_parallel: 2}\nsteps: {a: {each: {in: [1], steps: {s: {set: {n: item}}}}}}\n", Some(2)),
        ("inputs: {t: a text}\nsteps: {a: {set: {n: '1'}, products: {a: '{{ inputs.t }}.json'}}}\n", None),
        ("inputs: {t: a text}\nsteps: {a: {set: {n: '1'}, products: {a: 'a.{{ inputs.t }}'}}}\n", Some(3)),
    ] {
        let program = Program::offline().file("p.yaml", text);
        let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
        let head: Vec<&str> =
            script.lines().skip(1).map_while(|line| line.strip_prefix("// Not carried over: ")).collect();
        let expected: Vec<&str> = lacks.iter().map(|at: &usize| LACKS[*at]).collect();
        assert_eq!(head, expected, "{text}");
    }
}

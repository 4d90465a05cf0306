//! Random flows and the scripts that are made of them: failures, ends, jumps, fields, limits and what waits for what, in
//! every combination, come to the same effects, exit code, status, kind and words at the end, and to the same answer.

use super::random_words::Tape;
use super::run_twins::run;
use crate::support::program::Program;
use proptest::prelude::{ProptestConfig, TestCaseError, any, prop};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::cell::Cell;

/// How many flows are made; `RHIZO_TEST_CASES=5000` makes more of them.
fn cases() -> u32 {
    let asked = std::env::var("RHIZO_TEST_CASES").ok().and_then(|cases| cases.parse::<u32>().ok());
    asked.map_or(30, |cases| cases.div_ceil(5))
}

fn flow(numbers: &[u16]) -> String {
    let mut tape = Tape::new(numbers);
    let (many, loops) = (2 + tape.pick(4), tape.wrong(3));
    let mut writer = Writer { tape, many, loops };
    let steps: String = (0..many).map(|at| format!("  s{at}: {{{}}}\n", writer.step(at))).collect();
    format!("steps:\n{TOOLS}{steps}")
}

/// A text and a list with a map. Of what is taken out of a list by its place nothing is known before it comes.
const TOOLS: &str = "  \
  text: {tool: read_file, args: {path: notes.txt}}
  map: {tool: json_query, args: {text: '{\"b\": 1, \"a\": 2}', query: $}}
";

struct Writer<'t> {
    tape: Tape<'t>,
    many: usize,
    /// Whether ways may lead back.
    loops: bool,
}

impl Writer<'_> {
    fn step(&mut self, at: usize) -> String {
        let mut keys = vec![self.act(at)];
        let leads = !keys[0].starts_with("switch");
        for (key, times) in [("on_success", 3), ("on_failure", 2), ("on_false", 7)] {
            if self.tape.wrong(times) && (leads || key != "on_success") {
                keys.push(format!("{key}: {}", self.way(at)));
                keys.extend((key == "on_false").then(|| "condition: 1 > 2".to_owned()));
            }
        }
        if !keys.iter().any(|key| key.starts_with("condition")) && self.tape.wrong(9) {
            keys.push("condition: '[text, 1][0] > 1'".to_owned());
        }
        if self.tape.wrong(6) {
            keys.push("always: true".to_owned());
        }
        if self.tape.wrong(6) {
            keys.push(format!("dependencies: [{}s{}]", *self.tape.of(&["", "outcomes."]), self.tape.pick(self.many)));
        }
        keys.extend(self.loops.then(|| "max_visits: 2".to_owned()));
        keys.join(", ")
    }

    /// A call that succeeds and may tell of others, one that fails, what leads, repeats or waits, has fields or limits.
    fn act(&mut self, at: usize) -> String {
        match self.tape.pick(15) {
            0..=3 => "tool: calculate, args: {expression: 1 / 0}".to_owned(),
            4 => format!(
                "switch: {{on: '\"x\"', cases: {{{}: {}}}, default: {}}}",
                *self.tape.of(&["x", "z"]),
                self.way(at),
                self.way(at)
            ),
            5 => self.each(at),
            6 => "wait: 1ms".to_owned(),
            7 | 8 => self.fields(),
            9 | 10 => self.limited(at),
            _ => format!("llm: 'say s{at}{}'", self.told(at)),
        }
    }

    /// What a call tells of another step.
    fn told(&mut self, at: usize) -> String {
        let other = self.tape.pick(self.many);
        match self.tape.pick(5) {
            0 if other != at => format!(" {{{{ outcomes.s{other} }}}}"),
            1 if other != at => format!(" {{{{ s{other} ?? \"none\" }}}}"),
            2 if other != at => format!(" {{{{ errors.s{other} }}}}"),
            _ => String::new(),
        }
    }

    /// Fields that the answer of a program, of a pipeline or of a tool has, or has not.
    fn fields(&mut self) -> String {
        let value = *self.tape.of(&["{n: 1}", "{n: x, m: [1], k: {b: 1, a: 2}}", "{m: 2.5}", "'{\"n\": 2.0}'", "text"]);
        let (act, name) = match self.tape.pick(3) {
            0 => (format!("script: given, args: {{value: {value}}}"), "n"),
            1 => (format!("pipeline: given.yaml, inputs: {{value: {value}}}"), "n"),
            _ => ("tool: date, args: {action: difference, value: '2026-01-01', to: '2026-03-01'}".to_owned(), "days"),
        };
        let kind = *self.tape.of(&["integer", "number", "string", "any"]);
        let more = *self.tape.of(&["", ", k: {type: object}", ", t: a text", ", retry: 1"]);
        let (field, key) = if more == ", retry: 1" { ("", more) } else { (more, "") };
        format!("{act}, vars: {{{name}: {{type: {kind}}}{field}}}{key}")
    }

    /// What its own limits stop, or do not.
    fn limited(&mut self, at: usize) -> String {
        match self.tape.pick(4) {
            0 => "wait: 1h, timeout: 300ms".to_owned(),
            1 => format!("llm: 'say s{at}{}', budget: {{max_calls: {}}}", self.told(at), self.tape.pick(2)),
            2 => format!(
                "while: {{condition: 'true', max_iterations: 9, steps: {{w{at}: {{llm: 'turn {{{{ iteration }}}}'}}}}}}, \
                 budget: {{max_calls: 2}}"
            ),
            _ => format!("{}, timeout: 1h", self.each(at)),
        }
    }

    /// Items of a list, of what comes, or of what has none.
    fn each(&mut self, at: usize) -> String {
        let items = *self.tape.of(&["'[1, 2]'", "'[text, 1][0]'", "map", "0..2"]);
        let item = *self.tape.of(&["llm: 'item {{ item }}'", "tool: calculate, args: {expression: '{{ index }} / 0'}"]);
        let failure = *self.tape.of(&["stop", "continue"]);
        format!("each: {{in: {items}, on_item_failure: {failure}, steps: {{e{at}: {{{item}}}}}}}")
    }

    /// Where a step leads: on, to an end, to a step behind it, or back.
    fn way(&mut self, at: usize) -> String {
        let other = self.tape.pick(self.many);
        match self.tape.pick(6) {
            0 | 1 if other > at => format!("s{other}"),
            2 if self.loops && other < at => format!("s{other}"),
            3 if self.loops => "retry".to_owned(),
            word => (*["continue", "skip", "end", "fail"].get(word % 4).expect("a word")).to_owned(),
        }
    }
}

/// What an original and its twin have in common, or where they differ; nothing if the flow is refused.
fn compared(program: &Program, text: &str) -> Option<Result<(), String>> {
    std::fs::write(program.project().join("p.yaml"), text).expect("a file");
    let explained = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run();
    if explained.exit_code() != Some(0) {
        return None;
    }
    std::fs::write(program.project().join("twin.rhai"), &explained.stdout).expect("a script");
    let (original, twin) = (run(program, "p.yaml", &[]), run(program, "twin.rhai", &[]));
    let same = (original.code, &original.end, &original.effects) == (twin.code, &twin.end, &twin.effects);
    // A script that fails has no value.
    let same = same && (original.code != 0 || original.answer == twin.answer);
    let differ = || format!("{original:#?}\n{twin:#?}\n{text}\n{}", explained.stdout);
    Some(if same { Ok(()) } else { Err(differ()) })
}

#[test]
fn a_made_script_goes_the_ways_of_any_flow() {
    let given = "//! +++\n//! summary = \"Gives back.\"\n//! [params]\n//! value = \"anything\"\n//! +++\nargs.value\n";
    let program = Program::offline()
        .file("notes.txt", "a note\n")
        .file("scripts/given.rhai", given)
        .file("given.yaml", "inputs: {value: {type: any}}\nsteps: {all: {end: inputs.value}}\n");
    let config = ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        max_shrink_iters: 100,
        ..ProptestConfig::default()
    };
    let mut runner = match std::env::var_os("RHIZO_TEST_CASES") {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let accepted = Cell::new(0);
    let checked = runner.run(&prop::collection::vec(any::<u16>(), 20..100), |tape| {
        let Some(came) = compared(&program, &flow(&tape)) else { return Ok(()) };
        accepted.set(accepted.get() + 1);
        came.map_err(TestCaseError::fail)
    });
    assert!(checked.is_ok(), "{}", checked.err().map(|error| error.to_string()).unwrap_or_default());
    assert!(accepted.get() * 3 > cases(), "{} accepted", accepted.get());
}

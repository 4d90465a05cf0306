//! `run --dry-run`: order, models and worst cost; nobody is asked and nothing is kept.

use super::whole::EVERYTHING;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

const PRICED: &str =
    "model = \"paid\"\n[models.paid]\nbase_url = \"http://127.0.0.1:9/v1\"\ninput_price = 1\noutput_price = 2\n";

#[test]
fn everything_is_estimated() {
    let program = Program::new().file("rhizo.toml", PRICED).file("flow.yaml", EVERYTHING);
    program.args(["pipeline", "run", "flow.yaml", "topic=ships", "--dry-run"]).run().ok().snapshot("pipeline_dry_run");
    assert_eq!(program.args(["runs", "list", "--json"]).run().ok().json(), json!([]));
    assert!(!program.project().join("out").exists());
}

/// A program whose model `paid` is that of a server, at one and two micro-USD a token, with this line beside its price.
fn paid(server: &ChatServer, line: &str) -> Program {
    let priced = PRICED.replace("http://127.0.0.1:9/v1", &server.base_url());
    Program::new().file("rhizo.toml", format!("{priced}{line}\n"))
}

/// What a dry run tells, as data.
fn found(program: &Program, args: &[&str]) -> Value {
    program.list(&[&["pipeline", "run", "flow.yaml", "--dry-run", "--json"], args].concat()).run().ok().json()
}

#[test]
fn attempts_and_items_are_counted() {
    let text = "steps:\n  one: {llm: {prompt: abcdefghij, max_tokens: 10}, retry: 2}\n  two:\n    each:\n      in: [1, 2]\n      steps:\n        inner: {llm: {prompt: abcdefghij, max_tokens: 10}}\n";
    let program = Program::new().file("rhizo.toml", PRICED).file("flow.yaml", text);
    let found = found(&program, &[]);
    assert_eq!((&found["calls"], &found["worst_usd"]), (&json!(5), &json!(0.00223)));
    assert_eq!(found["steps"][0]["model"], "paid");
}

#[test]
fn the_worst_case_is_the_ledgers() {
    // Ten bytes, 32 for the form of the chat and 256 for a template at one micro-USD, ten tokens and 64 at two. A server
    // may count all of that.
    let server = ChatServer::new(|_| Reply::text("x").usage(298, 74));
    let text = "steps: {one: {llm: {prompt: abcdefghij, max_tokens: 10}}}\n";
    let program = paid(&server, "").file("flow.yaml", text);
    let told = found(&program, &[]);
    assert_eq!(
        (&told["worst_usd"], &told["guessed"], &told["most_usd"]),
        (&json!(0.000446), &json!(false), &json!(0.000446))
    );
    program.args(["run", "flow.yaml", "--max-cost", "0.000445999"]).run().code(5).says("needed up to $0.000446");
    let document = program.args(["run", "flow.yaml", "--max-cost", "0.000446", "--json"]).run().ok().json();
    assert_eq!(document["cost_usd"], told["worst_usd"]);
}

#[test]
fn what_is_put_into_a_prompt_later_is_guessed_and_never_told_as_the_most() {
    let server = ChatServer::new(|ask| Reply::text("short").usage(ask.last().len() as u64, 5));
    let text = "\
steps:
  t: {tool: read_file, args: {path: long.txt}}
  a: {llm: {prompt: 'Sum up: {{ t }}', max_tokens: 10}}
";
    let usd = |value: &Value| value.as_f64().expect("an amount");
    for (line, most, bound) in [
        ("context_window = 200000", json!(0.200148), "at most $0.200148 by the windows of the models"),
        ("", Value::Null, "--max-cost bounds it"),
    ] {
        let program = paid(&server, line).file("flow.yaml", text).file("long.txt", "many words ".repeat(4_000));
        let told = found(&program, &[]);
        assert_eq!((&told["worst_usd"], &told["guessed"], &told["most_usd"]), (&json!(0.004444), &json!(true), &most));
        assert_eq!(told["steps"][1]["guessed"], true);
        let page = program.args(["pipeline", "run", "flow.yaml", "--dry-run"]).run().ok().stdout;
        let how = "about: if each `{{ }}` of unknown length has 4000 bytes, or is one picture; ";
        assert!(page.contains(&format!("in all at most 1 call and about $0.004444\n{how}{bound}\n")), "{page}");
        assert!(!page.contains("at most $0.004444") && !page.contains("costs at most"), "{page}");
        let document = program.args(["run", "flow.yaml", "--json"]).run().ok().json();
        let cost = usd(&document["cost_usd"]);
        assert!(cost > usd(&told["worst_usd"]) && most.as_f64().is_none_or(|most| cost <= most), "{document:#}");
        let limited =
            program.args(["pipeline", "run", "flow.yaml", "--dry-run", "--max-cost", "0.03"]).run().ok().stdout;
        assert!(limited.contains("about $0.004444; --max-cost stops it at $0.03\n"), "{limited}");
        assert_eq!(found(&program, &["--max-cost", "0.03"])["max_cost"], json!(0.03));
    }
}

#[test]
fn what_inputs_and_known_values_put_into_texts_is_no_guess() {
    let server = ChatServer::new(|_| Reply::text("x"));
    let text = "\
inputs: {topic: what it is about}
steps:
  s: {set: {v: '[1, 2]'}}
  a: {llm: {prompt: 'About {{ inputs.topic }}: {{ s.v }}', system: 'For {{ inputs.topic }}.', max_tokens: 10}}
";
    let program = paid(&server, "").file("flow.yaml", text);
    let told = found(&program, &["topic=ships"]);
    assert_eq!((&told["worst_usd"], &told["guessed"]), (&json!(0.00048), &json!(false)));
    let run = program.args(["run", "flow.yaml", "topic=ships", "--max-cost", "0.000479999"]).run().code(5);
    run.says("needed up to $0.00048");
    assert_eq!(found(&program, &[])["guessed"], true);
}

#[test]
fn what_mends_a_typed_answer_reads_what_was_answered_before() {
    let read = |ask: &Ask| ask.messages().iter().map(|(_, text)| text.len() as u64).sum::<u64>();
    let server = ChatServer::new(move |ask| {
        Reply::text(if ask.number % 3 < 2 { "I cannot say" } else { "7" }).usage(read(ask), 10)
    });
    let text = "steps: {n: {llm: {prompt: x, max_tokens: 10, schema: {type: integer}}}}\n";
    let program = paid(&server, "").file("flow.yaml", text);
    let told = found(&program, &[]);
    let document = program.args(["run", "flow.yaml", "--json"]).run().ok().json();
    assert_eq!((&told["calls"], &document["calls"]), (&json!(3), &json!(3)));
    let [cost, worst] = [&document["cost_usd"], &told["worst_usd"]].map(|usd| usd.as_f64().expect("an amount"));
    // Three times the first request would be 0.000273.
    assert!(cost > 0.000_4 && cost <= worst, "{cost} of {worst}");
}

/// Pipelines that repeat a call, how often at most, and how often they do.
const LOOPS: &[(&str, u64, usize)] = &[
    (
        "steps:\n  draft: {set: {v: '1'}, max_visits: 5}\n  dear: {llm: '{{ draft.v }}'}\n  \
         again: {set: {v: dear}, on_success: draft}\n",
        5,
        5,
    ),
    ("steps: {dear: {llm: bad, max_visits: 3, on_failure: retry}}\n", 3, 3),
    ("steps: {dear: {llm: once, max_visits: 3}}\n", 1, 1),
    // The first visit of what is passed over is one to which the flow is led back.
    (
        "steps:\n  way: {switch: {on: '1', cases: {1: dear}}}\n  draft: {set: {v: '1'}, max_visits: 2}\n  \
         dear: {llm: x}\n  again: {set: {v: '2'}, on_success: draft}\n",
        3,
        3,
    ),
    // The inner loop ends in a failure before the outer one begins again.
    (
        "steps:\n  outer: {set: {v: '1'}, max_visits: 3}\n  inner: {set: {v: '2'}, max_visits: 4}\n  \
         dear: {llm: x}\n  back: {set: {v: '3'}, on_success: inner}\n  around: {set: {v: '4'}, on_success: outer}\n",
        6,
        4,
    ),
];

#[test]
fn what_jumps_repeat_is_counted_as_often_as_they_may_be_made() {
    let server = ChatServer::new(|ask| if ask.last() == "bad" { Reply::refusal(400, "no") } else { Reply::text("x") });
    for (text, calls, asked) in LOOPS {
        let program = Program::served_by(&server).file("flow.yaml", text);
        let found = program.args(["pipeline", "run", "flow.yaml", "--dry-run", "--json"]).run().ok().json();
        let before = server.asks().len();
        program.args(["run", "flow.yaml"]).run();
        assert_eq!((&found["calls"], server.asks().len() - before), (&json!(calls), *asked), "{text}");
    }
}

#[test]
fn a_loop_repeats_what_stands_in_it_but_no_step_beyond_its_own_visits() {
    let text = "\
steps:
  draft: {set: {v: '1'}, max_visits: 5}
  own: {llm: '{{ draft.v }}', max_visits: 2}
  all: {each: {in: [1, 2], steps: {inner: {llm: x, retry: 1}}}}
  again: {set: {v: own}, on_success: draft}
  behind: {llm: x}
";
    let program = Program::new().file("rhizo.toml", PRICED).file("flow.yaml", text);
    let found = program.args(["pipeline", "run", "flow.yaml", "--dry-run", "--json"]).run().ok().json();
    let calls = |name: &str| {
        let rows = found["steps"].as_array().expect("steps");
        rows.iter().find(|row| row["step"] == name).expect("a row")["calls"].clone()
    };
    assert_eq!([calls("own"), calls("inner"), calls("behind")], [json!(2), json!(20), json!(1)]);
    assert_eq!(found["calls"], json!(23));
}

#[test]
fn answers_that_a_check_may_refuse_are_told_to_be_open() {
    let text = "steps: {far: {llm: {prompt: How far?, max_tokens: 9, check: 'answer.contains(\"km\")'}}}\n";
    let program = Program::new().file("rhizo.toml", PRICED).file("flow.yaml", text);
    let found = program.args(["pipeline", "run", "flow.yaml", "--dry-run", "--json"]).run().ok().json();
    assert_eq!((&found["calls"], &found["open"]), (&json!(1), &json!(["far"])));
    let page = program.args(["pipeline", "run", "flow.yaml", "--dry-run"]).run().ok().stdout;
    assert!(page.contains("the turns, programs or refused answers of far"), "{page}");
}

#[test]
fn items_are_counted_where_they_are_known() {
    let text = "\
inputs: {words: {schema: [string], default: [a, b, c]}, more: {schema: [string]}}
steps:
  all: {each: {in: inputs.words, steps: {one: {llm: x, model: paid}}}}
  rest: {each: {in: '{{ inputs.more }}', steps: {two: {llm: x}}}}
  part: {each: {in: 'inputs.words.filter(|w| w != \"a\")', steps: {three: {llm: x}}}}
  called: {pipeline: inner.yaml, inputs: {list: '{{ inputs.more }}'}}
";
    let inner =
        "inputs: {list: {schema: [string]}}\nsteps: {four: {each: {in: inputs.list, steps: {five: {llm: x}}}}}\n";
    let program = Program::new().file("rhizo.toml", PRICED).file("flow.yaml", text).file("inner.yaml", inner);
    let dry = |more: &[&str]| program.list(&[&["pipeline", "run", "flow.yaml", "--dry-run"], more].concat()).run().ok();
    let found = dry(&["--json"]).json();
    assert_eq!((&found["calls"], &found["open"]), (&json!(7), &json!(["rest", "four"])));
    assert_eq!(found["steps"][1]["reason"], "named by the step");
    let found = dry(&["more=[\"x\", \"y\"]", "--json"]).json();
    assert_eq!((&found["calls"], &found["open"]), (&json!(9), &json!([])));
    let (some, all) = (dry(&[]).stdout, dry(&["more=[\"x\", \"y\"]"]).stdout);
    assert!(some.contains("\nat most 5 calls and ") && !some.contains("not known before"), "{some}");
    for step in ["rest", "four"] {
        assert!(some.contains(&format!(" more for each item of `{step}`")), "{some}");
    }
    assert!(all.contains("in all at most 9 calls and ") && !all.contains("for each item"), "{all}");
}

#[test]
fn items_of_steps_that_only_compute_are_counted() {
    let text = "\
inputs: {words: {schema: [string], default: [a, b, c]}, more: {schema: [string]}}
steps:
  first: {set: {list: '[1, 2]', more: inputs.more}}
  plain: {set: {list: '[1, 2]'}}
  pairs: {set: {list: 'plain.list + inputs.words'}}
  maybe: {set: {list: '[1]'}, condition: inputs.words.len() > 1}
  all: {each: {in: pairs.list, steps: {one: {llm: x}, inner: {each: {in: plain.list, as: n, steps: {two: {llm: x}}}}}}}
  rest: {each: {in: first.list, steps: {three: {llm: x}}}}
  some: {each: {in: 'maybe?.list ?? []', steps: {four: {llm: x}}}}
";
    let program = Program::new().file("rhizo.toml", PRICED).file("flow.yaml", text);
    let found = program.args(["pipeline", "run", "flow.yaml", "--dry-run", "--json"]).run().ok().json();
    // Five items with one call and two more each; once what is not known.
    assert_eq!((&found["calls"], &found["open"]), (&json!(17), &json!(["rest", "some"])));
}

#[test]
fn what_programs_and_pipelines_behind_tools_ask_is_open() {
    let front = "//! +++\n//! summary = \"Counts.\"\n//! returns = \"a number\"\n//! +++\n";
    let program = Program::new()
        .file("rhizo.toml", PRICED)
        .file("scripts/asks.rhai", format!("{front}llm(\"x\").len()\n"))
        .file("scripts/counts.rhai", format!("{front}1 + 1\n"))
        .file("pipelines/inner.yaml", "steps: {b: {llm: x}}\n")
        .file(
            "flow.yaml",
            "steps:\n  a: {script: asks}\n  b: {script: counts}\n  c: {tool: inner}\n  d: {tool: list_dir}\n",
        );
    let found = program.args(["pipeline", "run", "flow.yaml", "--dry-run", "--json"]).run().ok().json();
    assert_eq!((&found["calls"], &found["open"]), (&json!(0), &json!(["a", "c"])));
    assert_eq!(found["steps"][0]["reason"], "what its program asks is bounded by the budget alone");
    assert_eq!(found["steps"][2]["reason"], "what its pipeline asks is bounded by the budget alone");
}

#[test]
fn personas_schemas_and_images_are_counted() {
    let text = "\
inputs: {pics: {schema: [string], default: [a.png, b.png]}, more: {schema: [string]}}
steps:
  plain: {llm: {prompt: x, max_tokens: 10}}
  typed: {llm: {prompt: x, max_tokens: 10, schema: {type: integer}}}
  told: {llm: {prompt: x, max_tokens: 10}, personality: 'You are brief, and you say so.'}
  seen: {llm: {prompt: x, max_tokens: 10, images: [x.png]}}
  both: {llm: {prompt: x, max_tokens: 10, images: '{{ inputs.pics }}'}}
  some: {llm: {prompt: x, max_tokens: 10, images: '{{ inputs.more }}'}}
";
    let priced = format!("{PRICED}vision = true\n");
    let program = Program::new().file("rhizo.toml", priced).file("flow.yaml", text);
    let found = found(&program, &[]);
    let tokens = |at: usize| {
        let row = &found["steps"][at];
        let (worst, calls) = (row["worst"].as_u64().expect("nano-USD"), row["calls"].as_u64().expect("calls"));
        // One micro-USD a token that is read, two a token of the answer, with what servers add.
        worst / 1_000 - calls * 2 * 74
    };
    let (plain, picture) = (1 + 32 + 256, 6 * 8_192);
    // Each of two more requests reads what was answered, at most so much of what is wrong with it, and the schema.
    let typed = 3 * (plain + 52 + 18) + (1 + 2) * (74 + 2_048 + 82 + 18);
    assert_eq!([tokens(0), tokens(1), tokens(2)], [plain, typed, plain + 16 + 30]);
    assert_eq!([tokens(3), tokens(4), tokens(5)], [1, 2, 1].map(|pictures| plain + pictures * picture));
    let guessed = |at: usize| found["steps"][at]["guessed"] == true;
    assert!(guessed(5) && !(0..5).any(guessed), "{found:#}");
}

#[test]
fn a_wrong_pipeline_is_not_estimated() {
    let program = super::flow("steps: {one: {lm: x}}\n");
    program.args(["pipeline", "run", "flow.yaml", "--dry-run"]).run().code(1).says("did you mean `llm`?");
    program.args(["pipeline", "run", "--dry-run"]).run().code(2).says("needs a file");
}

#[test]
fn what_is_given_is_checked_and_what_is_missing_is_named() {
    let text = "inputs: {n: {type: integer}, name: {default: x}, where: {}}\nsteps: {s: {set: {n: inputs.n}}}\n";
    let program = super::flow(text);
    let dry = |args: &[&str]| program.list(&[&["pipeline", "run", "flow.yaml", "--dry-run"], args].concat()).run();
    let whole = dry(&[]).ok().stdout;
    assert!(whole.contains("inputs that it still needs: n, where"), "{whole}");
    assert_eq!(dry(&["n=1", "--json"]).ok().json()["needed"], json!(["where"]));
    dry(&["n=one"]).code(2).says("takes a whole number, not");
    dry(&["m=1"]).code(2).says("has no input `m`");
}

#[test]
fn what_nobody_allows_is_told_before_anything_is_paid() {
    let server = ChatServer::new(|_| Reply::text("said"));
    let inner = "steps: {w: {tool: write_file, args: {path: a.txt, text: x}}}\n";
    let program = Program::served_by(&server).file("inner.yaml", inner);
    let write = "{tool: write_file, args: {path: a.txt, text: '{{ a }}'}}";
    for (steps, told) in [
        (format!("w: {write}"), "step `w`: write_file is not allowed: it changes files"),
        (format!("p: {{parallel: {{l: {{w: {write}}}}}}}"), "step `w`: write_file is not allowed"),
        ("p: {pipeline: inner.yaml, dependencies: [a]}".to_owned(), "step `w`: write_file is not allowed"),
        ("b: {set: {v: a}, products: {b: b.txt}}".to_owned(), "step `b` writes files, which is not allowed"),
    ] {
        std::fs::write(program.project().join("p.yaml"), format!("steps:\n  a: {{llm: one}}\n  {steps}\n"))
            .expect("a file");
        for command in [&["pipeline", "run", "p.yaml", "--dry-run"][..], &["run", "p.yaml"]] {
            let ran = program.list(&[command, &["--approve", "never"]].concat()).run().code(1);
            ran.says(told).says("use --approve ask or --approve auto");
        }
        program
            .args(["pipeline", "run", "p.yaml", "--dry-run", "--approve", "auto"])
            .run()
            .ok()
            .does_not_say("waits for");
    }
    assert!(server.asks().is_empty(), "nobody pays for what is refused");
    // What a run only may come to is left to it.
    let text =
        "steps:\n  a: {llm: one}\n  w: {tool: write_file, args: {path: a.txt, text: x}, condition: 'a == \"x\"'}\n";
    std::fs::write(program.project().join("p.yaml"), text).expect("a file");
    program.args(["run", "p.yaml", "--approve", "never"]).run().ok();
}

#[test]
fn where_nobody_is_there_it_is_said_which_steps_wait_for_a_person() {
    let text = "\
steps:
  way: {ask: {prompt: 'Go on?', choices: ['yes', 'no']}}
  model: {ask: {prompt: 'Go on?', of: worker}}
  all: {each: {in: [1], steps: {w: {tool: write_file, args: {path: a.txt, text: x}}}}}
";
    let program = Program::offline().file("p.yaml", text);
    let dry = ["pipeline", "run", "p.yaml", "--dry-run"];
    let ran = program.args(dry).run().ok().does_not_say("step `model`");
    let ran = ran.says("note: step `way` waits for the answer of a person, if the run comes to it");
    ran.says("note: step `w` waits for a person's leave for write_file (--approve auto gives it)");
}

//! Every act of a step, run from the command line.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{Program, Ran};
use serde_json::{Value, json};

/// Runs a pipeline on the offline engine.
fn run(text: &str, args: &[&str]) -> Ran {
    let program = Program::offline().file("p.yaml", text);
    program.list(&[&["run", "p.yaml"], args].concat()).run()
}

/// The answer of a pipeline that succeeds.
fn answer(text: &str, args: &[&str]) -> Value {
    run(text, &[args, &["--json"]].concat()).ok().json()["answer"].clone()
}

#[test]
fn a_model_answers() {
    let server = ChatServer::new(|ask| Reply::text(format!("heard: {}", ask.last())));
    let text = "\
inputs: {name: whom to greet}
steps:
  greet:
    llm: 'Say hello to {{ inputs.name }}.'
outputs: {greeting: greet}
";
    let program = Program::served_by(&server).file("hello.yaml", text);
    let ran = program.args(["run", "hello.yaml", "name=Ada", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!(document["answer"], json!({"greeting": "heard: Say hello to Ada."}));
    assert_eq!(document["status"], "completed");
    assert_eq!(document["steps"], json!({"greet": "ok"}));
    assert_eq!(document["calls"], 1);
    let shown = program.args(["run", "hello.yaml", "name=Ada"]).run().ok();
    assert_eq!(shown.stdout, "{\n  \"greeting\": \"heard: Say hello to Ada.\"\n}\n");
}

#[test]
fn a_model_is_asked_as_the_step_says() {
    let server = ChatServer::new(|_| Reply::text("{\"score\": 0.5, \"text\": \"fine\"}"));
    let text = "\
personalities: {critic: You judge sternly.}
steps:
  judge:
    llm: {prompt: Judge., system: Be short., max_tokens: 77, temperature: 0.25, stop: [END]}
    personality: critic
    vars:
      score: {type: number, description: from 0 to 1}
      text: what is wrong
outputs: {score: judge.score, text: judge.text}
";
    let program = Program::served_by(&server).file("p.yaml", text);
    let document = program.args(["run", "p.yaml", "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!({"score": 0.5, "text": "fine"}));
    let asked = server.asks().remove(0);
    let messages = asked.messages();
    assert_eq!(messages[0], ("system".to_owned(), "You judge sternly.\n\nBe short.".to_owned()));
    assert!(messages[1].1.starts_with("Judge."), "{messages:?}");
    assert_eq!((&asked.body["temperature"], &asked.body["stop"]), (&json!(0.25), &json!(["END"])));
    assert!(asked.body["max_tokens"] == 77 || asked.body["max_completion_tokens"] == 77, "{}", asked.body);
}

#[test]
fn an_answer_may_end_with_a_line() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let text = r#"
steps:
  a: {llm: {prompt: x, stop: ["\n\n", " END"]}}
  b: {llm: {prompt: y, stop: "\n"}, dependencies: [a]}
"#;
    let program = Program::served_by(&server).file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().ok();
    let ends: Vec<Value> = server.asks().iter().map(|ask| ask.body["stop"].clone()).collect();
    assert_eq!(ends, [json!(["\n\n", " END"]), json!(["\n"])]);
}

#[test]
fn a_call_may_take_back_the_ends_of_its_role() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let base_url = server.base_url();
    let settings = format!("model = \"m\"\n[roles.worker]\nstop = [\"END\"]\n[models.m]\nbase_url = \"{base_url}\"\n");
    let flow = "steps:\n  a: {llm: {prompt: x, stop: []}}\n  b: {llm: y, dependencies: [a]}\n";
    let program = Program::new().file("rhizo.toml", settings).file("p.yaml", flow);
    program.args(["run", "p.yaml"]).run().ok();
    program.args(["eval", "llm(\"x\", #{stop: []}); llm(\"y\")"]).run().ok().prints("fine\n");
    let twin = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    assert_eq!(twin.matches("stop: []").count(), 1, "{twin}");
    let ends: Vec<Value> = server.asks().iter().map(|ask| ask.body["stop"].clone()).collect();
    assert_eq!(ends, [Value::Null, json!(["END"]), Value::Null, json!(["END"])]);
}

#[test]
fn a_character_in_quotes_closes_no_hole() {
    let text = r#"
inputs: {t: {default: 'a{b"c'}}
steps:
  a: {set: {v: "{{ inputs.t.split('{').len() }}{{ inputs.t.split('\"').len() }}{{ inputs.t.split('}').len() }}"}}
"#;
    assert_eq!(answer(text, &[]), json!({"v": "221"}));
}

#[test]
fn an_answer_that_a_check_refuses_is_asked_for_again() {
    let server = ChatServer::new(|ask| Reply::text(if ask.number == 0 { "three" } else { "3 km" }));
    let text = "\
steps:
  far:
    llm: {prompt: How far?, check: 'answer.contains(\"km\")'}
";
    let program = Program::served_by(&server).file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().ok().prints("3 km\n");
    assert_eq!(server.asks().len(), 2);
    assert!(server.asks()[1].last().contains("three"), "the refused answer is shown");
}

#[test]
fn values_and_tools() {
    let text = "\
inputs: {n: {type: integer, default: 4}}
steps:
  double:
    set: {twice: inputs.n * 2, plain: '\"x\"'}
  sum:
    tool: calculate
    args: {expression: '1 + {{ double.twice }}'}
outputs: {twice: double.twice, sum: sum, text: '`${sum} of ${inputs.n}`'}
";
    assert_eq!(answer(text, &[]), json!({"twice": 8, "sum": 9, "text": "9 of 4"}));
    assert_eq!(answer(text, &["n=1"])["twice"], 2);
}

#[test]
fn a_tool_that_says_so_has_failed() {
    let text = "\
steps:
  bad:
    tool: run_command
    args: {command: 'echo broken >&2; exit 3'}
  behind: {set: {x: bad.stdout}}
  beside: {set: {x: '1'}}
";
    let ran = run(text, &["--approve", "auto", "--json"]).code(1);
    let document = ran.json();
    assert_eq!(document["status"], "failed");
    assert_eq!(document["steps"], json!({"bad": "failed", "behind": "skipped", "beside": "ok"}));
    let failure = &document["failure"];
    assert_eq!(failure["kind"], "tool");
    assert_eq!(failure["message"], "step `bad`: run_command ended with status 3: broken");
    assert_eq!(failure["details"]["answer"]["status"], 3);
}

#[test]
fn stored_programs() {
    let script = "//! +++\n//! summary = \"Doubles.\"\n//! [params]\n//! n = \"a number\"\n//! +++\nargs.n * 2\n";
    let text = "steps: {double: {script: twice, args: {n: 21}}}";
    let program = Program::offline().file("scripts/twice.rhai", script).file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().ok().prints("42\n");
}

#[test]
fn pipelines_in_pipelines_to_a_depth_of_five() {
    let mut program = Program::offline();
    for depth in 1..=4 {
        let text = format!(
            "inputs: {{n: {{type: integer}}}}\nsteps:\n  down:\n    pipeline: p{}.yaml\n    inputs: {{n: '{{{{ inputs.n + 1 }}}}'}}\noutputs: {{n: down.n}}\n",
            depth + 1
        );
        program = program.file(&format!("p{depth}.yaml"), text);
    }
    let last = "inputs: {n: {type: integer}}\nsteps: {here: {set: {n: inputs.n + 100}}}\noutputs: {n: here.n}\n";
    let program = program.file("p5.yaml", last);
    let document = program.args(["run", "p1.yaml", "n=1", "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!({"n": 105}));
}

#[test]
fn a_child_run_explores_the_context_of_the_pipeline() {
    let server = ChatServer::root(&["FINAL(context.lines)"], "leaf");
    let text = "steps: {look: {run: {task: How many lines?, max_turns: 3}}}\noutputs: {lines: look}\n";
    let long = "a line of some words\n".repeat(40_000);
    let program = Program::served_by(&server).file("p.yaml", text).file("long.txt", long);
    let document = program.args(["run", "p.yaml", "--json", "--context", "long.txt"]).run().ok().json();
    assert_eq!(document["answer"]["lines"], 40_000, "{document}");
}

#[test]
fn a_child_whose_time_is_over_before_its_context_is_read_is_never_begun() {
    let text = "\
steps:
  look: {run: {task: How many lines?, max_turns: 3}, timeout: 1ms, on_failure: continue}
  then: {set: {by: errors.look?.stopped_by}}
";
    // It takes many milliseconds to read.
    let long = "a line of some words\n".repeat(6_000_000);
    let program = Program::offline().file("p.yaml", text).file("long.txt", long);
    let document = program.args(["run", "p.yaml", "--json", "--context", "long.txt"]).run().ok().json();
    assert_eq!(document["answer"], json!({"by": "deadline"}), "{document:#}");
    let run = document["run"].as_str().expect("an id");
    assert_eq!(program.args(["runs", "export", run]).run().ok().json()["children"], json!([]));
}

#[test]
fn without_a_person_the_run_waits_and_what_can_goes_on() {
    let text = "\
steps:
  may: {ask: {prompt: Publish?, choices: [yes it is, no]}}
  publish: {set: {x: may}}
  beside: {set: {x: '1'}}
";
    let document = run(text, &["--json"]).code(6).json();
    assert_eq!(document["status"], "waiting");
    assert_eq!(document["steps"], json!({"may": "waiting", "publish": "waiting", "beside": "ok"}));
}

#[test]
fn a_model_can_play_the_person() {
    for (choices, said, word) in [
        ("['yes', 'no']", "\"no\"", "no"),
        ("['1', '2']", "1", "1"),
        ("[1, 2]", "2", "2"),
        ("['true', 'false']", "true", "true"),
        ("['1', '2']", "The answer is 2.", "2"),
    ] {
        let server = ChatServer::new(move |_| Reply::text(said));
        let text = format!("steps: {{may: {{ask: {{prompt: Publish?, choices: {choices}, of: worker}}}}}}\n");
        let program = Program::served_by(&server).file("p.yaml", text);
        program.args(["run", "p.yaml"]).run().ok().prints(&format!("{word}\n"));
        assert_eq!(server.asks().len(), 1, "{choices}: {said} needs no repair");
    }
}

#[test]
fn branches_wait_and_end() {
    let text = "\
steps:
  both:
    parallel:
      left: [{one: {set: {v: '1'}}}, {two: {set: {v: one.v + 1}}}]
      right: [{three: {wait: 1ms}}, {four: {set: {v: '\"early\"'}, on_success: end}}, {five: {set: {v: '5'}}}]
  done: {end: '#{left: both.left.v, right: both.right.v}'}
  never: {set: {v: '9'}}
";
    let document = run(text, &["--json"]).ok().json();
    assert_eq!(document["answer"], json!({"left": 2, "right": "early"}));
    assert_eq!(document["steps"], json!({"both": "ok", "done": "ok", "never": "skipped"}));
}

#[test]
fn a_branch_is_a_step_or_steps_by_name_or_in_a_list() {
    let text = "\
steps:
  both:
    parallel:
      named: {one: {set: {v: '1'}}, two: {set: {v: one.v + 1}}}
      single: {set: {v: '\"s\"'}}
      listed: [{three: {set: {v: '3'}}}]
  list:
    parallel:
      - x: {four: {set: {v: '4'}}}
      - y: {set: {v: '5'}}
      - z: [{five: {set: {v: '6'}}}]
outputs: {both: both, list: list}
";
    let both = json!({"named": {"v": 2}, "single": {"v": "s"}, "listed": {"v": 3}});
    let list = json!({"x": {"v": 4}, "y": {"v": 5}, "z": {"v": 6}});
    assert_eq!(answer(text, &[]), json!({"both": both, "list": list}));
}

#[test]
fn inputs_are_checked_before_anything_runs() {
    let text = "inputs: {n: {type: integer}, name: {default: x}}\nsteps: {s: {set: {n: inputs.n}}}\n";
    run(text, &[]).code(2).says("needs the input `n`");
    run(text, &["n=1", "nmae=y"]).code(2).says("has no input `nmae`").says("did you mean `name`?");
    run(text, &["n=one"]).code(2).says("takes a whole number, not");
    assert_eq!(answer(text, &["n=7"]), json!({"n": 7}));
}

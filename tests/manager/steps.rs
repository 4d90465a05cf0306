//! What is told of a divided task while it is done: each piece of it as a step.

use super::{PROGRAM, killed_in_a_second_round, mixed, plans, play};
use crate::resume::newest_id;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

/// The steps of `mixed`, and what becomes of each.
const STEPS: &[&str] = &[
    "item:a/step:subtask ok",
    "item:a/step:subtask/step:review ok approve",
    "item:a/step:subtask/step:work ok",
    "item:b/step:subtask ok",
    "item:b/step:subtask/step:review ok request_changes",
    "item:b/step:subtask/step:review/visit:2 ok approve",
    "item:b/step:subtask/step:work ok",
    "item:b/step:subtask/step:work/visit:2 ok",
    "item:c/step:subtask ok",
    "item:c/step:subtask/step:review ok escalate",
    "item:c/step:subtask/step:review/visit:2 ok approve",
    "item:c/step:subtask/step:work ok",
    "item:c/step:subtask/step:work/visit:2 ok",
    "item:d/step:subtask skipped it needs e, of which there is no result",
    "item:e/step:subtask failed rejected: reject e",
    "item:e/step:subtask/step:review ok reject",
    "item:e/step:subtask/step:work ok",
    "step:decompose ok",
    "step:delegate ok",
    "step:join ok",
];

/// The events of this name in what `--events -` wrote since the run last went on.
fn told(stdout: &str, name: &str) -> Vec<Value> {
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let since = lines.iter().rposition(|line| line["event"] == "run_resumed").unwrap_or(0);
    lines[since..].iter().filter(|line| line["event"] == name).cloned().collect()
}

/// Where a step is, within the one that is around all.
fn place(event: &Value) -> String {
    let frame = event["frame"].as_str().expect("a frame");
    let (_, within) = frame.split_once("/e1/").expect("the frame of a program");
    within.strip_prefix("step:delegate/").unwrap_or(within).to_owned()
}

/// The steps that ended, in an order of their own, each with what became of it and why.
pub(super) fn ended(stdout: &str) -> Vec<String> {
    let line = |event: &Value| {
        let why = event["failure"]["message"].as_str().or(event["reason"].as_str()).unwrap_or_default();
        let outcome = event["outcome"].as_str().expect("an outcome");
        format!("{} {outcome} {why}", place(event)).trim_end().to_owned()
    };
    let mut ended: Vec<String> = told(stdout, "step_finished").iter().map(line).collect();
    ended.sort_unstable();
    ended
}

/// What the step at a place cost, in nano-USD.
fn cost(stdout: &str, at: &str) -> u64 {
    let events = told(stdout, "step_finished");
    let event = events.iter().find(|event| place(event) == at).expect("the step");
    event["cost"].as_u64().expect("a cost")
}

#[test]
fn all_of_it_is_told_as_steps_with_key_outcome_and_cost() {
    let server = ChatServer::new(|ask| play(ask, mixed));
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    let told_all = program.args(["run", "build.rhai", "--events", "-"]).run().ok().stdout;
    assert_eq!(ended(&told_all), STEPS);
    let mut begun: Vec<String> = told(&told_all, "step_started").iter().map(place).collect();
    begun.sort_unstable();
    let expect: Vec<&str> = STEPS.iter().filter_map(|step| step.split(' ').next()).collect();
    let expect: Vec<&str> = expect.into_iter().filter(|place| !place.starts_with("item:d")).collect();
    assert_eq!(begun, expect, "each that ended has begun, but for the one that was left out");
    for event in told(&told_all, "step_started").iter().chain(&told(&told_all, "step_finished")) {
        let at = place(event);
        let key = at.strip_prefix("item:").and_then(|rest| rest.get(..1));
        assert_eq!(event["key"].as_str(), key, "{event}");
    }
    for (at, nanos) in [
        ("item:a/step:subtask", 60),
        ("item:b/step:subtask", 120),
        ("item:c/step:subtask", 120),
        ("item:d/step:subtask", 0),
        ("item:e/step:subtask", 60),
        ("item:b/step:subtask/step:review/visit:2", 30),
        ("step:join", 0),
    ] {
        assert_eq!(cost(&told_all, at), nanos, "{at}");
    }
    let plan = cost(&told_all, "step:decompose");
    assert!(plan > 0 && cost(&told_all, "step:delegate") == plan + 360, "{plan}");
}

#[test]
fn people_see_the_steps_below_each_other() {
    let server = ChatServer::new(|ask| play(ask, mixed));
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    let told = program.args(["run", "build.rhai"]).run().ok().stderr;
    for (begin, end) in [
        ("  ✓ decompose · ", ""),
        ("    ✓ work [b] · ", ""),
        ("    ✓ review [b] · ", ": request_changes"),
        ("  ✓ subtask [b] · ", ""),
        ("  - subtask [d] skipped: it needs e", ""),
        ("  ✗ subtask [e] · ", ": rejected: reject e"),
        ("  ✓ join · ", ""),
        ("✓ delegate · ", ""),
    ] {
        assert!(told.lines().any(|line| line.starts_with(begin) && line.ends_with(end)), "{begin}{end} in {told}");
    }
    let shown = program.args(["runs", "show", &newest_id(&program)]).run().ok().stdout;
    assert!(shown.lines().any(|line| line.starts_with("step      ✓ subtask [b] · ")), "{shown}");
}

#[test]
fn a_program_hears_of_its_steps() {
    let server = ChatServer::new(|ask| play(ask, |_, _| "approve"));
    let code = "import \"manager\" as manager;
        let seen = [];
        on_event(|e| if e.event == \"step_finished\" { seen.push(`${e.step} ${e.get(\"key\") ?? \"-\"} ${e.outcome}`) });
        manager::delegate(\"Build it.\", #{plan: [#{id: \"a\", task: \"job-a\"}]});
        seen";
    let program = Program::paying(&server).file("build.rhai", code);
    let seen = program.args(["run", "build.rhai", "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(seen, json!(["work a ok", "review a ok", "subtask a ok", "join - ok", "delegate - ok"]));
}

#[test]
fn a_step_goes_on_where_the_closure_that_hears_of_it_fails() {
    let server = ChatServer::new(|ask| play(ask, |_, _| "approve"));
    let code = "import \"manager\" as manager;
        on_event(|e| if e.event == \"step_started\" && e.step == \"subtask\" { throw #{kind: \"tool\", message: \"no\"} });
        manager::delegate(\"Build it.\", #{plan: [#{id: \"a\", task: \"job-a\"}]})";
    let program = Program::paying(&server).file("build.rhai", code);
    let ran = program.args(["run", "build.rhai", "--events", "-"]).run().ok();
    let ended = ended(&ran.stdout);
    assert!(!ended.is_empty() && ended.iter().all(|line| line.contains(" ok")), "{ended:?}");
    assert!(ran.stdout.contains("hears no more: no"), "{}", ran.stdout);
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn a_program_that_is_called_in_a_step_tells_its_steps_within_it() {
    let server = ChatServer::new(|ask| match plans(ask) {
        true => Reply::text(json!({"parts": [{"id": "a", "task": "job-a", "role": "worker"}]}).to_string()),
        false => play(ask, |_, _| "approve"),
    });
    let inner = "//! +++\n//! summary = \"Has something done.\"\n//! +++\nimport \"manager\" as manager;
        manager::delegate(\"Inner.\", #{plan: [#{id: \"x\", task: \"job-x\"}]});
        []";
    // The manager looks at the keys of its options before its first step, and in the one in which it divides the task.
    let code = "import \"manager\" as manager;
        manager::delegate(\"Build it.\", #{keys: || SCRIPT(\"inner\")})";
    let program = Program::paying(&server).file("build.rhai", code).file("scripts/inner.rhai", inner);
    let told_all = program.args(["run", "build.rhai", "--events", "-"]).run().ok().stdout;
    let inner = ["step:delegate", "step:delegate/item:x/step:subtask", "step:delegate/step:join"];
    for around in ["script:inner0/e1", "step:decompose"] {
        for step in inner {
            let step = format!("{around}/{step} ok");
            assert!(ended(&told_all).contains(&step), "{step} in {:#?}", ended(&told_all));
        }
    }
    assert!(ended(&told_all).contains(&"item:a/step:subtask ok".to_owned()), "{:#?}", ended(&told_all));
}

#[test]
fn only_the_stdlib_tells_of_steps() {
    let server = ChatServer::new(|ask| play(ask, |_, _| "approve"));
    let step = "#{step: \"mine\", act: \"llm\", past: true}, || 5";
    let part = "#{plan: [#{id: \"a\", task: \"job-a\"}]}";
    let program = Program::paying(&server);
    for code in [
        format!("told_step({step})"),
        format!("retry::times(1, || told_step({step}))"),
        format!("Fn(\"told_step\").call({step})"),
    ] {
        program.args(["eval", &code]).run().code(1).says("told_step (map, Fn)");
    }
    // What a program calls by that name is its own.
    let code = format!("fn told_step(about, work) {{ throw \"mine\" }} manager::delegate(\"Build it.\", {part}).ok");
    program.args(["eval", &code]).run().ok().prints("true\n");
}

#[test]
fn what_a_child_run_answers_does_not_say_how_its_step_ended() {
    let server = ChatServer::new(|ask| match ask.is_root() {
        true => Reply::code("context.head(1);\nFINAL(#{failure: \"theirs\", waits: \"long\", verdict: \"bad\"})"),
        false => play(ask, |_, _| "approve"),
    });
    let code = "import \"manager\" as manager;
        let text = \"\"; text.pad(40000, \"many words \");
        manager::delegate(\"Build it.\", #{context: text, plan: [#{id: \"a\", task: \"job-a\"}]})";
    let program = Program::paying(&server).file("build.rhai", code);
    let told_all = program.args(["run", "build.rhai", "--events", "-"]).run().ok().stdout;
    let work = "item:a/step:subtask/step:work ok".to_owned();
    assert!(ended(&told_all).contains(&work), "{:#?}", ended(&told_all));
}

#[test]
fn what_a_limit_stops_is_told_to_have_ended() {
    let server = ChatServer::new(|ask| play(ask, |_, _| "approve"));
    let code = "import \"manager\" as manager;
        manager::delegate(\"Build it.\", #{plan: [#{id: \"a\", task: \"job-a\"}]})";
    let program = Program::paying(&server).file("build.rhai", code);
    let told_all = program.args(["run", "build.rhai", "--max-calls", "1", "--events", "-"]).run().code(5).stdout;
    let ended: Vec<String> = told(&told_all, "step_finished")
        .iter()
        .map(|event| format!("{} {} {}", place(event), event["outcome"], event["failure"]["kind"]).replace('"', ""))
        .collect();
    let expect = [
        "item:a/step:subtask/step:work ok null",
        "item:a/step:subtask/step:review failed budget",
        "item:a/step:subtask failed budget",
        "step:delegate failed budget",
    ];
    assert_eq!(ended, expect);
}

#[test]
fn a_run_that_goes_on_tells_the_same_steps_and_which_of_them_were_answered() {
    let (_server, program) = killed_in_a_second_round();
    let told_all = program.args(["resume", &newest_id(&program), "--events", "-"]).run().ok().stdout;
    assert_eq!(ended(&told_all), STEPS);
    let finished = told(&told_all, "step_finished");
    let mut replayed: Vec<String> = finished.iter().filter(|event| event["replayed"] == true).map(place).collect();
    replayed.sort_unstable();
    let expect = [
        "item:a/step:subtask",
        "item:a/step:subtask/step:review",
        "item:a/step:subtask/step:work",
        "item:b/step:subtask/step:review",
        "item:b/step:subtask/step:work",
        "item:e/step:subtask",
        "item:e/step:subtask/step:review",
        "item:e/step:subtask/step:work",
        "step:decompose",
    ];
    assert_eq!(replayed, expect);
    assert_eq!(cost(&told_all, "item:a/step:subtask"), 60, "what it cost when it was asked");
}

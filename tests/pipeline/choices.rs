//! Who answers a step: what no model can meet is told before anything is paid, and what a step says of its model is
//! what the model gets.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

/// Two models of one server: `small` is the default one, fast and blind, `large` sees. `more` is configuration.
fn range(server: &ChatServer, more: &str) -> Program {
    let model = |name: &str, rest: &str| {
        let url = server.base_url();
        format!("[models.{name}]\nbase_url = \"{url}\"\ninput_price = 1\noutput_price = 1\n{rest}\n")
    };
    let models = [model("small", "tags = [\"fast\"]"), model("large", "vision = true")].concat();
    Program::new().file("rhizo.toml", format!("model = \"small\"\n{more}\n{models}"))
}

/// A server that answers with the name of the model that was asked.
fn echo() -> ChatServer {
    ChatServer::new(|ask| Reply::text(ask.body["model"].as_str().unwrap_or_default()))
}

#[test]
fn a_word_that_no_model_has_is_told_where_it_stands() {
    let server = echo();
    let text = "defaults: {requires: [fast, visoin]}\nsteps:\n  a: {llm: x}\n  b: {llm: '{{ a }}', requires: germn}\n";
    let ran = range(&server, "").file("p.yaml", text).args(["run", "p.yaml"]).run().code(1);
    ran.says("p.yaml has 2 faults")
        .says("p.yaml:1:29: no model has the capability or tag `visoin`; did you mean `vision`?")
        .says("p.yaml:4:33: no model has the capability or tag `germn`; there are vision, tools, json, logprobs, fast");
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn a_model_that_is_named_has_what_is_required() {
    let server = echo();
    let program = range(&server, "");
    let validate = |text: &str| {
        std::fs::write(program.project().join("p.yaml"), text).expect("a file");
        program.args(["pipeline", "validate", "p.yaml"]).run()
    };
    let small = "the model `small` does not have `vision`, which `requires` asks for";
    for (text, what) in [
        ("steps: {a: {llm: x, model: small, requires: vision}}\n", small),
        ("steps: {a: {run: x, model: small, requires: [fast, vision]}}\n", small),
        ("steps: {a: {ask: {prompt: x, of: worker}, model: small, requires: vision}}\n", small),
        ("defaults: {requires: vision}\nsteps: {a: {llm: x, model: small}}\n", small),
        ("defaults: {model: small}\nsteps: {a: {llm: x, requires: vision}}\n", small),
        ("experts: {read_file: small}\nsteps: {a: {llm: x, tools: read_file, requires: vision}}\n", small),
        ("steps: {a: {llm: x, requires: [fast, vision]}}\n", "no model has `fast` and `vision` together"),
    ] {
        validate(text).code(1).says("p.yaml has a fault").says(what);
    }
    for text in [
        "steps: {a: {llm: x, model: large, requires: vision}}\n",
        "steps: {a: {llm: x, requires: fast}}\n",
        "experts: {read_file: large}\nsteps: {a: {llm: x, tools: read_file, requires: vision}}\n",
        "defaults: {requires: vision}\nsteps: {a: {llm: x, requires: fast, model: small}}\n",
    ] {
        validate(text).ok();
    }
    std::fs::write(program.project().join("p.yaml"), "steps: {a: {llm: x, requires: vision}}\n").expect("a file");
    program.args(["run", "p.yaml"]).run().ok().prints("large\n");
}

#[test]
fn the_reason_tells_how_it_is_chosen() {
    let server = echo();
    for (settings, head, how) in [
        ("", "", "balanced"),
        ("strategy = \"cost\"", "", "cost"),
        ("strategy = \"cost\"\n[roles.worker]\nstrategy = \"performance\"", "", "performance"),
        ("strategy = \"cost\"\n[roles.worker]\nstrategy = \"performance\"", "selection_schema: balanced\n", "balanced"),
        ("strategy = \"cost\"\n[roles.architect]\nstrategy = \"performance\"", "", "cost"),
    ] {
        let text = format!("{head}steps: {{a: {{llm: x, requires: vision}}}}\n");
        let program = range(&server, settings).file("p.yaml", text);
        let document = program.args(["pipeline", "explain", "p.yaml", "--json"]).run().ok().json();
        assert_eq!(document["steps"][0]["reason"], json!(format!("requires vision, by {how}")), "{settings} {head}");
    }
}

#[test]
fn a_run_keeps_why_its_model_was_named() {
    let server = echo();
    for (head, step, why) in [
        ("", "llm: x, model: large", "named by the step"),
        ("experts: {read_file: large}\n", "llm: x, tools: read_file", "expert of read_file"),
        ("default_model: large\n", "llm: x", "the pipeline's default_model"),
        ("defaults: {role: worker}\n", "llm: x", "role of the defaults: named by `model` in the configuration"),
        ("orchestrator: large\n", "run: x", "the orchestrator"),
    ] {
        let program = range(&server, "").file("p.yaml", format!("{head}steps: {{a: {{{step}}}}}\n"));
        let run = program.args(["run", "p.yaml", "--json"]).run().ok().json();
        assert_eq!(run["models"][0]["reason"], why, "{run:#}");
        let stored = program.args(["resume", "last", "--json"]).run().ok().json();
        assert_eq!(stored["models"][0]["reason"], why, "{stored:#}");
    }
}

#[test]
fn a_named_model_plays_the_person() {
    let server = ChatServer::new(|_| Reply::text("\"no\""));
    let program = range(&server, "");
    for (said, model) in [("model: large", "large"), ("requires: vision", "large"), ("cache: false", "small")] {
        let text = format!("steps: {{may: {{ask: {{prompt: Go?, choices: ['yes', 'no'], of: worker}}, {said}}}}}\n");
        std::fs::write(program.project().join("p.yaml"), text).expect("a file");
        program.args(["run", "p.yaml"]).run().ok().prints("no\n");
        assert_eq!(server.asks().last().expect("an ask").body["model"], model, "{said}");
    }
}

#[test]
fn a_person_is_no_model() {
    for said in ["model: offline", "requires: vision", "personality: standard", "cache: true"] {
        let program = super::flow(&format!("steps: {{may: {{ask: Go?, {said}}}}}\n"));
        let key = said.split(':').next().unwrap_or_default();
        let ran = program.args(["pipeline", "validate", "flow.yaml"]).run().code(1);
        ran.says(&format!("flow.yaml:1:25: `{key}` means nothing to `ask` without `of`: a person answers"));
    }
}

#[test]
fn a_personality_of_one_word_is_a_text() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let text = "\
personalities: {critic: Sceptical, standard: Plain}
steps:
  a: {llm: x}
  b: {llm: '{{ a }}', personality: critic}
  c: {llm: '{{ b }}', personality: standard}
";
    Program::served_by(&server).file("p.yaml", text).args(["run", "p.yaml"]).run().ok();
    let who = server.asks().iter().skip(1).map(|ask| ask.messages()[0].1.clone()).collect::<Vec<_>>();
    assert_eq!(who, ["Sceptical", "Plain"]);
}

#[test]
fn a_role_beside_a_named_model_still_says_how_it_writes() {
    let server = echo();
    let text = "steps: {a: {llm: {prompt: x, role: poet}, model: large}}\n";
    let roles = "[roles.poet]\nsystem = \"You write in rhymes.\"\ntemperature = 0.9";
    range(&server, roles).file("p.yaml", text).args(["run", "p.yaml"]).run().ok().prints("large\n");
    let ask = server.asks().pop().expect("a request");
    assert_eq!((&ask.body["temperature"], ask.messages()[0].1.as_str()), (&json!(0.9), "You write in rhymes."));
}

/// A program whose only model that can be called is blind; others that see are known by the lists of prices.
fn blind(server: &ChatServer) -> Program {
    let url = server.base_url();
    let settings = format!("model = \"m\"\n[models.m]\nbase_url = \"{url}\"\ninput_price = 1\noutput_price = 1\n");
    let inner = "steps: {b: {llm: see, requires: vision}}\n";
    Program::new().file("rhizo.toml", settings).file("inner.yaml", inner)
}

#[test]
fn what_nobody_can_answer_is_told_before_anything_is_paid() {
    let server = echo();
    let program = blind(&server);
    let vision = "no model that can be called has `vision`";
    for (step, code, what) in [
        ("b: {llm: see, requires: [vision], dependencies: [a]}", 3, vision),
        ("b: {run: see, requires: [vision], dependencies: [a]}", 3, vision),
        ("p: {parallel: {l: {b: {llm: '{{ a }}', requires: vision}}}, dependencies: [a]}", 3, vision),
        ("p: {pipeline: inner.yaml, dependencies: [a]}", 3, vision),
        ("g: {llm: two, on_failure: fail}\n  b: {llm: see, requires: [vision]}", 3, vision),
        ("b: {llm: {prompt: '{{ a }}', images: [x.png]}}", 1, "takes no images"),
    ] {
        let text = format!("steps:\n  a: {{llm: one}}\n  {step}\n");
        std::fs::write(program.project().join("p.yaml"), text).expect("a file");
        program.args(["pipeline", "validate", "p.yaml"]).run().ok();
        let dry = program.args(["pipeline", "run", "p.yaml", "--dry-run"]).run().code(1);
        dry.says("nobody can answer step `b`: ").says(what);
        program.args(["run", "p.yaml"]).run().code(code).says("nobody can answer step `b`: ").says(what);
    }
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn what_a_run_may_come_to_and_nobody_can_answer_is_noted_before_the_first_call() {
    let server = echo();
    let program = blind(&server);
    let note = "note: nobody can answer step `b`: no model that can be called has `vision`, if the run comes to it\n";
    for (at, step) in [
        "p: {pipeline: inner.yaml, dependencies: [a], on_failure: continue}",
        "e: {each: {in: '{{ [a] }}', steps: {b: {llm: see, requires: [vision]}}}, on_failure: continue}",
        "b: {llm: see, requires: [vision], condition: 'a == \"x\"'}",
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("steps:\n  a: {{llm: one}}\n  {step}\n");
        std::fs::write(program.project().join("p.yaml"), text).expect("a file");
        program.args(["pipeline", "run", "p.yaml", "--dry-run"]).run().ok().says(note);
        program.args(["run", "p.yaml"]).run().says(note);
        program.args(["run", "p.yaml", "--quiet"]).run().does_not_say("note: nobody");
        assert_eq!(server.asks().len(), 2 * (at + 1), "{step}");
    }
}

#[test]
fn scripts_and_tools_are_told_as_early() {
    let server = echo();
    let program = blind(&server)
        .file("pipelines/sees.yaml", "steps:\n  a: {llm: one}\n  b: {llm: '{{ a }}', requires: vision}\n");
    for code in ["PIPELINE(\"sees\")", "TOOL(\"sees\", #{})"] {
        let ran = program.args(["eval", code, "--approve", "auto"]).run();
        ran.says("nobody can answer step `b`: ").says("no model that can be called has `vision`");
    }
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn a_run_that_goes_on_is_told_as_early() {
    let server = echo();
    let program = blind(&server);
    let text = |more: &str| format!("steps:\n  a: {{ask: 'Go on?'}}\n  b: {{llm: '{{{{ a }}}}'}}\n{more}");
    std::fs::write(program.project().join("p.yaml"), text("")).expect("a file");
    program.args(["run", "p.yaml"]).run().code(6);
    std::fs::write(program.project().join("p.yaml"), text("  c: {llm: '{{ b }}', requires: vision}\n"))
        .expect("a file");
    let ran = program.args(["resume", "last"]).run().code(3);
    ran.says("nobody can answer step `c`: ").says("no model that can be called has `vision`");
    // Who is no model is asked all the same.
    std::fs::write(program.project().join("p.yaml"), text("  c: {llm: '{{ b }}'}\n")).expect("a file");
    program.args(["resume", "last"]).run().code(6);
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn what_may_be_skipped_or_fail_is_left_to_the_run() {
    let server = echo();
    let program = blind(&server);
    for step in [
        "b: {llm: see, requires: vision, condition: 'a == \"x\"'}",
        "b: {llm: see, requires: vision, on_failure: continue}",
        "p: {each: {in: [1, 2], steps: {b: {llm: see, requires: vision}}}}",
        "w: {switch: {on: a, cases: {m: e}}}\n  b: {llm: see, requires: vision}\n  e: {set: {n: '1'}}",
    ] {
        let text = format!("steps:\n  a: {{llm: one}}\n  {step}\n");
        std::fs::write(program.project().join("p.yaml"), text).expect("a file");
        let ran = program.args(["pipeline", "run", "p.yaml", "--dry-run", "--json"]).run().ok();
        assert!(ran.stdout.contains("nobody can be asked: no model that can be called has `vision`"), "{}", ran.stdout);
    }
}

#[test]
fn a_model_that_is_named_takes_the_images_of_the_call() {
    let server = echo();
    for (model, code) in [("small", 1), ("large", 0)] {
        let text = format!("steps: {{a: {{llm: {{prompt: see, images: [x.png]}}, model: {model}}}}}\n");
        let ran = range(&server, "").file("p.yaml", text).args(["pipeline", "validate", "p.yaml"]).run().code(code);
        if code == 1 {
            ran.says("p.yaml:1:57: the model `small` takes no images");
        }
    }
}

//! Chains of attempts: who takes over from whom, what they are told, and what is learned from it.

use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::Value;

mod batch;
mod further;
mod harder;
mod starts;

/// Three roles on one server, each with a model of its own, ten times as dear as the one below.
fn ladder(server: &ChatServer, more: &str) -> Program {
    priced(server, [1, 10, 100], more)
}

/// The same at these prices.
fn priced(server: &ChatServer, prices: [u32; 3], more: &str) -> Program {
    let model = |name: &str, price: u32| {
        format!(
            "[models.{name}]\nbase_url = \"{}\"\nname = \"{name}\"\ninput_price = {price}\noutput_price = {price}\n",
            server.base_url()
        )
    };
    let role = |name: &str, model: &str| format!("[roles.{name}]\nmodels = [\"{model}\"]\n");
    let text = format!(
        "[escalation]\naudit = 0\n{more}\n{}{}{}{}{}{}",
        model("small", prices[0]),
        model("middle", prices[1]),
        model("large", prices[2]),
        role("worker", "small"),
        role("expert", "middle"),
        role("architect", "large")
    );
    Program::new().file("rhizo.toml", text)
}

fn model(ask: &Ask) -> String {
    ask.body["model"].as_str().unwrap_or_default().to_owned()
}

/// Who was asked, in order.
fn asked(server: &ChatServer) -> Vec<String> {
    server.asks().iter().map(model).collect()
}

/// The decisions of the latest run.
fn decided(program: &Program) -> Vec<Value> {
    let events = program.args(["logs", "--json"]).run().ok().stdout;
    let events = events.lines().filter_map(|line| serde_json::from_str(line).ok());
    events.filter(|event: &Value| event["event"] == "decided").collect()
}

/// What they chose.
fn arms(decided: &[Value]) -> Vec<&str> {
    decided.iter().filter_map(|event| event["arm"].as_str()).collect()
}

/// What is remembered of an action, as arm and outcome, in alphabetical order.
fn credits(program: &Program, action: &str) -> Vec<String> {
    let exported = program.args(["memory", "export"]).run().ok().stdout;
    let rows = exported.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told = |row: Value| format!("{} {}", row["arm"].as_str().unwrap_or(""), row["outcome"].as_str().unwrap_or(""));
    let mut rows: Vec<String> = rows.filter(|row| row["action"] == action).map(told).collect();
    rows.sort();
    rows
}

const CHECKED: &str =
    r#"llm("how far?", #{check: |a| if a.contains("km") { "" } else { "no unit" }, gate: "has a unit"})"#;

#[test]
fn an_answer_that_a_check_refuses_is_repeated_with_feedback_and_then_by_a_stronger_role() {
    let server = ChatServer::new(|ask| Reply::text(if model(ask) == "large" { "5 km" } else { "5" }));
    let program = ladder(&server, "");
    program.args(["eval", CHECKED]).run().ok().prints("5 km\n");
    assert_eq!(asked(&server), ["small", "small", "middle", "middle", "large"]);
    let asks = server.asks();
    assert_eq!(asks[0].last(), "how far?");
    let again = "how far?\n\nYour earlier answer:\n5\n\nIt was not accepted: the answer did not pass `has a unit`: no unit\n\
        Answer again, and avoid that.";
    assert_eq!(asks[1].last(), again);
    assert!(asks[2].last().contains("Another model's earlier answer:\n5"), "{}", asks[2].last());
    let decided = decided(&program);
    assert_eq!(arms(&decided), ["worker", "retry", "escalate:expert", "retry", "escalate:architect"]);
    assert!(decided.iter().all(|event| event["decider"] == "rule"), "{decided:#?}");
}

#[test]
fn every_attempt_is_credited_with_its_own_verdict() {
    let server = ChatServer::new(|ask| Reply::text(if model(ask) == "middle" { "5 km" } else { "5" }));
    let program = ladder(&server, "");
    program.args(["eval", CHECKED]).run().ok().prints("5 km\n");
    let told = program.args(["eval", "recall(\"how far?\", 9).map(|e| [e.action, e.arm, e.outcome])", "--json"]);
    let mut rows: Vec<String> = told.run().ok().json()["answer"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| row.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        .collect();
    rows.sort();
    assert_eq!(rows, ["escalate escalate:expert success", "escalate retry fail", "route worker fail"]);
}

#[test]
fn a_chain_that_nobody_ends_fails_with_its_history() {
    let server = ChatServer::new(|_| Reply::text("5"));
    let code = format!("let told; try {{ {CHECKED} }} catch (e) {{ told = [e.kind, e.gate, e.raw, e.attempts] }} told");
    let answer = ladder(&server, "").args(["eval", &code, "--json"]).run().ok().json()["answer"].clone();
    let roles = ["worker", "worker", "expert", "expert", "architect", "architect"];
    assert_eq!(answer, serde_json::json!(["invalid", "has a unit", "5", roles]));
    assert_eq!(server.asks().len(), 6, "two escalations, one repetition at each role");
}

#[test]
fn a_form_that_no_repair_has_mended_ends_a_checked_call_too() {
    let server = ChatServer::new(|_| Reply::text("plain words"));
    let check = |more: &str, told: &str| {
        let before = server.asks().len();
        let program = ladder(&server, "");
        let text = std::fs::read_to_string(program.project().join("rhizo.toml")).expect("a file");
        let program =
            program.file("rhizo.toml", text.replacen("name = \"small\"\n", &format!("name = \"small\"\n{more}"), 1));
        let code = "llm(\"which?\", #{schema: #{hosts: \"string[]\"}, check: |a| a.hosts.len() > 0})";
        program.args(["eval", code]).run().code(1).says("the answer does not match the schema").says(told);
        assert_eq!(asked(&server)[before..], ["small"; 3], "two repairs, and no second beginning");
    };
    check("", "hint: `json = true` under [models.\"small\"] holds the model to the schema");
    check("json = false\n", "hint: a simpler schema or a stronger role helps");
}

#[test]
fn a_call_without_a_check_goes_on_only_where_another_model_can() {
    let refuse = |ask: &Ask| if model(ask) == "small" { Reply::filtered("I can") } else { Reply::text("fine") };
    let server = ChatServer::new(refuse);
    ladder(&server, "").args(["eval", "llm(\"q\")"]).run().ok().prints("fine\n");
    assert_eq!(asked(&server), ["small", "small", "middle"]);
    // Switched off, or with one certain model, it fails as it is.
    for (more, code) in [("enabled = false", "llm(\"q\")"), ("", "llm(\"q\", #{model: \"small\"})")] {
        let server = ChatServer::new(refuse);
        let ran = ladder(&server, more).args(["eval", code]).run();
        drop(ran.code(4));
        assert_eq!(asked(&server), ["small"]);
    }
}

/// The same roles, of which only the expert's model sees.
fn one_sees(server: &ChatServer) -> Program {
    let program = ladder(server, "");
    let settings = std::fs::read_to_string(program.project().join("rhizo.toml")).expect("the settings");
    let seeing = settings.replace("name = \"middle\"\n", "name = \"middle\"\nvision = true\n");
    program.file("rhizo.toml", seeing)
}

#[test]
fn what_fails_before_there_is_a_request_ends_the_chain_and_is_nobodys_failure() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let program = one_sees(&server).file("words.png", "words");
    for (options, says) in [
        ("role: \"expert\", images: [\"nope.png\"]", "there is no `nope.png`"),
        ("role: \"expert\", images: [\"nope.png\"], check: |a| true", "there is no `nope.png`"),
        ("role: \"expert\", images: [\"words.png\"], check: |a| true", "`words.png` is no picture that models read"),
        ("images: [\"words.png\"]", "takes no images"),
        ("persona: \"nosuch\"", "there is no persona `nosuch`"),
        ("persona: \"nosuch\", check: |a| true", "there is no persona `nosuch`"),
    ] {
        let code = format!("let e = (); try {{ llm(\"p\", #{{{options}}}) }} catch (caught) {{ e = caught }} e");
        let told = program.args(["eval", &code, "--json"]).run().ok().json()["answer"].clone();
        assert!(told["message"].as_str().is_some_and(|message| message.contains(says)), "{options}: {told}");
        assert!(told.get("attempts").is_none(), "{options}: {told}");
    }
    assert!(server.asks().is_empty());
    for action in ["route", "escalate"] {
        assert!(credits(&program, action).is_empty(), "{action}");
    }
}

#[test]
fn a_role_whose_model_sees_no_pictures_takes_over_no_call_that_has_some() {
    let server = ChatServer::new(|_| Reply::filtered("no"));
    let code = "llm(\"p\", #{role: \"expert\", images: [\"https://a.example/b.png\"]})";
    let ran = one_sees(&server).args(["eval", code]).run().code(4);
    assert!(!ran.stderr.contains("takes no images"), "{}", ran.stderr);
    assert_eq!(asked(&server), ["middle"]);
}

#[test]
fn where_one_model_plays_all_roles_the_memory_is_not_asked_who_starts() {
    let server = ChatServer::new(|_| Reply::text("5"));
    let program = Program::paying(&server);
    for code in [
        "for i in 0..12 { llm(`how far is town ${i}?`, #{check: |a| true}); }",
        "llm_batch([\"how far is the sea?\", \"and the hill?\"])",
        "llm_batch([\"how far is the sea?\", \"and the hill?\"], #{schema: \"int\", check: |a, i| true})",
    ] {
        program.args(["eval", code]).run().ok();
        assert_eq!(decided(&program), Vec::<Value>::new(), "{code}");
    }
    assert_eq!(server.asks().len(), 16);
}

#[test]
fn evidence_changes_who_starts() {
    // The small model can do short sums, and nothing about ships.
    let server = ChatServer::new(|ask| {
        let able = ask.last().contains("sum") || model(ask) != "small";
        Reply::text(if able { "good" } else { "bad" })
    });
    // A failed attempt of the small model costs half of what the large one costs.
    let program = priced(&server, [50, 60, 100], "price = 0.3");
    let code = r#"
        for i in 0..14 {
            llm(`what is the sum of ${i} and the words above line ${"abcdefghijklmnop".sub_string(i, 1)}`, #{check: |a| a == "good"});
            llm(`which ship carries the cargo of harbour ${"abcdefghijklmnop".sub_string(i, 1)}`, #{check: |a| a == "good"});
        }"#;
    program.args(["eval", code]).run().ok();
    let before = server.asks().len();
    let ask = |text: &str| {
        let code = format!("llm(\"{text}\", #{{check: |a| a == \"good\"}})");
        program.args(["eval", &code]).run().ok().prints("good\n");
    };
    ask("which ship carries the cargo of harbour zebra");
    assert_eq!(asked(&server)[before..], ["middle"], "what the small model never could is not tried again");
    let before = server.asks().len();
    ask("what is the sum of 99 and the words above line zebra");
    assert_eq!(asked(&server)[before..], ["small"]);
}

#[test]
fn chance_never_picks_who_starts_what_nobody_checks() {
    let server = ChatServer::new(|_| Reply::text("5 km"));
    let program = ladder(&server, "");
    program.args(["eval", "for i in 0..24 { llm(`how far is town ${i}?`, #{check: |a| true}); }"]).run().ok();
    let before = server.asks().len();
    // Half of all decisions are made by chance, so that twenty in a row would not be left to the rule.
    let program = program.env("RHIZO_ESCALATION_AUDIT", "0.5");
    program.args(["eval", "for i in 0..20 { llm(`how far is place ${i}?`); }"]).run().ok();
    let decided = decided(&program);
    assert_eq!(decided.len(), 20);
    assert!(decided.iter().all(|event| event["decider"] == "rule" && event["arm"] == "worker"), "{decided:#?}");
    assert_eq!(asked(&server)[before..], ["small"; 20]);
}

#[test]
fn wrong_checks_are_told_before_anything_is_paid() {
    let server = ChatServer::new(|_| Reply::text("5"));
    for (code, told) in [
        ("llm(\"q\", #{check: 5})", "check is a closure"),
        ("llm(\"q\", #{gate: \"g\"})", "a gate needs a check"),
        ("llm(\"q\", #{gate: 5, check: |a| true})", "gate is a name"),
        ("llm_batch([\"q\"], #{check: 5})", "llm_batch: check is a closure"),
        ("llm_batch([\"q\"], #{gate: \"g\"})", "a gate needs a check"),
    ] {
        let ran = ladder(&server, "").args(["eval", code]).run();
        drop(ran.code(1).says(told));
    }
    assert!(server.asks().is_empty());
    let ran = ladder(&server, "").args(["eval", "llm(\"q\", #{check: |a| 5})"]).run();
    drop(ran.code(1).says("true or false"));
}

#[test]
fn a_root_whose_turns_fail_is_relieved_and_the_next_one_knows_why() {
    let server = ChatServer::new(|ask| match (ask.is_root(), model(ask).as_str(), ask.turn()) {
        (true, "small", 1) => Reply::code("let found = 7; print(found)"),
        (true, "small", _) => Reply::code("nothing_of_that_name(1)"),
        (true, _, _) => Reply::code("FINAL(found + 1)"),
        (false, _, _) => Reply::text("?"),
    });
    let program = ladder(&server, "");
    let args = ["ask", "what is one more?", "--role", "worker", "--recursive", "--json"];
    let document = program.args(args).run().ok().json();
    assert_eq!(document["answer"], 8, "the session went on as it was");
    assert_eq!(asked(&server), ["small", "small", "small", "middle"]);
    let told = server.asks().last().map(Ask::last).unwrap_or_default();
    let expect = "From here on you go on as expert, because 2 turns in a row of worker failed; the last one: ";
    assert!(told.contains(expect) && told.contains("nothing_of_that_name"), "{told}");
    let code =
        "recall(\"what is one more?\", 9).filter(|e| e.action == \"escalate\").map(|e| e.arm + \" \" + e.outcome)";
    let mut rows = program.args(["eval", code, "--json"]).run().ok().json()["answer"].clone();
    if let Some(rows) = rows.as_array_mut() {
        rows.sort_by_key(ToString::to_string);
    }
    assert_eq!(rows, serde_json::json!(["escalate:expert success", "retry fail"]));
}

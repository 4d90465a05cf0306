//! `rhizo models test` and the call that `rhizo doctor` makes.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::{Value, json};

fn program(server: &ChatServer) -> Program {
    let (good, wrong) = (server.base_url(), "input_price = 1\noutput_price = 2\n");
    let text = format!(
        "model = \"good\"\n[models.good]\nbase_url = \"{good}\"\n{wrong}\
         [models.keyless]\nbase_url = \"{good}\"\nkey_env = \"NO_SUCH_KEY\"\n\
         [models.locked]\nbase_url = \"{good}\"\nname = \"locked\"\nkey_env = \"WRONG_KEY\"\n"
    );
    Program::new().file("rhizo.toml", text).env("WRONG_KEY", "sk-wrong")
}

fn server() -> ChatServer {
    ChatServer::new(|ask| match ask.key.as_deref() {
        Some(_) => Reply::refusal(401, "Incorrect API key"),
        None => Reply::text("yes").usage(12, 1),
    })
}

#[test]
fn every_model_is_tested_whatever_the_others_say() {
    let server = server();
    let program = program(&server);
    let ran = program.args(["models", "test", "--json"]).run().code(4).says("a real call");
    let rows = ran.json();
    let found = |index: usize, field: &str| rows[index][field].clone();
    assert_eq!(rows.as_array().map(Vec::len), Some(3), "{rows:#}");
    let good = ["model", "ok", "cost_usd", "failure"].map(|field| found(0, field));
    assert_eq!(good, [json!("good"), json!(true), json!(0.000_014), json!(null)]);
    assert_eq!((&rows[0]["usage"]["input_tokens"], &rows[0]["health"]["breaker"]), (&json!(12), &json!("closed")));
    assert_eq!((found(1, "ok"), rows[1]["failure"]["kind"].clone()), (json!(false), json!("auth")));
    assert!(rows[1]["failure"]["message"].as_str().is_some_and(|told| told.contains("NO_SUCH_KEY")), "{rows:#}");
    assert_eq!((found(2, "model"), rows[2]["failure"]["kind"].clone()), (json!("locked"), json!("auth")));
    let asked: Vec<_> = server.asks().iter().map(|ask| ask.body["max_tokens"].clone()).collect();
    assert_eq!(asked, [json!(16), json!(16)], "one has no key and is not asked");
    let runs = program.args(["runs", "--json"]).run().ok().json();
    assert_eq!((&runs[0]["kind"], &runs[0]["calls"]), (&json!("test"), &json!(2)), "what it costs is on record");
}

#[test]
fn named_models_alone_are_tested() {
    let server = server();
    let program = program(&server);
    let ran = program.args(["models", "test", "good"]).run().ok();
    assert!(ran.stdout.contains("12 + 1") && ran.stdout.contains("$0.000014"), "{}", ran.stdout);
    program.args(["models", "test", "nobody-knows-it", "good"]).run().code(1);
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn the_doctor_calls_the_default_model_unless_told_not_to() {
    let server = server();
    let program = program(&server);
    let ran = program.args(["doctor"]).run().ok();
    assert!(ran.stdout.contains("12 + 1 tokens · $0.000014 · breaker closed"), "{}", ran.stdout);
    program.args(["doctor", "--no-call"]).run().ok();
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn the_doctor_finds_that_the_key_of_the_default_model_is_not_set() {
    let program = Program::new().env("RHIZO_MODEL", "openai/gpt-5-mini");
    for args in [&["doctor", "--no-call"][..], &["doctor"]] {
        let told = program.list(args).run().code(4).stdout;
        assert!(
            told.contains("FAULT  model     openai/gpt-5-mini needs a key and OPENAI_API_KEY is not set"),
            "{told}"
        );
        assert_eq!(told.matches("OPENAI_API_KEY is not set").count(), 1, "{told}");
    }
    let found = program.args(["doctor", "--no-call"]).env("OPENAI_API_KEY", "k").run().ok().stdout;
    assert!(found.contains("ok  model     openai/gpt-5-mini: "), "{found}");
}

#[test]
fn a_call_that_fails_has_its_time_and_its_breaker_too() {
    let broken = ChatServer::new(|_| Reply::acts(server::answer(503, &[("x-should-retry", "false")], "")));
    let text = format!("model = \"broken\"\n[models.broken]\nbase_url = \"{}\"\n", broken.base_url());
    let program = Program::new().file("rhizo.toml", text);
    let ran = program.args(["doctor"]).run().code(4);
    assert!(ran.stdout.contains(" ms · breaker closed, 1 failed in a row"), "{}", ran.stdout);
    let six = ["models", "test", "broken", "broken", "broken", "broken", "broken", "broken"];
    let rows = program.list(&[&six[..], &["--json"][..]].concat()).run().code(4).json();
    let health = |index: usize| (rows[index]["health"]["breaker"].clone(), rows[index]["health"]["failures"].clone());
    assert_eq!([health(0), health(4)], [(json!("closed"), json!(1)), (json!("open"), json!(5))]);
    assert!(rows[0]["millis"].is_u64() && rows[0]["failure"]["kind"] == "server", "{rows:#}");
    let told = program.list(&six).run().code(4).stdout;
    assert!(told.contains("closed, 1 failed in a row") && told.contains("open, tried again in"), "{told}");
}

#[test]
fn a_test_that_fails_has_its_bill_too() {
    let used = json!({"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}});
    let error = json!({"error": {"message": "flagged", "code": "invalid_prompt"}});
    let acts = server::stream(&[&format!("data: {used}\n\n"), &format!("data: {error}\n\n")]);
    let server = ChatServer::new(move |_| Reply::acts(acts.clone()));
    let text =
        format!("model = \"m\"\n[models.m]\nbase_url = \"{}\"\ninput_price = 1\noutput_price = 2\n", server.base_url());
    let program = Program::new().file("rhizo.toml", text);
    let row = program.args(["models", "test", "m", "--json"]).run().code(4).json()[0].clone();
    let found = (&row["ok"], &row["usage"]["input_tokens"], &row["usage"]["output_tokens"], &row["cost_usd"]);
    assert_eq!(found, (&json!(false), &json!(12), &json!(3), &json!(0.000_018)), "{row:#}");
    for command in [&["models", "test", "m"][..], &["doctor"]] {
        let told = program.list(command).run().code(4).stdout;
        assert!(told.contains("12 + 3") && told.contains("$0.000018"), "{told}");
    }
}

#[test]
fn what_failed_before_in_other_processes_stands_beside_the_call() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => Reply::text("yes"),
        1 | 2 | 4 => Reply::acts(server::answer(503, &[("x-should-retry", "false")], "")),
        _ => Reply::text("yes").usage(12, 1),
    });
    let text = format!("model = \"far\"\n[models.far]\nbase_url = \"{}\"\n", server.base_url());
    let program = Program::new().file("rhizo.toml", text);
    let call = || program.args(["doctor", "--json"]).run();
    let found = |rows: &Value| {
        let row = rows.as_array().into_iter().flatten().find(|row| row["check"] == "call").cloned();
        row.and_then(|row| row["found"].as_str().map(str::to_owned)).expect("a call")
    };
    let code = "llm(`a`); for i in 0..2 { try { llm(`b ${i}`) } catch (e) { } }";
    program.args(["eval", code]).run().ok();
    let run = program.args(["runs", "list", "--json"]).run().ok().json()[0]["id"].clone();
    let run = run.as_str().expect("an id");
    let told = found(&call().ok().json());
    assert!(told.contains(" · breaker closed here · the 2 calls before failed from "), "{told}");
    let last = format!(", the last in run {run}: the server at {} answered 503", server.host());
    assert!(told.ends_with(&last), "{told}");
    // That one got through, and fails the next time.
    let tested = program.args(["models", "test", "far", "--json"]).run().code(4).json();
    assert_eq!((&tested[0]["ok"], &tested[0]["before"]), (&json!(false), &Value::Null));
    let tested = program.args(["models", "test", "far", "--json"]).run().ok().json();
    assert_eq!((&tested[0]["health"]["failures"], &tested[0]["before"]["calls"]), (&json!(0), &json!(1)));
    let told = found(&call().ok().json());
    assert!(told.ends_with("breaker closed"), "{told}");
    assert_eq!(server.asks().len(), 7);
}

#[test]
fn a_server_that_says_far_more_than_the_one_word_answers_all_the_same() {
    let server = ChatServer::new(|_| {
        let words: Vec<String> = (0..400).map(|number| format!("word{number}")).collect();
        Reply::text(words.join(" ")).usage(12, 1_200)
    });
    let text = format!("model = \"m\"\n[models.m]\nbase_url = \"{}\"\n", server.base_url());
    let program = Program::new().file("rhizo.toml", text);
    let row = program.args(["models", "test", "m", "--json"]).run().ok().json()[0].clone();
    assert_eq!((&row["ok"], &row["failure"]), (&json!(true), &Value::Null), "{row:#}");
    program.args(["doctor"]).run().ok();
    assert_eq!(server.asks().len(), 2);
}

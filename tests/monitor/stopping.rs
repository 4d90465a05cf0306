//! A stream that goes wrong, over HTTP: the program stops reading, pays for what came, and says why.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{self, Program};
use crate::support::server::{self, Act};
use serde_json::{Value, json};

fn delta(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}))
}

/// A stream that says the same until nobody listens any more.
fn endless(event: &str) -> Reply {
    let mut acts = server::open_stream(&[&delta("Let me see. ")]);
    acts.push(Act::Repeat(server::chunk(event.as_bytes())));
    Reply::acts(acts)
}

fn export(program: &Program) -> Value {
    let run = program.args(["runs", "list", "--json"]).run().ok().json()[0]["id"].as_str().expect("an id").to_owned();
    program.args(["runs", "export", &run]).run().ok().json()
}

#[test]
fn a_loop_is_stopped_paid_and_told() {
    let server = ChatServer::new(|_| endless(&delta("I am sorry, I cannot find it. ")));
    let program = Program::paying(&server);
    let code = "let told = (); try { llm(\"go\") } catch (e) { told = e }\ntold";
    let ran = program.args(["eval", code, "--json"]).run().ok();
    // The stream has no end of its own: that the connection is closed ends it.
    server.wait_for_left(1);
    let document = ran.json();
    let told = &document["answer"];
    assert_eq!(
        (&told["kind"], &told["signal"], &told["retryable"]),
        (&json!("early_abort"), &json!("repetition"), &json!(false))
    );
    assert!(told["repetition"].as_f64().is_some_and(|share| share >= 0.3), "{told:#}");
    assert!(told["message"].as_str().is_some_and(|text| text.contains("it repeats itself")), "{told:#}");
    let raw = told["raw"].as_str().expect("what came");
    assert!(raw.starts_with("Let me see. I am sorry") && raw.len() < 4_000, "{} bytes", raw.len());
    assert_eq!(server.asks().len(), 1, "nothing is asked again");

    let export = export(&program);
    let effect = &program::effects(&export)[0];
    let usage = &effect["usage"];
    // Beside what came it can have thought before.
    let thought = usage["unheard_tokens"].as_u64().unwrap_or(0);
    let output = u64::try_from(raw.len().div_ceil(4)).expect("small") + thought;
    assert_eq!((&usage["output_tokens"], &usage["estimated"]), (&json!(output), &json!(true)), "{effect:#}");
    // One nano-USD per token.
    let tokens = output + usage["input_tokens"].as_u64().expect("a count");
    assert_eq!(
        document["cost_usd"].as_f64().map(|usd| (usd * 1e9).round()),
        Some(f64::from(u32::try_from(tokens).expect("small")))
    );
    let events = export["events"].as_array().expect("events");
    let ended = events.iter().find(|event| event["event"] == "model_finished").expect("the call ended");
    assert_eq!(
        (&ended["failure"]["kind"], &ended["failure"]["details"]["signal"]),
        (&json!("early_abort"), &json!("repetition"))
    );
}

#[test]
fn equal_elements_of_a_list_that_was_asked_for_are_no_loop() {
    let text = json!({"labels": vec!["no"; 1_000]}).to_string();
    let answer = text.clone();
    let server = ChatServer::new(move |_| Reply::text(answer.clone()));
    let program = Program::paying(&server);
    let eval = |options: &str| {
        let code = format!("let told = (); try {{ told = llm(\"q\"{options}) }} catch (e) {{ told = e.kind }}\ntold");
        program.args(["eval", &code, "--json"]).run().ok().json()["answer"].clone()
    };
    assert_eq!(eval(", #{schema: #{labels: [\"string\"]}}").to_string(), text);
    assert_eq!(eval(""), "early_abort");
}

#[test]
fn in_a_batch_it_is_a_map_in_its_slot() {
    let server = ChatServer::new(|ask| match ask.last().as_str() {
        "p1" => endless(&delta("no, ")),
        text => Reply::text(text),
    });
    let ran = Program::paying(&server).args(["eval", "llm_batch([\"p0\", \"p1\", \"p2\"])", "--json"]).run().ok();
    let answers = ran.json()["answer"].clone();
    assert_eq!((&answers[0], &answers[1]["kind"], &answers[2]), (&json!("p0"), &json!("early_abort"), &json!("p2")));
}

#[test]
fn a_role_decides_for_itself() {
    let text = "I am sorry, I cannot find it. ".repeat(200);
    let answer = text.clone();
    let server = ChatServer::new(move |_| Reply::text(answer.clone()));
    let eval = |monitor: &str| {
        let config = format!(
            "model = \"a\"\n[models.a]\nbase_url = \"{}\"\n[roles.worker.monitor]\n{monitor}\n",
            server.base_url()
        );
        let program = Program::new().file("rhizo.toml", config);
        let ran = program
            .args([
                "eval",
                "let told = (); try { told = llm(\"go\") } catch (e) { told = e.kind + \" \" + e.tokens + \" \" + e.contains(\"entropy\") }\ntold",
                "-q",
            ])
            .run()
            .ok();
        ran.stdout.trim_end().to_owned()
    };
    // It comes in two pieces, so the first of them is enough to stop it.
    assert!(eval("").starts_with("early_abort"), "it is on by itself");
    assert!(eval("").ends_with(" false"), "no probability came, so nothing is said of entropy");
    assert_eq!(eval("enabled = false"), text.trim_end());
    assert_eq!(eval("repetition = 0"), text.trim_end());
    assert_eq!(eval("weights.repetition = 0.1"), text.trim_end());
    assert_eq!(eval("least_tokens = 100000"), text.trim_end());
    assert!(eval("repetition = 0\nexpected_tokens = 100").starts_with("early_abort"));
}

#[test]
fn an_answer_in_one_piece_is_kept_whatever_it_says() {
    let text = "no ".repeat(3_000);
    let server = ChatServer::new(move |_| Reply::text(text.clone()));
    let config = format!("model = \"a\"\n[models.a]\nbase_url = \"{}\"\nstream = false\n", server.base_url());
    let program = Program::new().file("rhizo.toml", config);
    program.args(["eval", "llm(\"go\").len", "-q"]).run().ok().prints("9000\n");
}

#[test]
fn chance_is_seen_where_probabilities_are_asked_for() {
    let uncertain = |text: &str| {
        let top: Vec<Value> = (0..5).map(|n| json!({"token": n.to_string(), "logprob": -4.0})).collect();
        let token = json!({"token": text, "logprob": -4.2, "top_logprobs": top});
        let choice =
            json!({"index": 0, "delta": {"content": text}, "logprobs": {"content": [token]}, "finish_reason": null});
        format!("data: {}\n\n", json!({"choices": [choice]}))
    };
    let events: Vec<String> = (0..400).map(|n| uncertain(&format!("x{} ", n * 7919 % 1000))).collect();
    let server = ChatServer::new(move |_| {
        let mut acts = server::open_stream(&events.iter().map(String::as_str).collect::<Vec<_>>());
        acts.push(Act::Hold);
        Reply::acts(acts)
    });
    let config = |lines: &str| {
        format!(
            "model = \"a\"\n[models.a]\nbase_url = \"{}\"\n{lines}\n[roles.worker.monitor]\nlogprobs = true\n",
            server.base_url()
        )
    };
    let program = Program::new().file("rhizo.toml", config("logprobs = true"));
    let code = "let told = (); try { llm(\"go\") } catch (e) { told = `${e.kind} ${e.signal} ${e.tokens}` }\ntold";
    program.args(["eval", code, "-q"]).run().ok().prints("early_abort entropy 50\n");
    let asked = server.asks()[0].body.clone();
    assert_eq!((&asked["logprobs"], &asked["top_logprobs"]), (&json!(true), &json!(5)));
    // A model that does not give them is not asked for them.
    let other = ChatServer::new(|_| Reply::text("yes"));
    let config = config("").replace(&server.base_url(), &other.base_url());
    Program::new().file("rhizo.toml", config).args(["eval", "llm(\"go\")", "-q"]).run().ok();
    assert_eq!(other.asks()[0].body.get("logprobs"), None);
}

#[test]
fn thoughts_without_end_are_stopped() {
    let thought = json!({"choices": [{"index": 0, "delta": {"reasoning_content": "Hmm, let me think again. "}}]});
    let server = ChatServer::new(move |_| endless(&format!("data: {thought}\n\n")));
    let ran = Program::paying(&server).args(["eval", "llm(\"go\")", "-q"]).run().code(4);
    server.wait_for_left(1);
    ran.says("the answer was stopped after about").says("hint: ");
}

#[test]
fn a_root_that_loops_loses_the_turn_and_not_the_run() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => endless(&delta("Let me look at the context first. ")),
        _ => Reply::code("FINAL(1884)"),
    });
    let ran = Program::paying(&server).args(["ask", "When?", "--recursive"]).run().ok();
    ran.prints("1884\n").says("failed: the answer was stopped");
    assert!(
        server.asks()[1].last().contains("it repeats itself. Nothing of it was run."),
        "{}",
        server.asks()[1].last()
    );
}

#[test]
fn a_turn_that_was_stopped_stands_between_two_that_failed_the_same() {
    let server = ChatServer::new(|ask| match ask.number {
        1 => endless(&delta("Let me look at the context first. ")),
        3 => Reply::code("FINAL(1884)"),
        _ => Reply::code("nothing_of_that_name(1)"),
    });
    Program::paying(&server).args(["ask", "When?", "--recursive"]).run().ok().prints("1884\n");
    assert!(server.asks().iter().all(|ask| !ask.last().contains("this is the program of turn")));
}

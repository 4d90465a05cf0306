//! Looking further and handing out: what a chain does once nobody is left to ask.

use super::{arms, asked, credits, decided, ladder, model};
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

const TEXT: &str = "The harbour opened in 1884.\nIts lighthouse is 31 metres tall.\n";
const HOW_TALL: &str = r#"llm("how tall is the lighthouse?", #{check: |a| a.contains("31"), gate: "has the height"})"#;

/// Settings by which a chain comes soon to where nobody is left to ask.
const ONCE: &str = "retries = 0\nmost = 1";

/// A text that is longer than what is answered by one call.
fn long() -> String {
    format!("{TEXT}{}", "Nothing else is told of that coast.\n".repeat(1_200))
}

/// A program that leaves nothing to chance.
fn plain(server: &ChatServer) -> Program {
    Program::served_by(server).env("RHIZO_MEMORY_OFF_SHARE", "0").env("RHIZO_ESCALATION_AUDIT", "0")
}

/// What a root does that looks and answers.
fn root(ask: &Ask) -> Reply {
    Reply::code(if ask.turn() == 1 { "context.grep(\"lighthouse\")" } else { "FINAL(\"31 metres\")" })
}

#[test]
fn a_call_that_fails_is_shown_the_passages_that_bear_on_it() {
    let server = ChatServer::new(|ask| {
        let told = ask.last();
        let shown = told.contains("Passages of the input") && told.contains("31 metres tall");
        Reply::text(if shown { "31 metres" } else { "nobody knows" })
    });
    let program = ladder(&server, "most = 0").file("harbour.txt", TEXT);
    program.args(["eval", HOW_TALL, "--context", "harbour.txt"]).run().ok().prints("31 metres\n");
    assert_eq!(asked(&server), ["small", "small", "small"]);
    let last = server.asks()[2].last();
    assert!(last.starts_with("how tall is the lighthouse?\n\nYour earlier answer:\nnobody knows"), "{last}");
    assert!(last.contains("\n\nPassages of the input that may bear on it:\n\n[harbour.txt]\nThe harbour"), "{last}");
    assert_eq!(arms(&decided(&program)), ["worker", "retry", "explore"]);
    assert_eq!(credits(&program, "escalate"), ["explore success", "retry fail"]);
    // Without an input there is nothing to look into.
    let bare = ladder(&server, "most = 0");
    drop(bare.args(["eval", HOW_TALL]).run().code(1));
    assert_eq!(arms(&decided(&bare)), ["worker", "retry", "give_up"]);
}

#[test]
fn what_nobody_answers_is_handed_to_a_child_run_of_the_strongest_role_once() {
    let server = ChatServer::new(|ask| if ask.is_root() { root(ask) } else { Reply::text("nobody knows") });
    let program = ladder(&server, ONCE).file("coast.txt", long());
    let ran = program.args(["eval", HOW_TALL, "--context", "coast.txt"]).run().ok().prints("31 metres\n");
    // It begins with a word on what it may cost: ten calls of usual size at 100 USD a million.
    ran.says("note: a child run of architect takes over \"how tall is the lighthouse?\", for at most $2.50");
    assert_eq!(asked(&server), ["small", "middle", "middle", "large", "large"]);
    let first = server.asks()[3].messages()[1].1.clone();
    assert!(
        first.starts_with("# Task\nhow tall is the lighthouse?\n\nAnother model's earlier answer:\nnobody knows"),
        "{first}"
    );
    assert!(first.contains("the answer did not pass `has the height`") && first.contains("coast.txt"), "{first}");
    assert_eq!(arms(&decided(&program)), ["worker", "escalate:expert", "explore", "delegate"]);
    assert_eq!(credits(&program, "escalate"), ["delegate success", "escalate:expert fail", "explore fail"]);
    let policy = program.args(["memory", "policy"]).run().ok().stdout;
    assert!(policy.contains("delegate") && policy.contains("explore"), "{policy}");
}

#[test]
fn a_child_that_fails_too_ends_the_chain_with_the_failure_that_it_was_to_mend() {
    let server = ChatServer::new(|ask| match (ask.is_root(), ask.turn()) {
        (true, 1) => Reply::code("context.grep(\"lighthouse\")"),
        (true, _) => Reply::code("FINAL(\"nobody knows\")"),
        _ => Reply::text("nobody knows"),
    });
    let program = ladder(&server, ONCE).file("coast.txt", long());
    let ran = program.args(["eval", HOW_TALL, "--context", "coast.txt"]).run();
    drop(ran.code(1).says("the answer did not pass `has the height`"));
    assert_eq!(asked(&server).len(), 5, "nothing is tried twice");
    assert_eq!(credits(&program, "escalate"), ["delegate fail", "escalate:expert fail", "explore fail"]);
    // One that never comes to an end does not take more than its turns.
    let server = ChatServer::new(|ask| if ask.is_root() { Reply::code("context.head(9)") } else { Reply::text("no") });
    let program = plain(&server).file("coast.txt", long()).file("tall.rhai", HOW_TALL);
    let ran = program.args(["run", "tall.rhai", "--context", "coast.txt", "--json"]).run().code(1);
    let failure = ran.json()["failure"].clone();
    let says = |part: &Value, text: &str| assert!(part.as_str().is_some_and(|said| said.contains(text)), "{failure:#}");
    says(&failure["message"], "the answer did not pass `has the height`");
    says(&failure["hint"], "the child run that took over failed too: 8 turns passed without FINAL");
    says(&failure["details"]["raw"], "no");
    says(&failure["details"]["child_failure"]["kind"], "turns");
    assert_eq!(credits(&program, "escalate"), ["delegate fail", "explore fail", "retry fail"]);
}

#[test]
fn what_a_child_that_took_over_was_refused_by_its_own_slice_is_not_missing_to_the_run() {
    let server = ChatServer::new(|ask| if ask.is_root() { Reply::code("context.head(9)") } else { Reply::text("no") });
    let told = "told = [e.gate, e.child_failure.stopped_by]";
    let code = format!("let told;\ntry {{ {HOW_TALL} }} catch (e) {{ {told} }}\ntold");
    let program = plain(&server).file("coast.txt", long()).file("tall.rhai", code);
    // Three calls are made before it, and it has half of the five that are left.
    let args = ["run", "tall.rhai", "--context", "coast.txt", "--max-calls", "8", "--json"];
    let document = program.args(args).run().ok().json();
    assert_eq!(document["answer"], json!(["has the height", "budget"]), "{document:#}");
    assert_eq!((&document["status"], &document["refused_calls"]), (&json!("completed"), &json!(0)), "{document:#}");
    assert_eq!(server.asks().len(), 5);
}

#[test]
fn nothing_is_handed_out_without_depth_calls_or_leave() {
    for (settings, flags) in [
        (ONCE, ["--max-depth", "0"]),
        (ONCE, ["--max-calls", "6"]),
        ("enabled = false", ["--max-calls", "90"]),
        ("most = 0", ["--max-calls", "90"]),
    ] {
        let server = ChatServer::new(|ask| if ask.is_root() { root(ask) } else { Reply::text("nobody knows") });
        let program = ladder(&server, settings).file("coast.txt", long());
        let args = [&["eval", HOW_TALL, "--context", "coast.txt"][..], &flags].concat();
        drop(program.list(&args).run().code(1));
        assert_eq!(arms(&decided(&program)).last(), Some(&"give_up"), "{flags:?}");
        assert!(server.asks().iter().all(|ask| !ask.is_root()), "{flags:?}");
    }
}

#[test]
fn a_prompt_that_is_too_long_becomes_the_input_of_a_child_run() {
    let server = ChatServer::new(|ask| match (ask.is_root(), model(ask).as_str()) {
        (true, _) => root(ask),
        _ => Reply::refusal(400, "This model's maximum context length is 4000 tokens, your messages are longer"),
    });
    let program = ladder(&server, "").file("coast.txt", long());
    let code = r#"llm("how tall is the lighthouse?\n" + context.text(), #{check: |a| a.contains("31")})"#;
    program.args(["eval", code, "--context", "coast.txt"]).run().ok().prints("31 metres\n");
    assert_eq!(asked(&server), ["small", "large", "large"]);
    let first = server.asks()[1].messages()[1].1.clone();
    assert!(first.starts_with("# Task\nDo what the text in the context asks for.") && first.len() < 8_000, "{first}");
    assert_eq!(credits(&program, "escalate"), ["delegate success"]);
}

/// A root whose first two turns fail; then it looks at the whole.
fn clumsy(ask: &Ask) -> Reply {
    Reply::code(match ask.turn() {
        1 | 2 => "nothing_of_that_name(1)",
        3 => "context.text()",
        _ => "FINAL(\"31 metres\")",
    })
}

#[test]
fn a_root_whose_turns_fail_is_told_to_look_in_another_way_once() {
    let server = ChatServer::new(clumsy);
    let program = plain(&server).file("harbour.txt", TEXT);
    let args = ["ask", "how tall is it?", "--recursive", "--context", "harbour.txt"];
    program.args(args).run().ok().prints("31 metres\n");
    let told: Vec<String> = server.asks().iter().map(Ask::last).collect();
    let expect = "2 turns in a row failed; the last one: ";
    assert!(told[2].contains(expect) && told[2].contains("in another way now, `context.text()`, with"), "{}", told[2]);
    assert_eq!(told.iter().filter(|text| text.contains("in another way now")).count(), 1);
    assert_eq!(arms(&decided(&program)), ["retry", "explore"]);
    assert_eq!(credits(&program, "escalate"), ["explore success", "retry fail"]);
    // Who does not look as it was told says nothing of that way.
    let server = ChatServer::new(|ask| match ask.turn() {
        3 => Reply::code("context.head(99)"),
        _ => clumsy(ask),
    });
    let program = plain(&server).file("harbour.txt", TEXT);
    program.args(args).run().ok();
    assert_eq!(credits(&program, "escalate"), ["retry fail"]);
    // Without a context nothing is told.
    let server =
        ChatServer::new(|ask| Reply::code(if ask.turn() < 4 { "nothing_of_that_name(1)" } else { "FINAL(1)" }));
    let program = plain(&server);
    program.args(["ask", "how many?", "--recursive"]).run().ok();
    assert_eq!(decided(&program), Vec::<Value>::new());
}

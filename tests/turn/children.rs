//! Child runs: sessions of their own, slices of the budget, and a limit of depth.

use super::long;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::{self, Program};
use serde_json::json;

/// Whether a root is asked with this task.
fn of(ask: &Ask, task: &str) -> bool {
    ask.is_root() && ask.messages()[1].1.starts_with(&format!("# Task\n{task}\n"))
}

/// A program over two long documents.
fn program(server: &ChatServer) -> Program {
    Program::served_by(server).file("a.log", long(1_000)).file("b.log", format!("{}The needle.\n", long(1_000)))
}

#[test]
fn a_child_has_a_session_and_a_context_of_its_own() {
    let server = ChatServer::new(|ask| match (of(ask, "parent"), ask.turn()) {
        (true, 1) => Reply::code("let secret = 7;\nlet found = rlm(\"child\", context.doc(\"b.log\"));\nfound"),
        (true, _) => Reply::code("FINAL(found + secret)"),
        (false, 1) => Reply::code("print(context.docs()); print(context.count(\"needle\"));\nlet own = secret;"),
        (false, 2) => Reply::code("print(context.count(\"needle\")); print(context.docs())"),
        (false, _) => Reply::code("FINAL(\"needles: 1, secret \")"),
    });
    let program = program(&server);
    let document = program.args(["ask", "parent", "-c", "a.log", "b.log", "--json"]).run().ok().json();
    assert_eq!(document["answer"], "needles: 1, secret 7");
    assert_eq!((&document["turns"], &document["calls"], &document["depth"]), (&json!(2), &json!(5), &json!(1)));
    let asks = server.asks();
    assert!(of(&asks[1], "child") && asks[1].messages()[1].1.contains("1 document"), "{}", asks[1].last());
    assert!(asks[2].last().contains("there is no variable `secret`"), "{}", asks[2].last());
    assert!(asks[3].last().contains("b.log"), "{}", asks[3].last());
    let run = document["run"].as_str().expect("an id");
    let export = program.args(["runs", "export", run]).run().ok().json();
    let child = &export["children"][0]["run"];
    assert_eq!((&child["task"], &child["depth"], &child["status"]), (&json!("child"), &json!(1), &json!("completed")));
    // Three calls; and its failed turn is repeated by decision, with an episode on how that went.
    let effects = program::effects(&export["children"][0]);
    let kinds = |kind: &str| effects.iter().filter(|effect| effect["kind"] == kind).count();
    assert_eq!((effects.len(), kinds("remember")), (4, 1), "{effects:#?}");
    let top = program.args(["runs", "list", "--json"]).run().ok().json();
    let all = program.args(["runs", "list", "--all", "--json"]).run().ok().json();
    assert_eq!((top.as_array().map(Vec::len), all.as_array().map(Vec::len)), (Some(1), Some(2)));
}

#[test]
fn a_small_child_is_one_call() {
    let server = ChatServer::root(&["FINAL(rlm(\"small\", \"It opened in 1884.\"))"], "1884");
    Program::served_by(&server).args(["ask", "parent", "--recursive"]).run().ok().prints("1884\n");
    assert_eq!(server.asks()[1].last(), "Question: small\n\nText:\nIt opened in 1884.\n");
}

#[test]
fn what_each_depth_role_and_model_spent_is_told_line_by_line() {
    let server = ChatServer::root(&["FINAL(rlm(\"small\", \"It opened in 1884.\"))"], "1884");
    let program = Program::served_by(&server);
    let ran = program.args(["ask", "parent", "--recursive"]).run().ok();
    let lines: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("  depth ")).collect();
    assert_eq!(lines.len(), 2, "{}", ran.stderr);
    assert!(lines[0].starts_with("  depth 0 · architect · openai/small · 1 call · "), "{lines:?}");
    assert!(lines[1].starts_with("  depth 1 · ") && lines[1].contains(" · openai/small · 1 call · "), "{lines:?}");
    assert!(ran.stderr.lines().any(|line| line.starts_with("2 calls · ")), "{}", ran.stderr);
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    let behind = lines.iter().filter(|line| shown.contains(&format!("\n        {}\n", line.trim_start()))).count();
    assert_eq!(behind, 2, "{shown}");
    // One row says no more than the footer does.
    program.args(["eval", "llm(\"a\")"]).run().ok().says("1 call · ").does_not_say("depth 0");
}

#[test]
fn depth_is_an_error_that_a_script_can_handle() {
    let code = "try { rlm(\"deeper\", \"text\") } catch (e) { FINAL(e.kind + \": \" + e.message) }";
    let server = ChatServer::new(move |_| Reply::code(code));
    let program = Program::served_by(&server);
    let ran = program.args(["ask", "q", "--recursive", "--max-depth", "0"]).run().ok();
    ran.prints("depth: child runs nest at most 0 deep\n");
    program
        .args(["eval", "rlm(\"a\")", "--max-depth", "0"])
        .run()
        .code(5)
        .says("hint: answer at this depth with llm(...)");
    let slots = "rlm_batch([\"a\", \"b\"]).map(|r| r.kind)";
    program.args(["eval", slots, "--max-depth", "0", "-q"]).run().ok().prints("[\n  \"depth\",\n  \"depth\"\n]\n");
}

#[test]
fn children_nest_to_the_limit_and_no_deeper() {
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::code(
            "print(context.head(5));\nlet inner = \"\";\ntry { inner = rlm(\"again\", context) } catch (e) { inner = e.kind }\ninner",
        ),
        _ => Reply::code("FINAL(`${budget().depth}>` + inner)"),
    });
    let program = Program::served_by(&server).file("a.log", long(1_000));
    let document = program.args(["ask", "top", "-c", "a.log", "--max-depth", "3", "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["depth"]), (&json!("3>2>1>0>depth"), &json!(3)));
}

#[test]
fn a_childs_slice_ends_the_child_and_not_the_parent() {
    let server = ChatServer::new(|ask| match (of(ask, "parent"), ask.is_root()) {
        (true, _) => Reply::code(
            "let told = \"\";\ntry { rlm(\"child\", context, #{max_calls: 2}) } catch (e) { told = e.kind }\n\
             FINAL(told + \" \" + llm(\"still paid?\"))",
        ),
        (false, true) => Reply::code("context.head(10)"),
        (false, false) => Reply::text("yes"),
    });
    let program = Program::served_by(&server).file("a.log", long(1_000));
    let ran = program.args(["ask", "parent", "-c", "a.log", "--max-calls", "50"]).run();
    ran.ok().prints("child yes\n");
    assert_eq!(server.asks().len(), 4);
}

#[test]
fn a_child_cannot_have_more_than_its_parent() {
    let server = ChatServer::new(|ask| match of(ask, "parent") {
        true => Reply::code(
            "context.head(1);\nlet r = rlm_batch([[\"child\", context]], #{max_calls: 1000});\nFINAL(r[0].message)",
        ),
        false => Reply::code("context.head(10)"),
    });
    let program = Program::served_by(&server).file("a.log", long(1_000));
    let ran = program.args(["ask", "parent", "-c", "a.log", "--max-calls", "4"]).run().ok();
    assert!(ran.stdout.contains("call budget of the run") && ran.stdout.contains("limit 4, spent 4"), "{}", ran.stdout);
    assert_eq!(server.asks().len(), 4);
}

#[test]
fn a_batch_of_children_keeps_order_and_slots() {
    let server = ChatServer::new(|ask| match ask.last() {
        text if text.contains("bad") => Reply::refusal(400, "no"),
        text => Reply::text(text.lines().next().unwrap_or_default().replace("Question: ", "answer to ")),
    });
    let code = "rlm_batch([[\"one\", \"text\"], #{task: \"bad\"}, \"three\"]).map(|r| if type_of(r) == \"map\" { r.kind } else { r })";
    let answer = Program::served_by(&server).args(["eval", code, "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer, json!(["answer to one", "rejected", "three"]));
}

#[test]
fn delegate_goes_to_a_stronger_role() {
    let server = ChatServer::new(|ask| Reply::text(ask.body["model"].as_str().unwrap_or_default()));
    let text = format!(
        "model = \"weak\"\n[models.weak]\nbase_url = \"{0}\"\n[models.strong]\nbase_url = \"{0}\"\n[roles.expert]\nmodels = [\"strong\"]\n",
        server.base_url()
    );
    let program = Program::new().file("rhizo.toml", text);
    program.args(["eval", "llm(\"a\") + \" \" + delegate(\"b\")"]).run().ok().prints("weak strong\n");
}

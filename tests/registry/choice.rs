//! Which model answers: by call, role, requirement and strategy, with the reason in every place where it is told.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

/// A server that answers with the name of the model that was asked.
fn echo() -> ChatServer {
    ChatServer::new(|ask| Reply::text(ask.body["model"].as_str().unwrap_or_default()))
}

/// Three models of one server at 1, 3 and 9 USD per million tokens; the default one is the cheapest and blind.
fn range(server: &ChatServer, more: &str) -> Program {
    let model = |name: &str, usd: u64, rest: &str| {
        format!(
            "[models.{name}]\nbase_url = \"{}\"\ninput_price = {usd}\noutput_price = {usd}\n{rest}\n",
            server.base_url()
        )
    };
    let models = [
        model("small", 1, "tags = [\"fast\"]"),
        model("middle", 3, "vision = true"),
        model("large", 9, "capabilities = [\"vision\", \"json\"]"),
    ];
    Program::new().file("rhizo.toml", format!("model = \"small\"\n{}\n{more}", models.concat()))
}

#[test]
fn call_over_role_over_requirement_over_default() {
    let server = echo();
    let program = range(
        &server,
        "[roles.reader]\nmodels = [\"middle\", \"large\"]\n[roles.seer]\nrequires = [\"vision\"]\nstrategy = \"cost\"\n",
    );
    for (options, model) in [
        ("", "small"),
        ("role: \"reader\"", "middle"),
        ("role: \"reader\", model: \"large\"", "large"),
        ("role: \"reader\", requires: [\"json\"]", "large"),
        ("role: \"reader\", strategy: \"performance\"", "large"),
        ("role: \"seer\"", "middle"),
        ("role: \"seer\", requires: [\"json\"]", "large"),
        ("requires: [\"fast\"]", "small"),
        ("requires: [\"vision\"], strategy: \"cost\"", "middle"),
        ("requires: [\"vision\"], strategy: \"performance\"", "large"),
        ("strategy: \"balanced\"", "middle"),
    ] {
        let code = format!("llm(\"q\", #{{{options}}})");
        program.args(["eval", &code]).run().ok().prints(&format!("{model}\n"));
    }
    let all = "llm_batch([\"a\", \"b\"], #{requires: [\"vision\"], strategy: \"cost\"})";
    program.args(["eval", all, "--json"]).run().ok().says("");
    assert_eq!(server.asks().last().expect("an ask").body["model"], "middle");
}

#[test]
fn roles_tell_how_their_models_are_chosen() {
    let server = echo();
    let program = range(
        &server,
        "[roles.seer]\nposition = 1\nrequires = [\"vision\"]\n[roles.sage]\nposition = 1\nstrategy = \"performance\"\n",
    );
    let roles = program.args(["eval", "roles()", "--json"]).run().ok().json()["answer"].clone();
    let role = |name: &str| {
        let found = roles.as_array().expect("roles").iter().find(|role| role["name"] == name);
        found.cloned().unwrap_or_default()
    };
    for (name, requires, strategy) in [
        ("seer", json!(["vision"]), Value::Null),
        ("sage", json!([]), json!("performance")),
        ("expert", json!([]), Value::Null),
    ] {
        let form = json!({"name": name, "position": 1, "models": [], "requires": requires, "strategy": strategy});
        assert_eq!(role(name), form);
    }
    for (name, model) in [("seer", "middle"), ("sage", "large"), ("expert", "small")] {
        let code = format!("llm(\"q\", #{{role: \"{name}\"}})");
        program.args(["eval", &code]).run().ok().prints(&format!("{model}\n"));
    }
    let listed = program.args([]).stdin(".role\n").run().ok().stdout;
    for told in ["one with vision", "one by performance", "the default model"] {
        assert!(listed.contains(told), "{listed}");
    }
}

#[test]
fn what_is_required_comes_before_the_default_model() {
    let server = echo();
    let model = |name: &str, usd: u64| {
        let (url, price) = (server.base_url(), format!("input_price = {usd}\noutput_price = {usd}"));
        format!("[models.{name}]\nbase_url = \"{url}\"\n{price}\ntags = [\"private\"]\n")
    };
    let text = |usual: u64| format!("model = \"usual\"\n{}{}", model("other", 1), model("usual", usual));
    let explain = ["models", "explain", "--requires", "private"];
    let paid = Program::new().file("rhizo.toml", text(9));
    paid.args(["eval", "llm(\"q\", #{requires: [\"private\"]})"]).run().ok().prints("other\n");
    paid.args(["eval", "llm(\"q\")"]).run().ok().prints("usual\n");
    let told = paid.args(explain).run().ok().stdout;
    assert!(told.contains("other answers: best balance of cost and rank among 2 models with private"), "{told}");
    assert!(told.starts_with("role worker: every known model: the role lists none; it must have private"), "{told}");
    // Nobody asked for a bill.
    let free = Program::new().file("rhizo.toml", text(0));
    let told = free.args(explain).run().ok().stdout;
    assert!(told.contains("usual answers: the only one with private"), "{told}");
    assert!(told.contains("refused: costs money, the default model does not"), "{told}");
    let ran = free.args(["models", "explain", "--requires", "private", "--strategy", "performance", "--json"]).run();
    assert_eq!(ran.ok().json()["model"], "other");
    // A key is no choice of all that can be had for it.
    let keyed = Program::new().env("OPENAI_API_KEY", "k");
    let chosen = keyed.args(["models", "explain", "--requires", "vision", "--json"]).run().ok().json();
    assert_eq!(chosen["model"], "openai/gpt-5-mini");
}

#[test]
fn the_root_of_a_child_is_chosen_likewise() {
    let server = echo();
    let program = range(&server, "");
    let code = "rlm(\"q\", \"a text\", #{requires: [\"json\"]})";
    program.args(["eval", code]).run().ok().prints("large\n");
    program
        .args(["eval", "rlm(\"q\", \"a text\", #{requires: [\"german\"]})"])
        .run()
        .code(3)
        .says("no model has `german`");
}

#[test]
fn the_reason_stands_in_explain_in_the_event_and_in_the_result() {
    let server = echo();
    let program = range(&server, "");
    let code = "llm(\"q\", #{requires: [\"vision\"], strategy: \"cost\"})";
    let reason = "cheapest of 2 models with vision";
    let document = program.args(["eval", code, "--json"]).run().ok().json();
    assert_eq!(document["models"][0]["model"], "middle");
    assert_eq!(document["models"][0]["reason"], reason);
    assert_eq!(document["substituted"], json!([]));
    let logs = program.args(["logs", "--json"]).run().ok().stdout;
    let started = logs.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let reasons: Vec<Value> = started.filter(|e| e["event"] == "model_started").map(|e| e["reason"].clone()).collect();
    assert_eq!(reasons, [json!(reason)]);
    let run = document["run"].as_str().expect("an id");
    assert_eq!(program.args(["runs", "show", run, "--json"]).run().ok().json()["models"][0]["reason"], reason);
    let exported = program.args(["runs", "export", run]).run().ok().stdout;
    assert!(exported.contains(reason), "{exported}");
    let explained =
        program.args(["models", "explain", "--requires", "vision", "--strategy", "cost", "--json"]).run().ok().json();
    assert_eq!((&explained["model"], &explained["reason"]), (&json!("middle"), &json!(reason)));
    let dropped = explained["candidates"].as_array().expect("rows").iter().find(|row| row["model"] == "small");
    assert_eq!(dropped.map(|row| row["dropped"].clone()), Some(json!("has no vision")));
}

#[test]
fn what_nobody_meets_is_named() {
    let server = echo();
    let program = range(&server, "");
    let none = program.args(["eval", "llm(\"q\", #{requires: [\"german\"]})"]).run().code(3);
    none.says("no model has `german`, which the call requires").says("hint: capabilities are vision, tools");
    let keyless = program.args(["eval", "llm(\"q\", #{requires: [\"logprobs\"]})"]).run().code(3);
    keyless.says("no model that can be called has `logprobs`").says("would do; export OPENAI_API_KEY=...");
    program.args(["eval", "llm(\"q\", #{requires: [\"visoin\"]})"]).run().code(3).says("did you mean `vision`?");
    let both = "llm(\"q\", #{requires: [\"fast\", \"json\"]})";
    program.args(["eval", both]).run().code(3).says("no model has `fast` and `json` together");
    let named = "llm(\"q\", #{model: \"small\", requires: [\"vision\"]})";
    program.args(["eval", named]).run().code(3).says("small, named by the call, does not have `vision`");
    let role = "[roles.worker]\nrequires = [\"fast\"]\n";
    let program = range(&server, role);
    let ran = program.args(["eval", "llm(\"q\")", "--model", "large"]).run().code(3);
    ran.says("large, named by --model or RHIZO_MODEL, does not have `fast`, which the role requires");
    let ran = program.args(["eval", "llm(\"q\", #{requires: [\"logprobs\"]})", "--model", "large"]).run().code(3);
    ran.says("which the role requires");
    let ran = program.args(["eval", "llm(\"q\", #{requires: [\"json\"]})", "--model", "small"]).run().code(3);
    ran.says("small, named by --model or RHIZO_MODEL, does not have `json`, which the call requires");
    let caught = "try { llm(\"q\", #{requires: [\"german\"]}) } catch (e) { print(e.kind + \" \" + e.unmet) }";
    program.args(["eval", caught]).run().ok().prints("no_model german\n");
    program.args(["eval", "llm(\"q\", #{strategy: \"cheapest\"})"]).run().code(1).says("cheapest");
    assert_eq!(server.asks().len(), 0);
    program.args(["models", "explain", "--requires", "german"]).run().code(3);
    program.args(["models", "explain", "--strategy", "best"]).run().code(1).says("strategies: cost");
}

#[test]
fn who_looks_for_others_is_not_sent_to_look_for_them() {
    let role = "model = \"offline\"\n[roles.reader]\nmodels = [\"offline\"]\n";
    for (program, more) in
        [(Program::offline(), &[][..]), (Program::new().file("rhizo.toml", role), &["--role", "reader"])]
    {
        let ran = program.list(&[&["models", "explain", "--requires", "vision"], more].concat()).run().code(3);
        ran.says("would do; export OPENAI_API_KEY=...").does_not_say("rhizo models explain");
    }
}

#[test]
fn explain_and_list_need_no_key() {
    let program = Program::new().file("rhizo.toml", "model = \"gpt-4.1\"\n");
    let rows = program.args(["models", "explain", "--json"]).run().ok().json();
    assert_eq!((&rows[0]["model"], &rows[0]["usable"]), (&json!("openai/gpt-4.1"), &json!(false)));
    assert_eq!(rows[0]["reason"], "named by `model` in the configuration");
    assert_eq!(rows[0]["failure"]["message"], "openai/gpt-4.1 needs a key and OPENAI_API_KEY is not set");
    let shown = program.args(["models", "explain"]).run().ok().stdout;
    assert!(shown.contains("no: OPENAI_API_KEY is not set") && !shown.contains("needs a key and"), "{shown}");
    let usable = |program: &Program, id: &str| {
        let rows = program.args(["models", "list", "--json"]).run().ok().json();
        let rows = rows.as_array().expect("rows").clone();
        rows.into_iter().find(|row| row["id"] == id).map(|row| (row["usable"].clone(), row["missing_key"].clone()))
    };
    assert_eq!(usable(&program, "openai/gpt-4.1"), Some((json!(false), json!("OPENAI_API_KEY"))));
    let program = program.env("OPENAI_API_KEY", "k");
    assert_eq!(usable(&program, "openai/gpt-4.1"), Some((json!(true), Value::Null)));
}

#[test]
fn a_server_is_asked_what_it_offers() {
    let server = echo();
    let program = range(&server, "");
    program.args(["models", "list", "--remote"]).run().ok().prints("small\n");
    program.args(["models", "list", "--remote", "large"]).run().ok().prints("small\n");
    program.args(["models", "list", "--remote", "offline"]).run().code(1).says("is no server");
    assert_eq!(
        program.args(["models", "show", "large", "--json"]).run().ok().json()["origins"]["capabilities"],
        "[project]/rhizo.toml:16:1"
    );
}

#[test]
fn a_key_alone_does_not_make_free_calls_paid() {
    let server = echo();
    let text = format!("model = \"mine\"\n[models.mine]\nbase_url = \"{}\"\n", server.base_url());
    let program = Program::new().file("rhizo.toml", &text).env("OPENAI_API_KEY", "k");
    let call = ["models", "explain", "--strategy", "performance", "--json"];
    assert_eq!(program.args(call).run().ok().json()["model"], "mine");
    // It is a hint only for what such a model has.
    let tagged = program.args(["eval", "llm(\"q\", #{requires: [\"german\"]})"]).run().code(3);
    tagged.says("no model has `german`").says("hint: capabilities are").does_not_say("costs money");
    let program = program.file("rhizo.toml", format!("allow_paid_fallback = true\n{text}"));
    let chosen = program.args(call).run().ok().json()["model"].clone();
    assert!(chosen.as_str().is_some_and(|id| id.starts_with("openai/")), "{chosen}");
}

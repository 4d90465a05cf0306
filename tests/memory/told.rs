//! What `memory explain` and `memory policy` tell.

use super::line;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

/// Two roles on one server of which the worker fails, and a check that tells.
fn ladder(server: &ChatServer) -> Program {
    let model = |name: &str, price: u32| {
        let url = server.base_url();
        format!(
            "[models.{name}]\nbase_url = \"{url}\"\nname = \"{name}\"\ninput_price = {price}\noutput_price = {price}\n"
        )
    };
    let roles = "[roles.worker]\nmodels = [\"small\"]\n[roles.expert]\nmodels = [\"large\"]\n";
    let text = format!(
        "[escalation]\naudit = 0\nprice = 0.5\nladder = [\"worker\", \"expert\"]\n{}{}{roles}",
        model("small", 50),
        model("large", 60)
    );
    Program::new().file("rhizo.toml", text)
}

#[test]
fn decisions_are_told_with_what_became_of_them() {
    let server = ChatServer::new(|ask| Reply::text(if ask.body["model"] == "large" { "5 km" } else { "5" }));
    let program = ladder(&server);
    program
        .args(["memory", "policy"])
        .run()
        .ok()
        .prints("the learner is on: nothing was predicted yet\n\nno decision has been judged yet\n");
    let code = r#"llm("how far?", #{check: |a| a.contains("km")})"#;
    program.args(["eval", code]).run().ok();
    let told = program.args(["memory", "policy", "--json"]).run().ok().json();
    let row = |at: usize| {
        let row = &told["decisions"][at];
        format!("{} {} {} {} {}", row["decider"], row["action"], row["decisions"], row["judged"], row["won"])
            .replace('"', "")
    };
    assert_eq!([row(0), row(1)], ["rule escalate 2 2 1", "rule route 1 1 0"], "{told:#}");
    assert_eq!((&told["learner"]["on"], &told["learner"]["predictions"]), (&json!(true), &json!(0)));
    let cells: Vec<String> = told["cells"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| format!("{} {} {} {}", c["arm"], c["alpha"], c["beta"], c["n"]).replace('"', ""))
        .collect();
    assert_eq!(cells, ["escalate:expert 2.0 1.0 1.0", "retry 1.0 2.0 1.0", "worker 1.0 2.0 1.0"]);
    let page = program.args(["memory", "policy"]).env("COLUMNS", "60").run().ok().stdout;
    assert!(page.contains("1 of 2") && page.contains("escalate:expert"), "{page}");
}

#[test]
fn an_episode_is_explained_with_what_rested_on_it() {
    let mut lines = String::new();
    for (at, word) in
        ["harbour", "river", "canal", "lake", "strait", "bay", "fjord", "delta", "lagoon", "coast"].iter().enumerate()
    {
        lines += &line(
            &format!("weak{at}"),
            &format!("which ship lies in the {word}?"),
            json!({"outcome": "fail", "at": 4_000_000_000_000_u64}),
        );
        lines += &line(
            &format!("strong{at}"),
            &format!("which ship lies in the {word}?"),
            json!({"arm": "expert", "at": 4_000_000_000_000_u64}),
        );
    }
    let server = ChatServer::new(|ask| Reply::text(if ask.body["model"] == "large" { "good" } else { "bad" }));
    let program = ladder(&server).file("some.jsonl", lines);
    program.args(["memory", "import", "some.jsonl", "--own"]).run().ok();
    program
        .args(["eval", r#"llm("which ship lies in the dock?", #{check: |a| a == "good"})"#])
        .run()
        .ok()
        .prints("good\n");
    assert_eq!(server.asks().len(), 1, "it is known who can do it");
    let told = program.args(["memory", "explain", "strong3", "--json"]).run().ok().json();
    assert_eq!((&told["standing"]["counts"], &told["standing"]["quarantined"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&told["cell"]["arm"], &told["cell"]["alpha"], &told["cell"]["n"]),
        (&json!("expert"), &json!(12.0), &json!(11.0))
    );
    assert_eq!(told["near"].as_array().map(Vec::len), Some(5));
    let (mut supported, mut rested) = (0, 0);
    for at in 0..10 {
        let told = program.args(["memory", "explain", &format!("strong{at}"), "--json"]).run().ok().json();
        supported += told["supported"].as_array().map_or(0, Vec::len);
        rested += told["decisions"].as_array().map_or(0, Vec::len);
    }
    assert_eq!((supported, rested), (8, 8), "the eight nearest");
    let page = program.args(["memory", "explain", "STRONG3"]).run();
    drop(page.code(1));
    let page = program.args(["memory", "explain", "strong3"]).env("COLUMNS", "60").run().ok().stdout;
    for part in [
        "verifier  test",
        "standing  counts: its verdict was checked",
        "cell      prod route expert: alpha 12.0, beta 1.0",
        "similar",
    ] {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
    program.args(["memory", "explain", "nobody"]).run().code(1).says("there is no episode `nobody`").says("hint:");
    program.args(["memory", "explain", "strong"]).run().code(1).says("several episodes begin with `strong`");
}

//! A model without a known price: a money budget refuses it before anything is sent, unless it is told not to.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;

fn server() -> ChatServer {
    ChatServer::new(|ask| if ask.is_root() { Reply::code("FINAL(llm(\"x\"))") } else { Reply::text("yes") })
}

/// The list price is the provider's own: a server of one's own behind its protocol has none.
#[test]
fn a_list_price_holds_at_the_provider_alone() {
    let server = server();
    let program = Program::served_by(&server).env("RHIZO_MODEL", "gpt-5-mini");
    let shown = program.args(["models", "show", "gpt-5-mini", "--json"]).run().ok().json();
    assert!(shown["price"].is_null() && shown["price_source"].is_null(), "{shown:#}");
    let document = program.args(["eval", "llm(\"x\")", "--json"]).run().ok().json();
    assert_eq!(document["unpriced_calls"], 1, "{document:#}");
}

#[test]
fn a_money_budget_refuses_it_everywhere_unless_told_otherwise() {
    let server = server();
    let program = Program::served_by(&server).file("program.rhai", "llm(\"x\")");
    let ways: [(&[&str], Option<&str>); 4] = [
        (&["eval", "llm(\"x\")"], None),
        (&["run", "program.rhai"], None),
        (&["ask", "what?"], None),
        (&["repl"], Some("llm(\"x\")\n")),
    ];
    for (args, input) in ways {
        let run = |more: &[&str]| {
            let call = program.list(&[args, &["--max-cost", "1"], more].concat());
            input
                .map_or_else(|| program.list(&[args, &["--max-cost", "1"], more].concat()), |text| call.stdin(text))
                .run()
        };
        let before = server.asks().len();
        let ran = run(&[]).code(5);
        ran.says("has no known price, so the money budget cannot hold for it").says("--allow-unpriced");
        assert_eq!(server.asks().len(), before, "{args:?} sent something");
        run(&["--allow-unpriced"]).ok();
        assert!(server.asks().len() > before, "{args:?} sent nothing");
    }
}

#[test]
fn the_setting_does_what_the_flag_does() {
    let server = server();
    let program = Program::served_by(&server).file("rhizo.toml", "[limits]\nmax_cost = 1\nallow_unpriced = true\n");
    program.args(["eval", "llm(\"x\")"]).run().ok();
    Program::served_by(&server)
        .env("RHIZO_ALLOW_UNPRICED", "true")
        .args(["eval", "llm(\"x\")", "--max-cost", "1"])
        .run()
        .ok();
}

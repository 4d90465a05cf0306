//! Thinking harder: an answer that was cut is asked for again with twice the room and more thought.

use crate::support::chat::{ChatServer, Reply};
use crate::support::dialects::{DIALECTS, Dialect};
use crate::support::program::Program;
use crate::support::server;
use serde_json::{Value, json};

/// The bodies of the two requests for an answer that is cut at first; `role` is what the role sets.
fn bodies(dialect: &'static Dialect, role: &str) -> [Value; 2] {
    let server = ChatServer::new(move |ask| {
        let usage = Some((dialect.counts)((9, 9)));
        let end = if ask.number == 0 { dialect.cut } else { dialect.ends };
        Reply::acts(server::stream(&[&(dialect.begins)(None), &(dialect.says)("an answer"), &end(usage)]))
    });
    // Anthropic's addresses have no version in them.
    let url = if dialect.provider == "anthropic" { format!("http://{}", server.host()) } else { server.base_url() };
    let text = format!(
        "model = \"m\"\n[models.m]\nprovider = \"{}\"\nbase_url = \"{url}\"\nname = \"m\"\n\
         [roles.worker]\nmax_tokens = 8000\n{role}\n",
        dialect.provider
    );
    // One decision in thirty is made by chance, to keep learning; here the rule is asked for.
    let program = Program::new().file("rhizo.toml", text).env("RHIZO_ESCALATION_AUDIT", "0");
    program.args(["eval", "llm(\"q\", #{check: |a| true})"]).run().ok().prints("an answer\n");
    let asks = server.asks();
    assert_eq!(asks.len(), 2, "{}", dialect.provider);
    [asks[0].body.clone(), asks[1].body.clone()]
}

/// What a request says of room and thought.
fn said(provider: &str, body: &Value) -> (Value, Value) {
    match provider {
        "anthropic" => (body["max_tokens"].clone(), body["thinking"].clone()),
        "responses" => (body["max_output_tokens"].clone(), body["reasoning"]["effort"].clone()),
        _ => {
            let room = body.get("max_completion_tokens").or_else(|| body.get("max_tokens"));
            (room.cloned().unwrap_or_default(), body["reasoning_effort"].clone())
        }
    }
}

#[test]
fn a_second_try_has_twice_the_room_and_the_next_level_of_thought_in_every_protocol() {
    let budget = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    for dialect in &DIALECTS {
        let provider = dialect.provider;
        let levels = |role: &str| bodies(dialect, role).map(|body| said(provider, &body));
        let low =
            if provider == "anthropic" { [budget(2_000), budget(8_000)] } else { [json!("low"), json!("medium")] };
        let [first, second] = low;
        assert_eq!(levels("thinking = \"low\""), [(json!(8_000), first), (json!(16_000), second)], "{provider}");
        let highest =
            if provider == "anthropic" { [budget(6_000), budget(12_000)] } else { [json!("high"), json!("high")] };
        assert_eq!(levels("thinking = \"high\"").map(|said| said.1), highest, "{provider}");
        // Where nobody has set a level: one above the usual of protocols that have levels.
        let usual = match provider {
            "anthropic" => budget(8_000),
            "responses" => json!("high"),
            _ => Value::Null,
        };
        assert_eq!(levels(""), [(json!(8_000), Value::Null), (json!(16_000), usual)], "{provider}");
    }
}

//! Counts that are too low to be true: what arrived is billed, counted here and marked as estimated, and only once.

use super::nanos;
use crate::support::chat::{ChatServer, Reply};
use crate::support::dialects::{CHAT, DIALECTS, Dialect, MESSAGES, RESPONSES, plain};
use crate::support::program::Program;
use crate::support::server::{self, Act};
use serde_json::{Value, json};

/// The document of one call at $2 a prompt and $10 an answer.
fn document(dialect: &Dialect, stream: bool, acts: Vec<Act>) -> Value {
    let server = ChatServer::new(move |_| Reply::acts(acts.clone()));
    let text = format!(
        "model = \"m\"\n[models.m]\nbase_url = \"{}\"\nprovider = \"{}\"\nstream = {stream}\n\
         input_price = 2\noutput_price = 10\n",
        server.base_url(),
        dialect.provider
    );
    let program = Program::new().file("rhizo.toml", text);
    let document = program.args(["eval", "llm(\"x\")", "--json"]).run().json();
    assert_eq!(server.asks().len(), 1, "{document:#}");
    document
}

/// Checks tokens, whether they are an estimate, and the bill: 2,000 and 10,000 nano-USD a token.
#[track_caller]
fn check(what: &str, document: &Value, (input, output): (u64, u64), estimated: bool) {
    let found = (&document["input_tokens"], &document["output_tokens"], &document["estimated"]);
    assert_eq!(found, (&json!(input), &json!(output), &json!(estimated)), "{what}: {document:#}");
    assert_eq!(nanos(&document["cost_usd"]), input * 2_000 + output * 10_000, "{what}");
}

/// 400 bytes, which are 100 tokens.
fn long() -> String {
    "word ".repeat(80)
}

#[test]
fn a_count_that_what_arrived_belies_is_not_believed() {
    for dialect in DIALECTS {
        let Dialect { provider, counts, document: whole, .. } = dialect;
        for (given, billed, estimated) in [(0, 100, true), (1, 100, true), (40, 100, true), (80, 80, false)] {
            let usage = counts((200, given));
            let streamed = dialect.streams(&long(), Some(usage.clone()));
            check(provider, &document(&dialect, true, streamed), (200, billed), estimated);
            let piece = server::json(200, &whole(&long(), usage));
            check(provider, &document(&dialect, false, piece), (200, billed), estimated);
        }
        // A prompt is never nothing.
        let usage = counts((0, 90));
        check(provider, &document(&dialect, true, dialect.streams(&long(), Some(usage))), (1, 90), true);
    }
}

#[test]
fn an_honest_count_of_a_word_or_two_is_believed() {
    for dialect in DIALECTS {
        let Dialect { provider, counts, document: whole, .. } = dialect;
        // All of a label can be one token, and is never none.
        for (text, told, billed, estimated) in [
            ("Environmental", 1, 1, false),
            ("Authentication failed", 2, 2, false),
            ("Environmental", 0, 4, true),
            ("word word word word word word", 1, 8, true),
        ] {
            let usage = counts((200, told));
            let streamed = dialect.streams(text, Some(usage.clone()));
            check(provider, &document(&dialect, true, streamed), (200, billed), estimated);
            let piece = server::json(200, &whole(text, usage));
            check(provider, &document(&dialect, false, piece), (200, billed), estimated);
        }
    }
}

#[test]
fn a_count_that_came_early_is_not_the_last_word() {
    for dialect in [CHAT, MESSAGES] {
        let Dialect { provider, begins, says, ends, cut, .. } = dialect;
        let (early, text) = (begins(Some((200, 5))), says(&long()));
        let error = plain(&json!({"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}));
        let ran = document(&dialect, true, server::stream(&[&early, &text, &ends(None)]));
        check(provider, &ran, (200, 100), true);
        for last in [cut(None), error] {
            let ran = document(&dialect, true, server::stream(&[&early, &text, &last]));
            // What broke off may have been thought about until then.
            let output = ran["output_tokens"].as_u64().expect("a number");
            assert!((100..4_096).contains(&output), "{provider}: {ran:#}");
            check(provider, &ran, (200, output), true);
        }
        // The last count is the one that holds.
        let usage = Some((dialect.counts)((200, 90)));
        let ran = document(&dialect, true, server::stream(&[&early, &text, &ends(usage)]));
        check(provider, &ran, (200, 90), false);
    }
}

#[test]
fn thoughts_are_a_part_of_the_answer_and_billed_once() {
    for dialect in DIALECTS {
        let Dialect { provider, begins, thinks, says, ends, counts, .. } = dialect;
        let answer =
            |usage: Value| server::stream(&[&begins(None), &thinks(&long()), &says("yes."), &ends(Some(usage))]);
        check(provider, &document(&dialect, true, answer(counts((200, 120)))), (200, 120), false);
        check(provider, &document(&dialect, true, answer(counts((200, 2)))), (200, 101), true);
    }
    // Servers that know both names of a thought write it under both.
    let both = plain(&json!({"choices": [{"delta": {"reasoning": long(), "reasoning_content": long()}}]}));
    let acts = server::stream(&[&both, &(CHAT.says)("yes."), &(CHAT.ends)(None)]);
    check("both names", &document(&CHAT, true, acts), (1, 101), true);
}

#[test]
fn what_was_written_after_a_stop_text_is_billed() {
    // The protocol has no texts that end an answer, so the server goes on.
    let text = format!("a END {}", long());
    let server = ChatServer::new(move |_| Reply::acts(RESPONSES.streams(&text, None)));
    let lines =
        format!("provider = \"responses\"\nbase_url = \"{}\"\noutput_price = 10\ninput_price = 2", server.base_url());
    let program = Program::new().file("rhizo.toml", format!("model = \"m\"\n[models.m]\n{lines}\n"));
    let ran = program.args(["eval", "llm(\"x\", #{stop: [\"END\"]})", "--json"]).run().ok().json();
    assert_eq!(ran["answer"], "a ");
    check("stopped here", &ran, (1, 102), true);
}

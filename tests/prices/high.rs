//! Counts that are too high to be true: what was held back is billed, which breaks no budget, and they are told once.

use super::nanos;
use crate::support::chat::{ChatServer, Reply};
use crate::support::dialects::{DIALECTS, Dialect};
use crate::support::program::{Program, Ran};
use crate::support::server::{self, Act};
use serde_json::json;

/// What prompts and answers cost in nano-USD a token, and the budget that just allows a call: a prompt of one byte is
/// held back as 33 tokens, its answer as 50, and 256 and 67 tokens for what servers add to them.
const RATES: (u64, u64) = (2_000, 10_000);
const BUDGET: &str = "0.001748";

fn run(dialect: &Dialect, stream: bool, code: &str, budget: &str, acts: Vec<Act>) -> Ran {
    let server = ChatServer::new(move |_| Reply::acts(acts.clone()));
    let text = format!(
        "model = \"m\"\n[models.m]\nbase_url = \"{}\"\nname = \"small\"\nprovider = \"{}\"\nstream = {stream}\n\
         input_price = 2\noutput_price = 10\n",
        server.base_url(),
        dialect.provider
    );
    Program::new().file("rhizo.toml", text).args(["eval", code, "--max-cost", budget, "--json"]).run()
}

#[test]
fn counts_beyond_what_was_sent_or_allowed_are_not_believed() {
    for dialect in DIALECTS {
        let Dialect { provider, counts, document: whole, .. } = dialect;
        for (told, billed) in [
            // A gateway with a system prompt of its own is paid for more than was sent.
            ((3_009, 1), (33, 1)),
            ((330, 1), (33, 1)),
            ((33_000, 1), (33, 1)),
            ((900_000_000, 1), (33, 1)),
            ((9, 500), (9, 50)),
            ((9, 50_000), (9, 50)),
            ((9, 900_000), (9, 50)),
            ((33_000, 50_000), (33, 50)),
        ] {
            let streamed = dialect.streams("yes.", Some(counts(told)));
            let piece = server::json(200, &whole("yes.", counts(told)));
            for (stream, acts) in [(true, streamed), (false, piece)] {
                let ran = run(&dialect, stream, "llm(\"p\", #{max_tokens: 50})", BUDGET, acts).ok();
                let ran = ran.says("; such counts are not believed, and estimated here");
                let document = ran.json();
                let found = (&document["input_tokens"], &document["output_tokens"], &document["estimated"]);
                assert_eq!(found, (&json!(billed.0), &json!(billed.1), &json!(true)), "{provider} {told:?}");
                assert_eq!(
                    nanos(&document["cost_usd"]),
                    billed.0 * RATES.0 + billed.1 * RATES.1,
                    "{provider} {told:?}"
                );
            }
        }
    }
}

#[test]
fn thoughts_that_nobody_is_shown_and_words_beyond_the_limit_are_believed() {
    for dialect in DIALECTS {
        let Dialect { provider, counts, .. } = dialect;
        // Of 50 tokens all but one were thoughts; a server that keeps to no limit has sent 400 bytes.
        for (text, told) in [("yes.".to_owned(), (33, 50)), ("word ".repeat(80), (33, 150))] {
            let acts = dialect.streams(&text, Some(counts(told)));
            let ran = run(&dialect, true, "llm(\"p\", #{max_tokens: 50})", "1", acts).ok().does_not_say("not believed");
            let document = ran.json();
            let found = (&document["input_tokens"], &document["output_tokens"], &document["estimated"]);
            assert_eq!(found, (&json!(told.0), &json!(told.1), &json!(false)), "{provider} {told:?}");
        }
    }
}

#[test]
fn counts_that_are_not_believed_are_told_once() {
    let dialect = DIALECTS[0];
    let acts = dialect.streams("yes.", Some((dialect.counts)((33_000, 1))));
    let ran = run(&dialect, true, "for n in 0..3 { llm(\"p\", #{max_tokens: 9}) }", BUDGET, acts).ok();
    let note = "33000 prompt tokens where at most 289 can have been sent; such counts are not believed";
    assert_eq!(ran.stderr.matches(note).count(), 1, "{}", ran.stderr);
}

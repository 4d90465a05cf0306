//! Servers that keep to no `max_tokens`: a stream that has surely passed its limit is cut there, and what is billed beyond it
//! is told.

use super::nanos;
use crate::support::chat::{ChatServer, Reply};
use crate::support::dialects::{CHAT, DIALECTS, Dialect};
use crate::support::program::Program;
use crate::support::server::{self, Act, chunk, open_stream};
use serde_json::{Value, json};

/// A program at $2 a prompt and $10 an answer, whose answers nothing but their limit stops.
fn program(server: &ChatServer, dialect: &Dialect, stream: bool) -> Program {
    let text = format!(
        "model = \"m\"\n[models.m]\nbase_url = \"{}\"\nname = \"small\"\nprovider = \"{}\"\nstream = {stream}\n\
         input_price = 2\noutput_price = 10\n[roles.worker.monitor]\nenabled = false\n",
        server.base_url(),
        dialect.provider
    );
    Program::new().file("rhizo.toml", text)
}

/// A stream that says the same until nobody listens any more.
fn endless(begin: &str, event: &str) -> Vec<Act> {
    let mut acts = open_stream(&[begin]);
    acts.push(Act::Repeat(chunk(event.as_bytes())));
    acts
}

#[test]
fn a_stream_that_goes_on_beyond_its_limit_is_cut_and_its_money_limit_holds() {
    for dialect in DIALECTS {
        let Dialect { provider, begins, says, thinks, .. } = dialect;
        let words = "word after word, ";
        for (event, came) in [(says(words), words.repeat(56)), (thinks(words), String::new())] {
            let acts = endless(&begins(None), &event);
            let server = ChatServer::new(move |_| Reply::acts(acts.clone()));
            let code = "let e = (); try { llm(\"p\", #{max_tokens: 50}) } catch (f) { e = f } e";
            let ran = program(&server, &dialect, true).args(["eval", code, "--max-cost", "0.01", "--json"]).run().ok();
            // The stream has no end of its own: that the connection is closed ends it.
            server.wait_for_left(1);
            let document = ran.json();
            let told = &document["answer"];
            assert_eq!((&told["kind"], &told["raw"]), (&json!("truncated"), &Value::from(came)), "{provider}");
            // 117 tokens have 936 letters at most, and these come 17 at once.
            let billed = (&document["input_tokens"], &document["output_tokens"], &document["estimated"]);
            assert_eq!(billed, (&json!(1), &json!(238), &json!(true)), "{provider}: {document:#}");
            assert_eq!((nanos(&document["cost_usd"]), server.asks().len()), (2_000 + 238 * 10_000, 1), "{provider}");
            ran.says("wrote about 238 tokens where `max_tokens` allowed 50; what is beyond is billed, and no budget");
        }
    }
}

#[test]
fn a_call_of_a_tool_whose_name_comes_with_every_piece_has_it_once() {
    let piece = |arguments: &str| {
        let function = json!({"name": "look_at_the_file", "arguments": arguments});
        let call = json!({"index": 0, "id": "call_1", "type": "function", "function": function});
        format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}))
    };
    let words = piece("word ").repeat(80);
    let ends = "data: {\"choices\": [{\"index\": 0, \"delta\": {}, \"finish_reason\": \"tool_calls\"}]}\n\n";
    let events = [piece("{\"x\": \""), words, piece("\"}"), ends.to_owned(), "data: [DONE]\n\n".to_owned()].concat();
    let server = ChatServer::new(move |_| Reply::acts(server::stream(&[&events])));
    let code = "try { llm(\"p\", #{max_tokens: 100}) } catch (e) { e.kind }";
    let ran = program(&server, &CHAT, true).args(["eval", code, "--json"]).run().ok().does_not_say("max_tokens");
    // The name has 16 bytes and the arguments 409, at four a token. With each repetition of the name it would be cut.
    let document = ran.json();
    assert_eq!((&document["output_tokens"], server.asks().len()), (&json!(107), 1), "{document:#}");
}

#[test]
fn an_answer_in_one_piece_beyond_its_limit_is_told_once_and_kept() {
    for dialect in DIALECTS {
        let text = "word ".repeat(200);
        let whole = (dialect.document)(&text, (dialect.counts)((9, 250)));
        let server = ChatServer::new(move |_| Reply::acts(server::json(200, &whole)));
        let code = "llm(\"p\", #{max_tokens: 50}).len + llm(\"q\", #{max_tokens: 50}).len";
        let ran = program(&server, &dialect, false).args(["eval", code]).run().ok().prints("2000\n");
        let note = "wrote 250 tokens where `max_tokens` allowed 50";
        assert_eq!(ran.stderr.matches(note).count(), 1, "{}: {}", dialect.provider, ran.stderr);
    }
}

#[test]
fn an_answer_far_beyond_its_limit_is_cut_and_charged_as_a_stream_whatever_was_counted() {
    for dialect in DIALECTS {
        let (provider, counts) = (dialect.provider, dialect.counts);
        for text in ["=".repeat(200_000), "word ".repeat(40_000)] {
            // The server takes each byte for a token.
            let piece = server::json(200, &(dialect.document)(&text, counts((9, 200_000))));
            let event = dialect.streams(&text, Some(counts((9, 200_000))));
            for (stream, acts) in [(true, piece.clone()), (false, piece), (true, event)] {
                let server = ChatServer::new(move |_| Reply::acts(acts.clone()));
                let code = "let kind = (); try { llm(\"p\", #{max_tokens: 50}); } catch (e) { kind = e.kind; } kind";
                let ran = program(&server, &dialect, stream).args(["eval", code, "--json"]).run().ok();
                let document = ran.json();
                let found = (&document["answer"], &document["output_tokens"], &document["estimated"]);
                // Twice the 117 tokens that are held back, like 936 letters of a stream.
                assert_eq!(
                    found,
                    (&json!("truncated"), &json!(234), &json!(true)),
                    "{provider} {stream}: {document:#}"
                );
            }
        }
    }
}

#[test]
fn an_answer_within_its_limit_is_never_cut_however_long_its_tokens_are() {
    // Lines that a table or a listing has are single tokens of up to 64 characters.
    for (text, told) in [("-".repeat(6_000), 94), ("internationalization ".repeat(16), 50)] {
        for dialect in DIALECTS {
            let acts = dialect.streams(&text, Some((dialect.counts)((9, told))));
            let server = ChatServer::new(move |_| Reply::acts(acts.clone()));
            let code = "llm(\"p\", #{max_tokens: 50})";
            let ran = program(&server, &dialect, true).args(["eval", code]).run().ok().does_not_say("max_tokens");
            assert_eq!(ran.stdout.trim_end(), text.trim_end(), "{}", dialect.provider);
        }
    }
}

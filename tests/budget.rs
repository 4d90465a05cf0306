//! Limits on money, calls and tokens, against the count of a server that bills: nothing is overspent, nothing is lost.
//!
//! The models here cost one nano-USD per token, so that money can be read as tokens. For a prompt of a few bytes some 290 tokens
//! are held back, what servers add among them, and for an answer a sixteenth and 64 more than it may have.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::{self, Act};
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio::sync::oneshot;

/// A server that bills 20 prompt and 10 answer tokens.
fn server() -> ChatServer {
    ChatServer::new(|_| Reply::text("yes").usage(20, 10))
}

/// The number of a field of the result document.
fn number(document: &Value, field: &str) -> u64 {
    document[field].as_u64().unwrap_or_else(|| panic!("{field} in {document:#}"))
}

/// The nano-USD of the result document.
fn nanos(document: &Value) -> u64 {
    let usd = document["cost_usd"].as_f64().expect("money");
    format!("{:.0}", usd * 1e9).parse().expect("a whole number of nano-USD")
}

#[test]
fn calls_are_counted() {
    let server = server();
    let program = Program::paying(&server);
    let code = "let done = []; for i in 0..10 { done.push(llm(`call ${i}`)); print(done.len) }";
    let ran = program.args(["eval", code, "--max-calls", "3"]).run().code(5).prints("1\n2\n3\n");
    ran.says("the call budget of the run does not allow a call to paid: limit 3, spent 3")
        .says("hint: raise --max-calls");
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn tokens_are_reserved_before_and_settled_after() {
    let server = server();
    let program = Program::paying(&server);
    let code = "let n = 0; for i in 0..100 { llm(\"x\", #{max_tokens: 50}); n += 1; print(n) }";
    let ran = program.args(["eval", code, "--max-tokens", "2000", "--json"]).run().code(5);
    let document = ran.json();
    let (input, output) = server.billed();
    assert_eq!((number(&document, "input_tokens"), number(&document, "output_tokens")), (input, output));
    assert!(input + output <= 2_000, "{input} + {output}");
    assert!(input + output > 2_000 - 400, "{input} + {output}: a call that fits is made");
    assert_eq!(document["failure"]["details"]["budget"], "max_tokens");
}

#[test]
fn money_is_never_overspent() {
    let server = server();
    let program = Program::paying(&server);
    let code = "for i in 0..1000 { llm(\"x\", #{max_tokens: 50}) }";
    let ran = program.args(["eval", code, "--max-cost", "0.000003", "--json"]).run().code(5);
    let (input, output) = server.billed();
    assert_eq!(nanos(&ran.json()), input + output);
    assert!((2_600..=3_000).contains(&(input + output)), "{input} + {output}");
    ran.says("the money budget of the run does not allow a call to paid: limit $0.000003");
}

#[test]
fn an_answer_is_shortened_to_what_the_budget_allows() {
    let server = server();
    let program = Program::paying(&server);
    // 289 tokens are held back for the prompt, so that 647 are left for an answer of 609 and what is held back beside it.
    let ran = program.args(["eval", "llm(\"x\")", "--max-cost", "0.000001"]).run().ok().prints("yes\n");
    let granted = server.asks()[0].body["max_tokens"].as_u64().expect("a limit");
    assert_eq!(granted, 609);
    ran.says(&format!("note: the budget left allows paid an answer of {granted} tokens instead of 4096"));
    let twice = program.args(["eval", "llm(\"x\"); llm(\"y\")", "--max-cost", "0.000002"]).run().ok();
    assert_eq!(twice.stderr.matches("the budget left allows").count(), 1, "{}", twice.stderr);
    let asked = server.asks().len();
    let ran = program.args(["eval", "llm(\"x\")", "--max-tokens", "40"]).run().code(5);
    ran.says("the token budget of the run does not allow a call to paid: limit 40, spent 0, reserved 0, needed up to")
        .says("and an answer of 64 tokens, with what servers add; left 40 tokens")
        .says("hint: raise --max-tokens");
    assert_eq!(server.asks().len(), asked);
}

#[test]
fn whatever_is_asked_at_once_waits_for_what_others_hold_back() {
    // What a call may cost is so much more than what it costs that one of them takes all that is left.
    for (file, text, calls) in [
        ("par.rhai", "par_map([1, 2, 3, 4, 5, 6], |x| llm(`call ${x}`)).len", 6),
        ("whole.rhai", "par_map([1, 2, 3], |x| llm(`call ${x}`, #{max_tokens: 2400})).len", 3),
        ("child.rhai", "rlm_batch([\"a\", \"b\", \"c\"]).filter(|a| type_of(a) == \"string\").len", 3),
        ("each.yaml", "steps: {all: {each: {in: [1, 2, 3, 4, 5, 6], steps: {a: {llm: 'n {{ item }}'}}}}}\n", 6),
        ("sides.yaml", "steps: {s: {parallel: {l: {a: {llm: x}}, m: {b: {llm: y}}, r: {c: {llm: z}}}}}\n", 3),
    ] {
        let server = server();
        let program = Program::paying(&server).file(file, text);
        let document = program.args(["run", file, "--max-cost", "0.000003", "--json"]).run().ok().json();
        assert_eq!((&document["status"], server.asks().len()), (&json!("completed"), calls), "{file}: {document:#}");
        let (input, output) = server.billed();
        assert!(nanos(&document) == input + output && input + output <= 3_000, "{file}: {document:#}");
    }
}

#[test]
fn a_wait_for_budget_is_told_and_ends_with_its_run() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Hold]));
    let program = Program::paying(&server);
    let code = "par_map([1, 2, 3], |x| llm(`call ${x}`))";
    let ran = program.args(["eval", code, "--max-cost", "0.000002", "--timeout", "6"]).run().code(124);
    ran.says("a call to paid waits for what the calls under way hold back of the budget")
        .says("here 4096 tokens; a lower `max_tokens` lets more of them out at once");
    assert_eq!(server.asks().len(), 1);
    let running = program.args(["eval", code, "--max-cost", "0.000002"]).start();
    server.wait_for(2);
    running.interrupt();
    running.end().code(130).says("cancelled");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn a_batch_keeps_what_is_paid_and_tells_the_rest() {
    let server = server();
    let program = Program::paying(&server);
    let code = "let prompts = []; for i in 0..10 { prompts.push(`p${i}`) }\n\
        let answers = llm_batch(prompts);\nanswers.map(|a| if type_of(a) == \"map\" { a.kind } else { a })";
    let document = program.args(["eval", code, "--max-calls", "4", "--json"]).run().ok().json();
    let kinds = document["answer"].as_array().expect("answers");
    assert_eq!(kinds.len(), 10);
    assert_eq!(kinds.iter().filter(|kind| **kind == "yes").count(), 4, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "budget").count(), 6, "{kinds:?}");
    assert_eq!((server.asks().len(), number(&document, "calls")), (4, 4));
}

#[test]
fn a_run_that_went_on_past_refused_calls_is_partial_until_they_are_answered() {
    let server = server();
    let code = "let prompts = []; for i in 0..10 { prompts.push(`p${i}`) }\n\
        llm_batch(prompts).filter(|a| type_of(a) == \"string\").len";
    let program = Program::paying(&server).file("all.rhai", code);
    let ran = program.args(["run", "all.rhai", "--max-calls", "4", "--json", "-q"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["answer"], &document["status"]), (&json!(4), &json!("partial")), "{document:#}");
    assert_eq!((number(&document, "refused_calls"), number(&document, "failed_calls")), (6, 0));
    let run = document["run"].as_str().expect("an id").to_owned();
    ran.says(&format!("6 calls were refused by max_calls: raise --max-calls; rhizo resume {run} goes on"));
    let shown = program.args(["runs", "show", &run]).run().ok().stdout;
    assert!(shown.contains("status  partial, 6 calls were refused by a budget\n"), "{shown}");
    let document = program.args(["resume", &run, "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["status"]), (&json!(4), &json!("partial")), "{document:#}");
    let ran = program.args(["resume", &run, "--max-calls", "10", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["answer"], &document["status"]), (&json!(10), &json!("completed")), "{document:#}");
    assert_eq!((number(&document, "refused_calls"), server.asks().len()), (0, 10));
    ran.does_not_say("refused");
    program.args(["resume", &run]).run().ok().says("had completed").prints("10\n");
}

#[test]
fn an_attempt_that_was_refused_lacks_nothing_where_another_model_answers() {
    let (go, turn) = oneshot::channel();
    let turn = Mutex::new(Some(turn));
    let first = ChatServer::new(move |ask| match ask.last().as_str() {
        "two" => Reply::acts(vec![Act::Close]),
        _ => {
            let reply = Reply::text("A").usage(20, 10);
            let turn = turn.lock().expect("unpoisoned").take();
            turn.into_iter().fold(reply, Reply::in_turn)
        }
    });
    let second = ChatServer::new(|_| Reply::text("B").usage(20, 10));
    // Beside a call of the first model that is under way the budget has room for another one, but neither for its second attempt
    // nor for a call of the second model.
    let config = format!(
        "model = \"first\"\n[models.first]\nbase_url = \"{}\"\ninput_price = 10\noutput_price = 10\nfallback = [\"second\"]\n\
         [models.second]\nbase_url = \"{}\"\ninput_price = 30\noutput_price = 1\n",
        first.base_url(),
        second.base_url()
    );
    let code = "llm_batch([\"one\", \"two\"], #{max_tokens: 100}).join(\"\")";
    let program = Program::new().file("rhizo.toml", config).file("p.rhai", code);
    let (running, told) = program.args(["run", "p.rhai", "--max-cost", "0.0125", "--events", "-"]).start_telling();
    assert!(told.iter().any(|line| line.contains("not_repeated")), "another attempt is refused");
    go.send(()).expect("the first call waits");
    let lines: Vec<String> = told.iter().collect();
    running.end().ok();
    let run = program.args(["runs", "list", "--json"]).run().ok().json()[0].clone();
    assert_eq!(run["status"], "completed", "{run:#} {lines:#?}");
    assert_eq!(second.asks().len(), 1);
}

#[test]
fn a_thousand_calls_at_once_never_overspend() {
    let server = server();
    let program = Program::paying(&server);
    let code = "let prompts = []; for i in 0..1000 { prompts.push(`question ${i}`) }\n\
        let answers = llm_batch(prompts, #{concurrency: 64, max_tokens: 50});\n\
        let paid = answers.filter(|a| type_of(a) == \"string\").len;\nlet refused = answers.filter(|a| type_of(a) == \"map\").len;\n\
        [paid, refused]";
    let document = program.args(["eval", code, "--max-cost", "0.000009", "--json"]).run().ok().json();
    let (input, output) = server.billed();
    let spent = input + output;
    assert!(spent <= 9_000, "{spent} nano-USD of 9000");
    assert_eq!(nanos(&document), spent);
    let (paid, refused) =
        (document["answer"][0].as_u64().expect("a count"), document["answer"][1].as_u64().expect("a count"));
    assert_eq!((paid, refused), (spent / 30, 1_000 - spent / 30));
    // The shortest call needs less than 400, so what is left of the budget is less than that.
    assert!(spent > 9_000 - 400, "{spent}: calls wait for what is reserved and not spent");
}

#[test]
fn what_servers_add_to_prompts_is_held_back_for_calls_at_once() {
    let code = "let prompts = []; for i in 0..100 { prompts.push(`q${i}`) }\n\
        llm_batch(prompts, #{concurrency: 64, max_tokens: 50}).filter(|a| type_of(a) == \"string\").len";
    for limit in [["--max-tokens", "5000"], ["--max-cost", "0.000005"]] {
        // A template of 200 tokens stands around each prompt.
        let server = ChatServer::new(|_| Reply::text("yes").usage(220, 10));
        let program = Program::paying(&server);
        let document = program.list(&[&["eval", code, "--json"][..], &limit].concat()).run().ok().json();
        let (input, output) = server.billed();
        assert!((4_500..=5_000).contains(&(input + output)), "{limit:?}: {input} + {output}");
        assert_eq!(nanos(&document), input + output, "{limit:?}: every count is believed");
    }
}

#[test]
fn failed_calls_are_charged_for_what_they_used() {
    let broken = format!(
        "data: {}\n\ndata: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {"content": "half an answer"}, "finish_reason": null}]}),
        json!({"error": {"message": "the request is bad after all", "code": 400}})
    );
    let server = ChatServer::new(move |ask| match ask.number {
        0 => Reply::acts(server::stream(&[broken.as_str()])),
        1 => Reply::refusal(400, "no such thing"),
        _ => Reply::text("fine").usage(20, 10),
    });
    let program = Program::paying(&server);
    let code = "let kinds = [];\nfor p in [\"a\", \"b\", \"c\"] { try { kinds.push(llm(p)) } catch (e) { kinds.push(e.kind) } }\nkinds";
    let ran = program.args(["eval", code, "--json"]).run().ok();
    let document = ran.json();
    assert_eq!(document["answer"], json!(["rejected", "rejected", "fine"]));
    assert_eq!((number(&document, "calls"), number(&document, "failed_calls")), (3, 2));
    // What the server did before it broke off is estimated, and not given away.
    assert!(nanos(&document) > 30, "{document:#}");
    assert_eq!(document["estimated"], true);
    ran.says("3 calls (2 failed)");
}

/// One event with 200 bytes of an answer.
fn half() -> String {
    let delta = json!({"content": "word ".repeat(40)});
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
}

#[test]
fn another_attempt_is_paid_before_it_is_made() {
    let overloaded = json!({"error": {"message": "overloaded", "code": 503}});
    let broken = format!("{}data: {overloaded}\n\n", half());
    let server = ChatServer::new(move |_| Reply::acts(server::stream(&[broken.as_str()])));
    let program = Program::paying(&server);
    let code = "let e = (); try { llm(\"x\", #{max_tokens: 50}) } catch (f) { e = f } e";
    // For an attempt 406 are held back: one fits, and what is left after it is not enough for another.
    let ran = program.args(["eval", code, "--max-cost", "0.0000006", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["answer"]["kind"], &document["answer"]["attempts"]), (&json!("server"), &json!(1)));
    assert!(
        document["answer"]["not_repeated"].as_str().is_some_and(|why| why.contains("money budget")),
        "{document:#}"
    );
    assert!((50..=120).contains(&nanos(&document)), "{document:#}");
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn a_call_that_a_limit_does_not_let_be_repeated_is_refused_until_that_is_raised() {
    let overloaded = json!({"error": {"message": "overloaded", "code": 503}});
    let broken = format!("{}data: {overloaded}\n\n", half());
    let server = ChatServer::new(move |ask| match ask.number {
        0 => Reply::acts(server::stream(&[broken.as_str()])),
        _ => Reply::text("yes").usage(9, 1),
    });
    let code = "let e = (); try { e = llm(\"x\", #{max_tokens: 50}) } catch (f) { e = f.kind } e";
    let program = Program::paying(&server).file("one.rhai", code);
    // For an attempt 406 are held back, and for one with the shortest answer 370: what is left after 51 is too little.
    let ran = program.args(["run", "one.rhai", "--max-cost", "0.00000041", "--json"]).run().ok();
    let run = ran.json()["run"].as_str().expect("an id").to_owned();
    let ended = |document: Value| ["answer", "status", "refused_calls"].map(|field| document[field].clone());
    let refused = [json!("server"), json!("partial"), json!(1)];
    assert_eq!(ended(ran.json()), refused);
    let raise = "raise --max-cost, shorten the prompt, or lower the call's own max_tokens";
    ran.says(&format!("1 call was refused by max_cost: {raise}; rhizo resume {run} goes on")).does_not_say("next in");
    let replayed = program.args(["replay", &run, "--offline", "--json"]).run().ok().json();
    assert_eq!(replayed["answer"], "server");
    let resumed = program.args(["resume", &run, "--json"]).run().ok().json();
    assert_eq!((ended(resumed), server.asks().len()), (refused, 1));
    let resumed = program.args(["resume", &run, "--max-cost", "0.000001", "--json"]).run().ok().json();
    assert_eq!((ended(resumed), server.asks().len()), ([json!("yes"), json!("completed"), json!(0)], 2));
}

#[test]
fn a_call_that_is_overdue_is_charged_for_what_it_used() {
    let server = ChatServer::new(move |_| Reply::acts(server::open_stream(&[half().as_str()])));
    let program = Program::paying(&server);
    let code = "let kind = (); try { llm(\"x\", #{timeout: 0.5}) } catch (e) { kind = e.kind } kind";
    let document = program.args(["eval", code, "--json"]).run().ok().json();
    assert_eq!(document["answer"], "stalled");
    // 200 bytes are 50 tokens, and the prompt has some.
    assert!(nanos(&document) > 50, "{document:#}");
}

#[test]
fn a_silent_call_that_is_overdue_is_charged_at_its_worst() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Hold]));
    let program = Program::paying(&server);
    let code = "let kind = (); try { llm(\"日本語の長い文\", #{max_tokens: 50, timeout: 0.5}) } catch (e) { kind = e.kind } kind";
    let document = program.args(["eval", code, "--json"]).run().ok().json();
    assert_eq!(document["answer"], "stalled");
    // 50 tokens of an answer, and one for each of the 21 bytes of the prompt; the chat's form has some.
    assert!((71..=120).contains(&nanos(&document)), "{document:#}");
}

#[test]
fn a_silent_call_that_a_deadline_around_it_ended_is_charged_at_its_worst() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Hold]));
    let flow = "limits: {timeout: 2s}\nsteps: {a: {llm: {prompt: x, max_tokens: 50}}}\n";
    let program = Program::paying(&server).file("p.yaml", flow);
    let code = "llm(\"x\", #{max_tokens: 50})";
    let run = program.args(["eval", code, "--timeout", "2", "--json"]).run().code(124).json();
    let pipeline = program.args(["run", "p.yaml", "--json"]).run().code(124).json();
    for document in [run, pipeline] {
        assert!((51..=120).contains(&nanos(&document)), "{document:#}");
    }
}

#[test]
fn a_silent_call_that_another_program_ended_is_charged_at_its_worst_and_one_that_a_person_stopped_is_not() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Hold]));
    let program = Program::paying(&server);
    for (number, by_person) in [(1, false), (2, true)] {
        let running = program.args(["eval", "llm(\"x\", #{max_tokens: 50})", "--json"]).start();
        server.wait_for(number);
        if by_person {
            running.interrupt();
        } else {
            running.terminate();
        }
        let document = running.end().code(130).json();
        assert_eq!(nanos(&document) < 50, by_person, "{document:#}");
    }
}

#[test]
fn a_request_that_was_read_and_not_answered_is_charged_at_its_worst() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Close]));
    let program = Program::paying(&server);
    let code = "let e = (); try { llm(\"x\", #{max_tokens: 50}) } catch (f) { e = f } e.attempts";
    let document = program.args(["eval", code, "--max-cost", "0.0000006", "--json"]).run().ok().json();
    assert_eq!((&document["answer"], server.asks().len()), (&json!(1), 1));
    assert!((51..=120).contains(&nanos(&document)), "{document:#}");
}

#[test]
fn options_before_the_subcommand_are_no_limits_that_do_not_hold() {
    let server = server();
    let program = Program::paying(&server);
    program.args(["--max-calls", "0", "eval", "llm(\"x\")"]).run().code(2).says("stand after its subcommand");
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn options_of_rlm_hold_without_a_context() {
    let server = server();
    let program = Program::paying(&server);
    let code = "let kind = (); try { rlm(\"t\", #{max_calls: 0}) } catch (e) { kind = e.kind } kind";
    program.args(["eval", code]).run().ok().prints("child\n");
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn failed_calls_count_against_the_limit() {
    let server = ChatServer::new(|_| Reply::refusal(400, "no"));
    let code = "for i in 0..9 { try { llm(\"x\") } catch (e) { print(e.kind) } }";
    Program::paying(&server).args(["eval", code, "--max-calls", "2"]).run().code(5).prints("rejected\nrejected\n");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn an_unpriced_model_is_refused_under_a_money_limit() {
    let server = server();
    let program = Program::served_by(&server);
    let call = ["eval", "llm(\"x\")", "--max-cost", "1"];
    let ran = program.args(call).run().code(5);
    ran.says("the model openai/small has no known price, so the money budget cannot hold for it")
        .says("; the limit of $1.00 is set by --max-cost\n")
        .says("hint: give its price under")
        .says("or pass --allow-unpriced");
    assert_eq!(server.asks().len(), 0);
    let ran = program.list(&[&call[..], &["--allow-unpriced"]].concat()).run().ok().prints("yes\n");
    ran.says("1 call · 20 in + 10 out tokens · $0.00 + 1 unpriced");
    let document = program.args(["eval", "llm(\"x\")", "--json"]).run().ok().json();
    assert_eq!((number(&document, "unpriced_calls"), nanos(&document)), (1, 0));
}

#[test]
fn the_offline_engine_is_free_and_known_to_be() {
    let program = Program::offline();
    program
        .args(["eval", "llm(\"What is blue?\\n\\nThe sky is blue.\")", "--max-cost", "0"])
        .run()
        .ok()
        .prints("The sky is blue.\n");
}

#[test]
fn footer_document_and_store_agree_with_the_server() {
    let server = ChatServer::new(|ask| match (ask.is_root(), ask.turn()) {
        (true, 1) => {
            Reply::code("let a = llm_batch([\"x\", \"y\", \"z\"]); let b = rlm(\"small\", \"text\"); context.head(1)")
        }
        (true, _) => Reply::code("FINAL(a.len)"),
        (false, _) => Reply::text("yes"),
    });
    let program = Program::paying(&server).file("log.txt", "a line of the log\n".repeat(3_000));
    let ran = program.args(["ask", "q", "-c", "log.txt", "--json"]).run().ok();
    let document = ran.json();
    let ((input, output), calls) = (server.billed(), server.asks().len());
    assert_eq!((number(&document, "input_tokens"), number(&document, "output_tokens")), (input, output));
    assert_eq!((number(&document, "calls"), nanos(&document)), (calls.try_into().expect("few"), input + output));
    let rows = document["models"].as_array().expect("rows");
    let sum =
        |field: &str| rows.iter().filter_map(|row| row["totals"][field].as_u64().or(row[field].as_u64())).sum::<u64>();
    assert_eq!(sum("calls"), number(&document, "calls"), "{rows:#?}");
    let depths: Vec<u64> = rows.iter().filter_map(|row| row["depth"].as_u64()).collect();
    assert!(depths.contains(&0) && depths.contains(&1), "{rows:#?}");
    let cost = format!("$0.00000{}", input + output);
    let footer = format!("{calls} calls · {input} in + {output} out tokens · {}", cost.trim_end_matches('0'));
    let run = document["run"].as_str().expect("an id");
    let shown = program.args(["runs", "show", run, "--json"]).run().ok().json();
    assert_eq!(
        (number(&shown, "calls"), number(&shown, "input_tokens"), number(&shown, "output_tokens")),
        (number(&document, "calls"), input, output)
    );
    ran.says(&footer);
}

#[test]
fn cached_prompt_tokens_have_their_own_price() {
    let usage =
        json!({"prompt_tokens": 1_000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 900}});
    let body =
        json!({"choices": [{"index": 0, "message": {"content": "yes"}, "finish_reason": "stop"}], "usage": usage});
    let server = ChatServer::new(move |_| Reply::acts(server::json(200, &body)));
    let text = format!(
        "model = \"paid\"\n[models.paid]\nbase_url = \"{}\"\ninput_price = 0.01\ncached_input_price = 0.001\noutput_price = 0.1\n",
        server.base_url()
    );
    let code = "let prompt = \"\"; prompt.pad(1000, \"x\"); llm(prompt)";
    let document = Program::new().file("rhizo.toml", text).args(["eval", code, "--json"]).run().ok().json();
    assert_eq!(nanos(&document), 100 * 10 + 900 + 10 * 100);
}

#[test]
fn a_script_sees_what_is_spent_and_left() {
    let server = server();
    let program = Program::paying(&server);
    let code = "llm(\"x\"); let b = budget(); let s = spent();\nprint(b.calls); print(b.tokens); print(s.calls); print(s.input_tokens + s.output_tokens); print(s.cost_usd)";
    let ran = program.args(["eval", code, "--max-calls", "5", "--max-tokens", "10000"]).run().ok();
    ran.prints("4\n9970\n1\n30\n0.00000003\n");
}

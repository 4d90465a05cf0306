//! Failures that a run had gone on past when it was killed: they stay what they were, and nothing that rests on them is
//! paid twice. What ended a run is tried again.

use super::{asked, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::{self, Act};
use serde_json::json;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// A server that answers each prompt with its capitals, refuses `first` so many times, and holds back what begins with
/// `slow` as long as it is told to.
fn refusing(times: usize, held: &Arc<AtomicBool>) -> ChatServer {
    let (left, held) = (AtomicUsize::new(times), Arc::clone(held));
    ChatServer::new(move |ask| {
        let text = ask.last();
        let fewer = |left: usize| left.checked_sub(1);
        if text == "first" && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok() {
            Reply::refusal(400, "not today")
        } else if text.starts_with("slow") && held.load(Ordering::SeqCst) {
            Reply::acts(vec![Act::Hold])
        } else {
            Reply::text(text.to_uppercase())
        }
    })
}

/// Runs the first of these files, kills it when its last prompt is asked, goes on, and claims what was asked in all.
#[track_caller]
fn asks(files: &[(&str, &str)], expect: &[&str]) {
    let held = Arc::new(AtomicBool::new(true));
    let server = refusing(1, &held);
    let program = files.iter().fold(Program::paying(&server), |program, (name, text)| program.file(name, text));
    let running = program.args(["run", files[0].0]).start();
    server.wait_for(expect.len());
    running.kill();
    running.end();
    held.store(false, Ordering::SeqCst);
    let ran = program.args(["resume", &newest_id(&program)]).run().ok();
    let again = expect.last().expect("a prompt");
    assert_eq!(asked(&server), [expect, &[*again]].concat(), "{files:?}\n{}", ran.stderr);
}

#[test]
fn a_turn_that_saw_a_failure_is_not_paid_twice() {
    let (held, refused) = (Arc::new(AtomicBool::new(true)), AtomicBool::new(false));
    let gate = Arc::clone(&held);
    let turns = ["llm_batch([\"a\", \"first\"])", "let n = 2; n", "FINAL(n)"];
    let server = ChatServer::new(move |ask| match (ask.is_root(), ask.turn()) {
        (true, 3) if gate.load(Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        (true, turn) => Reply::code(turns[turn - 1]),
        _ if ask.last() == "first" && !refused.swap(true, Ordering::SeqCst) => Reply::refusal(400, "not today"),
        _ => Reply::text("leaf"),
    });
    let program = Program::paying(&server);
    let running = program.args(["ask", "parent", "--recursive"]).start();
    server.wait_for(5);
    running.kill();
    running.end();
    held.store(false, Ordering::SeqCst);
    let document = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["turns"]), (&json!(2), &json!(3)), "{document:#}");
    let asks = server.asks();
    assert_eq!(asks.len(), 6, "only the turn that was under way is asked again: {:#?}", asked(&server));
    assert_eq!(asks[4].messages(), asks[5].messages());
}

#[test]
fn what_comes_after_a_batch_rests_on_its_failures() {
    for first in ["llm_batch([\"first\"])", "par_map([\"first\"], |text| llm(text))"] {
        let code = format!("let one = {first};\nllm_batch([\"then \" + one[0].kind]);\nllm_batch([\"slow\"])");
        asks(&[("p.rhai", code.as_str())], &["first", "then rejected", "slow"]);
    }
}

#[test]
fn cut_answers_of_items_are_not_paid_again_where_another_item_was_under_way() {
    for (each, kill) in [
        ("llm_batch(all, #{concurrency: 16})", true),
        ("llm_batch(all, #{concurrency: 16})", false),
        ("par_map(all, |text| llm(text))", true),
        ("par_map(all, |text| llm(text))", false),
        ("par_map(all, |text| within(#{max_calls: 3}, || llm(text)))", true),
        ("par_map(all, |text| within(#{max_calls: 3}, || llm(text)))", false),
        ("par_map(all, |text| { let x = (); try { x = llm(text) } catch (e) { x = #{kind: e.kind} } x })", true),
        ("par_map(all, |text| { let x = (); try { x = llm(text) } catch (e) { x = #{kind: e.kind} } x })", false),
    ] {
        let held = Arc::new(AtomicBool::new(true));
        let gate = Arc::clone(&held);
        let server = ChatServer::new(move |ask| match ask.last().as_str() {
            "slow" if gate.load(Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
            "slow" => Reply::text("SLOW"),
            _ => Reply::cut("half of"),
        });
        let code = format!(
            "let all = [\"slow\"]; for n in 0..12 {{ all.push(`cut ${{n}}`) }}
            let answers = {each};
            [answers[0], answers[1].kind, answers.len()]"
        );
        let program = Program::paying(&server).file("p.rhai", code);
        let running = program.args(["run", "p.rhai"]).start();
        server.wait_for(13);
        wait_for_notes(&program, 12);
        if kill {
            running.kill()
        } else {
            running.interrupt()
        }
        running.end();
        held.store(false, Ordering::SeqCst);
        let document = program.args(["resume", &newest_id(&program), "--json"]).run().json();
        assert_eq!(document["answer"], json!(["SLOW", "truncated", 13]), "{each}: {document:#}");
        assert_eq!(asked(&server).len(), 14, "{each}, kill: {kill}, {:?}", asked(&server));
    }
}

#[test]
fn branches_that_came_to_their_ends_are_tried_again_where_the_run_ended_behind_them() {
    let server = refusing(1, &Arc::default());
    let code = "let two = par_map([\"first\", \"other\"], |text| llm(text));
        if type_of(two[0]) == \"map\" { throw \"no first\" }
        two";
    let program = Program::paying(&server).file("p.rhai", code);
    program.args(["run", "p.rhai"]).run().code(1);
    let document = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!(["FIRST", "OTHER"]), "{document:#}");
    assert_eq!(asked(&server).len(), 3, "{:?}", asked(&server));
}

#[test]
fn items_and_steps_that_were_given_up_stay_so_where_others_beside_them_were_under_way() {
    let held = Arc::new(AtomicBool::new(true));
    let gate = Arc::clone(&held);
    let server = ChatServer::new(move |ask| match ask.last().as_str() {
        "slow" if gate.load(Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        "slow" => Reply::text("SLOW"),
        _ => Reply::refusal(400, "not today"),
    });
    let flow = "\
steps:
  e: {each: {in: [one, two, slow], on_item_failure: continue, steps: {q: {llm: '{{ item }}'}}}}
  p: {llm: three, on_failure: continue}
outputs: {e: e, p: outcomes.p}
";
    let program = Program::paying(&server).file("p.yaml", flow);
    let running = program.args(["run", "p.yaml"]).start();
    server.wait_for(4);
    wait_for_notes(&program, 3);
    running.kill();
    running.end();
    held.store(false, Ordering::SeqCst);
    let document = program.args(["resume", &newest_id(&program), "--json"]).run().json();
    assert_eq!(document["answer"], json!({"e": [null, null, "SLOW"], "p": "failed"}), "{document:#}");
    assert_eq!(asked(&server).len(), 5, "{:?}", asked(&server));
}

/// Waits until so many failures are noted on disk as gone past.
#[track_caller]
fn wait_for_notes(program: &Program, notes: i64) {
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let (sql, begun) = ("SELECT count(*) FROM effects WHERE kind = 'handled'", Instant::now());
    let count = || -> i64 { store.query_row(sql, (), |row| row.get(0)).expect("a count") };
    while count() != notes {
        assert!(begun.elapsed().as_secs() < 60, "{} of {notes} notes are on disk", count());
        std::thread::yield_now();
    }
}

#[test]
fn a_step_whose_failure_was_dealt_with_stays_failed() {
    let flow = "\
steps:
  a: {llm: first, on_failure: continue}
  b: {llm: 'then {{ outcomes.a }}'}
  c: {llm: 'slow {{ b }}'}
";
    asks(&[("p.yaml", flow)], &["first", "then failed", "slow THEN FAILED"]);
}

#[test]
fn items_that_failed_stay_failed_once_the_others_are_done() {
    let flow = "\
steps:
  a:
    each: {in: [x, first], max_parallel: 1, on_item_failure: continue, steps: {one: {llm: '{{ item }}'}}}
  b: {llm: 'then {{ errors.a == () }}'}
  c: {llm: 'slow {{ b }}'}
";
    asks(&[("p.yaml", flow)], &["x", "first", "then false", "slow THEN FALSE"]);
}

#[test]
fn an_attempt_that_was_made_up_for_stays_failed() {
    let flow = "\
steps:
  a:
    each: {in: [x, first], max_parallel: 1, steps: {one: {llm: '{{ item }}'}}}
    retry: 1
  b: {llm: 'slow {{ a.len() }}'}
";
    asks(&[("p.yaml", flow)], &["x", "first", "x", "first", "slow 2"]);
}

#[test]
fn what_the_program_of_a_step_has_caught_stays_caught() {
    let script = "//! +++\n//! summary = \"Tries.\"\n//! +++\nllm_batch([\"first\"])[0].kind\n";
    let flow = "\
steps:
  a: {script: tries, args: {}}
  b: {llm: 'then {{ a }}'}
  c: {llm: 'slow {{ b }}'}
";
    asks(&[("p.yaml", flow), ("scripts/tries.rhai", script)], &["first", "then rejected", "slow THEN REJECTED"]);
}

#[test]
fn what_ended_a_run_is_tried_again_whatever_was_answered_beside_it() {
    let body = "steps: {a: {llm: first}, b: {llm: x}}";
    for (flow, refusals) in [
        (body.to_owned(), 1),
        (format!("steps: {{w: {{while: {{condition: iteration < 2, max_iterations: 2, {body}}}}}}}"), 1),
        ("steps: {a: {llm: first, retry: 1}}".to_owned(), 2),
        ("steps: {a: {llm: first, on_failure: retry, max_visits: 2}}".to_owned(), 2),
    ] {
        let server = refusing(refusals, &Arc::default());
        let program = Program::paying(&server).file("p.yaml", &flow);
        assert_ne!(program.args(["run", "p.yaml"]).run().exit_code(), Some(0), "{flow}");
        program.args(["resume", &newest_id(&program)]).run().ok();
        let times = |prompt: &str| asked(&server).iter().filter(|text| *text == prompt).count();
        assert_eq!(times("first"), refusals + 1, "{flow}");
        assert!(times("x") <= 1, "what was answered is not asked again: {flow}");
    }
}

/// A server that answers each prompt with its capitals, and cuts or refuses the first answer to each of these.
fn failing_once(prompts: &'static [&'static str], cut: bool) -> ChatServer {
    let met = Mutex::new(HashSet::new());
    ChatServer::new(move |ask| {
        let text = ask.last();
        let fails = prompts.contains(&text.as_str()) && met.lock().expect("unpoisoned").insert(text.clone());
        match (fails, cut) {
            (true, true) => Reply::cut("half of"),
            (true, false) => Reply::refusal(400, "not today"),
            _ => Reply::text(text.to_uppercase()),
        }
    })
}

/// Runs a program that fails, goes on with it, and claims what was asked in all.
#[track_caller]
fn asks_after_its_end(code: &str, failing: &'static [&'static str], expect: &[&str]) {
    for cut in [true, false] {
        let server = failing_once(failing, cut);
        let program = Program::paying(&server).file("p.rhai", code);
        assert_ne!(program.args(["run", "p.rhai"]).run().exit_code(), Some(0), "{code}");
        let ran = program.args(["resume", &newest_id(&program)]).run().ok();
        assert_eq!(asked(&server), expect, "{code}, cut: {cut}\n{}", ran.stderr);
    }
}

#[test]
fn a_failure_that_was_caught_is_not_paid_again_where_the_next_one_ended_the_run() {
    for caught in [
        "try { llm(\"one\") } catch { }",
        "llm_batch([\"one\"]);",
        "par_map([\"one\"], |text| llm(text));",
        "try { retry::times(1, || llm(\"one\")) } catch { }",
    ] {
        asks_after_its_end(&format!("{caught}\nllm(\"two\")"), &["one", "two"], &["one", "two", "two"]);
    }
}

#[test]
fn a_failure_that_was_kept_and_thrown_at_the_end_is_asked_again() {
    for code in [
        "let kept = ();\ntry { llm(\"one\") } catch (e) { kept = e }\nlet x = llm(\"x\");\nif kept != () { throw kept }\nx",
        "let all = llm_batch([\"one\"]);\nlet x = llm(\"x\");\nif type_of(all[0]) == \"map\" { throw all[0] }\nx",
        "let kept = ();\ntry { vote::ask(\"one\", 1) } catch (e) { kept = e }\nlet x = llm(\"x\");\nif kept != () { throw kept }\nx",
        "let kept = ();\ntry { llm(\"one\") } catch (e) { kept = error_of(e) }\nlet x = llm(\"x\");\nif kept != () { throw kept }\nx",
        "fn tried() { try { return llm(\"one\") } catch (e) { return e } }\nlet kept = tried();\nlet x = llm(\"x\");
         if type_of(kept) == \"map\" { kept.message = \"first: \" + kept.message; throw kept }\nx",
    ] {
        asks_after_its_end(code, &["one"], &["one", "x", "one"]);
    }
}

#[test]
fn a_failure_that_the_last_one_tells_of_is_asked_again() {
    let kept = "let k = ();\ntry { llm(\"one\") } catch (e) { k = e }\nlet x = llm(\"x\");\n";
    for end in [
        "if k != () { throw k + #{where: \"here\"} }\nx",
        "if k != () { throw #{kind: \"invalid\", message: \"a part failed\", failures: [k]} }\nx",
        "if k != () { throw \"a part failed: \" + k.message }\nx",
    ] {
        asks_after_its_end(&format!("{kept}{end}"), &["one"], &["one", "x", "one"]);
    }
    let parts = "let parts = llm_batch([\"one\"]);\nlet x = llm(\"x\");\n";
    for end in ["x + parts.join(\"\\n\")", "x + parts[0]", "`${x} ${parts[0]}`"] {
        asks_after_its_end(&format!("{parts}{end}"), &["one"], &["one", "x", "one"]);
    }
}

#[test]
fn a_fork_asks_again_too_what_its_run_had_kept_and_thrown_at_the_end() {
    let code = "let kept = ();
        try { llm(\"one\") } catch (e) { kept = e }
        let x = llm(\"x\");
        if kept != () { throw kept }
        x";
    // A refused call is no answer, and not copied. One that was cut is.
    for cut in [true, false] {
        let server = failing_once(&["one"], cut);
        let program = Program::paying(&server).file("p.rhai", code);
        assert_ne!(program.args(["run", "p.rhai"]).run().exit_code(), Some(0));
        let new = program.args(["runs", "fork", "last"]).run().ok().stdout.trim().to_owned();
        program.args(["resume", &new]).run().ok().prints("X\n");
        assert_eq!(asked(&server), ["one", "x", "one"], "cut: {cut}");
    }
}

#[test]
fn a_failure_that_the_script_of_a_pipeline_throws_at_its_end_is_asked_again() {
    for body in [
        "while: {condition: prev == (), max_iterations: 2, steps: {a: {llm: one}}}",
        "each: {in: [one], steps: {a: {llm: '{{ item }}'}}}",
        "parallel: {left: {a: {llm: one}}}",
    ] {
        let flow = format!("steps: {{w: {{{body}}}, x: {{llm: x}}, t: {{set: {{s: outcomes.x}}}}}}\n");
        let program = Program::offline().file("p.yaml", &flow);
        let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
        assert!(script.contains("step_failure(failure)"), "{script}");
        asks_after_its_end(&script, &["one"], &["one", "x", "one"]);
    }
}

#[test]
fn a_failure_behind_which_the_program_failed_by_itself_is_asked_again() {
    asks_after_its_end("try { llm(\"one\") } catch (e) { throw \"no: \" + e.message }", &["one"], &["one", "one"]);
}

#[test]
fn a_step_that_was_gone_past_is_not_paid_again_where_the_next_one_ended_the_run() {
    let flow = "steps: {a: {llm: one, on_failure: continue}, b: {llm: 'then {{ outcomes.a }}'}}";
    for cut in [true, false] {
        let server = failing_once(&["one", "then failed"], cut);
        let program = Program::paying(&server).file("p.yaml", flow);
        assert_ne!(program.args(["run", "p.yaml"]).run().exit_code(), Some(0));
        program.args(["resume", &newest_id(&program)]).run();
        assert_eq!(asked(&server), ["one", "then failed", "then failed"], "cut: {cut}");
    }
}

#[test]
fn of_failures_that_say_the_same_the_last_one_is_meant() {
    let code = "let a = \"none\";
        try { a = llm(\"one\") } catch { }
        let x = llm(\"x \" + a);
        try { llm(\"two\") } catch (e) { throw \"the end: \" + e.message }";
    asks_after_its_end(code, &["one", "two"], &["one", "x none", "two", "two"]);
}

#[test]
fn a_fork_has_gone_past_what_its_run_had_though_what_came_next_failed_too() {
    for cut in [true, false] {
        let server = failing_once(&["one", "two"], cut);
        let program = Program::paying(&server).file("p.rhai", "try { llm(\"one\") } catch { }\nllm(\"two\")");
        assert_ne!(program.args(["run", "p.rhai"]).run().exit_code(), Some(0));
        program.args(["runs", "fork", "last"]).run().ok();
        program.args(["resume", "last"]).run().ok().prints("TWO\n");
        assert_eq!(asked(&server), ["one", "two", "two"], "cut: {cut}");
    }
}

#[test]
fn an_attempt_that_a_limit_refused_is_not_made_where_the_program_had_gone_past_it() {
    let half = json!({"choices": [{"index": 0, "delta": {"content": "word ".repeat(40)}}]});
    let broken = format!("data: {half}\n\ndata: {}\n\n", json!({"error": {"message": "overloaded", "code": 503}}));
    for (code, expect) in [
        (
            "let k = (); try { llm(\"a\", o) } catch (e) { k = e.kind }\nlet c = llm(`c ${k}`, o);\nllm(`end ${c}`, o)",
            ["a", "c server", "end yes", "end yes"].as_slice(),
        ),
        ("let x = (); try { x = llm(\"a\", o) } catch { x = llm(\"a\", o) }\nx", &["a", "a"]),
    ] {
        let (broken, met) = (broken.clone(), Mutex::new(HashSet::new()));
        let server = ChatServer::new(move |ask| {
            let (text, is_first) = (ask.last(), met.lock().expect("unpoisoned").insert(ask.last()));
            match text.as_str() {
                "a" if is_first => Reply::acts(server::stream(&[broken.as_str()])),
                text if text.starts_with("end") && is_first => Reply::refusal(400, "not today"),
                _ => Reply::text("yes").usage(9, 1),
            }
        });
        let program = Program::paying(&server).file("p.rhai", format!("let o = #{{max_tokens: 50}};\n{code}"));
        // For an attempt some 406 are held back: two at once do not fit.
        program.args(["run", "p.rhai", "--max-cost", "0.0000006"]).run();
        let ran = program.args(["resume", &newest_id(&program)]).run();
        assert_eq!(asked(&server), expect, "{code}\n{}", ran.stderr);
    }
}

#[test]
fn a_refusal_that_came_after_a_failure_is_what_the_run_had_gone_past() {
    let server = failing_once(&["first", "last"], false);
    let code = "let k = \"\";
        try { within(#{max_calls: 1}, || { let x = (); try { x = llm(\"first\") } catch { } x }) } catch (e) { k = e.kind }\n";
    let program = Program::paying(&server).file("p.rhai", format!("{code}throw \"stop\""));
    program.args(["run", "p.rhai"]).run().code(1);
    let id = newest_id(&program);
    let program = program.file("p.rhai", format!("{code}let n = llm(`next ${{k}}`);\nn + llm(\"last\")"));
    // The part has had its call already.
    program.args(["resume", &id]).run().code(4);
    for _ in 0..2 {
        program.args(["resume", &id]).run().prints("NEXT CHILDLAST\n");
        assert_eq!(asked(&server), ["first", "next child", "last", "last"]);
    }
    program.args(["replay", &id, "--offline"]).run().prints("NEXT CHILDLAST\n");
}

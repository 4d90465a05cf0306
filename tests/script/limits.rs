//! Parts of a program under limits of their own, by `within`.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;

#[test]
fn what_stops_a_part_is_a_failure_that_the_program_goes_on_past() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let program = Program::served_by(&server);
    let code = r#"
        let told = [];
        for limits in [#{timeout: 0.05}, #{max_calls: 1}, #{max_tokens: 1}, #{max_calls: 0, name: "the last"}] {
            try {
                within(limits, || { llm("a"); llm("b"); sleep(600) });
            } catch (e) {
                told.push(`${e.kind} by ${e.stopped_by}`);
                if e.stopped_by == "budget" { told.push(e.message.split(" does not")[0]); }
            }
        }
        told.push(llm("after"));
        told.join("; ")
    "#;
    let told = "child by deadline; \
        child by budget; the part was stopped: the call budget of the part; \
        child by budget; the part was stopped: the token budget of the part; \
        child by budget; the last was stopped: the call budget of the last; fine\n";
    program.args(["eval", code]).run().ok().prints(told);
}

#[test]
fn a_part_is_stopped_while_it_computes_and_in_all_its_branches() {
    let program = Program::offline();
    for work in ["loop {}", "par_map([1, 2], |n| sleep(600 * n))", "SCRIPT(\"waits\")", "PIPELINE(\"waits.yaml\")"] {
        let program = Program::offline()
            .file("scripts/waits.rhai", "//! +++\n//! summary = \"Waits.\"\n//! +++\nsleep(600)\n")
            .file("waits.yaml", "steps: {a: {wait: 1h}}\n");
        let tell = "print(e.message + \"; \" + e.hint)";
        let code = format!("try {{ within(#{{timeout: 0.2}}, || {{ {work} }}) }} catch (e) {{ {tell} }}");
        let told = "the part was stopped: it took longer than 0.2 s; raise `timeout` of the part\n";
        program.args(["eval", &code]).run().ok().prints(told);
    }
    // What stops the program stops its parts, and neither can be caught.
    let code = "try { within(#{timeout: 600}, || sleep(600)) } catch { print(\"caught\") }";
    program.args(["eval", code, "--timeout", "0.5"]).run().code(124).prints("");
}

#[test]
fn a_part_changes_what_its_closure_captured_and_ends_with_a_value_a_failure_or_the_program() {
    let program = Program::offline();
    for (code, printed) in [
        ("let n = 1; let m = within(#{max_calls: 9}, || { n += 1; n * 10 }); `${n} ${m}`", "2 20\n"),
        ("try { within(#{timeout: 600}, || { throw #{kind: \"io\"} }) } catch (e) { print(e.kind) }", "io\n"),
        ("within(#{timeout: 600, max_calls: 1}, || FINAL(\"over\")); print(\"never\")", "over\n"),
        ("within(#{timeout: \"10m\"}, || llm(\"a\", #{timeout: \"30s\"}) != \"\")", "true\n"),
        ("try { within(#{timeout: \"20ms\"}, || sleep(600)) } catch (e) { print(e.stopped_by) }", "deadline\n"),
        ("fn half(n) { n / 2 }\nwithin(#{timeout: 600}, Fn(\"half\").curry(8))", "4\n"),
    ] {
        program.args(["eval", code]).run().ok().prints(printed);
    }
}

#[test]
fn a_part_is_held_to_the_limits_around_it() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let program = Program::served_by(&server);
    let inner = "try { within(#{max_calls: 5}, || { llm(\"a\"); llm(\"b\") }) } catch (e) { print(e.message) }";
    let code = format!("within(#{{max_calls: 1, name: \"the whole\"}}, || {{ {inner} llm(\"c\") }})");
    let ran = program.args(["eval", &code]).run().code(5);
    assert!(ran.stdout.starts_with("the part was stopped: the call budget of the whole does not allow"), "{ran:?}");
    ran.says("the whole was stopped: the call budget of the whole does not allow")
        .says("hint: raise `max_calls` of `within` for the whole");
    let own = "try { within(#{max_calls: 0}, || llm(\"a\")) } catch (e) { print(e.stopped_by) }";
    let ran = program.args(["eval", own]).run().ok();
    ran.says("1 call was refused by max_calls: raise `max_calls` of `within` for the part");
    let ran = program.args(["eval", &format!("{inner} llm(\"c\")"), "--max-calls", "1"]).run().code(5);
    ran.says("the call budget of the run does not allow a call");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn limits_that_are_none_are_refused() {
    let program = Program::offline();
    for (limits, says) in [
        ("timout: 1", "did you mean `timeout`?"),
        ("timeout: 0", "within: timeout must be a positive number of seconds, not 0"),
        ("timeout: -1.5", "within: timeout must be a positive number of seconds, not -1.5"),
        ("timeout: \"0s\"", "within: timeout must be a positive number of seconds, not 0"),
        ("timeout: \"soon\"", "hint: write seconds, or a span such as"),
        ("max_cost: -1", "max_cost must be an amount in USD, not -1"),
        ("max_calls: \"two\"", "within: invalid type"),
    ] {
        program.args(["eval", &format!("within(#{{{limits}}}, || 1)")]).run().code(1).says(says);
    }
}

#[test]
fn what_waits_for_budget_when_its_part_is_out_of_time_was_stopped_and_not_refused() {
    let server = ChatServer::new(|ask| match ask.last().as_str() {
        "slow" => Reply::acts(vec![Act::Hold]),
        text => Reply::text(text),
    });
    let code = r#"
        let told = "";
        let work = || par_map([0, 1], |n| if n == 0 { llm("slow") } else { llm("a"); llm_batch(["c", "d", "e"]) });
        try { within(#{timeout: 1.0, max_calls: 2}, work) } catch (e) { told = e.stopped_by }
        told
    "#;
    let program = Program::paying(&server).file("p.rhai", code);
    for _ in 0..4 {
        let document = program.args(["run", "p.rhai", "--json"]).run().ok().json();
        assert_eq!(document["answer"], "deadline", "{document:#}");
        assert_eq!(document["refused_calls"], 0, "{document:#}");
    }
}

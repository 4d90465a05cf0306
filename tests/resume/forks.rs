//! Forks, comparisons and the removal of runs.

use super::{asked, holding, killed_in_a_tool, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Barrier;

#[test]
fn a_fork_pays_only_what_comes_after_it() {
    let server = holding(usize::MAX);
    let code = "let a = llm(\"a\");\nlet b = llm(\"b\");\nlet c = llm(\"c\");\n[a, b, c]";
    let program = Program::paying(&server).file("three.rhai", code);
    program.args(["run", "three.rhai"]).run().ok();
    let id = newest_id(&program);
    let effects = program.args(["runs", "export", &id]).run().ok().json()["effects"].clone();
    let models: Vec<u64> = effects
        .as_array()
        .expect("a list")
        .iter()
        .filter(|e| e["kind"] == "model")
        .filter_map(|e| e["seq"].as_u64())
        .collect();
    let fork = program.args(["runs", "fork", &id, "--at", &models[1].to_string(), "--json"]).run().ok().json();
    let new = fork["run"].as_str().expect("an id").to_owned();
    let rows = program.args(["runs", "list", "--json"]).run().ok().json();
    assert_eq!((&rows[0]["id"], &rows[0]["status"]), (&json!(new), &json!("forked")), "newest first");
    let document = program.args(["resume", &new, "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!(["A", "B", "C"]));
    assert_eq!(asked(&server), ["a", "b", "c", "c"]);
    assert_eq!((&document["calls"], &document["cost_usd"]), (&json!(1), &json!(30.0 / 1e9)), "{document:#}");
    let diff = program.args(["runs", "diff", &id, &new, "--json"]).run().ok().json();
    assert_eq!((&diff["only_left"], &diff["only_right"]), (&json!([]), &json!([])), "{diff:#}");
    let none = program.args(["runs", "fork", &id, "--at", "nowhere"]).run().code(1).says("has no step `nowhere`");
    none.says("lists calls by number").does_not_say("export");
}

#[test]
fn a_fork_ends_behind_a_whole_batch_or_says_what_it_leaves_of_it() {
    let server = holding(usize::MAX);
    let code = "llm(\"a\"); llm_batch([\"b\", \"c\", \"d\", \"e\"], #{label: \"sort\"}); llm(\"z\")";
    let program = Program::paying(&server).file("p.rhai", code);
    program.args(["run", "p.rhai"]).run().ok();
    let id = newest_id(&program);
    for at in ["batch0", "root/e1/batch0", "sort"] {
        let fork = program.args(["runs", "fork", &id, "--at", at]).run().ok().says("5 answers of ");
        let fork = fork.does_not_say("not kept");
        let before = server.asks().len();
        program.args(["resume", fork.stdout.trim()]).run().ok();
        assert_eq!(asked(&server)[before..], ["z"], "{at}");
    }
    let effects = program.args(["runs", "export", &id]).run().ok().json()["effects"].clone();
    let frames = effects.as_array().into_iter().flatten().filter_map(|effect| effect["frame"].as_str());
    let first = frames.map(str::to_owned).find(|frame| frame.contains("batch0[")).expect("an item");
    let fork = program.args(["runs", "fork", &id, "--at", &first]).run().ok().says("2 answers of ");
    fork.says("3 answers of root/e1/batch0 are not kept; --at root/e1/batch0 keeps all of it\n");
    program.args(["runs", "fork", &id, "--at", "batch1"]).run().code(1).says("has no step `batch1`");
}

#[test]
fn a_fork_goes_the_way_of_its_run_past_what_failed() {
    let code = "let a = \"\";\ntry { a = llm(\"one\") } catch { a = llm(\"two\") }\nlet b = llm(\"then \" + a);\nb";
    let flow = "steps: {a: {llm: one, on_failure: continue}, b: {llm: 'then {{ outcomes.a }}'}}";
    for (file, text, prompts) in
        [("p.rhai", code, &["one", "two", "then TWO"][..]), ("p.yaml", flow, &["one", "then failed"])]
    {
        let once = AtomicBool::new(true);
        let server = ChatServer::new(move |ask| match once.swap(false, Ordering::SeqCst) {
            true => Reply::refusal(400, "not today"),
            false => Reply::text(ask.last().to_uppercase()).usage(20, 10),
        });
        let program = Program::paying(&server).file(file, text);
        program.args(["run", file]).run();
        program.args(["runs", "fork", "last"]).run().ok();
        let document = program.args(["resume", "last", "--strict", "--json"]).run().ok().json();
        assert_eq!(asked(&server), prompts, "nothing is paid again: {document:#}");
        assert_eq!(document["cost_usd"], json!(0.0), "{document:#}");
    }
}

#[test]
fn a_partial_run_says_how_what_failed_is_made_again() {
    let once = AtomicBool::new(true);
    let server = ChatServer::new(move |ask| match once.swap(false, Ordering::SeqCst) {
        true => Reply::refusal(400, "not today"),
        false => Reply::text(ask.last().to_uppercase()).usage(20, 10),
    });
    let flow = "steps: {a: {llm: one, on_failure: continue}, b: {llm: 'then {{ outcomes.a }}'}}";
    let program = Program::paying(&server).file("p.yaml", flow);
    let said = program.args(["run", "p.yaml"]).run().ok().says("partial: 1 step failed (a); made again, with ").stderr;
    let (_, told) = said.split_once(" by `rhizo runs fork ").expect("a way");
    let (fork, _) = told.split_once('`').expect("its end");
    let words: Vec<&str> = ["runs", "fork"].into_iter().chain(fork.split(' ')).collect();
    program.list(&words).run().ok();
    let document = program.args(["resume", "last", "--json"]).run().ok().json();
    assert_eq!(document["status"], "completed", "{document:#}");
    assert_eq!(asked(&server), ["one", "then failed", "one", "then ok"]);
}

#[test]
fn so_does_one_of_which_items_failed() {
    let once = AtomicBool::new(true);
    let server = ChatServer::new(move |ask| match ask.last() == "sort y" && once.swap(false, Ordering::SeqCst) {
        true => Reply::refusal(400, "not today"),
        false => Reply::text(ask.last().to_uppercase()).usage(20, 10),
    });
    let flow = "\
steps:
  sorted: {each: {in: [x, y, z], key: item, max_parallel: 1, on_item_failure: continue, steps: {one: {llm: 'sort {{ item }}'}}}}
  report: {llm: 'report {{ sorted.keys().len() }}'}
";
    let program = Program::paying(&server).file("p.yaml", flow);
    let said =
        program.args(["run", "p.yaml"]).run().ok().says("partial: a part of a step failed, `rhizo runs show ").stderr;
    let (_, told) = said.split_once("; made again, with what comes after it, by `rhizo ").expect("a way");
    let (fork, _) = told.split_once('`').expect("its end");
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    let next = format!("next    what failed is made again, with what comes after it, by `rhizo {fork}` and ");
    assert!(shown.contains(&next), "{shown}");
    let words = fork.split(' ').map(|word| word.trim_matches('\''));
    program.list(&words.collect::<Vec<_>>()).run().ok();
    let document = program.args(["resume", "last", "--json"]).run().ok().json();
    assert_eq!(document["status"], "completed", "{document:#}");
    let asked = asked(&server);
    for (prompt, times) in [("sort x", 1), ("sort y", 2), ("sort z", 1)] {
        assert_eq!(asked.iter().filter(|asked| *asked == prompt).count(), times, "{asked:?}");
    }
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    assert!(!shown.contains("\nnext "), "{shown}");
}

#[test]
fn a_fresh_fork_is_shown_as_one_and_counts_as_resume_does() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("two.rhai", "let a = llm(\"a\");\nlet left = budget();\nllm(a)");
    program.args(["run", "two.rhai"]).run().ok();
    let id = newest_id(&program);
    let ran = program.args(["runs", "fork", "last"]).run().ok();
    let new = ran.stdout.trim().to_owned();
    ran.says(&format!("2 answers of models, tools, people and the like are kept of run {id}; rhizo resume {new}"));
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    assert!(shown.contains("spent   0 calls · 0 + 0 tokens\n"), "{shown}");
    assert!(shown.contains("\nstatus  forked\n"), "it waits for nobody's answer: {shown}");
    assert!(shown.contains(&format!("\nforked  from run {id} after effect ")), "{shown}");
    assert!(shown.contains(&format!("; rhizo resume {new}\n")) && !shown.contains("failure"), "{shown}");
    let plan = program.args(["resume", "last", "--dry-run"]).run().ok().stdout;
    assert!(
        plan.starts_with("2 replayed ($0.00000006) · ") && plan.contains("(answers of models, tools, people"),
        "{plan}"
    );
    program.args(["resume", "last"]).run().ok().prints("A\n");
    assert_eq!(asked(&server), ["a", "A"]);
}

#[test]
fn a_fork_ends_also_behind_a_step_that_asked_nobody() {
    let server = holding(usize::MAX);
    let flow = "\
steps:
  - first: {llm: first}
  - kind: {switch: {on: first, cases: {FIRST: second}}}
  - second: {llm: second, on_success: note}
  - note: {set: {v: \"{{ second }}\"}}
  - third: {llm: \"third {{ note.v }}\"}
";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().ok();
    let id = newest_id(&program);
    let paid = asked(&server);
    assert_eq!(paid, ["first", "second", "third SECOND"]);
    for (step, left) in [("kind", 1), ("note", 2), ("first", 1), ("third", 3)] {
        let new = program.args(["runs", "fork", &id, "--at", step]).run().ok().stdout.trim().to_owned();
        let before = asked(&server).len();
        program.args(["resume", &new]).run().ok();
        assert_eq!(asked(&server)[before..], paid[left..], "{step}");
    }
    let none = program.args(["runs", "fork", &id, "--at", "nowhere"]).run().code(1);
    none.says("its steps are first, kind, second, note, third; ");
    let near = program.args(["runs", "fork", &id, "--at", "secnd"]).run().code(1);
    near.says("hint: did you mean `second`?").does_not_say("export");
}

/// A server that does parts and approves of all, and a program with two parts, one after the other.
fn divided() -> (ChatServer, Program) {
    let server = ChatServer::new(|ask| match ask.last().starts_with("Review the result") {
        true => Reply::text(json!({"verdict": "approve", "reason": "good"}).to_string()).usage(20, 10),
        false => Reply::text("done").usage(20, 10),
    });
    let code = "\
import \"manager\" as manager;
llm(\"before\");
manager::delegate(\"T\", #{plan: [#{id: \"a\", task: \"job-a\"}, #{id: \"b\", task: \"job-b\", needs: [\"a\"]}]});
llm(\"after\")";
    let program = Program::paying(&server).file("two.rhai", code);
    (server, program)
}

/// What such a server was asked, in short.
fn short(server: &ChatServer) -> Vec<String> {
    let one = |prompt: String| {
        let what = if prompt.starts_with("Review the result") { "review" } else { "work" };
        let part = prompt.split_once("job-").and_then(|(_, rest)| rest.get(..1));
        part.map_or_else(|| prompt.clone(), |part| format!("{what} {part}"))
    };
    asked(server).into_iter().map(one).collect()
}

#[test]
fn a_fork_ends_behind_a_step_that_a_program_tells_of() {
    let (server, program) = divided();
    program.args(["run", "two.rhai"]).run().ok();
    let first = newest_id(&program);
    let paid = short(&server);
    assert_eq!(paid, ["before", "work a", "review a", "work b", "review b", "after"]);
    let whole = program.args(["runs", "fork", &first]).run().ok().stdout.trim().to_owned();
    let fresh = program.args(["runs", "fork", &whole, "--at", "work"]).run().code(1);
    fresh.says("a fork has no steps before it has been resumed").says(&format!("`rhizo runs show {whole}` lists"));
    program.args(["resume", &whole]).run().ok();
    assert_eq!(short(&server), paid);
    for id in [&first, &whole] {
        for (step, left) in [("work[a]", 2), ("review [a]", 3), ("work", 4), ("delegate", 5)] {
            let fork = program.args(["runs", "fork", id, "--at", step]).run().ok();
            let is_told = fork.stderr.contains("`work` stands for 2 steps; the last of them to end is work [b]");
            assert_eq!(is_told, step == "work", "{}", fork.stderr);
            let before = asked(&server).len();
            program.args(["resume", fork.stdout.trim()]).run().ok();
            assert_eq!(short(&server)[before..], paid[left..], "{step} of {id}");
        }
    }
}

#[test]
fn an_item_of_a_pipeline_is_named_as_runs_show_prints_it() {
    let server = holding(usize::MAX);
    let flow = "steps: {all: {each: {in: [x, y], key: item, max_parallel: 1, steps: {say: {llm: 'say {{ item }}'}}}}}";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().ok();
    let id = newest_id(&program);
    assert_eq!(asked(&server), ["say x", "say y"]);
    for (step, kept) in
        [("say [x]", "also kept, as they do not come after it: say [y]"), ("say", "`say` stands for 2 steps")]
    {
        let fork = program.args(["runs", "fork", &id, "--at", step]).run().ok();
        assert!(fork.stderr.contains(kept) && fork.stderr.contains("2 answers of "), "{}", fork.stderr);
        let before = asked(&server).len();
        program.args(["resume", fork.stdout.trim()]).run().ok();
        assert_eq!(asked(&server).len(), before, "{step}");
    }
}

/// The steps that a fork says it keeps, though they stand behind its end.
fn kept_beside(told: &str) -> Option<&str> {
    told.lines().find_map(|line| line.strip_prefix("also kept, as they do not come after it: "))
}

#[test]
fn a_fork_of_a_pipeline_keeps_what_does_not_come_after_its_step_whoever_was_faster() {
    let server = holding(usize::MAX);
    let flow = "\
steps:
  a: {llm: a}
  b: {llm: b}
  a2: {llm: 'a2 {{ a }}'}
  b2: {llm: 'b2 {{ b }}'}
  both: {llm: 'both {{ a2 }} {{ b2 }}'}
";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().ok();
    let id = newest_id(&program);
    let again = |at: &str| {
        let fork = program.args(["runs", "fork", &id, "--at", at]).run().ok();
        let before = asked(&server).len();
        program.args(["resume", fork.stdout.trim()]).run().ok();
        (asked(&server)[before..].to_vec(), fork.stderr)
    };
    let last = "both A2 A B2 B";
    // Whether `a2` stands behind `b2` in the log depends on which was faster.
    let cases = [("a", &["a2 A", last][..], Some(Some("b2"))), ("b2", &[last], None), ("both", &[], Some(None))];
    for (step, left, beside) in cases {
        let (asked, told) = again(step);
        assert_eq!(asked, left, "{step}");
        let newest = kept_beside(&told).and_then(|steps| steps.rsplit(", ").next());
        assert!(beside.is_none_or(|beside| newest == beside), "{step}: {told}");
    }
    // A number is a point in time.
    let effects = program.args(["runs", "export", &id]).run().ok().json()["effects"].clone();
    let of_a = |effect: &&serde_json::Value| effect["frame"] == "root/step:a" && effect["kind"] == "model";
    let seq = effects.as_array().into_iter().flatten().find(of_a).expect("one")["seq"].to_string();
    assert!(again(&seq).0.contains(&"b2 B".to_owned()));
}

#[test]
fn a_fork_at_a_step_of_an_item_or_branch_keeps_the_others() {
    let server = holding(usize::MAX);
    let items = "each: {in: [x, y], key: item, max_parallel: 1, \
                 steps: {say: {llm: 'say {{ item }}'}, more: {llm: 'more {{ say }}'}}}";
    let branches = "parallel: {x: {say: {llm: 'say x'}, more: {llm: 'more {{ say }}'}}, \
                    y: {other: {llm: 'say y'}, last: {llm: 'more {{ other }}'}}}";
    let cases = [
        (items, "say [x]", &["more SAY X", "sum"][..], Some(Some("say [y], more [y]"))),
        (items, "more [x]", &["sum"], Some(Some("say [y], more [y]"))),
        (items, "all", &["sum"], Some(None)),
        // What of the other branch stands behind it depends on which was faster.
        (branches, "more [x]", &["sum"], None),
    ];
    for (act, at, left, beside) in cases {
        let flow = format!("steps:\n  all: {{{act}}}\n  sum: {{llm: sum, dependencies: [all]}}\n");
        let program = Program::paying(&server).file("flow.yaml", flow);
        program.args(["run", "flow.yaml"]).run().ok();
        let fork = program.args(["runs", "fork", "last", "--at", at]).run().ok();
        assert!(beside.is_none_or(|beside| kept_beside(&fork.stderr) == beside), "{at}: {}", fork.stderr);
        let before = asked(&server).len();
        program.args(["resume", fork.stdout.trim()]).run().ok();
        assert_eq!(asked(&server)[before..], *left, "{at} of {act}");
    }
}

#[test]
fn a_fork_at_the_bare_name_of_a_step_of_items_keeps_nothing_that_comes_after_it_in_any_of_them() {
    let meeting = Arc::new(Barrier::new(2));
    let server = ChatServer::new(move |ask| {
        let reply = Reply::text(ask.last().to_uppercase()).usage(20, 10);
        if ask.last().starts_with("say") { reply.meets(&meeting) } else { reply }
    });
    let flow = "\
steps:
  all:
    each: {in: [x, y], key: item, max_parallel: 2, steps: {say: {llm: 'say {{ item }}'}, more: {llm: 'more {{ say }}'}}}
  sum: {llm: sum, dependencies: [all]}
";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().ok();
    let fork = program.args(["runs", "fork", "last", "--at", "say"]).run().ok().says("`say` stands for 2 steps");
    assert_eq!(kept_beside(&fork.stderr), None, "{}", fork.stderr);
    let before = asked(&server).len();
    program.args(["resume", fork.stdout.trim()]).run().ok();
    let mut again = asked(&server).split_off(before);
    again.sort();
    assert_eq!(again, ["more SAY X", "more SAY Y", "sum"]);
}

#[test]
fn a_fork_at_a_step_of_many_items_beside_a_long_flow_looks_at_its_graph_once() {
    let server = holding(usize::MAX);
    let items: Vec<String> = (0..400).map(|item| item.to_string()).collect();
    // Looked at anew for each item and each step, the graph would keep the fork busy for longer than a test waits.
    let kind = |n: usize| format!("  k{n}: {{switch: {{on: first, cases: {{FIRST: k{0}}}, default: k{0}}}}}\n", n + 1);
    let kinds: String = (0..300).map(kind).collect();
    let each = format!("each: {{in: [{}], steps: {{work: {{set: {{v: item}}}}}}}}", items.join(", "));
    let flow = format!("steps:\n  all: {{{each}}}\n  first: {{llm: first}}\n{kinds}  k300: {{llm: sum}}\n");
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().ok().prints("SUM\n");
    let fork = program.args(["runs", "fork", "last", "--at", "work"]).run().ok().says("`work` stands for 400 steps");
    let before = asked(&server).len();
    program.args(["resume", fork.stdout.trim()]).run().ok().prints("SUM\n");
    assert_eq!(asked(&server).len(), before, "nothing comes after it: {}", fork.stderr);
}

#[test]
fn a_fork_of_a_pipeline_asks_again_for_a_leave_that_comes_after_its_step() {
    let server = ChatServer::new(|ask| match ask.last().as_str() {
        "sort y" => Reply::refusal(400, "not today"),
        text => Reply::text(text.to_uppercase()).usage(20, 10),
    });
    let flow = "\
steps:
  sorted:
    each: {in: [x, y], key: item, max_parallel: 1, on_item_failure: continue, steps: {one: {llm: 'sort {{ item }}'}}}
  counts: {set: {failed: '(errors.sorted ?? #{}).len()'}}
  report: {llm: 'report {{ counts.failed }}'}
  ok: {ask: {prompt: 'publish {{ report }}?', choices: ['yes', 'no']}}
  after: {llm: 'after {{ ok }}'}
";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().code(6);
    program.args(["runs", "answer", "last", "ok", "yes"]).run().ok();
    // Who goes on notes once more, behind that word, that the run had gone past what failed.
    program.args(["resume", "last"]).run().ok();
    let id = newest_id(&program);
    assert_eq!(asked(&server), ["sort x", "sort y", "report 1", "after yes"]);
    for step in ["sorted", "one", "counts"] {
        let fork = program.args(["runs", "fork", &id, "--at", step]).run().ok();
        assert_eq!(kept_beside(&fork.stderr), None, "{step}: {}", fork.stderr);
        let before = asked(&server).len();
        program.args(["resume", fork.stdout.trim()]).run().code(6);
        assert_eq!(asked(&server)[before..], ["report 1"], "what had failed stays so at {step}");
    }
}

#[test]
fn a_fork_in_a_loop_keeps_the_turns_and_visits_before_its_end() {
    let server = holding(usize::MAX);
    let turns = "steps: {w: {while: {condition: iteration < 3, max_iterations: 3, \
                 steps: {a: {llm: 'a {{ iteration }}'}, b: {llm: 'b {{ a }}'}}}}}";
    let program = Program::paying(&server).file("flow.yaml", turns);
    program.args(["run", "flow.yaml"]).run().ok();
    let id = newest_id(&program);
    let paid = asked(&server);
    for (step, left) in [("a [2]", 3), ("b [1]", 2), ("b", paid.len()), ("a", paid.len() - 1)] {
        let fork = program.args(["runs", "fork", &id, "--at", step]).run().ok();
        let before = asked(&server).len();
        program.args(["resume", fork.stdout.trim()]).run().ok();
        assert_eq!(asked(&server)[before..], paid[left..], "{step}: {}", fork.stderr);
    }
}

#[test]
fn a_tool_that_was_under_way_is_not_repeated_unasked_by_a_fork() {
    let code = "TOOL(\"run_command\", #{command: \"echo once >> written; sleep 600\"}); \"done\"";
    let program = killed_in_a_tool(code);
    let new = program.args(["runs", "fork", "last"]).run().ok().stdout.trim().to_owned();
    let again = program.args(["resume", &new, "--approve", "auto"]).run().code(6);
    again.says("may or may not have done its work").says(&format!("rhizo runs settle {new} "));
    program.args(["runs", "settle", &new, "e1", "skip"]).run().ok();
    program.args(["resume", &new, "--approve", "auto"]).run().ok().prints("done\n");
    assert_eq!(std::fs::read_to_string(program.project().join("written")).expect("a file"), "once\n");
}

#[test]
fn a_difference_is_named() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("p.rhai", "llm(\"a\") + llm(args.word)");
    program.args(["run", "p.rhai", "word=b"]).run().ok();
    let one = newest_id(&program);
    program.args(["run", "p.rhai", "word=c"]).run().ok();
    let other = newest_id(&program);
    let diff = program.args(["runs", "diff", &one, &other, "--json"]).run().ok().json();
    let count = |side: &str| diff[side].as_array().map(Vec::len);
    let counts = (count("asked_differently"), count("only_left"), count("only_right"));
    assert_eq!(counts, (Some(1), Some(0), Some(0)), "{diff:#}");
    let text = program.args(["runs", "diff", &one, &other]).run().ok().stdout;
    let rest = text.split_once("asked otherwise:\n  ").map_or("", |(_, rest)| rest);
    assert!(rest.contains(" model at root/e1: paid, \"b\" -> B / "), "{text}");
    assert!(rest.ends_with(" model at root/e1: paid, \"c\" -> C\n"), "{text}");
    assert!(text.starts_with("1 effect is equal\n") && !text.contains("decision"), "{text}");
}

#[test]
fn differences_stand_in_the_order_of_the_log() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("p.rhai", "for n in 0..12 { llm(`${args.word} ${n}`); }");
    program.args(["run", "p.rhai", "word=b"]).run().ok();
    let one = newest_id(&program);
    program.args(["run", "p.rhai", "word=c"]).run().ok();
    let diff = program.args(["runs", "diff", &one, "last", "--json"]).run().ok().json();
    let told = diff["asked_differently"].as_array().into_iter().flatten();
    let told: Vec<&str> = told.filter_map(|line| line.as_str()).collect();
    let has = |line: &str, word: &str, n: usize| line.contains(&format!("paid, \"{word} {n}\" -> "));
    let is_next = |(n, line): (usize, &&str)| has(line, "b", n) && has(line, "c", n);
    assert!(told.len() == 12 && told.iter().enumerate().all(is_next), "{diff:#}");
}

#[test]
fn what_a_fork_was_made_for_is_the_difference() {
    let server = holding(usize::MAX);
    let code = "llm(\"first q\"); llm(\"second q\")";
    let program = Program::paying(&server).file("p.rhai", code);
    program.args(["run", "p.rhai"]).run().ok();
    let one = newest_id(&program);
    let program = program.file("p.rhai", code.replace("second", "SECOND"));
    let new = program.args(["runs", "fork", &one]).run().ok().stdout.trim().to_owned();
    let effects = |run: &str| {
        let shown = program.args(["runs", "show", run]).run().ok().stdout;
        shown.lines().filter(|line| line.starts_with("effect  ")).count()
    };
    assert_eq!(effects(&new), 2, "all of it waits to be used");
    program.args(["resume", &new]).run().ok().prints("SECOND Q\n");
    let text = program.args(["runs", "diff", &one, &new]).run().ok().stdout;
    let (was, is) = (" model at root/e1: paid, \"second q\" -> SECOND Q / ", "paid, \"SECOND q\" -> SECOND Q\n");
    assert!(text.starts_with("1 effect is equal\nasked otherwise:\n  "), "{text}");
    assert!(text.contains(was) && text.ends_with(is) && text.lines().count() == 3, "{text}");
    assert_eq!(effects(&new), 2, "without the copy that nobody asked for");
}

#[test]
fn a_pipeline_and_the_script_that_is_made_of_it_ask_the_same_at_other_places() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("p.yaml", "steps: {a: {llm: a}, b: {llm: 'b {{ a }}'}}");
    program.args(["run", "p.yaml"]).run().ok();
    let one = newest_id(&program);
    let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    let program = program.file("twin.rhai", script);
    program.args(["run", "twin.rhai"]).run().ok();
    let diff = program.args(["runs", "diff", &one, "last", "--json"]).run().ok().json();
    for name in ["only_left", "only_right", "answered_differently"] {
        assert_eq!(diff[name], json!([]), "{diff:#}");
    }
    let moved: Vec<&str> = diff["moved"].as_array().into_iter().flatten().filter_map(|line| line.as_str()).collect();
    for (line, (step, prompt)) in moved.iter().zip([("a", "a"), ("b", "b A")]) {
        assert!(line.contains(&format!(" model at root/step:{step}: paid, \"{prompt}\" / ")), "{diff:#}");
        assert!(line.ends_with(" at root/e1"), "{diff:#}");
    }
    assert_eq!((moved.len(), &diff["equal"]), (2, &json!(0)), "{diff:#}");
    let text = program.args(["runs", "diff", &one, "last"]).run().ok().stdout;
    let head = "0 effects are equal, 2 are the same at other places\nthe same at another place:\n  ";
    assert!(text.starts_with(head) && text.lines().count() == 4, "{text}");
}

#[test]
fn equal_prompts_at_other_places_are_told_apart_by_their_answers() {
    for (answers, moved, answered) in [("ABBA", 2, 0), ("ABBC", 1, 1)] {
        let said = move |number: usize| answers.chars().nth(number).map(String::from).unwrap_or_default();
        let server = ChatServer::new(move |ask| Reply::text(said(ask.number)).usage(20, 10));
        let flow = "steps: {a: {llm: same}, b: {llm: same, dependencies: [a]}}";
        let program = Program::paying(&server).file("p.yaml", flow);
        program.args(["run", "p.yaml"]).run().ok();
        let one = newest_id(&program);
        let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
        let program = program.file("twin.rhai", script);
        program.args(["run", "twin.rhai"]).run().ok();
        let diff = program.args(["runs", "diff", &one, "last", "--json"]).run().ok().json();
        let count = |list: &str| diff[list].as_array().map(Vec::len);
        assert_eq!((count("moved"), count("answered_differently")), (Some(moved), Some(answered)), "{diff:#}");
        assert_eq!((count("only_left"), count("only_right")), (Some(0), Some(0)), "{diff:#}");
    }
}

#[test]
fn answers_that_call_a_function_differ_by_what_they_call() {
    let server = ChatServer::new(|_| Reply::call("rhai", &json!({"code": "FINAL(1)"})));
    let text = format!("model = \"x\"\n[models.x]\nbase_url = \"{}\"\nfunctions = true\n", server.base_url());
    let program = Program::new().file("rhizo.toml", text);
    program.args(["ask", "q", "--recursive"]).run().ok().prints("1\n");
    let id = newest_id(&program);
    let new = program.args(["runs", "fork", &id]).run().ok().stdout.trim().to_owned();
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    for (was, is, differing) in [("call_1", "call_2", 0), ("FINAL(1)", "FINAL(2)", 1)] {
        let change = "UPDATE effects SET result = replace(result, ?1, ?2) WHERE run = ?3 AND kind = 'model'";
        assert_eq!(store.execute(change, (was, is, &new)), Ok(1));
        let diff = program.args(["runs", "diff", &id, &new, "--json"]).run().ok().json();
        assert_eq!(diff["answered_differently"].as_array().map(Vec::len), Some(differing), "{diff:#}");
    }
}

#[test]
fn old_runs_go_and_what_can_go_on_stays() {
    let server = ChatServer::new(|ask| if ask.number == 3 { Reply::acts(vec![Act::Hold]) } else { Reply::text("A") });
    let program = Program::paying(&server)
        .file("big.rhai", "let long = \"\"; for n in 0..20000 { long += `${n} `; } llm(long); llm(\"a\")");
    program.args(["run", "big.rhai"]).run().ok();
    let running = program.args(["run", "big.rhai"]).start();
    server.wait_for(4);
    running.kill();
    running.end();
    let kept = newest_id(&program);
    let would =
        program.args(["runs", "gc", "--older-than", "0s", "--keep", "0", "--dry-run", "--json"]).run().ok().json();
    assert_eq!(would["would_remove"].as_array().map(Vec::len), Some(1), "{would:#}");
    let told = program.args(["runs", "gc", "--older-than", "0s", "--keep", "0", "--dry-run"]).run().ok().stdout;
    assert!(told.starts_with("1 run would go: "), "{told}");
    let swept = program.args(["runs", "gc", "--older-than", "0s", "--keep", "0", "--json"]).run().ok().json();
    assert_eq!(swept["runs"], 1, "{swept:#}");
    program.args(["runs", "gc", "--older-than", "soon"]).run().code(2).says("write 10m (minutes), 36h");
    // Without a unit nobody knows whether days are meant.
    program.args(["runs", "gc", "--older-than", "90"]).run().code(2).says("`90` is no age");
    for span in ["12w", "1y", "30m"] {
        program.args(["runs", "gc", "--older-than", span, "--dry-run"]).run().ok().prints("0 runs would go\n");
    }
    program.args(["runs", "gc"]).run().ok().prints("0 runs and 0 large values are gone\n");
    let rows = program.args(["runs", "list", "--json"]).run().ok().json();
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    program.args(["resume", &kept]).run().ok().prints("A\n");
    program.args(["doctor", "--no-call"]).run().ok();
}

//! `par_map`: order, failures in their slots, limits that end all.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use std::sync::Arc;
use tokio::sync::Barrier;

#[test]
fn results_keep_the_order_of_the_items() {
    let program = Program::offline();
    for items in ["(0..100).to_array()", "0..100", "0..=99", "range(0, 100)"] {
        let code = format!("let all = par_map({items}, |n| n * n);\nprint(all[99]); print(all.len); all[7]");
        program.args(["eval", &code]).run().ok().prints("9801\n100\n49\n");
        let code = format!("par_map({items}, |n| n + 1, #{{concurrency: 2}}).len");
        program.args(["eval", &code]).run().ok().prints("100\n");
    }
    let ran = program.args(["eval", "par_map(0..2000000, |n| n)"]).run().code(5);
    ran.prints("").says("the array");
    program.args(["eval", "par_map([], |n| n)"]).run().ok().prints("[]\n");
}

#[test]
fn a_failed_item_is_a_map_in_its_slot() {
    let code = "let results = par_map([1, 0, 4], |n| { if n == 0 { throw #{kind: \"invalid\", message: \"no zero\"} } 8 / n });\n\
        for r in results { if type_of(r) == \"map\" { print(`${r.kind} ${r.message} ${r.item}`) } else { print(r) } }";
    Program::offline().args(["eval", code]).run().ok().prints("8\ninvalid no zero 1\n2\n");
}

#[test]
fn what_the_program_itself_did_wrong_in_every_item_is_raised() {
    let program = Program::offline();
    for (code, told) in [
        ("par_map([1, 2, 3], |n| nothing_of_that_name(n))", "there is no function `nothing_of_that_name (int)`"),
        ("fn f(n) { n.no_such_method() }\npar_map([1, 2], |n| f(n))", "there is no function `no_such_method (int)`"),
        ("par_map([1, 2], |n| parse_it(n), #{concurrency: 1, stop: true})", "there is no function `parse_it (int)`"),
    ] {
        program.args(["eval", code]).run().code(1).prints("").says(told).says(" | ");
    }
    // What other items would not have met stays in its slot.
    for code in [
        "par_map([1, 2], |n| if n == 1 { nothing_of_that_name(n) } else { n }).len",
        "par_map([[], []], |n| n - \"a\").len",
        "par_map([1, 2], |n| parse_json(n)).len",
    ] {
        program.args(["eval", code]).run().ok().prints("2\n");
    }
}

#[test]
fn a_failed_item_stops_those_that_stand_far_enough_behind_it() {
    let server = ChatServer::new(|ask| match ask.last().as_str() {
        "bad" => Reply::refusal(400, "no"),
        text => Reply::text(text),
    });
    let program = Program::served_by(&server);
    for (options, begun) in [("concurrency: 2, stop: true", 4), ("stop: true, concurrency: 1", 3), ("stop: false", 6)] {
        let before = server.asks().len();
        let items = "[\"a\", \"b\", \"bad\", \"d\", \"e\", \"f\"]";
        let code =
            format!("let all = par_map({items}, |text| llm(text), #{{{options}}}); print(all.len()); all[2].kind");
        program.args(["eval", &code]).run().ok().prints(&format!("{begun}\nrejected\n"));
        assert_eq!(server.asks().len() - before, begun, "{options}");
    }
    let wrong = "par_map([1], |n| n, #{stop: 1})";
    program.args(["eval", wrong]).run().code(1).says("stop must be true or false, not an integer");
}

#[test]
fn branches_call_models_at_the_same_time() {
    let meeting = Arc::new(Barrier::new(4));
    let server = ChatServer::new(move |ask| Reply::text(ask.last()).meets(&meeting));
    let program = Program::served_by(&server);
    let code = "par_map([\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\"], |p| llm(p), #{concurrency: 4}).map(|s| s + \"!\")";
    let answer = program.args(["eval", code, "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer, serde_json::json!(["a!", "b!", "c!", "d!", "e!", "f!", "g!", "h!"]));
    assert_eq!((server.asks().len(), server.most_under_way()), (8, 4));
}

#[test]
fn a_limit_in_one_branch_ends_all() {
    let program = Program::offline();
    let code = "let kept = 1; par_map([1, 2, 3], |n| llm(`Call ${n}.`)); print(\"after\")";
    program.args(["eval", code, "--max-calls", "2"]).run().code(5).prints("").says("call budget");
}

#[test]
fn closures_see_their_item_and_the_context() {
    let program = Program::offline().file("text.txt", "one\ntwo\nthree\n");
    let code = "let input = context; par_map([1, 2, 3], |n| input.line(n).len())";
    let answer = program.args(["eval", code, "--context", "text.txt", "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer, serde_json::json!([3, 3, 5]));
    let code = "fn shout(s) { s.to_upper() + context.lines }\npar_map([\"a\"], |s| shout(s))[0]";
    program.args(["eval", code, "--context", "text.txt"]).run().ok().prints("A3\n");
}

#[test]
fn branches_use_what_their_closure_captured_at_the_same_time() {
    let program = Program::offline().file("notes/a.txt", "a model in a loop\n").file("notes/b.txt", "no model\n");
    let code = r#"
        let input = context;
        let words = ["model", "loop", "x"];
        let text = "a b c";
        let ages = #{a: 1, b: 2};
        let long = |w| words.filter(|v| v.len() > 1).len() + w;
        let wrong = [];
        for round in 0..30 {
            let results = par_map((0..64).to_array(), |x| {
                let n = input.search("model loop", 3).len() * 0 + words.filter(|w| w != "x").len();
                n += text.split(" ").len() + long.call(x);
                for key in ages.keys() { n += ages[key] }
                n
            });
            for (result, x) in results { if result != 10 + x { wrong.push(result) } }
        }
        print(wrong)"#;
    program.args(["eval", code, "--context", "notes"]).run().ok().prints("[]\n");
}

#[test]
fn a_closure_that_changes_what_it_captured_is_refused() {
    let program = Program::offline();
    for (closure, name) in [
        ("{ print(\"ran\"); n += x }", "n"),
        ("{ n = x }", "n"),
        ("{ if x > 0 { m[`${x}`] = x } }", "m"),
        ("{ m.list[0] = x }", "m"),
        ("list.push(x)", "list"),
        ("m.list.push(x)", "m"),
        ("{ list.sort(); list }", "list"),
        ("{ list.splice(0, 0, [x]); list }", "list"),
        ("{ m.mixin(#{x: x}); m }", "m"),
        ("{ text.trim(); text }", "text"),
        ("{ text.replace(\"a\", \"b\"); text }", "text"),
        ("[x].map(|y| { n += y })", "n"),
    ] {
        let code = format!(
            "let n = 0; let list = []; let m = #{{list: [0]}}; let text = \"a\";
            par_map([1, 2], |x| {closure})"
        );
        let ran = program.args(["eval", &code]).run().code(1).prints("");
        ran.says(&format!("par_map: the closure changes `{name}`, which the others do not see"));
    }
    for (closure, answer) in [
        ("{ let n = x; n += 1; n }", "[2, 3]"),
        ("{ let own = list; own.push(x); own.len() }", "[1, 1]"),
        ("{ let list = [x]; list.push(n); list.len() }", "[2, 2]"),
        ("[x].map(|n| { n += 1; n })[0]", "[2, 3]"),
        ("{ let own = list; own.sort(); own.len() }", "[0, 0]"),
        ("{ list.filter(|n| n > x).sort(); x }", "[1, 2]"),
    ] {
        let code = format!("let n = 0; let list = []; print(par_map([1, 2], |x| {closure}))");
        program.args(["eval", &code]).run().ok().prints(&format!("{answer}\n"));
    }
}

#[test]
fn branches_that_run_take_the_items_of_those_that_get_no_thread() {
    let code = "par_map((0..64).to_array(), |n| { sleep(0.3); n }, #{concurrency: 64}) == (0..64).to_array()";
    let program = Program::offline().env("MALLOC_ARENA_MAX", "1");
    // Address space for about eighteen of the stacks.
    program.args(["eval", code, "-q"]).after("ulimit -v 20000000").run().ok().prints("true\n");
}

#[test]
fn branches_may_import_the_same_module_at_the_same_time() {
    let program = Program::offline()
        .file("helper.rhai", "let n = 0;\nwhile n < 300000 { n += 1 }\nfn f(x) { x * 2 }\n")
        .file("main.rhai", "print(par_map([1, 2, 3, 4], |x| { import \"helper\" as h; h::f(x) }));\n");
    program.args(["run", "main.rhai", "-q"]).run().ok().prints("[2, 4, 6, 8]\n");
}

#[test]
fn branches_may_branch() {
    let code = "par_map([1, 2], |n| par_map([10, 20], |m| m * 2))";
    let answer = Program::offline().args(["eval", code, "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer, serde_json::json!([[20, 40], [20, 40]]));
}

#[test]
fn an_item_sees_nothing_of_what_the_closure_did_for_others() {
    let program = Program::offline();
    for closure in [
        "{ if x == 99 { let n = 5; } n += 1; n }",
        "{ for list in [1] {} list.push(x); list.len() }",
        "{ try { x / 0 } catch (n) {} n += 1; n }",
        "list.longer(x)",
        "grow.call(x)",
        "[x].map(|y| grow.call(y))[0]",
        "map.grow.call(x)",
    ] {
        let code = format!(
            "fn longer(y) {{ this.push(y); this.len() }}
            let n = 0; let list = []; let grow = |y| {{ list.push(y); list.len() }}; let map = #{{grow: grow}};
            print(par_map([1, 2, 3], |x| {closure}, #{{concurrency: 1}}))"
        );
        program.args(["eval", &code]).run().ok().prints("[1, 1, 1]\n");
    }
}

#[test]
fn a_closure_that_takes_another_number_of_values_is_refused_before_anything_runs() {
    let program = Program::offline();
    for (closure, taken) in [("|| 7", 0), ("|a, b| a", 2), ("|| base", 0), ("|a, b| a + base", 2)] {
        let code = format!("let base = 1; par_map([1, 2, 3], {closure})");
        let ran = program.args(["eval", &code]).run().code(1).prints("").does_not_say("anon$");
        ran.says(&format!("the closure of `par_map` takes 1 parameter, this one {taken}")).says(" | ");
    }
    let code = "let base = 1; fn twice(n) { n * 2 } print(par_map([1], |n| n + base)); par_map([1], Fn(\"twice\"))[0]";
    program.args(["eval", code]).run().ok().prints("[2]\n2\n");
}

#[test]
fn an_option_that_there_is_not_is_told_before_anything_runs() {
    let code = "par_map([1], |x| { print(\"ran\"); x }, #{stopp: true})";
    let ran = Program::offline().args(["eval", code]).run().code(1).prints("");
    ran.says("par_map has no option `stopp`").says("did you mean `stop`? it has concurrency and stop");
}

//! Scripts that attack: each ends with a clear failure, no signal, and the values assigned before it stay.

use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use std::sync::mpsc::TryRecvError;

/// One attack.
struct Attack {
    name: &'static str,
    code: String,
    /// Exit code of a program that is only this.
    exit: i32,
    /// What the message has.
    says: &'static str,
}

fn attack(name: &'static str, code: impl Into<String>, exit: i32, says: &'static str) -> Attack {
    Attack { name, code: code.into(), exit, says }
}

const DEADLINE: &str = "computed for more than";
const LARGE: &str = "would grow beyond";
const MEMORY: &str = "MiB of memory";

/// An array of ten terabytes, if each of its places had its own text.
const SHARED: &str = "let s = \"\"; s.pad(10000000, \"x\"); let a = []; a.pad(1000000, s);";

fn endless() -> Vec<Attack> {
    vec![
        attack("empty loop", "loop {}", 124, DEADLINE),
        attack("counting", "let i = 0; while true { i += 1 }", 124, DEADLINE),
        attack("endless range", "for i in 0..9223372036854775807 {}", 124, DEADLINE),
        attack("loop in a closure", "[1].map(|x| { loop {} })", 124, DEADLINE),
        attack("loop in a comparison", "[3, 2, 1].sort(|a, b| { loop {} })", 124, DEADLINE),
        attack("loop in a branch", "par_map([1, 2], |x| { loop {} })", 124, DEADLINE),
        attack(
            "loop of branches",
            "loop { par_map([1, 2], |x| { let i = 0; while i < 50000 { i += 1 } }) }",
            124,
            DEADLINE,
        ),
        attack("loop that catches", "loop { try { throw 1 } catch { } }", 124, DEADLINE),
        attack("recursion", "fn f(n) { f(n + 1) }\nf(0)", 5, "nest too deep"),
        attack("mutual recursion", "fn a(n) { b(n) }\nfn b(n) { a(n) }\na(0)", 5, "nest too deep"),
        attack("recursion of closures", "let f = |g, n| g.call(g, n + 1);\nf.call(f, 0)", 5, "nest too deep"),
        attack("recursion that holds", "fn f(a) { let b = a; b.push(1); f(b) }\nf([])", 5, "nest too deep"),
    ]
}

fn bombs() -> Vec<Attack> {
    [texts(), containers(), holders()].into_iter().flatten().collect()
}

fn texts() -> Vec<Attack> {
    vec![
        attack("doubling", "let s = \"x\"; loop { s += s }", 5, LARGE),
        attack("doubling by plus", "let s = \"xxxxxxxx\"; loop { s = s + s }", 5, LARGE),
        attack("interpolation", "let s = \"xxxxxxxx\"; loop { s = `${s}${s}` }", 5, LARGE),
        attack("interpolation of values", "let a = [\"x\"]; loop { a = [`${a}${a}`] }", 5, LARGE),
        attack(
            "interpolation in branches",
            "par_map([1, 2], |x| { let s = \"xxxxxxxx\"; loop { s = `${s}${s}` } })",
            5,
            LARGE,
        ),
        attack("replace", "let s = \"\"; s.pad(1000000, \"x\"); let t = s; s.replace(\"x\", t); s.len", 5, LARGE),
        attack(
            "replace nothing",
            "let s = \"\"; s.pad(1000000, \"x\"); let t = s; s.replace(\"\", t); s.len",
            5,
            LARGE,
        ),
        attack("pad", "let s = \"\"; s.pad(2000000000, \"x\")", 5, LARGE),
        attack("pad an array", "let a = []; a.pad(2000000000, 1)", 5, LARGE),
        attack("blob", "blob(4000000000, 1)", 5, LARGE),
        attack("pad a blob", "let b = blob(1); b.pad(4000000000, 1)", 5, LARGE),
        attack("split", "let s = \"\"; s.pad(2000000, \",\"); s.split(\",\").len", 5, LARGE),
        attack("split into many", "let s = \"\"; s.pad(2000000, \",\"); s.split(\",\", 1500000).len", 5, LARGE),
        attack("split from behind", "let s = \"\"; s.pad(2000000, \",\"); s.split_rev(',', 1500000).len", 5, LARGE),
        attack("push to a blob", "let b = blob(10000000, 1); b.push(1)", 5, LARGE),
        attack("insert into a blob", "let b = blob(10000000, 1); b.insert(0, 1)", 5, LARGE),
        attack("text in a blob", "let b = blob(10000000, 1); b += \"x\"", 5, LARGE),
        attack("blobs added", "let b = blob(6000000, 1); b + b", 5, LARGE),
        attack("splice a blob", "let b = blob(6000000, 1); let c = b; b.splice(0, 0, c)", 5, LARGE),
        attack("array of a blob", "blob(2000000, 1).to_array().len", 5, LARGE),
        attack("characters", "let s = \"\"; s.pad(2000000, \"x\"); s.to_chars().len", 5, LARGE),
    ]
}

fn containers() -> Vec<Attack> {
    vec![
        attack("pushing", "let a = []; loop { a.push(a.len) }", 5, LARGE),
        attack("adding", "let a = [1]; loop { a += a }", 5, LARGE),
        attack("insert", "let a = []; a.pad(1000000, 0); a.insert(0, 1)", 5, LARGE),
        attack("splice", "let a = []; a.pad(600000, 0); let b = a; a.splice(1, 0, b)", 5, LARGE),
        attack("splice a range", "let a = []; a.pad(600000, 0); let b = a; a.splice(0..1, b)", 5, LARGE),
        attack("splice a whole range", "let a = []; a.pad(600000, 0); let b = a; a.splice(0..=1, b)", 5, LARGE),
        attack("array of arrays", "let a = []; loop { a = [a, a] }", 5, ""),
        attack(
            "map of strings",
            "let t = \"\"; t.pad(2000000, \"x\"); let a = []; a.pad(100000, 0); a.map(|x| t + x).len",
            5,
            "",
        ),
        attack("many strings", "let t = \"\"; t.pad(2000000, \"x\"); let a = []; loop { a.push(t + a.len) }", 5, ""),
        attack("map keys", "let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1 }", 5, "the map would grow beyond"),
        attack(
            "map keys in a function",
            "fn fill(m) { let i = 0; loop { m[`k${i}`] = i; i += 1 } }\nfill(#{})",
            5,
            "the map would grow beyond",
        ),
        attack(
            "maps added to maps",
            "let m = #{}; let i = 0; loop { let n = #{}; n[`k${i}`] = i; m += n; i += 1 }",
            5,
            "the map would grow beyond",
        ),
        attack(
            "maps in maps",
            "let m = #{a: #{}}; let i = 0; let s = \"\"; s.pad(2000, \"x\"); loop { m.a[`k${i}`] = s + i; i += 1 }",
            5,
            "MiB of memory",
        ),
    ]
}

/// What holds much without being a large container.
fn holders() -> Vec<Attack> {
    vec![
        attack(
            "curried blobs",
            "let f = |a, b| 0; loop { let b = blob(5000000, 1); let g = f; f = g.curry(b); }",
            5,
            "",
        ),
        attack(
            "closures that hold",
            "let f = || 0; loop { let b = blob(5000000, 1); let g = f; f = || b.len + g.call() }",
            5,
            "",
        ),
        attack(
            "variables",
            format!("{}1", (0..6_000).map(|i| format!("let v{i} = 1;\n")).collect::<String>()),
            5,
            "too many variables",
        ),
        attack(
            "bytes of a string",
            "let s = \"\"; s.pad(2000000, \"x\"); let a = []; loop { a.push(s.to_blob()) }",
            5,
            "",
        ),
        attack("ranges", "let a = []; for i in 0..100000000 { a.push(i) }", 5, LARGE),
        attack("arrays in an array", "let b = []; b.pad(1000000, 1); let a = []; a.pad(1000000, b)", 5, MEMORY),
        attack(
            "arrays of branches",
            "par_map((0..1000).to_array(), |i| { let a = []; a.pad(1000000, [i, i, i, i]); a }, #{concurrency: 1})",
            5,
            "the script holds",
        ),
    ]
}

/// What many places share and a copy does not.
fn shared() -> Vec<Attack> {
    let attacks = [
        ("a value", "a", MEMORY),
        ("what is sent", "TOOL(\"calculate\", #{expression: a})", MEMORY),
        ("an answer", "FINAL(a)", MEMORY),
        ("json_text", "json_text([a])", MEMORY),
        ("to_json", "#{a: a}.to_json()", MEMORY),
        ("print", "print(a)", LARGE),
        ("debug", "debug(#{a: [a]})", LARGE),
        ("to_string", "a.to_string().len()", LARGE),
        ("interpolation at the end", "let t = `${a}`;", LARGE),
        ("join", "[a].join(\"\")", LARGE),
        ("throw", "throw a", LARGE),
    ];
    let blobs = "let b = blob(10000000, 1); let a = []; a.pad(40, b); a";
    let attacks = attacks.map(|(name, code, says)| attack(name, format!("{SHARED} {code}"), 5, says));
    attacks.into_iter().chain([attack("blobs", blobs, 5, MEMORY)]).collect()
}

fn parser() -> Vec<Attack> {
    let arms: String = (0..20_000).map(|i| format!("{i}=>{i},")).collect();
    let parens = "(".repeat(50_000);
    let nested = "[".repeat(30_000);
    let functions: String = (0..1_100).map(|i| format!("fn f{i}() {{}}\n")).collect();
    vec![
        attack("300 KiB", format!("let x = 1;\n{}", "// padding\n".repeat(28_000)), 5, "more than 256 KiB"),
        attack("parentheses", parens, 1, "syntax error"),
        attack("brackets", nested, 1, "syntax error"),
        attack("eval", "eval(\"1\")", 1, "eval"),
        attack("functions", functions, 1, "function"),
        attack("unfinished string", "let s = \"abc", 1, "syntax error"),
        attack("huge switch", format!("let x = 3;\nswitch x {{ {arms} _ => 0 }}; throw \"through\""), 1, "through"),
    ]
}

/// Values that contain themselves, and chains whose drop recurses: they may succeed, but must not crash.
fn knots() -> Vec<Attack> {
    vec![
        attack("a map in itself", "let m = #{}; m.me = m; m.me = m; FINAL_VAR(\"nothing\")", 1, "nothing"),
        attack("a captured array in itself", "let a = []; let f = || a; a.push(f); json_text(a)", 1, "data race"),
        attack("sending a function", "llm(|x| x)", 1, "must be a string"),
        attack("deep nesting as JSON", "let a = []; for i in 0..1000 { a = [a] } json_text(a)", 1, "nests deeper"),
        attack(
            "a chain of closures",
            "let f = |x| x; for i in 0..60000 { let g = f; f = |x| g.call(x); }\nthrow \"built\"",
            1,
            "built",
        ),
        attack(
            "calling a chain",
            "let f = |x| x; for i in 0..5000 { let g = f; f = |x| g.call(x); }\nf.call(1)",
            5,
            "nest too deep",
        ),
        attack(
            "a chain of curries",
            "let f = |a, b| a; for i in 0..2000 { let g = f; f = Fn(\"llm\").curry(g); }\nthrow \"built\"",
            1,
            "built",
        ),
    ]
}

/// Names of megabytes that nobody knows: comparing them with those that are known would take minutes and the memory.
fn names() -> Vec<Attack> {
    let long = "let s = \"\"; s.pad(10000000, \"x\");";
    let same = "x".repeat(100_000);
    vec![
        attack("a model", format!("{long} llm(\"hi\", #{{model: s}})"), 1, "there is no model `xxx"),
        attack("a document", format!("{long} context.doc(s)"), 1, "there is no document \"xxx"),
        attack("a tool", format!("{long} TOOL(s)"), 1, "there is no tool `xxx"),
        attack("a program", format!("{long} SCRIPT(s)"), 1, "there is no program `xxx"),
        attack("a role", format!("{long} llm(\"hi\", #{{role: s}})"), 1, "there is no role `xxx"),
        attack("variables", format!("let {same}y = 1; {same}z"), 1, "there is no variable `xxx"),
    ]
}

/// Values so deep that dropping, writing or comparing them takes more of the stack than a smaller one has.
fn depths() -> Vec<Attack> {
    let (open, close) = ("[".repeat(20), "]".repeat(20));
    vec![
        attack(
            "closures in a branch",
            "par_map([1], |x| { let f = 0; for i in 0..300000 { let g = f; f = |y| g; } 0 });\nthrow \"built\"",
            1,
            "built",
        ),
        attack(
            "arrays in closures",
            format!("let f = 0; for i in 0..400000 {{ let g = {open}f{close}; f = |y| g; }}"),
            5,
            "too many arrays, maps and closures",
        ),
        attack("a deep text", "let a = []; for i in 0..1500 { a = [a] } print(a)", 5, "nests deeper than 1000"),
        attack("a deep comparison", "let a = []; for i in 0..1500 { a = [a] } let b = a; a == b", 5, "nests deeper"),
    ]
}

/// The one of [`depths`] that runs into the limit of what values nest with.
fn deepest() -> Attack {
    depths().into_iter().find(|attack| attack.says.contains("too many")).expect("it is among them")
}

/// Every attack as a program of its own.
#[track_caller]
fn alone(attacks: &[Attack]) {
    let mut wrong = Vec::new();
    for attack in attacks {
        let program = Program::offline().file("attack.rhai", &attack.code);
        let ran = program.args(["run", "attack.rhai", "--quiet"]).env("RHIZO_COMPUTE_SECONDS", limit(attack)).run();
        let told = ran.stderr.starts_with("error: ") && ran.stderr.contains(attack.says);
        if ran.exit_code() != Some(attack.exit) || !told {
            let seen: String = format!("{ran:?}").chars().take(1_500).collect();
            wrong.push(format!("{}: wanted exit {} and {:?}\n  {seen}", attack.name, attack.exit, attack.says));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), attacks.len(), wrong.join("\n"));
}

/// Those that shall run into the deadline do so soon; the others have time to run into their own limit.
fn limit(attack: &Attack) -> &'static str {
    if attack.exit == 124 { "0.3" } else { "30" }
}

/// Every attack in a session that goes on after it: the value assigned before is there in the next turn.
#[track_caller]
fn in_a_session(attacks: Vec<Attack>) {
    let mut wrong = Vec::new();
    for attack in attacks {
        let code = attack.code.clone();
        let server = ChatServer::new(move |ask| match ask.turn() {
            1 => Reply::code(&format!("let kept = 41;\n{code}")),
            _ => Reply::code("FINAL(kept + 1)"),
        });
        let program = Program::served_by(&server);
        let ran = program.args(["ask", "q", "--recursive", "-q"]).env("RHIZO_COMPUTE_SECONDS", limit(&attack)).run();
        let told = server.asks().get(1).is_some_and(|ask| ask.last().contains(attack.says));
        if ran.stdout != "42\n" || !told {
            let seen: String = format!("{ran:?}").chars().take(1_500).collect();
            wrong.push(format!("{}: wanted 42 and {:?}\n  {seen}", attack.name, attack.says));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn endless_work_ends() {
    alone(&endless());
}

#[test]
fn memory_bombs_fail() {
    alone(&bombs());
}

#[test]
fn the_parser_is_no_way_in() {
    alone(&parser());
}

#[test]
fn knotted_values_do_no_harm() {
    alone(&knots());
}

#[test]
fn long_names_are_soon_unknown() {
    alone(&names());
}

#[test]
fn what_is_shared_is_not_copied_without_end() {
    alone(&shared());
}

#[test]
fn deep_values_overflow_no_stack() {
    alone(&depths());
}

#[test]
fn a_system_that_refuses_large_stacks_gives_smaller_ones_and_the_limits_follow() {
    let program = Program::offline().env("MALLOC_ARENA_MAX", "1");
    let little = "ulimit -v 1126400";
    program.args(["eval", "20 + 22", "-q"]).after(little).run().ok().prints("42\n");
    let attack = deepest();
    program.args(["eval", &attack.code, "-q"]).after(little).run().code(attack.exit).says(attack.says);
}

#[test]
fn branches_of_branches_do_not_multiply_threads() {
    // As many branches as may have a thread of their own, each of which wants two more.
    let code = "par_map((0..1024).to_array(), |i| {
            par_map([1, 2], |n| { sleep(0.5); n }).len()
        }, #{concurrency: 1024}).len()";
    let program = Program::offline().env("MALLOC_ARENA_MAX", "1");
    let (running, told) = program.args(["eval", code, "-q"]).start_telling();
    let (mut most, mut lines) = (0, Vec::new());
    loop {
        match told.try_recv() {
            Ok(line) => lines.push(line),
            Err(TryRecvError::Empty) => most = most.max(running.threads()),
            Err(TryRecvError::Disconnected) => break,
        }
    }
    running.end().ok();
    assert_eq!(lines, ["1024"]);
    // Beside them the program has its own: of the session, of the runtime, of the store.
    assert!((100..1_200).contains(&most), "{most} threads");
}

#[test]
fn what_stops_a_branch_without_a_thread_of_its_own_stops_nobody_else() {
    // The others have all threads there are while the first one branches.
    let code = "let bad = par_map([1], |n| { throw #{kind: \"own\", message: \"mine\"} })[0];
        let told = par_map((0..1024).to_array(), |i| {
            if i > 0 { sleep(1); return (); }
            sleep(0.5);
            par_map([0], |n| `so: ${bad}`)[0].kind
        }, #{concurrency: 1024});
        told[0]";
    let program = Program::offline().env("MALLOC_ARENA_MAX", "1");
    program.args(["eval", code, "-q"]).run().ok().prints("invalid\n");
}

#[test]
fn a_native_call_without_an_end_is_left_behind() {
    let sort = format!("{SHARED} a.sort()");
    alone(&[attack("sort", &sort, 124, DEADLINE)]);
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::code(SHARED),
        2 => Reply::code("print(\"first words\"); a.sort()"),
        3 => Reply::code("print(\"second words\")"),
        _ => Reply::code("FINAL(42)"),
    });
    let program = Program::served_by(&server);
    program.args(["ask", "q", "--recursive", "-q"]).env("RHIZO_COMPUTE_SECONDS", "5").run().ok().prints("42\n");
    let told: Vec<String> = server.asks().iter().map(Ask::last).collect();
    assert!(told[2].contains(DEADLINE) && told[2].contains("first words"), "{told:#?}");
    assert!(told[3].contains("second words") && !told[3].contains("first words"), "{told:#?}");
}

#[test]
fn a_search_that_looks_through_the_text_for_each_match_ends() {
    let program = Program::offline()
        .file("line.txt", "A".repeat(1_000_000))
        .file("attack.rhai", "context.count(\".*[^A-Z]|[A-Z]\")");
    let call = program.args(["run", "attack.rhai", "--context", "line.txt", "--quiet"]);
    call.env("RHIZO_COMPUTE_SECONDS", "0.3").run().code(124).says(DEADLINE);
}

#[test]
fn long_texts_that_are_sent_at_once_are_refused_before_they_are_copied() {
    let long = "let s = \"a\"; s.pad(10000000, \"a\"); let a = []; let n = []; n.pad(1000, 1);";
    for work in [
        "a.pad(200, s); llm_batch(a)",
        "a.pad(95, s); rlm_batch(a)",
        "let t = \"[1\"; t.pad(1000000, \",1\"); t += \"]\"; par_map(n, |i| parse_json(t), #{concurrency: 1000})",
    ] {
        let program = Program::offline();
        let running = program.args(["eval", &format!("{long} {work}"), "-q"]).start();
        let peak = running.peak_until_it_ends();
        running.end().code(5).says(MEMORY);
        assert!(peak < 2 << 20, "{work}: {peak} KiB");
    }
}

#[test]
fn a_second_interrupt_ends_what_is_busy_on_every_thread() {
    // Each level of an answer is checked twice as often as the one around it.
    let answer = format!("{}1{}", "{\"x\":".repeat(60), "}".repeat(60));
    let server = ChatServer::new(move |_| Reply::text(answer.clone()));
    let twice = "{\"allOf\": [{\"$ref\": \"#/$defs/a\"}, {\"$ref\": \"#/$defs/a\"}]}";
    let schema = format!("{{\"$ref\": \"#/$defs/a\", \"$defs\": {{\"a\": {{\"properties\": {{\"x\": {twice}}}}}}}}}");
    let code = format!("llm_batch([\"a\", \"b\", \"c\", \"d\"], #{{schema: parse_json(`{schema}`)}})");
    let program = Program::served_by(&server);
    let running = program.args(["eval", &code, "-q"]).start();
    server.wait_for(4);
    running.interrupt_until_it_ends();
    running.end().code(130);
}

#[test]
fn a_session_survives_what_is_shared_or_deep() {
    let some = ["a value", "interpolation at the end", "throw", "arrays in closures", "a deep text"];
    let attacks = shared().into_iter().chain(depths());
    in_a_session(attacks.filter(|attack| some.contains(&attack.name)).collect());
}

#[test]
fn a_session_survives_endless_work() {
    in_a_session(endless());
}

#[test]
fn a_session_survives_bombs() {
    in_a_session(bombs().into_iter().filter(|attack| attack.name != "variables").collect());
}

#[test]
fn a_session_survives_knots() {
    in_a_session(knots().into_iter().filter(|attack| !attack.code.contains("FINAL")).collect());
}

//! Models at the prompt: streaming, footers, `.ask`, costs.

use super::project;
use super::terminal::Terminal;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::json;

#[test]
fn a_call_has_a_footer_and_a_line_in_the_costs() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("llm(\"Which year? The harbour opened in 1884.\").len() > 0", "1 call");
    terminal.see_row("out(1) = true");
    terminal.see("note: ");
    terminal.line("1 + 1", "out(2) = 2");
    terminal.line(".cost", "all: 1 call");
    terminal.line("llm(\"How tall? The lighthouse is 31 metres tall.\").len() > 0", "this: 1 call · ");
    terminal.see("; session: 2 calls · ");
    terminal.line(".cost", "all: 2 calls");
    terminal.see("depth 0 · worker · offline/extract · 2 calls · ");
}

#[test]
fn an_answer_streams_while_it_is_written() {
    let piece = json!({"choices": [{"index": 0, "delta": {"content": "half of an ans"}}]});
    let event = format!("data: {piece}\n\n");
    let server = ChatServer::new(move |_| {
        let mut acts = server::open_stream(&[event.as_str()]);
        acts.push(server::Act::Hold);
        Reply::acts(acts)
    });
    let program = Program::new();
    let mut terminal = Terminal::with(&program, &[], 80, &[("OPENAI_BASE_URL", &server.base_url())]);
    terminal.keys("llm(\"hello\")\r");
    terminal.see_row("half of an ans");
    terminal.keys("\u{3}");
    terminal.see("cancelled; the session and its variables are kept");
    terminal.prompt();
    // What was streamed is taken away, and what is paid stays.
    assert_eq!(terminal.screen().matches("half of an ans").count(), 1, "{}", terminal.screen());
    terminal.see_row("stopped after: half of an ans");
}

#[test]
fn a_call_under_way_is_shown_with_its_label() {
    let server = ChatServer::new(|_| Reply::acts(vec![server::Act::Hold]));
    let program = Program::new();
    let mut terminal = Terminal::with(&program, &[], 80, &[("OPENAI_BASE_URL", &server.base_url())]);
    terminal.keys("llm(\"hello\", #{label: \"greeting\"})\r");
    terminal.see(": greeting ...");
    terminal.keys("\u{3}");
    terminal.prompt();
}

#[test]
fn an_answer_that_streams_leaves_nothing_in_a_window_that_became_narrower() {
    let server = ChatServer::new(|_| Reply::text(format!("START {}", "word ".repeat(50))));
    let program = Program::new();
    let mut terminal = Terminal::with(&program, &[], 80, &[("OPENAI_BASE_URL", &server.base_url())]);
    terminal.resize(50);
    terminal.line("llm(\"go\")", "out(1) = START");
    assert!(terminal.raw().matches("START").count() > 1, "it did not stream: {:?}", terminal.raw());
    assert_eq!(terminal.screen().matches("START").count(), 1, "{}", terminal.screen());
}

#[test]
fn a_question_is_answered_over_the_context_and_kept() {
    let server = ChatServer::root(&["let n = context.count(\"harbour\"); print(n)", "FINAL(`counted ${n}`)"], "leaf");
    let program = Program::new().file("long.txt", "the harbour\n".repeat(20_000));
    let variables = [("OPENAI_BASE_URL", server.base_url())];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut terminal = Terminal::with(&program, &["--context", "long.txt"], 80, &variables);
    terminal.line(".ask How often?", "2 calls");
    terminal.see_row("out(1) = counted 20000");
    terminal.see("turn 2 of");
    terminal.see_row("  → counted 20000");
    terminal.line("_.len()", "out(2) = 13");
    terminal.line("answer.to_upper()", "out(3) = COUNTED 20000");
    terminal.line("out(1) == answer", "out(4) = true");
    let raw = terminal.raw();
    let behind = raw.rfind("counted 20000").map_or("", |at| &raw[at..]);
    assert!(behind.contains("COUNTED") && !behind.contains("FINAL"), "streamed text came back: {behind:?}");
    terminal.line(".ask", "hint: type .ask QUESTION");
    terminal.keys("\u{4}");
    assert_eq!(terminal.end(), 0);
    let listed = program.args(["runs", "list", "--all", "--json"]).run().ok().json();
    let mut kinds: Vec<_> = listed.as_array().into_iter().flatten().filter_map(|run| run["kind"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["ask", "repl"]);
}

#[test]
fn a_dumb_terminal_gets_no_escape_sequence() {
    let server = ChatServer::root(&["context.count(\"harbour\")", "FINAL(\"done\")"], "leaf");
    let program = Program::new().file("long.txt", "the harbour\n".repeat(20_000));
    let address = server.base_url();
    let variables = [("OPENAI_BASE_URL", address.as_str()), ("TERM", "dumb")];
    let mut terminal = Terminal::with(&program, &["--context", "long.txt"], 80, &variables);
    terminal.line(".ask How often?", "2 calls");
    terminal.see_row("out(1) = done");
    assert!(!terminal.raw().contains('\u{1b}'), "{:?}", terminal.raw());
}

#[test]
fn the_budget_holds_over_the_whole_session() {
    let project = project();
    let mut terminal = Terminal::start(&project, &["--max-calls", "1"]);
    terminal.line("llm(\"a. b.\").len() > 0", "1 call");
    terminal.line("llm(\"c. d.\")", "error:");
    terminal.line(".reset", "a fresh session");
    terminal.line("let kept = 1; llm(\"e. f.\")", "kept from before the error: kept");
}

#[test]
fn the_breaker_of_the_model_in_use_is_shown() {
    let server = ChatServer::new(|_| Reply::acts(server::answer(503, &[("x-should-retry", "false")], "")));
    let text = format!("model = \"broken\"\n[models.broken]\nbase_url = \"{}\"\n", server.base_url());
    let program = Program::new().file("rhizo.toml", text);
    let mut terminal = Terminal::with(&program, &[], 80, &[]);
    terminal.line(".model", "broken: named by `model`");
    terminal.see(" · breaker closed");
    terminal.line("for n in 0..5 { try { llm(\"a\") } catch (e) { } } 7", "out(1) = 7");
    terminal.line(".model", "broken: named by `model`");
    terminal.see(" · breaker open, tried again in ");
}

#[test]
fn an_answer_is_not_lost_with_the_row_of_its_end() {
    let server = ChatServer::new(|_| Reply::text("blue").usage(20, 10));
    let program = Program::paying(&server);
    program.args(["eval", "1"]).run().ok();
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let refuses = "CREATE TRIGGER refuses BEFORE UPDATE ON runs WHEN new.parent IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'not this one'); END";
    store.execute_batch(refuses).expect("a trigger");
    let ran = program.args([]).stdin(".ask why\n_ + answer\n").run().says("not this one");
    assert_eq!(ran.stdout, "blue\nblueblue\n", "{}", ran.stderr);
}

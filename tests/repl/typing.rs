//! Keys that are typed while something runs: they stand nowhere until somebody reads them.

use super::project;
use super::terminal::Terminal;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::oneshot;

/// A server whose answer waits until it may come.
fn server() -> (ChatServer, oneshot::Sender<()>) {
    let (tell, told) = oneshot::channel();
    let told = Mutex::new(Some(told));
    let server = ChatServer::new(move |_| {
        let turn = told.lock().expect("unpoisoned").take();
        turn.into_iter().fold(Reply::text("the answer").usage(20, 10), Reply::in_turn)
    });
    (server, tell)
}

/// What was written until the answer came.
fn before_answer(terminal: &Terminal) -> String {
    terminal.raw().split_once("the answer").map(|(before, _)| before.to_owned()).expect("it came")
}

#[test]
fn what_is_typed_while_a_call_runs_stands_at_the_next_prompt() {
    let (server, tell) = server();
    let program = Program::paying(&server);
    let mut terminal = Terminal::with(&program, &[], 80, &[]);
    terminal.keys("llm(\"go\")\r");
    server.wait_for(1);
    terminal.keys("6 * 7");
    tell.send(()).expect("it waits");
    terminal.see_row("rhizo> 6 * 7");
    let before = before_answer(&terminal);
    assert!(!before.contains("6 * 7"), "{before:?}");
    terminal.line("", "out(2) = 42");
}

#[test]
fn what_is_typed_while_a_command_runs_does_not_show() {
    let (server, tell) = server();
    let program = Program::paying(&server);
    let mut terminal = Terminal::run(&program, &["eval", "llm(\"go\")"], 80);
    server.wait_for(1);
    terminal.keys("impatient\r");
    tell.send(()).expect("it waits");
    terminal.see_row("the answer");
    let before = before_answer(&terminal);
    assert!(!before.contains("impatient"), "{before:?}");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn what_is_typed_before_a_question_does_not_answer_it() {
    let (server, tell) = server();
    let program = Program::paying(&server);
    let mut terminal = Terminal::with(&program, &[], 80, &[]);
    terminal.keys("llm(\"go\"); ask_user(\"which one?\")\r");
    server.wait_for(1);
    terminal.keys("red\r");
    tell.send(()).expect("it waits");
    terminal.see("your answer to the program:");
    terminal.keys("blue\r");
    terminal.see_row("out(1) = blue");
    assert!(terminal.raw().contains("your answer to the program: blue\r\n"), "{:?}", terminal.raw());
}

#[test]
fn lines_that_are_typed_at_a_question_answer_the_ones_behind_it() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("ask_user(\"which one?\") + ask_user(\"which other?\")\r");
    terminal.see("your answer to the program:");
    terminal.keys("red\rblue\r");
    terminal.see_row("out(1) = redblue");
    assert!(terminal.raw().contains("your answer to the program: blue\r\n"), "{:?}", terminal.raw());
}

#[test]
fn what_is_pasted_at_a_question_is_one_answer() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("let mail = ask_user(\"which one?\"); mail.len()\r");
    terminal.see("your answer to the program:");
    terminal.keys("\u{1b}[200~dear\r.reset\r\rbye\r\u{1b}[201~\r");
    terminal.see_row("out(1) = 16");
    terminal.prompt();
    terminal.line("mail.ends_with(\"bye\")", "out(2) = true");
    let raw = terminal.raw();
    let (asked, _) = raw.split_once("your answer to the program:").expect("it asks");
    let after = asked.rsplit_once("\u{1b}[?2004l").map_or(asked, |(_, after)| after);
    assert!(after.contains("\u{1b}[?2004h"), "{raw:?}");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the pause is typed, too: it tells a person who edits from a paste")]
fn what_is_pasted_at_a_question_can_be_edited() {
    for eaten in [1, 3, 6, 9] {
        let program = project();
        let mut terminal = Terminal::start(&program, &[]);
        terminal.keys("let mail = ask_user(\"which one?\"); mail.starts_with(\"dear\")\r");
        terminal.see("your answer to the program:");
        terminal.keys("\u{1b}[200~dear\rlong bye\u{1b}[201~");
        terminal.see("long bye");
        std::thread::sleep(Duration::from_millis(400));
        terminal.keys(&format!("{}\r", "\u{7f}".repeat(eaten)));
        terminal.see_row("out(1) = true");
    }
}

#[test]
fn what_is_pasted_at_a_question_of_a_command_is_marked_without_colours_too() {
    let program = project();
    for (variable, marked) in [("env NO_COLOR=1", true), ("env TERM=dumb", false)] {
        let mut terminal = Terminal::shell(&program, &format!("{variable} \"$0\" eval 'ask_user(\"which one?\")'"));
        terminal.see("your answer to the program:");
        terminal.keys("blue\r");
        terminal.see_row("blue");
        assert_eq!(terminal.raw().contains("\u{1b}[?2004h"), marked, "{variable}");
    }
}

#[test]
fn a_pasted_fence_is_none_of_the_code_in_it() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.line("\u{1b}[200~```rhai\rlet t = 2;\rt + 1\r```\u{1b}[201~", "out(1) = 3");
}

#[test]
fn lines_that_came_with_an_answer_wait_at_the_prompt() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("ask_user(\"which one?\")\r");
    terminal.see("your answer to the program:");
    terminal.keys("red\rlet imp = 5;\r");
    terminal.see_row("rhizo> let imp = 5;");
    terminal.keys("\u{3}");
    terminal.prompt();
    terminal.line("imp", "error: there is no variable `imp`");
}

#[test]
fn an_editor_of_ones_own_shows_what_is_typed_in_it() {
    let program = project().file("editor.sh", "printf 'which one? '\nread one\necho \"\\\"$one\\\"\" > \"$1\"\n");
    let editor = format!("sh {}", program.project().join("editor.sh").display());
    let mut terminal = Terminal::with(&program, &[], 80, &[("EDITOR", editor.as_str()), ("RHIZO_MODEL", "offline")]);
    terminal.keys(".edit\r");
    terminal.see("which one?");
    terminal.keys("blue\r");
    terminal.see("rhizo> \"blue\"");
    assert!(terminal.raw().contains("which one? blue\r\n"), "{:?}", terminal.raw());
}

/// How a shell runs the program and ends it at Ctrl-\: by that itself, or by an abort, as Ctrl-\ ends nothing in the background.
const ENDS: [&str; 2] = ["trap : QUIT; \"$0\"", "trap 'kill -ABRT $!' QUIT; \"$0\" < /dev/tty & wait; wait"];

#[test]
fn a_signal_that_ends_the_program_leaves_a_terminal_that_shows_keys() {
    for ends in ENDS {
        let (server, _tell) = server();
        let program = Program::paying(&server);
        let line = format!("{ends}; echo; stty -a | tr ' ' '\\n' | grep -x -e '-*echo'");
        let mut terminal = Terminal::below_shell(&program, &line);
        terminal.keys("llm(\"go\")\r");
        server.wait_for(1);
        terminal.keys("\u{1c}");
        terminal.see_row("echo");
    }
}

#[test]
fn a_signal_that_ends_the_program_at_a_question_leaves_a_terminal_that_marks_nothing() {
    for signal in ["TERM", "QUIT", "HUP"] {
        let program = project();
        let mut terminal = Terminal::start(&program, &[]);
        terminal.keys("ask_user(\"which one?\")\r");
        terminal.see("your answer to the program:");
        terminal.signal(signal);
        terminal.over();
        let raw = terminal.raw();
        assert!(raw.rfind("\u{1b}[?2004l") > raw.rfind("\u{1b}[?2004h"), "{signal}: {raw:?}");
    }
}

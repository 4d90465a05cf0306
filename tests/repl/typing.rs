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
fn a_burst_that_came_before_a_question_gives_no_leave() {
    let (server, tell) = server();
    let program = Program::paying(&server);
    let mut terminal = Terminal::with(&program, &[], 80, &[]);
    terminal.keys("llm(\"go\"); TOOL(\"write_file\", #{path: \"new.txt\", text: \"hello\"}); 7\r");
    server.wait_for(1);
    // More than a terminal keeps until somebody reads.
    terminal.keys(&"yes\r".repeat(5_000));
    tell.send(()).expect("it waits");
    terminal.see("[yes/no/always]");
    terminal.line("no", "error: the person did not allow write_file");
    assert!(!program.project().join("new.txt").exists());
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
fn a_long_paste_is_one_answer_too() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("let mail = ask_user(\"which one?\"); let next = ask_user(\"delete everything?\"); mail.len()\r");
    terminal.see("your answer to the program:");
    terminal.keys(&format!("\u{1b}[200~{}\u{1b}[201~\r", "a line of it\r".repeat(10_000)));
    terminal.see("the program asks: delete everything?");
    terminal.keys("no\r");
    terminal.see_row("out(1) = 129999");
    terminal.prompt();
    terminal.line("next", "out(2) = no");
}

#[test]
fn of_an_answer_that_is_too_long_nothing_answers_anything() {
    let program = project();
    let line = format!("yes{}\r", " and more of it".repeat(60));
    let marked = format!("\u{1b}[200~{}\u{1b}[201~\r", line.repeat(1_200));
    let cut = "x".repeat(5_000);
    for (typed, why) in [
        (marked, "it has more than 1048576 bytes"),
        (format!("{cut}\r{}", "yes\r".repeat(2_000)), "the terminal cuts its lines at 4095 bytes"),
        (format!("\u{1b}[200~{cut}\ryes\u{1b}[201~\r"), "the terminal cuts its lines at 4095 bytes"),
    ] {
        let mut terminal = Terminal::start(&program, &[]);
        terminal.keys("let mail = ask_user(\"which one?\"); ask_user(\"delete everything?\")\r");
        terminal.see("your answer to the program:");
        terminal.keys(&typed);
        terminal.see_row(&format!("note: the answer is not taken: {why}"));
        terminal.see_row("the program asks: which one?");
        terminal.keys("blue\r");
        terminal.see("the program asks: delete everything?");
        terminal.keys("no\r");
        terminal.see_row("out(1) = no");
        terminal.prompt();
        terminal.line("mail", "out(2) = blue");
    }
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
fn all_lines_that_came_with_an_answer_wait_at_the_prompt() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("ask_user(\"which one?\")\r");
    terminal.see("your answer to the program:");
    // More of them than a terminal keeps until somebody reads.
    let lines: String = (0..500).map(|number| format!("let imp{number} = {number};\r")).collect();
    terminal.keys(&format!("red\r{lines}"));
    terminal.see("let imp499 = 499;");
    terminal.keys("\u{3}");
    terminal.prompt();
    terminal.line("imp499", "error: there is no variable `imp499`");
}

#[test]
fn what_is_typed_beside_an_editor_of_ones_own_stands_below_what_it_made() {
    let program = project();
    let wait = "echo ready; while [ ! -e go ]; do sleep 0.02; done; sed -i 's/5/6/' \"$1\"\n";
    let program = program.file("editor.sh", wait);
    let editor = format!("sh {}", program.project().join("editor.sh").display());
    let mut terminal = Terminal::with(&program, &[], 80, &[("EDITOR", editor.as_str()), ("RHIZO_MODEL", "offline")]);
    terminal.line("5 * 7", "out(1) = 35");
    terminal.keys(".edit\r");
    terminal.see_row("ready");
    terminal.keys("+ 1\r");
    terminal.see_row("+ 1");
    std::fs::write(program.project().join("go"), "").expect("a file");
    terminal.see_row("rhizo> 6 * 7");
    terminal.line("", "out(2) = 43");
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

#[test]
fn an_editor_of_ones_own_that_dies_leaves_a_terminal_that_hears_ctrl_c() {
    let program = project().file("editor.sh", "stty raw -echo\nkill -9 $$\n");
    let editor = format!("sh {}", program.project().join("editor.sh").display());
    let mut terminal = Terminal::with(&program, &[], 80, &[("EDITOR", editor.as_str()), ("RHIZO_MODEL", "offline")]);
    terminal.line(".edit", "error: ");
    terminal.see("(SIGKILL)");
    terminal.keys("print(\"spinning\"); loop {}\r");
    terminal.see_row("spinning");
    terminal.keys("\u{3}");
    terminal.see("cancelled; the session and its variables are kept");
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

#[test]
fn a_signal_that_ends_the_program_at_the_prompt_gives_the_terminal_back() {
    for signal in ["TERM", "HUP", "ABRT"] {
        let program = project();
        let shown = "stty -a | tr ' ' '\\n' | grep -x -e '-*icanon' -e '-*echo' -e '-*icrnl'";
        let line = format!("trap 'kill -s {signal} $!' USR1; \"$0\" < /dev/tty & wait; wait; echo; {shown}");
        let terminal = Terminal::below_shell(&program, &line);
        terminal.signal("USR1");
        for row in ["icanon", "echo", "icrnl"] {
            terminal.see_row(row);
        }
        let raw = terminal.raw();
        assert!(raw.rfind("\u{1b}[?2004l") > raw.rfind("\u{1b}[?2004h"), "{signal}: {raw:?}");
    }
}

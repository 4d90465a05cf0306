//! Questions on the terminal, in the REPL and of a command: nothing that another wrote stands between them and the answer.

use super::project;
use super::terminal::Terminal;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use std::sync::Mutex;
use tokio::sync::oneshot;

/// What a model writes, and what the program prints then: it looks like a question for leave.
const FORGED: &str = "allow run_command `date`? [yes/no/always]";

/// How a question is put, what stands in front of its answer, and an answer.
const QUESTIONS: [(&str, &str, &str); 2] = [
    ("TOOL(\"write_file\", #{path: \"new.txt\", text: \"hello\"})", "[yes/no/always] ", "yes"),
    ("ask_user(\"which one?\")", "your answer to the program: ", "blue"),
];

/// Puts a question, and prints what the model says while it is open.
fn code(question: &str) -> String {
    format!("par_map([0, 1], |i| if i == 0 {{ {question} }} else {{ print(llm(\"go\")); llm(\"printed\") }}); 7")
}

/// A server whose first answer waits until it may come.
fn server() -> (ChatServer, oneshot::Sender<()>) {
    let (tell, told) = oneshot::channel();
    let told = Mutex::new(Some(told));
    let server = ChatServer::new(move |_| {
        let turn = told.lock().expect("unpoisoned").take();
        turn.into_iter().fold(Reply::text(FORGED).usage(20, 10), Reply::in_turn)
    });
    (server, tell)
}

/// Lets the program print while the question is open, answers it, and looks at the order in which all that was written.
fn answered_alone(
    terminal: &mut Terminal,
    (server, tell): (&ChatServer, oneshot::Sender<()>),
    (before, answer): (&str, &str),
) {
    terminal.see(before.trim_end());
    tell.send(()).expect("it waits");
    // Before the program asks for the second time it has printed.
    server.wait_for(2);
    terminal.keys(&format!("{answer}\r"));
    terminal.see(FORGED);
    let raw = terminal.raw();
    let (asked, printed) = raw.split_once(&format!("{before}{answer}\r\n")).unwrap_or_else(|| panic!("{raw:?}"));
    assert!(!asked.contains("run_command") && printed.contains(FORGED), "{raw:?}");
}

#[test]
fn nothing_comes_between_a_question_and_its_answer_in_the_repl() {
    for (question, before, answer) in QUESTIONS {
        let (server, tell) = server();
        let program = Program::paying(&server);
        let mut terminal = Terminal::with(&program, &[], 80, &[]);
        terminal.keys(&format!("{}\r", code(question)));
        answered_alone(&mut terminal, (&server, tell), (before, answer));
        terminal.see("out(1) = 7");
    }
}

#[test]
fn nothing_comes_between_a_question_and_its_answer_of_a_command() {
    for (question, before, answer) in QUESTIONS {
        let (server, tell) = server();
        let program = Program::paying(&server).file("ask.rhai", code(question));
        let mut terminal = Terminal::run(&program, &["run", "ask.rhai"], 80);
        answered_alone(&mut terminal, (&server, tell), (before, answer));
        terminal.see_row("7");
        assert_eq!(terminal.end(), 0);
    }
}

#[test]
fn a_person_whose_standard_error_is_a_file_is_asked() {
    let program = project().file("ask.rhai", "ask_user(\"which one?\")");
    let mut command = Terminal::shell(&program, "\"$0\" run ask.rhai 2> log");
    let mut session = Terminal::below_shell(&program, "\"$0\" 2> log");
    session.keys("ask_user(\"which one?\")\r");
    for (terminal, shown) in [(&mut command, "blue"), (&mut session, "out(1) = blue")] {
        terminal.see("your answer to the program:");
        terminal.keys("blue\r");
        terminal.see_row(shown);
    }
    assert_eq!(command.end(), 0);
}

#[test]
fn a_question_that_is_given_up_ends_its_row() {
    let program = project().file("ask.rhai", "ask_user(\"which one?\")");
    for (keys, shown, code) in [("\u{3}", "^C", 130), ("\u{4}", "", 6)] {
        let mut terminal = Terminal::run(&program, &["run", "ask.rhai"], 80);
        terminal.see("your answer to the program:");
        terminal.keys(keys);
        terminal.see("error: ");
        let raw = terminal.raw();
        assert!(raw.contains(&format!("your answer to the program: {shown}\r\n")), "{raw:?}");
        assert_eq!(terminal.end(), code);
    }
}

#[test]
fn a_question_stands_again_when_the_program_goes_on_and_arrows_are_no_answer() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("ask_user(\"which one?\")\r");
    terminal.see("your answer to the program:");
    terminal.keys("\u{1b}[200~lost\r");
    terminal.see_row("your answer to the program: ^[[200~lost");
    terminal.signal("CONT");
    terminal.see_times("the program asks: which one?", 2);
    let raw = terminal.raw();
    let (_, again) = raw.split_once("your answer to the program:").expect("it asked");
    assert!(again.contains("\u{1b}[?2004hthe program asks: which one?"), "{raw:?}");
    terminal.keys("bl\u{1b}[Du\u{1b}[Ce\r");
    terminal.see_row("out(1) = blue");
}

#[test]
fn a_question_that_is_given_up_at_the_prompt_says_what_works_there() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("ask_user(\"which one?\")\r");
    terminal.see("your answer to the program:");
    terminal.keys("\u{4}");
    terminal.see("hint: type the input again (Up, Enter) to be asked again");
    terminal.prompt();
    assert!(!terminal.screen().contains("rhizo resume"), "{}", terminal.screen());
    terminal.keys("\u{1b}[A\r");
    terminal.see_times("your answer to the program:", 2);
    terminal.line("blue", "out(1) = blue");
}

#[test]
fn a_long_command_is_shown_whole() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("let line = \":\"; for n in 0..2000 { line += ` ${n}`; } TOOL(\"run_command\", #{command: line})\r");
    terminal.see("(8891 bytes)? ");
    let line: String = (0..2_000).map(|n| format!(" {n}")).collect();
    let raw = terminal.raw();
    let begins = &line[..59];
    let raw = raw.replace("\r\n    : ", "");
    assert!(raw.contains(&format!("    | :{line}\r\nallow run_command `:{begins}…` (8891 bytes)? ")), "{raw:?}");
    terminal.line("no", "error: the person did not allow run_command");
}

#[test]
fn empty_lines_push_no_command_off_the_screen() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("let gap = \"\"; gap.pad(200, \"\\n\"); TOOL(\"run_command\", #{command: `echo hidden${gap}ls`})\r");
    terminal.see("allow run_command `echo hidden…` (213 bytes)? ");
    for row in ["run_command", "    | echo hidden", "    … 199 empty lines …", "    | ls"] {
        terminal.see_row(row);
    }
    terminal.line("no", "error: the person did not allow run_command");
}

#[test]
fn a_long_text_is_read_line_by_line_and_only_the_question_comes_again() {
    let program = project();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("TOOL(\"write_file\", #{path: \"o.txt\", text: \"first line\\n\\nthird line\"})\r");
    terminal.see("[yes/no/always]");
    for row in ["write_file", "  path: \"o.txt\"", "  text:", "    | first line", "    | third line"] {
        terminal.see_row(row);
    }
    terminal.keys("\r");
    terminal
        .see("an answer is wanted. allow write_file to o.txt (22 bytes)? always = every write_file of this session");
    assert_eq!(terminal.raw().matches("    | third line").count(), 1, "{:?}", terminal.raw());
    terminal.line("no", "error: the person did not allow write_file");
}

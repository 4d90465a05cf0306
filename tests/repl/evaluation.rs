//! Values, errors, multi-line code and cancellation.

use super::project;
use super::terminal::Terminal;
use std::fs::File;

#[test]
fn values_are_numbered_and_come_back() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.see("rhizo 0.");
    terminal.line("_ + 1", "error: there is no result yet");
    terminal.line("20 + 1", "out(1) = 21");
    terminal.line("_ * 2", "out(2) = 42");
    terminal.line("out(1) + out(2)", "out(3) = 63");
    terminal.line("let quiet = 5;", "rhizo> let quiet = 5;");
    terminal.line("print(`${quiet} ${_}`)", "5 63");
    terminal.line("\"two\\nlines\"", "lines");
    terminal.see_row("out(4) =");
}

#[test]
fn nothing_is_shown_inside_values() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("[(), 1, #{a: ()}]", "out(1) = [(), 1, #{a: ()}]");
    terminal.line("let nothing = ();", "rhizo> let nothing");
    terminal.line("?nothing", "nothing: ()");
}

#[test]
fn an_error_has_a_caret_and_keeps_what_was_assigned() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("let kept = 7;", "rhizo> let kept");
    terminal.line("let more = 1; kep + 1", "hint: did you mean `kept`?");
    terminal.see("error: there is no variable `kep`");
    terminal.see_row("     |               ^");
    terminal.line("let paid = 8; throw \"late\"", "kept from before the error: paid");
    terminal.line("paid + 1", "out(1) = 9");
}

#[test]
fn the_caret_of_a_long_line_stands_below_its_place() {
    let project = project();
    let mut terminal = Terminal::with(&project, &[], 60, &[("RHIZO_MODEL", "offline")]);
    let sum = "1 + ".repeat(25);
    terminal.line(&format!("{sum}nope + {sum}1"), "error: there is no variable `nope`");
    let screen = terminal.screen();
    let below: Vec<&str> = screen.lines().skip_while(|row| !row.starts_with("   1 | … ")).take(2).collect();
    let place = |row: usize, mark: &str| below[row].split_once(mark).map(|(before, _)| before.chars().count());
    assert!(below[0].chars().count() <= 60 && below[0].ends_with(" …"), "{screen}");
    assert_eq!(place(0, "nope"), place(1, "^"), "{screen}");
}

#[test]
fn an_import_of_an_earlier_line_is_told_to_be_over() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("import \"text\" as t; t::trimmed(\" a \")", "out(1) = a");
    terminal.line("t::trimmed(\" b \")", "hint: an import holds for one evaluation");
    terminal.line("text::trimmed(\" b \")", "out(2) = b");
    terminal.line("?t::trimmed", "text::trimmed(s)");
}

#[test]
fn lines_that_are_typed_while_one_runs_are_run_after_it() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys("print(`be${\"gun\"}`); sleep(1); 1\r");
    terminal.see("begun");
    terminal.keys("2 + 2\r3 + 3\r4 + 4\r5 +");
    terminal.see("out(4) = 8");
    terminal.line(" 5", "out(5) = 10");
}

#[test]
fn unfinished_code_goes_on_below() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys("fn twice(x) {\r");
    terminal.keys("x * 2\r");
    terminal.line("}", "}");
    terminal.line("twice(21)", "out(1) = 42");
    terminal.line("??twice", "}");
    terminal.see("defined in this session");
}

#[test]
fn unfinished_code_that_names_what_the_session_has_goes_on_below() {
    let project = project();
    let mut terminal = Terminal::start(&project, &["--context", "harbour.txt"]);
    terminal.line("let n = 5;", "rhizo> let n");
    terminal.keys("if n > 3 {\r");
    terminal.keys("n + 1\r");
    terminal.line("}", "out(1) = 6");
    terminal.keys("for line in context.lines(1, 1) {\r");
    terminal.keys("if text::trimmed(line) != \"\" {\r");
    terminal.keys("n += 1; print(`now ${n}`)\r");
    terminal.keys("}\r");
    terminal.line("}", "now 6");
    terminal.line("n", "out(2) = 6");
}

#[test]
fn an_empty_row_says_that_more_is_awaited() {
    let project = project();
    let mut terminal = Terminal::start(&project, &["--context", "harbour.txt"]);
    terminal.keys("for hit in context.grep(\"31\") {\r");
    terminal.see_row("...");
    terminal.keys("print(hit.line)\r");
    terminal.see_row("...");
    terminal.line("}", "2");
    assert!(!terminal.screen().contains("..."), "{}", terminal.screen());
}

#[test]
fn a_missing_quote_is_told_at_once_and_a_text_in_back_ticks_goes_on_below() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("let s = \"abc", "hint: a text in double quotes ends on its line");
    terminal.see("error: syntax error: open string is not terminated");
    terminal.keys("let t = `two\r");
    terminal.line("lines`; t.len()", "out(1) = 9");
}

#[test]
fn pasted_lines_are_one_input() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys("\u{1b}[200~let a = 1;\nlet b = 2;\n\na + b\u{1b}[201~");
    terminal.see("a + b");
    terminal.line("", "out(1) = 3");
}

#[test]
fn ctrl_c_ends_an_evaluation_and_nothing_else() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("let kept = 41;", "rhizo> let kept");
    terminal.keys("print(\"spinning\"); loop {}\r");
    terminal.see_row("spinning");
    terminal.keys("\u{3}");
    terminal.see("cancelled; the session and its variables are kept");
    terminal.prompt();
    terminal.line("kept + 1", "out(1) = 42");
}

#[test]
fn ctrl_c_leaves_a_native_call_behind_and_keeps_the_session() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("let kept = 41; let s = \"\"; s.pad(10000000, \"x\");", "rhizo> let kept");
    terminal.line("let a = []; a.pad(1000000, s);", "rhizo> let a");
    terminal.keys("print(\"sorting\"); a.sort()\r");
    terminal.see_row("sorting");
    terminal.keys("\u{3}");
    terminal.see("cancelled; the session and its variables are kept");
    terminal.prompt();
    terminal.line("kept + 1", "out(1) = 42");
}

#[test]
fn ctrl_c_gives_up_a_context_that_does_not_come_and_keeps_the_session() {
    let project = project().named_pipe("pipe");
    let mut terminal = Terminal::start(&project, &["--context", "harbour.txt"]);
    terminal.line("let kept = 41;", "rhizo> let kept");
    terminal.keys(".context pipe\r");
    // Opening it waits until the program has opened it too, and then nothing is written.
    let writer = File::options().write(true).open(project.project().join("pipe")).expect("a pipe");
    terminal.keys("\u{3}");
    terminal.see("cancelled; the session and its variables are kept");
    terminal.prompt();
    terminal.line("kept + context.docs().len()", "out(1) = 42");
    drop(writer);
}

#[test]
fn ctrl_c_at_the_prompt_gives_up_the_line() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys("this is (never");
    terminal.see("never");
    terminal.keys("\u{3}");
    terminal.prompt();
    terminal.line("6 * 7", "out(1) = 42");
}

#[test]
fn leaving_tells_the_cost_and_succeeds() {
    let project = project();
    for keys in ["\u{4}", ".exit\r", "exit\r", ".quit\r"] {
        let mut terminal = Terminal::start(&project, &[]);
        terminal.line("nothing_like_this", "error: there is no variable");
        terminal.keys(keys);
        terminal.see("0 calls");
        assert_eq!(terminal.end(), 0);
    }
    let listed = project.args(["runs", "list", "--json"]).run().ok().json();
    let runs: Vec<_> = listed.as_array().into_iter().flatten().map(|run| [&run["kind"], &run["status"]]).collect();
    assert_eq!(runs, [["repl", "completed"]; 4]);
}

#[test]
fn a_time_limit_ends_one_evaluation() {
    let project = project();
    let mut terminal = Terminal::start(&project, &["--timeout", "0.3"]);
    terminal.line("loop {}", "hint: raise --timeout");
    terminal.see("error: it took longer than 0.3 s");
    terminal.line("1", "out(1) = 1");
}

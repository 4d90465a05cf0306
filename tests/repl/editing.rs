//! Completion, hints, history, colours and narrow terminals.

use super::project;
use super::terminal::Terminal;
use crate::support::chat::ChatServer;
use crate::support::program::Program;

#[test]
fn tab_completes_names_and_shows_signatures() {
    let project = project();
    let mut terminal = Terminal::start(&project, &["--context", "harbour.txt"]);
    terminal.line("let harbour = #{height: 31};", "rhizo> let harbour");
    terminal.keys("harb\t");
    terminal.see("rhizo> harbour");
    terminal.keys(".hei\t");
    terminal.line("", "out(1) = 31");
    terminal.keys("context.ch\t");
    terminal.see("context.chunks(size, overlap");
    terminal.keys("\u{3}");
    terminal.prompt();
    terminal.keys("llm\t");
    terminal.see("llm_batch(prompts");
}

#[test]
fn a_long_list_of_completions_takes_no_keys() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys("?\t");
    terminal.see(" more, type further");
    terminal.keys("\u{3}");
    terminal.prompt();
    terminal.line("1 + 1", "out(1) = 2");
    terminal.keys("?\tcontext.gr");
    terminal.see("rhizo> ?context.gr");
    assert!(!terminal.raw().contains("--More--") && !terminal.raw().contains("possibilities"), "{}", terminal.screen());
}

#[test]
fn tab_begins_with_what_all_names_have_and_counts_the_rest() {
    let names = (0..600).map(|number| format!("alpha{number:03}"));
    let names = names.chain((0..50).map(|number| format!("beta{number:02}")));
    let project = names.fold(Program::offline(), |program, name| program.file(&name, "a"));
    for typed in ["context.doc(\"", ".load "] {
        let mut terminal = Terminal::start(&project, &["--context", "."]);
        terminal.keys(&format!("{typed}\t"));
        terminal.see("… 588 more, type further");
        terminal.keys("b\t");
        terminal.see_row(&format!("rhizo> {typed}beta"));
    }
}

#[test]
fn tab_knows_the_oldest_run_too() {
    let project = project();
    for _ in 0..17 {
        project.args(["eval", "1"]).run().ok();
    }
    let runs = project.args(["runs", "list", "--json"]).run().ok().json();
    let ids: Vec<&str> = runs.as_array().into_iter().flatten().filter_map(|run| run["id"].as_str()).collect();
    let oldest = ids.iter().min().expect("a run");
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys(&format!(".runs {}\t", &oldest[..24]));
    terminal.see(&format!("> .runs {oldest}"));
}

#[test]
fn hints_show_signatures_and_earlier_lines() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("let lighthouse = 31;", "rhizo> let");
    terminal.keys("let li");
    terminal.see_row("rhizo> let lighthouse = 31;");
    // The right arrow takes the hint over.
    terminal.keys("\u{1b}[C lighthouse + 1");
    terminal.line("", "out(1) = 32");
    terminal.keys("par_map(");
    terminal.see("par_map(items");
    terminal.keys("\u{3}");
    terminal.prompt();
}

#[test]
fn history_lives_on_and_a_leading_space_keeps_out_of_it() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("11 + 11", "out(1) = 22");
    terminal.line(" 33 + 33", "out(2) = 66");
    terminal.keys("\u{4}");
    assert_eq!(terminal.end(), 0);
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys("\u{1b}[A");
    terminal.see("rhizo> 11 + 11");
    terminal.line("", "out(1) = 22");
    terminal.keys("\u{12}+ 1");
    terminal.see("reverse-i-search");
    terminal.see("11 + 11");
    terminal.line("", "out(2) = 22");
    let kept = std::fs::read_to_string(project.state().join("history")).expect("a history");
    assert!(kept.contains("11 + 11") && !kept.contains("33"), "{kept}");
}

#[test]
fn an_earlier_input_is_taken_over_with_all_its_lines() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("fn tide(a) {\r  a + 1\r}", "rhizo>");
    terminal.keys("fn tid");
    terminal.see("> fn tide(a) { ...");
    terminal.keys("\u{1b}[C");
    terminal.line("", "rhizo>");
    terminal.line("tide(2)", "out(1) = 3");
}

#[test]
fn a_long_task_leaves_the_list_of_runs_its_form() {
    let program = project();
    let code = format!("\"{}\".len()", "word_that_is_long".repeat(20));
    program.args(["eval", &code]).run().ok();
    let terminal = Terminal::run(&program, &["runs", "list"], 100);
    terminal.see(&format!("id{}started", " ".repeat(26)));
    assert_eq!(terminal.cut_rows(), [""; 0]);
    assert_eq!(terminal.end(), 0);
}

#[test]
fn what_is_told_of_a_question_fits_a_narrow_terminal() {
    let args = ["ask", "How tall is the lighthouse?", "--context", "harbour.txt", "--recursive", "-m", "offline"];
    let program = project();
    let terminal = Terminal::run(&program, &args, 60);
    terminal.see("turns");
    let cut = terminal.cut_rows();
    let told = |row: &&String| row.contains("tokens") || row.starts_with("  | ") || row.starts_with("  → ");
    assert_eq!(cut.iter().filter(told).count(), 0, "{cut:#?}");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn what_is_told_of_a_question_in_the_repl_fits_a_narrow_terminal() {
    const CODE: &str =
        "let lines_that_name_it = context.count(\"harbour\"); print(`${lines_that_name_it} lines`); lines_that_name_it";
    let server = ChatServer::root(&[CODE, "FINAL(\"done\")"], "leaf");
    let program = Program::new().file("long.txt", "the harbour\n".repeat(20_000));
    let address = server.base_url();
    let variables = [("OPENAI_BASE_URL", address.as_str())];
    let mut terminal = Terminal::with(&program, &["--context", "long.txt"], 60, &variables);
    terminal.line(".ask How often?", "2 calls");
    terminal.see_row("out(1) = done");
    terminal.see("  | let lines_that_name_it");
    assert_eq!(terminal.cut_rows(), [""; 0], "{}", terminal.screen());
}

#[test]
fn sixty_columns_are_enough() {
    let project = project();
    let mut terminal = Terminal::with(&project, &[], 60, &[("RHIZO_MODEL", "offline")]);
    for (command, shown) in [
        (".help", "Anything else"),
        (".vars", "context"),
        (".runs", "id"),
        (".tools", "ask_user"),
        (".model", "offline/extract"),
        (".memory", "0 episodes"),
        ("?llm", "  prints"),
        ("??llm", "  a part of the program itself"),
        ("?_", "out("),
        ("??_", "  a part of the program itself"),
        ("?context.grep", "context.grep("),
        ("??", "on_event("),
    ] {
        terminal.line(command, shown);
        assert_eq!(terminal.cut_rows(), [""; 0], "the terminal had to cut what {command} shows");
    }
    terminal.line("let s = \"abc", "hint: a text in double quotes");
    terminal.see_row("  back-ticks may have several");
    let long = format!("\"{}\"", "word ".repeat(20));
    terminal.line(&format!("{long}.len()"), "out(1) = 100");
    assert_eq!(terminal.cut_rows().len(), 1, "only what was typed is longer than a row");
}

#[test]
fn colours_can_be_refused() {
    let project = project();
    let coloured = |variables: &[(&str, &str)]| {
        let mut terminal = Terminal::with(&project, &[], 80, variables);
        terminal.line("let a = \"text\"; a", "out(1) = text");
        terminal.raw().contains("\u{1b}[3")
    };
    assert!(coloured(&[]));
    assert!(!coloured(&[("NO_COLOR", "1")]));
}

#[test]
fn what_a_terminal_would_obey_is_not_shown_and_not_run() {
    for variable in [("LC_ALL", "C.UTF-8"), ("NO_COLOR", "1")] {
        let project = project();
        std::fs::create_dir_all(project.state()).expect("a folder");
        std::fs::write(project.state().join("history"), "#V2\n\"tall\u{202e}er\".len()\n").expect("a history");
        let mut terminal = Terminal::with(&project, &[], 80, &[("RHIZO_MODEL", "offline"), variable]);
        terminal.keys("\u{1b}[200~\"a\u{7}b\u{9b}c\".len()\u{1b}[201~\r");
        terminal.see("U+0007 at 1:3, U+009B at 1:5");
        terminal.see_times("rhizo> \"abc\".len()", 2);
        terminal.line("", "out(1) = 3");
        terminal.keys("\u{1b}[A\u{1b}[A");
        terminal.see("rhizo> \"taller\".len()");
        terminal.keys("\r");
        terminal.see("U+202E at 1:6");
        terminal.see_times("rhizo> \"taller\".len()", 2);
        terminal.line("", "out(2) = 6");
        let raw = terminal.raw();
        assert!(!raw.contains(['\u{9b}', '\u{202e}']) && !raw.contains("a\u{7}b"), "{raw:?}");
    }
}

#[test]
fn what_others_named_is_completed_without_power_over_the_terminal() {
    let project = project().file("x\u{1b}]0;owned\u{7}", "").file("x-one.txt", "").file("x-two.txt", "");
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys(".context x\t");
    terminal.see("x-one.txt  x-two.txt");
    assert!(!terminal.raw().contains("owned"), "{:?}", terminal.raw());
    terminal.keys("\u{3}");
    terminal.prompt();
}

//! The dot-commands.

use super::project;
use super::terminal::Terminal;

#[test]
fn help_explains_commands_and_names() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line(".help cost", ".cost");
    terminal.see("Shows the cost by depth");
    terminal.line("?llm", "    max_tokens");
    terminal.see("example");
    terminal.line("context.grep?", "context.grep(");
    terminal.line("?docs", "docs()");
    terminal.line("?read_file", "TOOL(\"read_file\", #{..})");
    terminal.line("?chunk", "import \"chunk\" as chunk;");
    terminal.line("??llm", "  a part of the program itself, so there is no source in Rhai");
    terminal.line("?json", "import \"json\" as json;");
    terminal.line("??retry::is_failure", "    answer.error && ");
    terminal.line("?parse_int", "parse_int(");
    terminal.line("?split", "split(");
    terminal.line("?sort", "sort(");
    terminal.line("?type_of", "type_of(value)");
    terminal.line("?while", "  a word of the language");
    terminal.line("?args", "  the parameters of a program, as a map");
    terminal.line("?splti", "hint: did you mean `?split`?");
    terminal.line("?lmm", "hint: did you mean `?llm`?");
    terminal.line(".hepl", "hint: did you mean `.help`?");
    terminal.line("help", "hint: at the prompt `.help` lists");
}

#[test]
fn variables_and_functions_are_listed() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("let port = #{name: \"north\", ships: [1, 2]}; fn tide(a, b) { a }", "rhizo>");
    terminal.line(".vars", "tide(a, b)");
    terminal.see("map of 2: name, ships");
    terminal.line("?port", "port: map of 2");
    terminal.line("??port", "  \"name\": \"north\",");
    terminal.line(".reset", "a fresh session");
    terminal.line("port", "error: there is no variable `port`");
}

#[test]
fn another_context_keeps_the_variables() {
    let project = project().file("fares.csv", "route,price\nnorth,4\n");
    let mut terminal = Terminal::start(&project, &["--context", "harbour.txt"]);
    terminal.line("let n = 3; let piece = context.slice(0, 3); fn f() { 5 }", "rhizo>");
    terminal.line("context.len()", "out(1) = 62");
    terminal.line(".context fares.csv", "---");
    terminal.see("piece");
    terminal.see("1. \"fares.csv\": 20 bytes");
    terminal.line("n + f() + context.len()", "out(1) = 28");
    terminal.line(".context nowhere.txt", "error:");
    terminal.line("n", "out(2) = 3");
}

#[test]
fn another_context_keeps_functions_with_an_underscore_and_stays_open() {
    let project = project();
    let long = |name: &str| format!("fn {name}() {{ \"{}\" }}\n", "x".repeat(140_000));
    for (typed, code, told) in [
        ("41\nfn f() { _ + 1 }\nfn g() { 7 }\n.context harbour.txt\ng()\n".to_owned(), 0, ""),
        (
            format!("{}{}.context harbour.txt\n", long("f"), long("g")),
            5,
            "functions of the session are not carried over",
        ),
    ] {
        let ran = project.args([]).stdin(format!("{typed}context.len()\n")).run().code(code).says(told);
        assert!(ran.stdout.ends_with("\n62\n"), "{}", ran.stdout);
        let ran = project.args(["resume", "last"]).stdin("context.len()\n").run().ok();
        ran.prints("62\n");
    }
}

#[test]
fn of_a_long_context_the_beginning_is_shown() {
    let project = project().file("tides.txt", format!("{}\n", "high water ".repeat(200)));
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys(".context tides.txt\r");
    terminal.see("--- its first 400 bytes ---");
    terminal.prompt();
    assert!(!terminal.screen().contains("its last"), "{}", terminal.screen());
}

#[test]
fn a_path_with_blanks_is_opened_and_completed() {
    let project =
        project().file("fares.csv", "route\n").file("my notes.txt", "tides").file("your notes.txt", "ships!!");
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line(".context my notes.txt", "---");
    terminal.see("1. \"my notes.txt\": 5 bytes");
    terminal.line(".context fares.csv 'my notes.txt'", "---");
    terminal.see("2. \"my notes.txt\": 5 bytes");
    terminal.line("context.len()", "out(1) = 11");
    terminal.keys(".context you\t");
    terminal.see("> .context \"your notes.txt\"");
    terminal.line("", "---");
    terminal.see("1. \"your notes.txt\": 7 bytes");
    terminal.line(".context no notes.txt", "error:");
}

#[test]
fn a_line_break_ends_a_command_and_what_is_pasted_behind_it_is_handled() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("let old = 1;", "rhizo>");
    terminal.line("\u{1b}[200~.reset\r.vars\rlet imp = 5;\rimp + 1\u{1b}[201~", "out(1) = 6");
    terminal.see("a fresh session");
    terminal.line("\u{1b}[200~.vars\r```rhai\rlet abc = 41;\rabc + 1\r```\u{1b}[201~", "out(2) = 42");
    terminal.line("\u{1b}[200~?llm\rlet def = 42;\rdef + 1\u{1b}[201~", "out(3) = 43");
    terminal.line("old", "error: there is no variable `old`");
    // What stands behind it may want more lines.
    terminal.keys("\u{1b}[200~.vars\rfn tide() {\u{1b}[201~\r");
    terminal.see("fn tide() {");
    terminal.line("4 }", "rhizo>");
    terminal.line("tide()", "out(4) = 4");
}

#[test]
fn a_command_without_arguments_refuses_one() {
    let project = project();
    for typed in [".reset x", ".vars x", ".cost x", ".edit x", ".quit x"] {
        let ran = project.args([]).stdin(format!("let kept = 7;\n{typed}\nkept\n")).run();
        assert_eq!(ran.stdout, "7\n", "{typed}");
        ran.says(" takes no argument, and here is `x`");
    }
}

#[test]
fn a_saved_session_can_be_loaded_and_run() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line("let port = #{name: \"no\\\"rth\"}; let text = \"a\\n#b\"; fn tide(a) { a + 1 }", "rhizo>");
    terminal.line(".save kept.rhai", "kept.rhai holds 2 variables");
    terminal.line(".reset", "a fresh session");
    terminal.line(".load kept.rhai", "rhizo> .load");
    terminal.line("`${tide(1)} ${port.name} ${text.len()}`", "out(1) = 2 no\"rth 4");
    std::fs::write(project.project().join("more.json"), "{\"ships\": 12}").expect("a file");
    terminal.line(".load more.json", "set ships");
    terminal.line("ships", "out(2) = 12");
    terminal.line(".load nowhere.rhai", "error: cannot read");
    let program = std::fs::read_to_string(project.project().join("kept.rhai")).expect("the program");
    project.args(["eval", &format!("{program}\ntide(port.name.len())")]).run().ok().prints("7\n");
}

#[test]
fn saving_writes_over_nothing_but_sessions_that_it_saved() {
    let project = project().file("data.json", "mine").file("mine.rhai", "// mine").file("own.rhai", "");
    let folder = project.project();
    let large = "let large = \"x\"; for i in 0..18 { large = large + large; }\n";
    let saved = |typed: &str, code: i32| project.args([]).stdin(format!("{large}{typed}\n")).run().code(code);
    for (typed, told) in [
        (".save harbour.txt", "harbour.txt does not end in .rhai"),
        (".save all.json", "all.json does not end in .rhai"),
        (".save mine.rhai", "mine.rhai is there already, and .save has not written it"),
        (".save own.rhai", "own.rhai is there already, and .save has not written it"),
        (".save data.rhai", "data.json is there already, and no session saved as data.rhai names it as its own"),
    ] {
        saved(typed, 1).says(told);
    }
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it is there");
    assert!(text("harbour.txt").starts_with("The harbour"));
    assert_eq!(["data.json", "mine.rhai", "own.rhai"].map(text), ["mine", "// mine", ""]);
    assert!(!folder.join("all.json").exists() && !folder.join("data.rhai").exists());
    // Its own files are written anew, the second one too.
    saved(".save kept.rhai", 0);
    saved("let n = 1;\n.save kept.rhai", 0);
    assert!(text("kept.rhai").contains("let n = 1;") && text("kept.json").starts_with("{\"large\""));
    // Also after a session without large variables, which need not have loaded those that are there.
    for _ in 0..2 {
        let small = project.args([]).stdin("let n = 2;\n.save kept.rhai\n").run().ok();
        small.says("kept.json still holds the large ones of a session before");
        assert!(text("kept.rhai").contains("let n = 2;\n// Former large variables: .load kept.json\n"));
        assert!(text("kept.json").starts_with("{\"large\""));
    }
    saved("let m = 3;\n.save kept.rhai", 0);
    assert!(text("kept.rhai").contains("\n// Its large variables: .load kept.json\n"));
}

#[test]
fn a_session_that_cannot_be_saved_anew_stays_as_it_was_saved() {
    let project = project();
    let doubled = |times: u32| format!("let large = \"x\"; for i in 0..{times} {{ large = large + large; }}\n");
    let kept = || ["kept.rhai", "kept.json"].map(|name| std::fs::read_to_string(project.project().join(name)));
    let kept = || kept().map(|text| text.expect("it is there"));
    project.args([]).stdin(format!("{}.save kept.rhai\n", doubled(18))).run().ok();
    let before = kept();
    let typed = format!("let n = 1;\n{}.save kept.rhai\n", doubled(22));
    let ran = project.args([]).stdin(typed).after("trap '' XFSZ; ulimit -f 2048").run().code(1);
    ran.says("error: cannot write ");
    assert!(kept() == before, "what was saved is not there any more");
}

#[test]
fn a_path_in_quotes_is_saved_and_loaded_and_other_endings_are_refused() {
    let project = project().file("notes.txt", "let ran = 1;");
    let typed = "let a = 6;\n.save \"my session.rhai\"\n.reset\n.load 'my session.rhai'\na * 7\n.reset\n\
        .load my session.rhai\na + 1\n.load notes.txt\nran\n";
    let ran = project.args([]).stdin(typed).run();
    assert!(project.project().join("my session.rhai").is_file());
    assert!(ran.stdout.contains("\n42\n") && ran.stdout.ends_with("\n7\n"), "{}", ran.stdout);
    ran.says("notes.txt ends neither in .rhai nor in .json").says("there is no variable `ran`");
}

#[test]
fn a_byte_order_mark_is_none_of_what_is_loaded() {
    let project = project().file("a.json", "\u{feff}{\"ships\": 12}").file("a.rhai", "\u{feff}let port = ships + 1;");
    let ran = project.args([]).stdin(".load a.json\n.load a.rhai\nport\n").run().ok();
    assert!(ran.stdout.ends_with("13\n"), "{}", ran.stdout);
}

#[test]
fn only_what_can_be_typed_is_set_from_a_file() {
    let keys = r#"{"ok": 1, "b-c": 2, "fn": 3, "if x": 4, "_": 5, "context": 6, "x = 1; let y": 7, "Größe": 8}"#;
    let project = project().file("keys.json", keys);
    let typed = ".load keys.json\nok + 1\n.save kept.rhai\n.reset\n.load kept.rhai\nok + 2\n";
    let ran = project.args([]).stdin(typed).run().ok();
    assert!(
        ran.stdout.starts_with("set ok") && ran.stdout.contains("\n2\n") && ran.stdout.ends_with("3\n"),
        "{}",
        ran.stdout
    );
    ran.says("left out, because no variable can have such a name: `b-c`, `fn`, `if x`, `_`, `context`, `x = 1; let y`");
    let program = std::fs::read_to_string(project.project().join("kept.rhai")).expect("the program");
    assert!(program.contains("let ok = 1;") && !program.contains("let b-c"), "{program}");
}

#[test]
fn what_a_saved_session_lacks_is_told() {
    let ran = project().args([]).stdin("let a = [1.0, 0.0 / 0.0];\n.save kept.rhai\n").run().ok();
    ran.says("functions or numbers without a notation (NaN, infinite): a");
}

#[test]
fn models_and_roles_can_be_changed() {
    let project = project();
    let mut terminal = Terminal::with(&project, &[], 80, &[]);
    terminal.line(".model offline", "offline/extract: for every role from now on");
    terminal.line(".model", "offline/extract: chosen here");
    terminal.line(".model openai/gpt-5-mini", "error: openai/gpt-5-mini needs a key");
    terminal.line(".model default", "each role uses its own model again");
    terminal.line(".role expert", "expert answers .ask from now on");
    terminal.line(".role exprt", "hint: did you mean `expert`?");
}

#[test]
fn lists_are_shown() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.line(".runs", "id");
    terminal.see("running");
    terminal.line(".memory", "0 episodes");
    terminal.line(".scripts", "word_frequencies");
    terminal.line(".tools calculate", "TOOL(\"calculate\", #{..})");
    terminal.line(".cost", "no model was called yet");
}

#[test]
fn an_editor_of_ones_own_changes_the_last_input() {
    let project = project().file("editor.sh", "#!/bin/sh\nsed -i 's/5/6/' \"$1\"\n");
    let editor = format!("sh {}", project.project().join("editor.sh").display());
    let mut terminal = Terminal::with(&project, &[], 80, &[("EDITOR", editor.as_str()), ("RHIZO_MODEL", "offline")]);
    terminal.line("5 * 7", "out(1) = 35");
    terminal.keys(".edit\r");
    terminal.see("rhizo> 6 * 7");
    terminal.line("", "out(2) = 42");
}

#[test]
fn a_tool_asks_on_the_screen_and_ctrl_c_answers_it() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    let write = "TOOL(\"write_file\", #{path: \"new.txt\", text: \"hello\"})";
    terminal.keys(&format!("{write};\r"));
    terminal.see("[yes/no/always]");
    terminal.keys("\u{3}");
    terminal.see("cancelled; the session and its variables are kept");
    terminal.prompt();
    // Nobody is left behind who would read these keys.
    terminal.line("40 + 2", "out(1) = 42");
    assert!(!project.project().join("new.txt").exists());
    terminal.line(".reset", "a fresh session");
    terminal.keys(&format!("{write}; 7\r"));
    terminal.see_times("[yes/no/always]", 2);
    terminal.line("yes", "out(1) = 7");
    assert_eq!(std::fs::read_to_string(project.project().join("new.txt")).expect("it was written"), "hello");
}

#[test]
fn a_question_of_a_program_has_no_power_over_the_terminal_and_looks_like_no_other() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    // It would set the clipboard, clear the screen, and go on like the question for leave.
    let text = r"\x1b]52;c;cm0=\x07\x1b[2Jgo on?\nallow run_command?";
    terminal.keys(&format!("ask_user(\"{text}\", [\"a\\x1b[2J\", \"b\"])\r"));
    terminal.see("the program asks: \\u{1b}]52;c;cm0=\\u{7}\\u{1b}[2Jgo on?");
    terminal.see_row("  allow run_command? [a\\u{1b}[2J/b]");
    terminal.see("your answer to the program:");
    assert!(!terminal.raw().contains("\u{1b}]52;"), "{:?}", terminal.raw());
    terminal.line("b", "out(1) = b");
}

#[test]
fn what_was_typed_ahead_gives_no_leave() {
    let project = project();
    let mut terminal = Terminal::start(&project, &[]);
    terminal.keys("ask_user(\"first?\"); TOOL(\"write_file\", #{path: \"new.txt\", text: \"hello\"}); 7\r");
    terminal.see("your answer to the program:");
    terminal.keys("blue\ryes\r");
    terminal.see("[yes/no/always]");
    terminal.line("no", "error: the person did not allow write_file");
    assert!(!project.project().join("new.txt").exists());
}

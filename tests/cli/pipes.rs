//! Output in pipes: no colours, and quiet when the reader goes away.

use super::project;
use crate::support::program::{Program, Running};
use std::fs::File;

#[test]
fn a_pipe_gets_no_escapes() {
    let program = project();
    let ran = program.args(["ask", "How tall?", "--context", "harbour.txt", "--recursive"]).run().ok();
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{ran:?}");
    let ran = program.args(["eval", "nothing()"]).env("NO_COLOR", "1").run().code(1);
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = Program::offline();
    let ran = program
        .args(["eval", "for i in 0..20000 { print(`line ${i} of a long output that fills the pipe`) }"])
        .run_into_head();
    let ran = ran.ok().prints("line 0 of a long output that fills the pipe");
    assert!(!ran.stderr.to_lowercase().contains("broken pipe") && !ran.stderr.contains("panic"), "{}", ran.stderr);
}

#[test]
fn lists_may_be_cut_too() {
    let program = project();
    for args in [&["tools", "list", "--json"][..], &["models", "list"], &["completions", "bash"], &["--help"]] {
        let ran = program.list(args).run_into_head().ok();
        assert_eq!(ran.stderr, "", "{args:?}");
    }
}

#[test]
fn a_program_may_come_through_a_pipe() {
    let program = project();
    let piped = || program.args(["run", "-", "n=20"]).stdin("#!/usr/bin/env rhizo\nargs.n + context.len");
    piped().run().ok().prints("20\n");
    let code = "context.len > 0";
    program.args(["run", "-", "--context", "harbour.txt"]).stdin(code).run().ok().prints("true\n");
    let twice = program.args(["run", "-", "--context", "-"]).stdin(code).run().code(2);
    twice.says("cannot be both the program and the context");
    program.args(["run", "-"]).stdin("import \"harbour\" as h; 1").run().code(1);
}

#[test]
fn code_may_come_through_a_pipe() {
    let program = project();
    program.args(["eval"]).stdin("let a = 20;\na * 2 + context.len\n").run().ok().prints("40\n");
    program.args(["eval", "-"]).stdin("context.len > 0").run().ok().prints("false\n");
    program.args(["eval", "--context", "harbour.txt"]).stdin("context.len > 0").run().ok().prints("true\n");
    let told = program.args(["eval", "?llm"]).stdin("1").run().ok().stdout;
    assert!(told.starts_with("llm("), "{told}");
    program.args(["eval", "context.len"]).stdin("four").run().ok().prints("4\n");
    program.args(["eval", "-", "--context", "-"]).stdin("1").run().code(2).says("both the program and the context");
    program.args(["eval", "--context", "-"]).stdin("1").run().code(2).says("eval needs code");
    program.args(["eval"]).run().code(2).says("eval needs code");
    let id = program.args(["runs", "list", "--json"]).run().ok().json()[1]["id"].as_str().expect("an id").to_owned();
    program.args(["resume", &id]).run().ok().says("nothing was asked");
}

#[test]
fn a_missing_file_behind_the_context_is_no_code_where_a_pipe_may_bring_it() {
    let program = project();
    let code = "context.len > 0";
    for (word, hint) in [
        ("harbor.txt", "hint: code stands before --context; as a file: did you mean \"harbour.txt\"?"),
        ("in/x", "hint: code stands before --context"),
    ] {
        let ran = program.args(["eval", "--context", word]).stdin(code).run().code(2).prints("").says(hint);
        ran.says(&format!("`{word}` after --context may be a file, which is not there, or code"));
    }
    for (word, value) in [("context.len", "107\n"), ("7.0/2", "3.5\n"), ("\"a.b\"", "a.b\n")] {
        program.args(["eval", "--context", "harbour.txt", word]).stdin(code).run().ok().prints(value);
    }
    program.args(["eval", "--context", "harbor.txt"]).run().code(1);
}

#[test]
fn a_program_that_never_ends_is_too_long() {
    let long = "// more\n".repeat(64 * 1024);
    Program::offline().args(["run", "-"]).stdin(long).run().code(5).says("the program has more than 256 KiB");
}

#[test]
fn what_has_no_end_is_no_program() {
    let program = Program::offline().file("long.rhai", "// more\n".repeat(64 * 1024));
    program.args(["run", "long.rhai"]).run().code(5).says("the program has more than 256 KiB");
    std::os::unix::fs::symlink("/dev/zero", program.project().join("zero.yaml")).expect("a link");
    for command in [&["run", "/dev/zero"][..], &["pipeline", "run", "/dev/zero"]] {
        program.list(command).run().code(1).says("cannot read /dev/zero: it is no file").says("hint: rhizo run takes");
    }
    program.args(["run", "zero.yaml"]).run().code(1).says("zero.yaml is no file");
    // A program that a shell writes into a pipe has a name too.
    let named = program.args(["run", "/dev/fd/3"]).stdin("6 * 7").after("exec 3<&0 </dev/null");
    named.run().ok().prints("42\n");
}

#[test]
fn a_context_that_does_not_come_is_waited_for_as_long_as_the_run_may_take() {
    let program = Program::offline().named_pipe("pipe");
    let named = program.args(["eval", "1", "--timeout", "0.3", "--context", "pipe"]).run();
    named.code(124).prints("").says("the context was not read within 0.3 s").says("hint: raise --timeout");
    let silent = program.args(["ask", "q", "--timeout", "0.3", "--context", "-"]).after("exec <>pipe");
    silent.run().code(124).prints("").says("the context was not read within 0.3 s");
}

#[test]
fn a_pipe_that_nobody_named_and_that_says_nothing_is_told_of() {
    let program = Program::offline().named_pipe("pipe");
    let note = "note: reading the context from standard input; `< /dev/null` if none is meant";
    let silent = |more: &[&str]| {
        let args = [&["ask", "q", "--timeout", "3"], more].concat();
        program.list(&args).after("exec <>pipe").run().code(124).prints("")
    };
    silent(&[]).says(note);
    silent(&["--context", "-"]).does_not_say(note);
    program.args(["ask", "who?"]).stdin("The clerk.").run().ok().does_not_say(note);
}

#[test]
fn ctrl_c_gives_up_a_context_that_does_not_come() {
    let program = Program::offline().named_pipe("pipe");
    for command in [&["eval", "1", "--context", "pipe"][..], &["repl", "--context", "pipe"]] {
        let running = program.list(command).start();
        // Opening it waits until the program has opened it too, and then nothing is written.
        let writer = File::options().write(true).open(program.project().join("pipe")).expect("a pipe");
        running.wait_until_it_hears_interrupts();
        running.interrupt();
        running.end().code(130).prints("").says("error: cancelled");
        drop(writer);
    }
}

#[test]
fn whoever_stops_a_program_whose_events_nobody_reads_stops_it() {
    let program = project().named_pipe("pipe");
    for stop in [Running::interrupt, Running::terminate] {
        let running = program.args(["ask", "q", "--context", "harbour.txt", "--events", "pipe"]).start();
        running.wait_until_it_hears_interrupts();
        stop(&running);
        running.end().code(130).prints("").says("error: cancelled");
    }
}

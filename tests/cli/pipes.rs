//! Output in pipes: no colours, and quiet when the reader goes away.

use super::project;
use crate::support::program::Program;

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

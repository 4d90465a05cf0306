//! `--help` of every command, and what a slip of the hand is answered with.

use crate::support::program::Program;
use clap::CommandFactory;
use rhizo::cli::args::Arguments;

#[test]
fn every_command_explains_itself() {
    let program = Program::offline();
    program.args(["--help"]).run().ok().snapshot("help");
    let whole = Arguments::command();
    let commands: Vec<&str> = whole.get_subcommands().map(|command| command.get_name()).collect();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let ran = program.args([command, "--help"]).run().ok();
        assert_eq!(ran.stderr, "");
        ran.snapshot(&format!("help_{command}"));
    }
}

#[test]
fn the_version_is_told() {
    let expect = format!("rhizo {}\n", env!("CARGO_PKG_VERSION"));
    Program::offline().args(["--version"]).run().ok().prints(&expect);
}

#[test]
fn unknown_commands_and_flags_are_usage_errors() {
    let program = Program::offline();
    program.args(["ask", "two", "words"]).run().code(2).says("hint: quote the question: rhizo ask '...'");
    program.args(["eval", "1", "+", "1"]).run().code(2).says("hint: quote the code: rhizo eval '...'");
    program.args(["aks"]).run().code(2).snapshot("usage_command");
    program.args(["ask", "q", "--max-cots", "1"]).run().code(2).snapshot("usage_flag");
    program.args(["runs", "shwo"]).run().code(2).snapshot("usage_action");
}

#[test]
fn a_command_behind_the_paths_of_a_context_is_told_where_it_stands() {
    let program = Program::offline().file("server.log", "x").file("report.rhai", "1");
    let ran = program.args(["--context", "server.log", "run", "report.rhai"]).stdin("1\n").run().code(2);
    ran.says("options of a run stand after its subcommand").says("hint: rhizo run ... --context server.log\n");
    let program = program.file("run", "y");
    program.args(["--context", "server.log", "run"]).stdin("docs().len()\n").run().ok().prints("2\n");
}

#[test]
fn a_file_where_a_command_is_wanted_is_told_how_it_runs() {
    let program = Program::offline().file("vote.rhai", "1").file("vote", "1");
    for (file, meant) in [("vote.rhai", true), ("none.yaml", true), ("vote", true), ("vot", false)] {
        let ran = program.args([file]).run().code(2).says("unrecognized subcommand");
        let hint = format!("hint: did you mean `rhizo run {file}`?");
        assert_eq!(ran.stderr.contains(&hint), meant, "{ran:?}");
    }
    let spaced = program.args(["two words.rhai"]).run().code(2);
    spaced.says("hint: did you mean `rhizo run 'two words.rhai'`?");
    let document = program.args(["vote.rhai", "--json"]).run().code(2).json();
    assert_eq!(document["failure"]["hint"], "did you mean `rhizo run vote.rhai`?");
}

#[test]
fn help_touches_nothing() {
    let program = Program::offline();
    program.args(["ask", "--help"]).run().ok();
    assert_eq!(Program::files_below(&program.state()), Vec::<String>::new());
}

//! Folders and files whose names are not Unicode, of which what can be read is kept, and a folder that is gone.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// Goes into the folder.
const ENTER: &str = "cd \"$(printf 'd\\303')\"";

/// Puts the file that `printf` spells in the place of a command's arguments.
fn named(words: &str, file: &str) -> String {
    format!("set -- {words} \"$(printf '{file}')\"")
}

fn write(program: &Program, name: &[u8], text: &str) {
    fs::write(program.project().join(OsStr::from_bytes(name)), text).expect("a file");
}

#[test]
fn a_folder_that_is_not_unicode_is_one_to_work_in() {
    let program = Program::offline();
    fs::create_dir(program.project().join(OsStr::from_bytes(b"d\xc3"))).expect("a folder");
    write(&program, b"d\xc3/two.rhai", "1 + 1");
    program.args(["eval", "6 * 7", "-q"]).after(ENTER).run().ok().prints("42\n");
    program.args(["run", "two.rhai", "-q"]).after(ENTER).run().ok().prints("2\n");
    let repl = program.args(["repl"]).after(ENTER).stdin("3 * 3\n").run().ok();
    assert!(repl.stdout.contains('9'), "{}", repl.stdout);
    let asked = program.args(["ask", "What is blue?"]).after(ENTER).run();
    assert_ne!(asked.exit_code(), Some(101), "{}", asked.stderr);
    let rows = program.args(["runs", "list", "--json"]).run().ok().json();
    assert!(rows.as_array().is_some_and(|rows| rows.len() >= 3), "{rows:#}");
}

#[test]
fn a_file_that_is_not_unicode_is_opened_by_its_folder() {
    let program = Program::offline().file("d/a.txt", "two");
    write(&program, b"d/b\xc3.txt", "three");
    let ran = program.args([]).after(&named("eval 1 --context", "d/b\\303.txt")).run().code(2);
    ran.says("hint: a file whose name is not Unicode is opened by its folder: --context FOLDER");
    program.args(["eval", "context.len()", "--context", "d"]).run().ok().prints("8\n");
}

#[test]
fn a_link_that_leads_nowhere_is_told_with_where_it_leads() {
    let program = Program::offline();
    std::os::unix::fs::symlink("gone.txt", program.project().join("dang")).expect("a link");
    let ran = program.args(["eval", "1", "--context", "dang"]).run().code(1);
    ran.says("the link [project]/dang leads to \"gone.txt\", where nothing is").does_not_say("did you mean");
}

#[test]
fn a_folder_that_is_gone_is_told() {
    let program = Program::offline();
    let leave = "mkdir gone && cd gone && rmdir ../gone";
    let ran = program.args(["eval", "1"]).after(leave).run().code(3).prints("");
    ran.says("error: the folder of the start cannot be found").says("start in another one");
    let told = program.args(["eval", "1", "--json"]).after(leave).run().code(3).json();
    assert_eq!(told["failure"]["kind"], "config", "{told:#}");
    for (flag, part) in [("--version", "rhizo "), ("--help", "Usage: rhizo")] {
        let ran = program.args([flag]).after(leave).run().ok();
        assert!(ran.stdout.contains(part), "{}", ran.stdout);
    }
}

#[test]
fn files_that_are_not_unicode_are_run() {
    let program = Program::offline();
    write(&program, b"s\xc3.rhai", "6 * 7");
    write(&program, b"a\xc3.yaml", "steps:\n  - said: {set: {n: 6 * 7}}\n");
    program.args([]).after(&named("run -q", "s\\303.rhai")).run().ok().prints("42\n");
    program.args([]).after(&named("run", "a\\303.yaml")).run().ok();
    program.args([]).after(&named("pipeline run", "a\\303.yaml")).run().ok();
    program.args([]).after(&named("pipeline validate", "a\\303.yaml")).run().ok();
}

#[test]
fn a_program_goes_on_as_it_was_and_a_pipeline_says_why_it_cannot() {
    let server = ChatServer::new(|ask| match ask.number {
        0 | 2 => Reply::refusal(400, "no"),
        _ => Reply::text("yes").usage(1, 1),
    });
    let program = Program::paying(&server);
    write(&program, b"s\xc3.rhai", "llm(\"x\")");
    write(&program, b"a\xc3.yaml", "steps:\n  - said: {llm: go}\n");
    assert_ne!(program.args([]).after(&named("run", "s\\303.rhai")).run().exit_code(), Some(0));
    program.args(["resume", "last", "-q"]).run().ok().prints("yes\n");
    assert_ne!(program.args([]).after(&named("run", "a\\303.yaml")).run().exit_code(), Some(0));
    program.args(["resume", "last"]).run().code(1).says("its path is not Unicode").says("hint: give it another name");
}

#[test]
fn what_never_ends_is_no_program() {
    let program = Program::offline().file("use.rhai", "import \"x\" as x; 1");
    let made = "mkdir scripts; mkfifo scripts/a.rhai x.rhai; ln -s /dev/zero scripts/b.rhai";
    let listed = program.args(["scripts", "list", "--json"]).after(made).run().ok().json();
    let names: Vec<&str> = listed.as_array().into_iter().flatten().filter_map(|row| row["name"].as_str()).collect();
    assert!(names.len() > 3 && !names.contains(&"a") && !names.contains(&"b"), "{names:?}");
    program.args(["run", "use.rhai"]).run().code(1).says("x");
}

//! The examples run: as their first comment says, from the project's own folder, and over a small tree whose whole
//! output is compared.

use crate::support::program::{Call, Program};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The examples, in order.
fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("examples")).expect("a folder of examples");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "rhai"));
    files.sort();
    files
}

/// The first command that the head comment gives, without `rhizo` and what is behind `>`.
fn command(source: &str) -> Vec<String> {
    let line = source.lines().find_map(|line| line.trim_start_matches("//!").trim().strip_prefix("rhizo "));
    let line = line.expect("a head comment with `rhizo run ...`");
    line.split(" > ").next().unwrap_or(line).split_whitespace().map(str::to_owned).collect()
}

fn call<'a>(program: &'a Program, args: &[String]) -> Call<'a> {
    program.list(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn there_are_nine_and_each_says_what_it_does() {
    let files = examples();
    assert_eq!(files.len(), 9);
    for file in files {
        let source = std::fs::read_to_string(&file).expect("an example");
        assert!(source.starts_with("//! "), "{}", file.display());
        assert_eq!(
            command(&source)[..2],
            ["run".to_owned(), format!("examples/{}", file.file_name().expect("a name").display())]
        );
    }
}

#[test]
fn each_runs_over_the_project_as_its_comment_says() {
    for file in examples() {
        let source = std::fs::read_to_string(&file).expect("an example");
        let program = Program::offline();
        let ran = call(&program, &command(&source)).folder(root()).run().ok();
        assert!(ran.stdout.lines().count() >= 2, "{}: {}", file.display(), ran.stdout);
        assert!(
            !ran.stdout.contains("FAILED") && !ran.stdout.contains("No answer ("),
            "{}: {}",
            file.display(),
            ran.stdout
        );
        assert!(!ran.stderr.contains("error:"), "{}: {}", file.display(), ran.stderr);
    }
}

#[test]
fn without_a_context_each_says_so_and_stops() {
    for file in examples() {
        let program = Program::offline();
        let ran = program.args(["run", &file.display().to_string()]).run().code(1);
        ran.prints("").says("there is no ").says("hint: add --context ");
    }
}

/// A tree that has what the examples look at, and that changes only with this file.
fn tree() -> Program {
    let files = [
        (
            "CONTRIBUTING.md",
            "# Contributing\n\nA change must pass the tests. Tests assert values and run on every change.\n",
        ),
        ("LICENSE-MIT", "MIT License\n\nThe above copyright notice shall be included in all copies of the Software.\n"),
        (
            "LICENSE-APACHE",
            "Apache License\n\nYou must retain all copyright notices in the copies that you distribute.\n",
        ),
        (
            "Cargo.lock",
            "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.0.0\"\n\n\
             [[package]]\nname = \"b\"\nversion = \"1.0.0\"\n",
        ),
        (
            "src/main.rs",
            "//! The program: reads its arguments and runs one command. It holds no logic.\n\nfn main() {\n    // SAFETY: \
             nothing is read twice.\n    println!(\"exit codes are defined in exit.rs\");\n}\n",
        ),
        (
            "src/store/open.rs",
            "//! Opens the store. It deliberately does not repair one that is damaged.\n\npub fn open(path: &str) -> bool {\n    \
             // SAFETY: the path is checked by the caller, who holds the lock for as long as this runs.\n    path.len() > 1\n}\n",
        ),
        (
            "src/store/close.rs",
            "//! Closes the store. It waits for what is under way.\n\npub fn close() {\n    \
             // SAFETY: the path is checked by the caller, who holds the lock for as long as this runs.\n}\n",
        ),
    ];
    files.into_iter().fold(Program::offline(), |program, (name, text)| program.file(name, text))
}

#[test]
fn each_prints_the_same_over_a_small_tree() {
    for file in examples() {
        let source = std::fs::read_to_string(&file).expect("an example");
        let name = file.file_stem().expect("a name").display().to_string();
        let program = tree().file(&format!("examples/{name}.rhai"), &source);
        let mut ran = call(&program, &command(&source)).run().ok();
        // Steps that are done at once end in any order.
        let is_step = |line: &&str| ["✓ ", "✗ ", "- "].iter().any(|mark| line.trim_start().starts_with(mark));
        ran.stderr = ran.stderr.split_inclusive('\n').filter(|line| !is_step(line)).collect();
        ran.snapshot(&format!("example_{name}"));
    }
}

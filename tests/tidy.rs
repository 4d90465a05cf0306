//! The shape of the source tree, checked: which room may import which, which crate belongs to which room, how long
//! files are, which words are absent. It reads the files as text and tokens; what a compiler or clippy can see is
//! theirs, and is not checked again here.
//!
//! The tables below are the rules' only settings. Every rule reports all its violations at once, each with its place
//! and how to mend it, and `tidy/selfcheck.rs` shows for every rule a source that breaks it.

mod attributes;
mod form;
mod layout;
mod lexer;
mod modules;
mod paths;
mod rooms;
mod selfcheck;
mod source;
mod wording;

use source::{Tree, Violation};
use std::path::Path;
use std::sync::LazyLock;

/// The rooms of src/ in import order: a file names only its own room and those to the left.
const ROOMS: &[&str] = &[
    "core", "config", "registry", "budget", "store", "context", "policy", "model", "memory", "tools", "script", "host",
    "turn", "pipeline", "app", "repl", "cli", "main",
];

/// Names that only some rooms may use.
struct Confined {
    /// Path prefixes (`rusqlite`, `std::env`) or macros (`println!`).
    names: &'static [&'static str],
    /// The folders or files of src/ that may, without `.rs`.
    homes: &'static [&'static str],
    /// Whether unit tests inside src/ may as well.
    tests: bool,
    /// What other rooms do.
    instead: &'static str,
}

const CONFINED: &[Confined] = &[
    Confined {
        names: &["std::env"],
        homes: &["config", "main"],
        tests: true,
        instead: "take the value from Settings, or the path from the room `config`",
    },
    Confined {
        names: &["std::process::Command", "std::os::unix::process::CommandExt", "tokio::process"],
        homes: &["tools"],
        tests: true,
        instead: "spawn through the room `tools`, which limits and kills what it starts",
    },
    Confined {
        names: &["landlock", "rlimit"],
        homes: &["tools"],
        tests: false,
        instead: "the sandbox belongs to the room `tools`",
    },
    Confined {
        names: &["rusqlite"],
        homes: &["store"],
        tests: false,
        instead: "ask the room `store` for records, not for SQL",
    },
    Confined {
        names: &["memmap2", "regex", "memchr"],
        homes: &["context"],
        tests: false,
        instead: "search through the room `context`",
    },
    Confined {
        names: &["reqwest", "rustls"],
        homes: &["model"],
        tests: false,
        instead: "ask models through `crate::model::chat`, fetch pages through `crate::model::fetch`",
    },
    Confined {
        names: &["lancedb", "arrow", "arrow_array", "arrow_schema", "fastembed", "ort", "ort_tract", "tract_onnx"],
        homes: &["memory"],
        tests: false,
        instead: "vectors and embedders belong to the room `memory`",
    },
    Confined {
        names: &["rhai"],
        homes: &["script"],
        tests: false,
        instead: "pass serde data to and from the room `script`",
    },
    Confined {
        names: &["saphyr_parser"],
        homes: &["pipeline"],
        tests: false,
        instead: "YAML is read by the room `pipeline`",
    },
    Confined {
        names: &["rustyline"],
        homes: &["repl"],
        tests: false,
        instead: "line editing belongs to the room `repl`",
    },
    Confined {
        names: &["clap", "clap_complete"],
        homes: &["cli"],
        tests: false,
        instead: "take a plain struct that the room `cli` fills",
    },
    Confined {
        names: &["toml"],
        homes: &["config", "registry"],
        tests: false,
        instead: "TOML is read by `config`, and by `registry` in front of programs",
    },
    Confined {
        names: &[
            "println!",
            "eprintln!",
            "print!",
            "eprint!",
            "dbg!",
            "std::io::stdout",
            "std::io::stderr",
            "tokio::io::stdout",
            "tokio::io::stderr",
        ],
        homes: &["cli/printer", "repl/editor"],
        tests: true,
        instead: "return the text, or send an event: only `cli/printer` and `repl/editor` print",
    },
];

/// Words of unfinished or pretended work, sought in code, comments and prose, whatever their case.
const WORDS: &[&str] =
    &["todo", "fixme", "xxx", "unimplemented", "for now", "placeholder", "simulated", "mock", "stub", "in a real"];

/// Endings of type names, and names of files, that say nothing about what the thing is.
const ENDINGS: &[&str] = &["Manager", "Helper", "Helpers", "Service", "Util", "Utils", "V2"];
const FILE_NAMES: &[&str] = &["manager", "helper", "helpers", "service", "util", "utils"];

/// First folders of absolute paths that exist on one machine only.
const MACHINE_FOLDERS: &[&str] = &["root", "work", "home", "Users"];

/// Where Markdown may be; `**` stands for any folders, `*` for any name.
const MARKDOWN: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "memory/README.md",
    "personas/*.md",
    "src/**/prompts/*.md",
    "tests/**/*.md",
];

/// Most lines of a file of src/, of a file of tests, and of ARCHITECTURE.md.
const SOURCE_LINES: usize = 300;
const TEST_LINES: usize = 600;
const ARCHITECTURE_LINES: usize = 150;
/// The one loop of a root run stays readable at once.
const RUNNER_LINES: usize = 150;

/// A rule: all that breaks it.
type Rule = fn(&Tree) -> Vec<Violation>;

static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::read(Path::new(env!("CARGO_MANIFEST_DIR"))));

#[track_caller]
fn holds(rule: Rule) {
    let broken = rule(&TREE);
    let lines: Vec<String> = broken.iter().map(Violation::to_string).collect();
    assert!(broken.is_empty(), "{} violations:\n{}", broken.len(), lines.join("\n"));
}

#[test]
fn the_whole_tree_was_read() {
    holds(|tree| tree.faults.clone());
    for path in ["Cargo.toml", "src/lib.rs", "src/main.rs", "src/core/mod.rs", "tests/main.rs"] {
        assert!(TREE.sources.iter().any(|source| source.path == path), "{path} was not read");
    }
}

#[test]
fn rooms_import_only_from_the_left() {
    holds(rooms::import_order);
}

#[test]
fn every_entry_of_src_is_a_room() {
    holds(rooms::known_rooms);
}

#[test]
fn the_library_lists_its_rooms_in_import_order() {
    holds(rooms::listed_order);
}

#[test]
fn crates_and_printing_stay_in_their_rooms() {
    holds(rooms::confinement);
}

#[test]
fn files_are_short() {
    holds(form::lengths);
}

#[test]
fn files_say_what_they_are() {
    holds(form::headers);
}

#[test]
fn unsafe_code_says_why_it_is_sound() {
    holds(form::unsafe_code);
}

#[test]
fn silenced_lints_have_a_reason() {
    holds(form::silenced_lints);
}

#[test]
fn no_input_reaches_a_panic() {
    holds(form::panics);
}

#[test]
fn discarded_values_have_a_reason() {
    holds(form::discards);
}

#[test]
fn imports_name_what_they_import() {
    holds(form::globs);
}

#[test]
fn no_test_is_switched_off() {
    holds(form::switched_off_tests);
}

#[test]
fn no_word_promises_unfinished_work() {
    holds(wording::words);
}

#[test]
fn names_say_what_a_thing_is() {
    holds(wording::names);
}

#[test]
fn no_path_belongs_to_one_machine() {
    holds(wording::machine_paths);
}

#[test]
fn no_file_is_forgotten() {
    holds(layout::forgotten_files);
}

#[test]
fn examples_are_numbered_without_gaps() {
    holds(layout::examples);
}

#[test]
fn markdown_is_where_it_belongs() {
    holds(layout::markdown);
}

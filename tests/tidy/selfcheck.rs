//! Shows that every rule can fail: small trees that break it, with what it must say, and trees that must pass.

use super::source::{Tree, Violation};
use super::{Rule, form, layout, rooms, wording};

const RULES: &[Rule] = &[
    rooms::import_order,
    rooms::known_rooms,
    rooms::listed_order,
    rooms::confinement,
    form::lengths,
    form::headers,
    form::unsafe_code,
    form::silenced_lints,
    form::panics,
    form::discards,
    form::globs,
    form::switched_off_tests,
    wording::words,
    wording::names,
    wording::machine_paths,
    layout::forgotten_files,
    layout::examples,
    layout::markdown,
];

fn tree(files: &[(&str, &str)]) -> Tree {
    Tree::of(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

/// The rule finds exactly these places, each told with these words.
#[track_caller]
fn breaks(rule: Rule, path: &str, text: &str, expected: &[(usize, &str)]) {
    let found = rule(&tree(&[(path, text)]));
    let agrees = |(violation, (line, words)): (&Violation, &(usize, &str))| {
        violation.path == path && violation.line == *line && violation.message.contains(words)
    };
    let agree = found.len() == expected.len() && found.iter().zip(expected).all(agrees);
    assert!(agree, "{text}\nfound {found:#?}\nexpected {expected:?}");
}

#[track_caller]
fn passes(path: &str, text: &str) {
    let lib = match path.strip_prefix("src/") {
        Some(inner) => format!("//! The crate of this test.\npub mod {};", inner.split('/').next().unwrap_or(inner)),
        None => String::new(),
    };
    let room = "//! A room of this test.\npub mod x;";
    let files = [("src/lib.rs", lib.as_str()), ("src/store/mod.rs", room), ("src/tools/mod.rs", room), (path, text)];
    let kept = if lib.is_empty() { &files[3..] } else { &files[..] };
    for rule in RULES {
        let found: Vec<Violation> = rule(&tree(kept)).into_iter().filter(|violation| violation.path == path).collect();
        assert!(found.is_empty(), "{text}\nfound {found:#?}");
    }
}

#[test]
fn imports_to_the_right_are_found() {
    let right = "stands to its right";
    for (text, expected) in [
        ("use crate::model::chat;", &[(1, "`store` names `model`, which stands to its right")][..]),
        ("use crate::{\n  core::ids,\n  turn::{self, runner},\n};", &[(3, right), (3, right)]),
        ("fn f() -> crate::host::Port {}", &[(1, right)]),
        ("use super::super::turn::runner;", &[(1, right)]),
        ("mod a { mod b { use super::super::super::super::turn::c; } }", &[(1, right)]),
        ("mod a { use super::super::super::turn::c; }\nuse super::turn;", &[(1, right)]),
        ("use rhizo::app::App;", &[(1, right)]),
        ("let range = 0..crate::turn::LAST;", &[(1, right)]),
        ("use ::std::io;\nuse crate::Outcome;", &[(2, "`crate::Outcome` is no room")]),
        ("#[cfg(test)]\nmod tests { use crate::cli; }", &[(2, right)]),
    ] {
        breaks(rooms::import_order, "src/store/x.rs", text, expected);
    }
    breaks(rooms::import_order, "src/main.rs", "use rhizo::cli; use rhizo::other;", &[(1, "no room")]);
    breaks(rooms::known_rooms, "src/common/x.rs", "", &[(1, "`common` is no room")]);
    breaks(
        rooms::listed_order,
        "src/lib.rs",
        "pub mod store;\n\npub mod core;\npub mod turn;",
        &[(3, "above `store`")],
    );
    breaks(rooms::known_rooms, "src/extra.rs", "", &[(1, "`extra` is no room")]);
}

#[test]
fn crates_outside_their_rooms_are_found() {
    for (text, expected) in [
        ("use regex::Regex;\nfn f() { Regex::new(p) }", &[(1, "`regex` belongs to `context`")][..]),
        ("fn f() { rusqlite::Connection::open(p) }", &[(1, "`rusqlite` belongs to `store`")]),
        ("use std::{env, fs};", &[(1, "`std::env` belongs to `config`, `main`")]),
        ("use std as s;\nfn f() { s::env::var(n) }", &[(2, "`std::env`")]),
        (
            "use std::process;\n\nfn f() { process::Command::new(n) }",
            &[(3, "`std::process::Command` belongs to `tools`")],
        ),
        ("use std::process::{Command, Stdio};", &[(1, "`std::process::Command`")]),
        ("use tokio::process as children;", &[(1, "`tokio::process`")]),
        ("fn f() { println!(\"a\"); std::eprint!() }", &[(1, "`println!` belongs to"), (1, "`eprint!` belongs to")]),
        ("use std::io;\nfn f() { io::stdout().lock() }", &[(2, "`std::io::stdout`")]),
        ("use arrow_array::RecordBatch as Batch;", &[(1, "`arrow_array` belongs to `memory`")]),
        ("#[cfg(test)]\nmod tests { fn f() { rusqlite::params![] } }", &[(2, "`rusqlite`")]),
    ] {
        breaks(rooms::confinement, "src/turn/x.rs", text, expected);
    }
    breaks(rooms::confinement, "src/cli/print.rs", "fn f() { print!() }", &[(1, "only `cli/printer` and")]);
}

#[test]
fn form_that_is_not_ours_is_found() {
    let long = format!("//! A file that goes on and on.\n{}", "\n".repeat(300));
    breaks(form::lengths, "src/store/x.rs", &long, &[(301, "301 lines, at most 300")]);
    breaks(form::lengths, "src/store/tests.rs", &long.repeat(2), &[(602, "602 lines, at most 600")]);
    breaks(form::headers, "src/store/x.rs", "use a::b;\n//! Too late to say anything.", &[(1, "begin with `//!`")]);
    breaks(form::headers, "src/store/x/tests.rs", "use super::a;", &[(1, "begin with `//!`")]);
    breaks(form::headers, "src/store/x/tests.rs", "//! Tests.", &[]);
    breaks(form::headers, "src/store/x.rs", "//! Store.", &[(1, "begin with `//!`")]);
    for (rule, text, expected) in [
        (
            form::panics as Rule,
            "fn f() { a.unwrap(); b.expect(c) }",
            &[(1, "`unwrap` panics"), (1, "`expect` panics")][..],
        ),
        (form::panics, "fn f() {\n panic!();\n std::unreachable!() }", &[(2, "`panic`"), (3, "`unreachable`")]),
        (form::panics, "fn f() { a.map(Option::unwrap_or) }\nfn g() { Option::unwrap(a) }", &[(2, "`unwrap`")]),
        (form::panics, "#[cfg(not(test))]\nmod a { fn f() { a.unwrap() } }", &[(2, "`unwrap`")]),
        (form::panics, "#[cfg(test)]\nuse a::b;\nfn f() { a.unwrap() }", &[(3, "`unwrap`")]),
        (form::discards, "// Reason.\n\nlet _ = a();\nlet _: A = b();", &[(3, "drops a value"), (4, "drops a value")]),
        (form::globs, "use a::*;\nuse b::{c::*, d};\npub use e::f::*;", &[(1, "glob"), (2, "glob"), (3, "glob")]),
        (
            form::silenced_lints,
            "#[allow(dead_code)]\nfn f() {}\n#![allow(unsafe_code)]",
            &[(1, "say why"), (3, "say why")],
        ),
        (form::silenced_lints, "#[expect(clippy::exit)]\n#[cfg_attr(x, allow(a))]", &[(1, "say why"), (2, "say why")]),
        (form::unsafe_code, "unsafe { a() }", &[(1, "`// SAFETY:`"), (1, "`#[allow(unsafe_code)]`")]),
        (form::unsafe_code, "// SAFETY: far.\n#[allow(unsafe_code)]\n\n\n\n\n\nunsafe fn f() {}", &[(8, "SAFETY")]),
        (form::switched_off_tests, concat!("#[", "ignore]"), &[(1, "every test runs")]),
        (form::switched_off_tests, "#[ignore = \"slow\"]\n#[cfg_attr(x, ignore)]", &[(1, "every"), (2, "every")]),
        (form::switched_off_tests, concat!("#[should", "_panic(expected = \"a\")]"), &[(1, "every test runs")]),
    ] {
        breaks(rule, "src/store/x.rs", text, expected);
    }
}

#[test]
fn words_that_are_not_ours_are_found() {
    for (path, text, expected) in [
        ("src/store/x.rs", "// TODO: more", &[(1, "`todo`")][..]),
        ("src/store/x.rs", "let a = \"a\nfor now\";", &[(2, "`for now`")]),
        ("stdlib/text.rhai", "// fixme, xxx", &[(1, "`fixme`"), (1, "`xxx`")]),
        ("README.md", "It is Simulated. A mock.", &[(1, "`simulated`"), (1, "`mock`")]),
        ("src/turn/prompts/root.md", "a placeholder", &[(1, "`placeholder`")]),
    ] {
        breaks(wording::words, path, text, expected);
    }
    let named = "struct RunManager;\nenum Util { A }\ntype B = tower::Service;\ntrait RunService {}";
    let expected = [(1, "`RunManager`"), (2, "`Util`"), (4, "`RunService`")];
    breaks(wording::names, "src/store/x.rs", named, &expected);
    breaks(wording::names, "src/store/text_utils.rs", "", &[(1, "`utils` in a file name")]);
    for path in ["src/store/x.rs", ".ci/run", "memory/seeds/a.jsonl"] {
        let text = concat!("a\ncd /", "root/x; ls \"/", "home/me\"");
        breaks(wording::machine_paths, path, text, &[(2, "one machine only"), (2, "one machine only")]);
    }
}

#[test]
fn files_out_of_place_are_found() {
    for path in ["src/store/x.rs", "tests/lost.rs"] {
        breaks(layout::forgotten_files, path, "", &[(1, "no `mod` names this file")]);
    }
    breaks(layout::examples, "examples/02_batch.rhai", "", &[(1, "begins with `01_`")]);
    breaks(layout::examples, "examples/pipelines/02_batch.rhai", "", &[(1, "begins with `01_`")]);
    for path in ["NOTES.md", "src/turn/root.md", "docs/a.md", "personas/x/y.md", "src/prompts.md"] {
        breaks(layout::markdown, path, "", &[(1, "no place for Markdown")]);
    }
    breaks(layout::markdown, "ARCHITECTURE.md", &"a\n".repeat(151), &[(151, "at most 150")]);
}

#[test]
fn modules_are_followed_from_the_roots() {
    let tree = tree(&[
        ("tests/main.rs", "mod a;\nmod inline { mod b; }\n#[path = \"c/odd.rs\"]\npub(crate) mod c;"),
        ("tests/a.rs", "mod deep;"),
        ("tests/a/deep.rs", ""),
        ("tests/inline/b/mod.rs", "mod d;"),
        ("tests/inline/b/d.rs", ""),
        ("tests/c/odd.rs", ""),
        ("src/lib.rs", "pub mod store;"),
        ("src/store/mod.rs", "pub mod x;\n#[cfg(test)]\nmod fixture;"),
        ("src/store/x.rs", ""),
        ("src/store/fixture.rs", "mod deeper;"),
        ("src/store/fixture/deeper.rs", "fn f() { a.unwrap() }"),
    ]);
    assert!(layout::forgotten_files(&tree).is_empty(), "{:#?}", layout::forgotten_files(&tree));
    assert!(form::panics(&tree).is_empty(), "a module below one for tests is for tests");
    assert!(!tree.is_test_file("src/store/x.rs"));
}

#[test]
fn good_sources_pass_every_rule() {
    for text in [
        "use crate::core::failure::Failure;\nuse super::x;\nuse std::io::Write as _;\npub(crate) fn f() {}\npub(in crate::store) fn g() {}",
        "/// [`crate::turn::runner`] and `println!` in a comment, /* a.unwrap() */ too.\nfn f<'a>(a: &'a str) -> char { '\"' }",
        "const A: &str = \"crate::turn::x, .unwrap(), panic!(), use b::*;\";\nconst B: &str = r#\"\"println!(\"#;\nconst C: char = '\\'';",
        "fn f() { a.unwrap_or(1).expect_none(); crate::core::panic::catch(); if a != b {} }",
        "use super::regex;\nmod rhai;\nfn f() { regex::find(); rhai::eval(); a.println() }",
        "#[cfg(test)]\nmod tests {\n  use super::*;\n  #[test]\n  fn f() { println!(\"a\"); a.unwrap(); std::env::temp_dir(); }\n}",
        "// The reader is gone: nobody is left to tell.\nlet _ = a();\nlet _b = c();\nlet _ = d(); // Closed already.",
        "#[allow(dead_code, reason = \"read by the next room\")]\nfn f(g: unsafe extern \"C\" fn(u8)) {}",
        "#[allow(unsafe_code)]\nfn f() {\n  // SAFETY: the map outlives the slice.\n  unsafe { a() }\n}",
        "// The mocking methodology of stubborn todos; mock_response.\nuse ignore::WalkBuilder;",
        "const A: &str = concat!(env!(\"CARGO_PKG_NAME\"), \"~/home/a\", \"$HOME/home/b\", \"https://a.b/home/c\");",
    ] {
        let text = format!("//! What this file is, in a sentence.\n\n{text}\n");
        passes("src/store/x.rs", &text);
    }
    passes("src/tools/x.rs", "//! Spawns what tools need.\nuse std::process::Command;\nuse std::process::Stdio;\n");
    for path in ["README.md", "memory/README.md", "src/turn/prompts/a.md", "src/a/b/prompts/c.md", "tests/a/b.md"] {
        passes(path, "Prose.\n");
    }
    passes("examples/01_hello.rhai", "print(1);\n");
}

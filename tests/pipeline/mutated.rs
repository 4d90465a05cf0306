//! Properties: whatever is done to a valid pipeline, there is no panic, and every fault has a place in the file.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, proptest};
use rhizo::app::build;
use rhizo::config::environment::Environment;
use rhizo::config::layer::Layer;
use rhizo::config::settings::Settings;
use rhizo::core::failure::{FailureKind, Outcome};
use rhizo::pipeline::load;
use rhizo::pipeline::plan::Pipeline;
use rhizo::tools::catalog::Catalog;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// What a file is checked against.
static KNOWN: LazyLock<(Settings, Catalog)> = LazyLock::new(|| {
    let variables = [("RHIZO_HOME", "no-such-folder"), ("RHIZO_MODEL", "offline")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    known(Environment { variables, folder: std::env::temp_dir() })
});

/// What files are checked against where the environment is this one.
pub(super) fn known(environment: Environment) -> (Settings, Catalog) {
    let settings = Settings::load(environment, Layer::default()).expect("settings");
    let tools = build::catalog(&settings).expect("tools");
    (settings, tools)
}

/// Reads a text and checks it, as every command does that takes a pipeline.
pub(super) fn load(text: &str) -> Outcome<Arc<Pipeline>> {
    let (settings, tools) = &*KNOWN;
    load::load_text(settings, tools, Path::new("flow.yaml"), text)
}

/// Reads a text and claims that what is said of it is in order.
fn check(text: &str) {
    let Err(failure) = load(text) else { return };
    assert_eq!(failure.kind, FailureKind::Invalid);
    let faults = failure.details.get("faults").and_then(|faults| faults.as_array()).expect("faults");
    assert!(!faults.is_empty());
    for fault in faults {
        let line = fault["line"].as_u64().expect("a line");
        assert!((1..=text.lines().count() as u64 + 1).contains(&line), "{fault} in\n{text}");
        assert!(fault["column"].as_u64().expect("a column") >= 1);
        assert!(!fault["message"].as_str().expect("a message").is_empty());
    }
}

/// Texts that mean something somewhere.
const SHARDS: &[&str] = &[
    "{{",
    "}}",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "\n",
    "\n  ",
    "&a ",
    "*a",
    "|",
    ">",
    "\"",
    "'",
    "#",
    "draft",
    "steps:",
    "each:",
    "é",
    "\u{0}",
    "\t",
    "!!str ",
    "<<: ",
    "? ",
    "null",
    "1e999",
    "-",
    "()",
    "inputs.",
    "outcomes",
    "99999999999999999999",
];

fn mutation() -> impl Strategy<Value = (usize, usize, usize)> {
    (any::<usize>(), any::<usize>(), 0..SHARDS.len() + 3)
}

/// Cuts, doubles or puts something in.
fn mutate(text: &str, (at, length, what): (usize, usize, usize)) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let begin = at % places.len();
    let end = (begin + length % 40).min(places.len() - 1);
    let (begin, end) = (places[begin], places[end]);
    match SHARDS.get(what) {
        Some(shard) => format!("{}{shard}{}", &text[..begin], &text[begin..]),
        None if what == SHARDS.len() => format!("{}{}", &text[..begin], &text[end..]),
        None if what == SHARDS.len() + 1 => format!("{}{}{}", &text[..end], &text[begin..end], &text[end..]),
        None => text[..begin].to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn faults_of_a_broken_pipeline_have_places(mutations in prop::collection::vec(mutation(), 1..6)) {
        check(&mutations.into_iter().fold(super::whole::EVERYTHING.to_owned(), |text, change| mutate(&text, change)));
    }

    #[test]
    fn faults_of_any_text_have_places(text in "[a-z:\\-\\n {}\\[\\]&*|\"']{0,80}") {
        check(&format!("steps:\n  one:\n    llm: x\n{text}"));
    }
}

#[test]
fn the_pipeline_that_is_broken_is_right() {
    load(super::whole::EVERYTHING).expect("a pipeline");
}

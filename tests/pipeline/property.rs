//! What `validate` accepts never fails later because of what it says: no unknown name, no field that is not there, no
//! value that is absent where the file could have told. What only the data shows is a failure of the kind `data`. And the
//! schema of the format holds for it.

use super::mutated::{self, known};
use super::random;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use proptest::prelude::{ProptestConfig, TestCaseError, any, prop};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use rhizo::config::environment::Environment;
use rhizo::pipeline::{load, schema};
use serde_json::{Value, json};
use std::cell::Cell;

/// The pipeline that others call.
const INNER: &str = "\
inputs: {topic: {default: ships}, n: {type: integer, default: 1}}
steps:
  made: {set: {v: inputs.topic, n: inputs.n}, products: {made: 'inner_{{ inputs.topic }}.json'}}
outputs: {v: made.v, n: made.n}
";

/// The pipeline that declares what it takes.
const STRICT: &str = "\
inputs:
  text: what is said
  count: {type: integer}
  note: {required: false}
  flag: {type: boolean, required: false}
  list: {schema: [string], default: []}
  opts: {schema: {n: int}, default: {n: 1}}
steps:
  made: {set: {text: inputs.text, count: inputs.count, note: inputs.note, flag: inputs.flag ?? false}}
outputs: {text: made.text, count: made.count, note: made.note}
";

/// One pixel.
const PNG: &[u8] = b"\x89PNG\x0D\x0A\x1A\x0A\x00\x00\x00\x0DIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1F\x15\xC4\x89\x00\x00\x00\x0DIDATx\xDAcd`\xF8_\x0F\x00\x02\x87\x01\x80\xEBG\xBA\x92\x00\x00\x00\x00IEND\xAEB`\x82";

/// Three models of a server; one of them has what steps may require, and another one sees.
fn models(server: &ChatServer) -> String {
    let address = server.base_url();
    format!(
        "model = \"plain\"\n[models.plain]\nbase_url = \"{address}\"\n\
         [models.capable]\nbase_url = \"{address}\"\njson = true\ntags = [\"private\"]\n\
         [models.seeing]\nbase_url = \"{address}\"\nvision = true\n"
    )
}

/// Files that say nothing under a key, have numbers for texts, and lists of maps with one key each for maps.
const OTHERWISE: &[&str] = &[
    r#"{"id": 5, "name": 2024, "description": 7, "version": 1.5, "output_dir": 5, "inputs": null, "limits": null,
        "defaults": null, "outputs": null, "experts": null, "personalities": {"old": 1900}, "selection_schema": null,
        "steps": {"a": {"llm": {"prompt": "x", "stop": 5, "system": null}, "cache": null, "condition": null,
        "retry": null, "products": null, "on_failure": null, "requires": null, "vars": null, "always": null}}}"#,
    r#"{"defaults": [{"timeout": "5s"}, {"retry": [{"times": 1}]}], "limits": [{"max_parallel": 2}],
        "budget": [{"max_calls": 3}], "inputs": [{"n": [{"type": "integer"}, {"default": 1}, {"description": 7}]}],
        "steps": {"a": [{"llm": [{"prompt": "x"}, {"max_tokens": 5}]}, {"vars": [{"t": [{"type": "string"}]}]},
        {"retry": [{"times": 2}]}]}}"#,
    r#"{"steps": [{"a": [{"each": [{"in": ["x"]}, {"as": "one"}, {"steps": {"b": {"set": {"v": "one"}}}}]}]},
        {"name": "c", "while": [{"condition": "false"}, {"max_iterations": 2}, {"steps": [{"d": {"wait": 5}}]}]},
        {"s": {"switch": [{"on": "1"}, {"cases": [{"1": "skip"}]}, {"default": null}]}}]}"#,
    r#"{"steps": {"a": {"tool": [{"name": "read_file"}, {"args": [{"path": "x"}]}]},
        "p": {"parallel": [{"l": [{"m": {"run": [{"task": "x"}, {"max_turns": null}]}}]}]},
        "q": {"ask": [{"prompt": "x"}, {"choices": null}]}}}"#,
];

/// How many pipelines are made; `RHIZO_TEST_CASES=5000` makes it 25 times the usual.
fn cases() -> u32 {
    std::env::var("RHIZO_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200)
}

fn answer(ask: &Ask) -> Reply {
    // Beside pictures the text is a part of the content.
    let messages = ask.body["messages"].as_array();
    let text = messages.and_then(|all| all.last()).map(|message| message["content"].to_string()).unwrap_or_default();
    if text.contains("bad") {
        return Reply::refusal(400, "no");
    }
    Reply::text(if text.contains("linked fields") {
        "{\"f0\": \"text\", \"f1\": 3, \"f2\": true, \"f3\": {\"n\": 1}}"
    } else if text.contains("fields") {
        "{\"f0\": \"text\", \"f1\": 3, \"f2\": true}"
    } else {
        "text"
    })
}

/// Why a failure is one that the check of the file should have told; `None` if it is not.
fn complaint(failure: &Value, knowable: bool) -> Option<String> {
    let kind = failure["kind"].as_str()?;
    let told = failure["details"]["faults"].is_array();
    let of_the_file = matches!(kind, "script" | "config" | "internal" | "unknown_model" | "no_model") || told;
    let of_its_values = kind == "data" && knowable;
    // What the engine can quote depends on what it is sent.
    let of_the_engine = failure["message"].as_str().is_some_and(|text| text.contains("the offline engine quotes"));
    ((of_the_file && !of_the_engine) || of_its_values).then(|| format!("{kind}: {}", failure["message"]))
}

/// Runs a pipeline that was accepted; what its steps failed with, if that should have been told before.
fn run(program: &Program, text: &str, knowable: bool) -> Result<(), String> {
    std::fs::write(program.project().join("p.yaml"), text).expect("a file");
    let ran = program.args(["run", "p.yaml", "--events", "-", "--approve", "auto", "--quiet"]).run();
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    let last = lines.last().ok_or_else(|| format!("nothing was told: {}", ran.stderr))?;
    let mut steps = lines.iter().map(|event| &event["failure"]).chain([&last["failure"]]);
    match steps.find_map(|failure| complaint(failure, knowable)) {
        Some(complaint) => Err(complaint),
        None => Ok(()),
    }
}

/// Writes the map of this number, of all in a value, as a list of maps with one key each.
fn list(value: &mut Value, number: &mut usize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| list(item, number)),
        Value::Object(map) if *number > 0 => {
            *number -= 1;
            map.values_mut().for_each(|inner| list(inner, number));
        }
        Value::Object(map) => {
            *number = usize::MAX;
            let entries = std::mem::take(map).into_iter();
            *value = entries.map(|(key, inner)| json!({key: inner})).collect();
        }
        _ => {}
    }
}

/// Whether the schema holds for a file that is accepted.
fn holds(schema: &jsonschema::Validator, data: &Value) -> Result<(), TestCaseError> {
    let wrong = schema.iter_errors(data).next();
    wrong.map_or(Ok(()), |wrong| Err(TestCaseError::fail(format!("the schema: {wrong}\n{data:#}"))))
}

#[test]
fn the_schema_holds_for_keys_without_a_value_and_for_lists_of_maps() {
    let schema = jsonschema::validator_for(&schema::schema()).expect("a schema");
    for text in OTHERWISE {
        mutated::load(text).expect("a pipeline");
        holds(&schema, &serde_json::from_str(text).expect("JSON")).expect("a schema that holds");
    }
}

#[test]
fn what_is_accepted_never_fails_for_what_it_says() {
    let server = ChatServer::new(answer);
    let program = Program::new().file("rhizo.toml", models(&server));
    let program = program.file("notes.txt", "a note\n").file("dot.png", PNG);
    let program = program.file("inner.yaml", INNER).file("strict.yaml", STRICT);
    let (settings, tools) = known(Environment {
        variables: vec![("RHIZO_HOME".to_owned(), program.state().display().to_string())],
        folder: program.project(),
    });
    let path = program.project().join("p.yaml");
    let config = ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    let schema = jsonschema::validator_for(&schema::schema()).expect("a schema");
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    let tape = prop::collection::vec(any::<u16>(), 20..160);
    // The usual cases are the same everywhere; those that are asked for are others each time.
    let mut runner = match std::env::var_os("RHIZO_TEST_CASES") {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let checked = runner.run(&tape, |tape| {
        let made = random::pipeline(&tape);
        if load::load_text(&settings, &tools, &path, &made.text).is_err() {
            refused.set(refused.get() + 1);
            return Ok(());
        }
        accepted.set(accepted.get() + 1);
        holds(&schema, &made.data)?;
        let (mut listed, mut number) = (made.data, 1 + usize::from(tape[0]) % 24);
        list(&mut listed, &mut number);
        if load::load_text(&settings, &tools, &path, &listed.to_string()).is_ok() {
            holds(&schema, &listed)?;
        }
        run(&program, &made.text, made.knowable)
            .map_err(|complaint| TestCaseError::fail(format!("{complaint}\n{}", made.text)))
    });
    assert!(checked.is_ok(), "{}", checked.err().map(|error| error.to_string()).unwrap_or_default());
    // A generator that makes only one of both would show nothing.
    let (accepted, refused) = (accepted.get(), refused.get());
    assert!(accepted * 5 > cases() && refused * 5 > cases(), "{accepted} accepted, {refused} refused");
}

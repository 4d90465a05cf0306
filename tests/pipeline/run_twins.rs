//! The five examples, their twins, and the scripts that are made of them: the same answers, the same files, the same
//! effects but for their frames.

use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::{Program, effects};
use crate::support::server;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pipelines").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What one run came to.
#[derive(Debug, PartialEq)]
pub(super) struct Came {
    pub(super) code: i32,
    pub(super) answer: Value,
    /// The status of the run, and the kind and the words with which it failed.
    pub(super) end: [Value; 3],
    /// Files below `output`, by name.
    pub(super) files: BTreeMap<String, String>,
    /// Kind and hash of each effect, sorted, because several run at once.
    pub(super) effects: Vec<(String, String)>,
}

pub(super) fn run(program: &Program, file: &str, args: &[&str]) -> Came {
    let output = program.project().join("output");
    if output.exists() {
        std::fs::remove_dir_all(&output).expect("the files of the run before go away");
    }
    let line = [&["run", file, "--json", "--approve", "auto"], args].concat();
    let ran = program.list(&line).run();
    let code = ran.exit_code().expect("an exit code");
    let document = ran.json();
    let id = document["run"].as_str().unwrap_or_else(|| panic!("{document:#}\n{}", ran.stderr)).to_owned();
    let export = program.args(["runs", "export", &id]).run().ok().json();
    let mut effects: Vec<(String, String)> = effects(&export)
        .iter()
        .map(|effect| {
            let hash = effect["hash"].as_str().unwrap_or_default();
            (effect["kind"].as_str().unwrap_or_default().to_owned(), hash.to_owned())
        })
        .collect();
    effects.sort();
    assert!(effects.iter().all(|(kind, hash)| !kind.is_empty() && !hash.is_empty()), "{export:#}");
    let files = Program::files_below(&output).into_iter().filter(|path| Path::new(path).is_file());
    let files = files.map(|path| {
        let name = Path::new(&path).strip_prefix(&output).expect("below").display().to_string();
        (name, std::fs::read_to_string(&path).expect("text"))
    });
    let failure = &document["failure"];
    let end = [&document["status"], &failure["kind"], &failure["message"]].map(Value::clone);
    Came { code, answer: document["answer"].clone(), end, files: files.collect(), effects }
}

/// Runs an example, its twin, and the script that is made of it, which must come to the same. The twin need not tell of
/// steps.
#[track_caller]
fn both(program: Program, name: &str, args: &[&str]) -> Came {
    let (yaml, rhai) = (format!("{name}.yaml"), format!("{name}.rhai"));
    let program = program.file(&yaml, source(&yaml)).file(&rhai, source(&rhai));
    let original = run(&program, &yaml, args);
    let script = program.args(["pipeline", "explain", &yaml, "--rhai"]).run().ok().stdout;
    std::fs::write(program.project().join("made.rhai"), &script).expect("a script");
    for (file, text) in [(rhai.as_str(), ""), ("made.rhai", script.as_str())] {
        let mut twin = run(&program, file, args);
        if file == rhai {
            twin.end = original.end.clone();
        }
        if original.code != 0 {
            twin.answer = original.answer.clone();
        }
        assert_eq!(original, twin, "{name} and {file}\n{text}");
    }
    original
}

fn files(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn hello() {
    let came = both(Program::offline(), "01_hello", &["name=Ada"]);
    assert_eq!(came.code, 0);
    assert_eq!(came.answer, json!({"greeting": "Hello, Ada! The harbour opened in 1884."}));
    assert_eq!(came.files, files(&[("hello/hello.txt", "Hello, Ada! The harbour opened in 1884.")]));
    assert_eq!(came.effects.len(), 2);
}

#[test]
fn summarise_folder() {
    let server = ChatServer::new(|ask| {
        let text = ask.last();
        let word = text.lines().last().unwrap_or_default().to_owned();
        Reply::text(format!("It is about {word}"))
    });
    let program = Program::served_by(&server)
        .file("texts/a.txt", "apples.")
        .file("texts/b.txt", [0_u8, 159, 146, 150])
        .file("texts/c.txt", "cherries.")
        .file("texts/d.md", "no text.");
    let came = both(program, "02_summarise_folder", &["folder=texts"]);
    assert_eq!(came.code, 0, "{came:#?}");
    let page = "- a.txt: It is about apples.\n- b.txt: could not be read\n- c.txt: It is about cherries.\n";
    assert_eq!(came.answer, json!({"page": page, "failed": ["b.txt"]}));
    let summaries =
        "{\n  \"a.txt\": \"It is about apples.\",\n  \"b.txt\": null,\n  \"c.txt\": \"It is about cherries.\"\n}\n";
    assert_eq!(came.files, files(&[("summaries/summaries.json", summaries), ("summaries/summaries.md", page)]));
}

/// Scores rise with the length of the text, and every improvement makes it longer.
fn studio(ask: &Ask) -> Reply {
    let text = ask.last();
    let body = text.split("improve:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
    if text.starts_with("Score") {
        let score = if body.contains("twice") {
            0.9
        } else if body.contains("once") {
            0.6
        } else {
            0.3
        };
        return Reply::text(json!({"score": score, "advice": format!("Say more than {score}.")}).to_string());
    }
    if text.starts_with("Write") {
        return Reply::text("Tides rise and fall.");
    }
    Reply::text(if text.contains("once") { "Tides rise twice." } else { "Tides rise once." })
}

#[test]
fn write_and_review() {
    let server = ChatServer::new(studio);
    let came = both(Program::served_by(&server), "03_write_and_review", &["topic=tides"]);
    assert_eq!(came.code, 0, "{came:#?}");
    assert_eq!(came.answer, json!({"text": "Tides rise twice.", "score": 0.9}));
    let review = "{\n  \"score\": 0.9,\n  \"text\": \"Tides rise twice.\"\n}\n";
    assert_eq!(came.files, files(&[("review/review.json", review), ("review/text.md", "Tides rise twice.")]));
    assert_eq!(came.effects.iter().filter(|(kind, _)| kind == "model").count(), 6);
    let critics = server.asks().iter().filter(|ask| ask.messages()[0].1.contains("sternly")).count();
    assert_eq!(critics, 9, "three reviews in each of the three runs");
}

#[test]
fn a_critic_that_is_never_content_is_a_failure() {
    let server = ChatServer::new(|ask| {
        let score = ask.last().starts_with("Score");
        Reply::text(if score { "{\"score\": 0.1, \"advice\": \"More.\"}" } else { "Less." })
    });
    let came = both(Program::served_by(&server), "03_write_and_review", &["topic=tides"]);
    assert_eq!(came.code, 1);
    assert_eq!(came.files, files(&[]));
}

#[test]
fn triage_router() {
    let server = ChatServer::new(|ask| {
        let text = ask.last();
        match text.lines().next().unwrap_or_default() {
            "Sort this message." => {
                let message = text.lines().nth(1).unwrap_or_default();
                let kind = ["spam", "simple"].into_iter().find(|kind| message.contains(kind)).unwrap_or("hard");
                Reply::text(json!({"kind": kind}).to_string())
            }
            "Answer in one sentence." => Reply::text("In short."),
            _ if text.contains("broken") => Reply::refusal(400, "too hard"),
            _ => Reply::text("At length."),
        }
    });
    for (message, kind, answer) in [
        ("a spam", "spam", "(no answer)"),
        ("a simple one", "simple", "In short."),
        ("a difficult one", "hard", "At length."),
        ("a broken one", "hard", "Thank you. A person will answer within a day."),
    ] {
        let came = both(Program::served_by(&server), "04_triage_router", &[&format!("message={message}")]);
        assert_eq!((came.code, came.answer), (0, json!({"kind": kind, "answer": answer})), "{message}");
    }
}

#[test]
fn research_report_waits_for_the_person() {
    let page = |line: &str| {
        let body = if line.contains("first") { "<p>Tides come twice a day.</p>" } else { "<p>The moon pulls.</p>" };
        if line.contains("/page/") {
            return server::answer(200, &[("content-type", "text/html")], body);
        }
        server::json(200, &json!({"object": "list", "data": [{"id": "small", "object": "model"}]}))
    };
    let script = |ask: &Ask| {
        let text = ask.last();
        let last = text.trim_end().lines().last().unwrap_or_default().to_owned();
        Reply::text(if text.starts_with("Answer") {
            "Twice a day, by the moon.".to_owned()
        } else {
            format!("note: {last}")
        })
    };
    let server = ChatServer::with_pages(script, page);
    let host = server.host();
    // The notes are joined in the order of the addresses that is given, not in that of the alphabet.
    let urls = format!("urls=[\"http://{host}/page/second\", \"http://{host}/page/first\"]");
    let program = Program::served_by(&server).file("rhizo.toml", "[tools]\nallow_private_addresses = true\n");
    let came = both(program, "05_research_report", &[&urls, "question=Why do tides come?"]);
    assert_eq!((came.code, came.files), (6, files(&[])));
    let report = server.asks().into_iter().find(|ask| ask.last().starts_with("Answer")).expect("a report is written");
    assert!(report.last().ends_with("note: The moon pulls.\nnote: Tides come twice a day."), "{}", report.last());
    assert_eq!(came.effects.iter().filter(|(kind, _)| kind == "person").count(), 1);
}

#[test]
fn a_list_of_pictures_is_all_of_them_in_a_pipeline_and_in_its_script() {
    let server = ChatServer::new(|_| Reply::text("seen"));
    let settings = format!("model = \"sees\"\n[models.sees]\nbase_url = \"{}\"\nvision = true\n", server.base_url());
    let text = "\
inputs:
  pics: {type: array, default: ['https://a.example/1.png', 'https://a.example/2.png']}
  more: {type: string, required: false}
steps:
  all: {llm: {prompt: all, images: '{{ inputs.pics }}'}}
  some: {llm: {prompt: some, images: ['https://a.example/0.png', '{{ inputs.pics }}', '{{ inputs.more }}']}}
outputs: {all: all, some: some}
";
    let program = Program::new().file("rhizo.toml", settings).file("p.yaml", text);
    let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    std::fs::write(program.project().join("made.rhai"), &script).expect("a script");
    let seen = |ask: &Ask| {
        let parts = ask.body["messages"][0]["content"].as_array().cloned().unwrap_or_default();
        parts.iter().filter_map(|part| part["image_url"]["url"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    for args in [&[][..], &["pics=[1]"]] {
        let before = server.asks().len();
        let original = run(&program, "p.yaml", args);
        let mut images: Vec<Vec<String>> = server.asks().iter().skip(before).map(seen).collect();
        images.sort_by_key(Vec::len);
        let twin = run(&program, "made.rhai", args);
        assert_eq!((&original.effects, original.code), (&twin.effects, twin.code));
        let address = |n: u32| format!("https://a.example/{n}.png");
        if args.is_empty() {
            assert_eq!(images, [vec![address(1), address(2)], vec![address(0), address(1), address(2)]]);
        } else {
            assert!(images.is_empty() && original.code == 1, "{:?}", original.end);
            for [_, kind, message] in [&original.end, &twin.end] {
                assert_eq!(kind, "data");
                assert!(
                    message.to_string().contains("`images` must be a text or a list of texts, it has 1"),
                    "{message}"
                );
            }
        }
    }
}

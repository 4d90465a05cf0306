//! The examples of every tool, and the form of its description. What each tool does is in its own tests below.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::ToolSpec;
use crate::tools::approval::{Approval, Granted};
use crate::tools::builtin;
use crate::tools::catalog::Catalog;
use crate::tools::executor::execute;
use crate::tools::person::{Person, Question};
use crate::tools::tool::{ToolContext, ToolLimits};
use crate::tools::workspace::Workspace;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

mod command;
mod files;
mod net;
mod pure;
mod server;

/// Takes the first choice, or answers "blue".
struct Agreeable;

impl Person for Agreeable {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Outcome<String>> {
        let answer = question.choices.first().map_or("blue", String::as_str).to_owned();
        Box::pin(async move { Ok(answer) })
    }
}

/// A workspace with files, and all tools allowed in it.
struct Bench {
    _top: TempDir,
    /// The workspace; its parent is outside of it and of the temporary folder.
    work: PathBuf,
    cx: ToolContext,
    catalog: Catalog,
}

impl Bench {
    fn new() -> Self {
        let top = TempDir::new().unwrap();
        let base = top.path().canonicalize().unwrap();
        let work = base.join("work");
        for folder in ["work", "tmp", "outside"] {
            fs::create_dir(base.join(folder)).unwrap();
        }
        for (name, text) in [
            ("notes.txt", "line 1\nline two\nThe second last\nlast"),
            ("data.json", r#"{"items": [{"name": "nut", "price": 5}, {"name": "bolt", "price": 15}]}"#),
            ("table.csv", "name,price\nnut,1.5\nbolt,2\n"),
            ("page.html", "<h1>Title</h1><p>See <a href=\"https://example.com/x\">this</a>.</p>"),
        ] {
            fs::write(work.join(name), text).unwrap();
        }
        let mut catalog = Catalog::default();
        for tool in builtin::all() {
            catalog.register(tool).unwrap();
        }
        let temporary = base.join("tmp").display().to_string();
        let environment = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("TMPDIR", temporary.as_str()),
            ("OPENAI_API_KEY", "sk-secret"),
            ("COLOUR", "blue"),
        ];
        let cx = ToolContext {
            workspace: Arc::new(Workspace::new(&work).unwrap()),
            cancel: CancellationToken::new(),
            person: Arc::new(Agreeable),
            limits: ToolLimits::default(),
            allow_private_addresses: true,
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            granted: Granted::default(),
        };
        Self { _top: top, work, cx, catalog }
    }

    async fn call(&self, name: &str, args: Value) -> Outcome<Value> {
        execute(&self.catalog, &Approval::Auto, name, args, &self.cx, &|_| ()).await
    }

    async fn ok(&self, name: &str, args: Value) -> Value {
        let shown = args.to_string();
        self.call(name, args).await.unwrap_or_else(|failure| panic!("{name} {shown}: {failure}"))
    }

    async fn fails(&self, name: &str, args: Value, kind: FailureKind) -> Failure {
        let shown = args.to_string();
        let failure = self.call(name, args).await.expect_err(&shown);
        assert_eq!(failure.kind, kind, "{name} {shown}: {failure}");
        failure
    }
}

#[tokio::test]
async fn every_example_runs() {
    let server = server::Server::start(|_| server::answer("200 OK", "text/html", b"<p>hello</p>"));
    let bench = Bench::new();
    for spec in bench.catalog.specs() {
        for example in &spec.examples {
            // The examples name a real address, which a test must not depend on.
            let args = example.args.to_string().replace("https://example.com/", &server.address("/"));
            let args: Value = serde_json::from_str(&args).unwrap();
            let answer = bench.ok(&spec.name, args.clone()).await;
            let closer = bench.catalog.get(&spec.name).unwrap().tool.answer(&args);
            for schema in [&spec.answer, &closer] {
                assert!(jsonschema::is_valid(schema, &answer), "{} {args}: {answer} does not fit {schema}", spec.name);
            }
        }
    }
}

#[tokio::test]
async fn examples_answer_what_their_notes_say() {
    let bench = Bench::new();
    for (name, example, expect) in [
        ("read_file", 1, json!("line two\nThe second last\n")),
        ("json_query", 0, json!(["nut"])),
        ("json_query", 1, json!([1, 2])),
        ("json_query", 2, json!([3])),
        ("csv_read", 0, json!([{"name": "nut", "price": 1.5}, {"name": "bolt", "price": 2}])),
        ("csv_read", 1, json!([{"name": "nut", "price": 1.5}])),
        ("calculate", 0, json!(98)),
        ("calculate", 1, json!(100)),
        ("ask_user", 0, json!("red")),
        ("ask_user", 1, json!("blue")),
    ] {
        let args = bench.catalog.get(name).unwrap().tool.spec().examples[example].args.clone();
        assert_eq!(bench.ok(name, args).await, expect, "{name} {example}");
    }
}

#[test]
fn every_tool_is_described() {
    for tool in builtin::all() {
        let ToolSpec { name, summary, parameters, returns, answer, examples, tags, .. } = tool.spec();
        assert!(summary.ends_with('.') && summary.chars().next().is_some_and(char::is_uppercase), "{name}: {summary}");
        assert!(!returns.is_empty() && !examples.is_empty() && !tags.is_empty(), "{name}");
        assert_eq!(parameters["additionalProperties"], json!(false), "{name}");
        assert!(!parameters.to_string().contains("$ref"), "{name}: {parameters}");
        assert!(answer["type"].is_string() || answer["anyOf"].is_array(), "{name}: {answer}");
        assert!(!answer.to_string().contains("$ref"), "{name}: {answer}");
        for (argument, form) in parameters["properties"].as_object().unwrap() {
            assert!(form["description"].is_string(), "{name}.{argument} is not described: {form}");
        }
    }
}

//! The door to the tools: what it refuses, asks, limits and reports.

use super::execute;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission, ToolSpec};
use crate::tools::approval::{Approval, Granted};
use crate::tools::catalog::Catalog;
use crate::tools::person::{Nobody, Person, Question};
use crate::tools::tool::{Tool, ToolContext, ToolLimits};
use crate::tools::workspace::Workspace;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Does what its argument `act` says.
struct Actor(ToolSpec);

impl Tool for Actor {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn call<'a>(&'a self, args: Value, cx: &'a ToolContext) -> BoxFuture<'a, Outcome<Value>> {
        let act = args["act"].as_str().unwrap().to_owned();
        assert_ne!(act, "panic early", "broke early");
        Box::pin(async move {
            match act.as_str() {
                "panic" => panic!("broke late"),
                "hang" => std::future::pending().await,
                "fail" => Err(Failure::new(FailureKind::Io, "the disk")),
                "long" => Ok(json!({"list": ["x".repeat(100_000), 1], "short": "y"})),
                "block" => cx.blocking(|_| panic!("broke elsewhere")).await,
                _ => Ok(json!("done")),
            }
        })
    }
}

fn actor(name: &str, permission: Permission) -> Arc<dyn Tool> {
    Arc::new(Actor(ToolSpec {
        name: name.into(),
        summary: "Acts.".into(),
        parameters: json!({
            "type": "object",
            "properties": {"act": {"type": "string"}},
            "required": ["act"],
            "additionalProperties": false,
        }),
        returns: String::new(),
        answer: Value::Null,
        effect: EffectClass::Read,
        permission,
        examples: vec![],
        tags: vec![],
    }))
}

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.register(actor("free", Permission::Free)).unwrap();
    catalog.register(actor("writes", Permission::Write)).unwrap();
    catalog.register(actor("runs", Permission::Execute)).unwrap();
    catalog
}

/// Gives prepared answers, and remembers what was asked.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<&'static str>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn new(answers: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.iter().copied().collect()), asked: Mutex::default() })
    }
}

impl Person for Scripted {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Outcome<String>> {
        self.asked.lock().unwrap().push(question.prompt.clone());
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move { Ok(answer.expect("asked too often").to_owned()) })
    }
}

fn context(folder: &TempDir, person: Arc<dyn Person>) -> ToolContext {
    ToolContext {
        workspace: Arc::new(Workspace::new(folder.path()).unwrap()),
        cancel: CancellationToken::new(),
        person,
        limits: ToolLimits { max_output_bytes: 1_000, ..ToolLimits::default() },
        allow_private_addresses: false,
        environment: vec![],
        granted: Granted::default(),
    }
}

async fn call(name: &str, args: Value, policy: Approval, cx: &ToolContext) -> (Outcome<Value>, Vec<Event>) {
    let events = Mutex::new(Vec::new());
    let outcome = execute(&catalog(), &policy, name, args, cx, &|event| events.lock().unwrap().push(event)).await;
    (outcome, events.into_inner().unwrap())
}

#[tokio::test]
async fn calls_end_in_an_answer_or_a_failure_with_events() {
    let folder = TempDir::new().unwrap();
    let cx = context(&folder, Arc::new(Nobody));
    for (name, args, expect) in [
        ("free", json!({"act": "go"}), Ok("done")),
        ("free", json!({"act": "fail"}), Err((FailureKind::Io, "the disk"))),
        ("free", json!({"act": "panic"}), Err((FailureKind::Internal, "free broke: broke late"))),
        ("free", json!({"act": "panic early"}), Err((FailureKind::Internal, "broke early"))),
        ("free", json!({"act": "block"}), Err((FailureKind::Internal, "broke elsewhere"))),
        ("free", json!({"art": "go"}), Err((FailureKind::Invalid, "'art'"))),
        ("free", json!({"act": 1}), Err((FailureKind::Invalid, "/act: 1 is not of type \"string\""))),
        ("writes", json!({"act": "go"}), Err((FailureKind::Waiting, "allow writes `go`?"))),
    ] {
        let (outcome, events) = call(name, args.clone(), Approval::Ask, &cx).await;
        match (&outcome, expect) {
            (Ok(value), Ok(text)) => assert_eq!(value, text),
            (Err(failure), Err((kind, part))) => {
                assert_eq!(failure.kind, kind, "{args}: {failure}");
                assert!(failure.message.contains(part), "{args}: {failure}");
            }
            _ => panic!("{args}: {outcome:?}"),
        }
        let [Event::ToolStarted { name: started }, Event::ToolFinished { name: finished, failure, .. }] = &events[..]
        else {
            panic!("{events:?}");
        };
        assert_eq!((started.as_str(), finished.as_str()), (name, name));
        assert_eq!(failure.as_ref(), outcome.as_ref().err());
    }
    let (outcome, events) = call("fere", json!({}), Approval::Ask, &cx).await;
    assert_eq!(outcome.unwrap_err().hint.as_deref(), Some("did you mean `free`?"));
    assert!(events.is_empty());
}

#[tokio::test]
async fn policies_decide() {
    let folder = TempDir::new().unwrap();
    let cx = context(&folder, Arc::new(Nobody));
    assert!(call("writes", json!({"act": "go"}), Approval::Auto, &cx).await.0.is_ok());
    assert!(call("free", json!({"act": "go"}), Approval::Never, &cx).await.0.is_ok());
    let denied = call("writes", json!({"act": "go"}), Approval::Never, &cx).await.0.unwrap_err();
    assert_eq!(denied.kind, FailureKind::Denied);
    assert!(denied.message.contains("it changes files") && denied.hint.unwrap().contains("--approve"));
}

#[tokio::test]
async fn the_person_decides_and_always_is_remembered_per_tool() {
    let folder = TempDir::new().unwrap();
    let person = Scripted::new(&["what?", "y", "no", "always", "n"]);
    let cx = context(&folder, person.clone());
    let kind = async |name| call(name, json!({"act": "go"}), Approval::Ask, &cx).await.0.map_err(|f| f.kind);
    assert_eq!(kind("writes").await, Ok(json!("done")));
    assert_eq!(kind("writes").await, Err(FailureKind::Denied));
    assert_eq!(kind("writes").await, Ok(json!("done")));
    assert_eq!(kind("writes").await, Ok(json!("done")));
    assert_eq!(kind("runs").await, Err(FailureKind::Denied));
    assert_eq!(person.asked.lock().unwrap().len(), 5);
    assert_eq!(person.asked.lock().unwrap()[4], "allow runs `go`?");
}

#[tokio::test]
async fn an_always_spares_parallel_calls() {
    let folder = TempDir::new().unwrap();
    let person = Scripted::new(&["always"]);
    let cx = context(&folder, person.clone());
    let calls = (0..8).map(|_| call("writes", json!({"act": "go"}), Approval::Ask, &cx));
    assert!(futures::future::join_all(calls).await.iter().all(|(outcome, _)| outcome.is_ok()));
}

#[tokio::test]
async fn slow_tools_are_stopped() {
    let folder = TempDir::new().unwrap();
    let mut cx = context(&folder, Arc::new(Nobody));
    cx.limits.timeout = Duration::from_millis(20);
    let failure = call("free", json!({"act": "hang"}), Approval::Ask, &cx).await.0.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Tool, "free did not answer within 0.02 s"));
    cx.limits.timeout = Duration::from_secs(600);
    let (outcome, ()) =
        futures::join!(call("free", json!({"act": "hang"}), Approval::Ask, &cx), async { cx.cancel.cancel() });
    assert_eq!(outcome.0.unwrap_err().kind, FailureKind::Cancelled);
}

#[tokio::test]
async fn long_strings_are_cut_wherever_they_are() {
    let folder = TempDir::new().unwrap();
    let cx = context(&folder, Arc::new(Nobody));
    let value = call("free", json!({"act": "long"}), Approval::Ask, &cx).await.0.unwrap();
    let text = value["list"][0].as_str().unwrap();
    assert!(text.len() < 1_100 && text.contains("of 100000 bytes left out"), "{text}");
    assert_eq!((&value["list"][1], &value["short"]), (&json!(1), &json!("y")));
}

//! `SCRIPT` and `scripts`: stored programs in sessions of their own.

pub mod save;

use crate::context::rank::Bm25;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::run_host::RunHost;
use crate::host::tools::called;
use crate::registry::programs::{self, Program};
use crate::script::session::{Session, SessionSetup};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How deep programs may call programs.
const NESTING: usize = 16;

/// Answers `SCRIPT`.
pub async fn call(
    host: &RunHost,
    frame: &Frame,
    name: &str,
    args: Value,
    cancel: &CancellationToken,
) -> Outcome<Value> {
    let program = programs::find(&host.kit.settings.paths, name)?;
    called::program(host, frame, name, &json!(program.front.params))?;
    let empty = serde_json::Map::new();
    programs::check_args(&program, args.as_object().unwrap_or(&empty))?;
    run(host, frame, &program, args, cancel).await
}

/// Runs a program in a session of its own; its value is that of `FINAL` or of its last expression.
pub async fn run(
    host: &RunHost,
    frame: &Frame,
    program: &Program,
    args: Value,
    cancel: &CancellationToken,
) -> Outcome<Value> {
    if frame.as_str().matches("/script:").count() >= NESTING {
        return Err(Failure::new(FailureKind::Depth, format!("programs call each other deeper than {NESTING}"))
            .hint("look for a program that calls itself"));
    }
    let occurrence = host.occurrence(frame, &program.name);
    let mut session = Session::new(SessionSetup {
        host: host.handle()?,
        runtime: tokio::runtime::Handle::current(),
        frame: frame.child(format_args!("script:{}{occurrence}", program.name)),
        view: host.view.clone(),
        folder: Path::new(&program.path).parent().filter(|p| !p.as_os_str().is_empty()).map(Path::to_path_buf),
        compute: Duration::from_millis(host.scope.limits().compute_millis),
        args: Some(args),
    });
    let evaluation = session.evaluate(&program.source, cancel.clone()).await;
    if session.looks() > 0 {
        host.counts.ending.looked.store(true, Ordering::Relaxed);
    }
    if let Some(note) = &evaluation.note {
        host.emit(frame, &Event::Note { text: note.clone() });
    }
    // Whoever called it is given data, so a value without a form as data is as little an answer here as in `FINAL`.
    match (evaluation.final_, evaluation.failure.or(evaluation.formless)) {
        (Some(value), _) => Ok(value),
        (None, Some(failure)) => Err(placed(failure, &program.name)),
        (None, None) => Ok(evaluation.value.unwrap_or(Value::Null)),
    }
}

/// The failure with its place in the program under names of their own: if whoever called it is a program too, it shows its
/// own place. That of a program further in stays.
fn placed(mut failure: Failure, name: &str) -> Failure {
    let place = ["line", "snippet", "column"].map(|own| failure.details.shift_remove(own));
    if failure.details.contains_key("script") {
        return failure;
    }
    let kept = ["script_line", "script_snippet"].into_iter().zip(place);
    let kept = kept.filter_map(|(name, value)| Some((name, value?)));
    kept.fold(failure.detail("script", name), |failure, (name, value)| failure.detail(name, value))
}

/// Answers `scripts`: all programs, or those that share words with the query, best first.
pub fn find(host: &RunHost, query: &str) -> Value {
    let (programs, _) = programs::all(&host.kit.settings.paths);
    let row = |p: &Program| json!({"name": p.name, "summary": p.front.summary, "params": p.front.params, "returns": p.front.returns});
    if query.trim().is_empty() {
        return Value::Array(programs.iter().map(row).collect());
    }
    let text = |p: &Program| format!("{} {} {}", p.name.replace('_', " "), p.front.summary, p.front.tags.join(" "));
    let texts: Vec<String> = programs.iter().map(text).collect();
    let ranked = Bm25::new(texts.iter().map(String::as_str)).search(query, 20);
    Value::Array(ranked.into_iter().filter_map(|(index, _)| programs.get(index).map(row)).collect())
}

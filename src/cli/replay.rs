//! `rhizo replay`: runs a recorded run again from its log alone, without a network, a key or a trace.

use crate::app::build;
use crate::app::launch::Launch;
use crate::app::resume;
use crate::app::run::Parts;
use crate::cli::again::{Again, Edited, Program};
use crate::cli::flags::{RunFlags, path};
use crate::cli::printer::Printer;
use crate::cli::resume::prepared;
use crate::cli::{again, report, run as run_command};
use crate::config::environment::Environment;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::counted;
use crate::host::replay::Mode;
use crate::repl::evaluation;
use crate::store::runs::RunRow;
use crate::tools::person::Nobody;
use crate::turn::root::{RootEnd, status_of};
use clap::Args;
use serde_json::{Value, json};
use std::sync::Arc;

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// The run: `last`, or the beginning or end of its id.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Asks nobody: what the log does not have is an error. Always so; `resume` goes on with a run.
    #[arg(long)]
    pub offline: bool,
    /// File, folder or glob of the context, if it has moved.
    #[arg(long, short, value_name = "PATH", num_args = 1.., value_parser = path)]
    pub context: Vec<String>,
    /// Prints the result as JSON.
    #[arg(long)]
    pub json: bool,
    /// Says nothing of what was replayed on standard error.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Runs `replay`.
pub async fn replay(environment: Environment, printer: &Arc<Printer>, args: &Replay) -> Outcome<Exit> {
    let flags = RunFlags { context: args.context.clone(), ..RunFlags::default() };
    let (row, launch, settings) = prepared(environment, (&args.run, false), &flags)?;
    if row.kind == "repl" {
        return Err(Failure::new(FailureKind::Replay, format!("run {} is a session of the REPL", row.id))
            .hint(format!("rhizo resume {} evaluates it again from its log", row.id)));
    }
    let app = build::build(settings, Arc::new(Nobody))?;
    let (program, edited) = Program::of(&app, &row, &launch)?;
    let library = again::library(&app, &launch, &flags).await?;
    let on_print = program.prints().then(|| run_command::on_print(printer, &flags));
    let parts = Parts { schema: launch.schema()?, on_print, ..Parts::default() };
    let run = resume::sealed(&app.kit, &row, library, parts, Mode::Sealed)?;
    let end = again::sealed(&run, Again { row: &row, launch: &launch, program: &program }).await?;
    let replayed = run.host.replay.as_ref().map_or(0, |replay| replay.account().replayed);
    let recorded = row.result.as_ref().map(|stored| app.kit.store.load(stored)).transpose()?;
    let heard = run.host.replay.as_ref().and_then(|replay| replay.misheard());
    let (failure, is_same) = compared(&row, recorded, &end, heard);
    let failure = if is_same { failure } else { failure.map(|failure| with_edited(failure, &launch, &edited)) };
    if printer.json {
        let status = failure.as_ref().map_or(end.status, status_of);
        let mut document = json!({
            "answer": end.answer, "status": status, "run": row.id, "replayed": replayed, "failure": failure,
        });
        if let Some(steps) = run.steps() {
            document["steps"] = steps.clone();
        }
        printer.json_value(&document);
    } else if let Some(answer) = end.answer.as_ref().filter(|answer| !answer.is_null()) {
        printer.out(&evaluation::text(answer));
    }
    if is_same && !args.quiet {
        let answers = counted(replayed, "answer");
        printer.dim(&format!("run {} replayed: {answers} of its log, nothing was asked", row.id));
    }
    Ok(failure.map_or(Exit::Ok, |failure| report::tell(printer, &failure)))
}

/// How a replay failed, if it did, and whether it has ended as its run had; `heard` is what else may have led it another way.
fn compared(row: &RunRow, recorded: Option<Value>, end: &RootEnd, heard: Option<&str>) -> (Option<Failure>, bool) {
    let recorded = recorded.filter(|answer| !answer.is_null());
    let said = end.answer.as_ref().filter(|answer| !answer.is_null());
    match &end.failure {
        Some(missed) if missed.kind == FailureKind::Replay => (Some(missed.clone()), false),
        Some(failure) if row.status.is_over() => (Some(stopped(failure)), false),
        None if row.status.is_over() && recorded.as_ref() != said => {
            (Some(differs(recorded.as_ref(), said, heard)), false)
        }
        failure => (failure.clone(), true),
    }
}

/// The failure with what of the program is known to have changed.
fn with_edited(failure: Failure, launch: &Launch, edited: &Edited) -> Failure {
    let own = launch.file.iter().filter(|_| edited.text);
    let changed: Vec<&str> = own.chain(&edited.called).map(String::as_str).collect();
    let have = match changed.len() {
        0 => return failure,
        1 => "has",
        _ => "have",
    };
    let rest = failure.hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}"));
    failure.hint(format!("{} {have} changed since the run{rest}", changed.join(", ")))
}

/// That a run has come to its end and its replay does not: a file that it needs is gone, say.
fn stopped(failure: &Failure) -> Failure {
    let message = format!("the replay has failed where the run had not: {}", failure.message);
    Failure { kind: FailureKind::Replay, message, ..failure.clone() }
}

fn differs(recorded: Option<&Value>, said: Option<&Value>, heard: Option<&str>) -> Failure {
    Failure::new(FailureKind::Replay, "the replay has ended with another answer than the run")
        .hint(heard.unwrap_or("the program or its context has changed in a part that asks nobody"))
        .detail("expected", recorded.cloned().unwrap_or_default())
        .detail("found", said.cloned().unwrap_or_default())
}

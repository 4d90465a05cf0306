//! The end of a run on the screen: answer on standard output, all else on standard error.

use crate::app::run::Run;
use crate::budget::report::Refused;
use crate::cli::printer::Printer;
use crate::cli::runs::{anew, products};
use crate::cli::{report, table};
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::status::RunStatus;
use crate::core::text::one_line;
use crate::repl::evaluation::text;
use crate::repl::spending;
use crate::store::effects::EffectState;
use crate::store::resume::Recorded;
use crate::turn::repetition::REPEATED;
use crate::turn::root::RootEnd;
use serde_json::Value;

/// Most things that a run went on without which are told.
const MISSING: usize = 5;

/// Prints the end of a run and answers the exit code.
///
/// `closed` is whether the store has everything: if not that is told too, after the run's own failure.
pub fn tell(printer: &Printer, run: &Run, end: &RootEnd, closed: Outcome<()>) -> Exit {
    if printer.json {
        printer.json_value(&run.document(end));
    } else if let Some(answer) = end.answer.as_ref().filter(|answer| end.failure.is_none() || holds(answer)) {
        printer.out(&text(answer));
    }
    told(printer, run, end, closed)
}

/// Whether what a failed run came to is worth a line: the outputs of a pipeline may all be missing.
fn holds(answer: &Value) -> bool {
    answer.as_object().is_none_or(|outputs| outputs.values().any(|value| !value.is_null()))
}

/// The same of a call of a tool, whose value is all that standard output has.
pub fn tell_value(printer: &Printer, run: &Run, end: &RootEnd, closed: Outcome<()>) -> Exit {
    match &end.answer {
        Some(value) if printer.json => printer.json_value(value),
        Some(value) => printer.out(&text(value)),
        None => {}
    }
    told(printer, run, end, closed)
}

/// The same where standard output has events: the result is a line like theirs.
pub fn tell_line(printer: &Printer, run: &Run, end: &RootEnd, closed: Outcome<()>) -> Exit {
    let mut document = run.document(end);
    document["event"] = "result".into();
    printer.json_line(&document);
    told(printer, run, end, closed)
}

fn told(printer: &Printer, run: &Run, end: &RootEnd, closed: Outcome<()>) -> Exit {
    tell_unasked(printer, run);
    let exit = match &end.failure {
        None => came(printer, end.status),
        Some(failure) => {
            show_partial(printer, failure);
            report::tell(printer, failure)
        }
    };
    let told = end.failure.as_ref().map(|failure| failure.message.as_str());
    let stored = closed.err().filter(|failure| told != Some(failure.message.as_str()));
    let stored = stored.map(|failure| report::tell(printer, &failure));
    let exit = stored.filter(|_| exit == Exit::Ok).unwrap_or(exit);
    if !printer.quiet {
        tell_done(printer, run, end);
    }
    tell_lacking(printer, run, end);
    if let Some(failure) = end.failure.as_ref().filter(|failure| is_worth_going_on(run, failure)) {
        let asked = if failure.kind == FailureKind::Cancelled { "" } else { ", with what was wrong put right" };
        printer
            .err(&format!("hint: rhizo resume {} goes on{asked}; what was answered is not asked again", run.host.run));
    }
    exit
}

/// The exit code of a run that came to its end.
pub fn came(printer: &Printer, status: RunStatus) -> Exit {
    if printer.wants_whole && status == RunStatus::Partial { Exit::Failed } else { Exit::Ok }
}

/// Tells what a run wrote and what it used.
fn tell_done(printer: &Printer, run: &Run, end: &RootEnd) {
    products::line(&run.host.run, &run.host.products()).iter().for_each(|line| printer.dim(line));
    let report = run.host.scope.report();
    if report.totals.calls > 0 {
        spending::lines(&report.rows, 2, table::width_aside()).iter().for_each(|line| printer.dim(line));
        let line = format!("{}{} · run {}", run.host.footer(), turns(end.turns), run.host.run);
        printer.dim(&line);
    }
}

fn turns(turns: u32) -> String {
    match turns {
        0 => String::new(),
        1 => " · 1 turn".to_owned(),
        more => format!(" · {more} turns"),
    }
}

/// Tells what an answer lacks: calls that limits refused, parts of programs that failed, and steps that did. That is no
/// progress, which a quiet printer leaves out.
fn tell_lacking(printer: &Printer, run: &Run, end: &RootEnd) {
    if end.failure.is_none() {
        let lines = refused(run).into_iter().chain(missing(run)).chain(lost(run, end));
        lines.for_each(|line| printer.err(&line));
    }
}

/// What programs went on without, each on a line; of many the first ones.
fn missing(run: &Run) -> Vec<String> {
    let lost = run.host.lost();
    let more = lost.len().saturating_sub(MISSING);
    let rest = (more > 0).then(|| format!("partial: .. and {more} more: `rhizo runs show {}`", run.host.run));
    lost.iter().take(MISSING).map(|what| format!("partial: {}", one_line(what, 400))).chain(rest).collect()
}

/// The failed steps of a pipeline that went on past them, on one line.
fn lost(run: &Run, end: &RootEnd) -> Option<String> {
    let steps = run.steps().filter(|_| end.status == RunStatus::Partial)?.as_object()?;
    let failed: Vec<&str> =
        steps.iter().filter(|(_, came)| came.as_str() == Some("failed")).map(|(name, _)| name.as_str()).collect();
    let (store, id) = (&run.host.kit.store, &run.host.run);
    // What cannot be read back is not promised.
    let parts = anew::beside(store, id, &failed).unwrap_or_default();
    let told = match failed.as_slice() {
        // What limits refused and what programs went on without has been told.
        [] if run.host.lacks() > 0 => return None,
        [] => format!("a part of a step failed, `rhizo runs show {id}` says which"),
        [one] => format!("1 step failed ({one}){parts}"),
        more => format!("{} steps failed ({}){parts}", more.len(), more.join(", ")),
    };
    let again = anew::how(store, id).unwrap_or_default();
    Some(format!("partial: {told}{}", again.map_or_else(String::new, |how| format!("; {how}"))))
}

/// Tells of a model that nobody chose also who wants no notes; everybody else was told before its first call.
fn tell_unasked(printer: &Printer, run: &Run) {
    if let Some(notice) = run.host.kit.models.unasked_notice().filter(|_| printer.quiet) {
        printer.err(&format!("note: {notice}"));
    }
}

/// The calls that limits refused, and what lets more of them pass, on one line; nothing if all were made.
fn refused(run: &Run) -> Option<String> {
    let told = |(by, calls): (&Refused, &u64)| {
        let were = if *calls == 1 { "call was" } else { "calls were" };
        let raise = by.hint.as_ref().map(|hint| format!(": {hint}"));
        let rest = raise.unwrap_or_else(|| ", only a new run asks for them".to_owned());
        format!("{calls} {were} refused by {}{rest}", by.by)
    };
    let refusals = run.host.scope.refusals();
    let mut lines: Vec<String> = refusals.iter().map(told).collect();
    if refusals.keys().any(|by| by.hint.is_some()) {
        lines.push(format!("rhizo resume {} goes on", run.host.run));
    }
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// Whether a run that failed has answers that going on would not pay for again. One that waits has said how it goes on, and
/// one that ended by its own repetition would end so again.
fn is_worth_going_on(run: &Run, failure: &Failure) -> bool {
    if failure.kind == FailureKind::Waiting || failure.details.contains_key(REPEATED) || run.host.is_sealed() {
        return false;
    }
    let kept = |known: &Recorded| known.state == EffectState::Done && known.kind.is_outward();
    // A store that cannot be read has been told of already, and has nothing to go on with.
    run.host.kit.store.recorded(&run.host.run).is_ok_and(|log| log.iter().any(kept))
}

fn show_partial(printer: &Printer, failure: &Failure) {
    if let Some(said) = failure.details.get("said").and_then(Value::as_str).filter(|_| !printer.quiet) {
        printer.err(&format!("the model said last:\n{said}\n"));
    }
    let partial = failure.details.get("partial").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    if let Some(partial) = partial.filter(|_| !printer.quiet) {
        let what = if failure.kind == FailureKind::Truncated {
            "of the answer came"
        } else {
            "the last thing that the run saw"
        };
        printer.err(&format!("{what}:\n{partial}\n"));
    }
}

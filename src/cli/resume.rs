//! `rhizo resume`: goes on with a run that was stopped, and asks nothing twice.

use crate::app::build::{self, App};
use crate::app::launch::Launch;
use crate::app::plan::Plan;
use crate::app::resume;
use crate::cli::again::{Edited, Program};
use crate::cli::flags::RunFlags;
use crate::cli::printer::Printer;
use crate::cli::runs::ended;
use crate::cli::{again, interrupt, outcome, report};
use crate::config::environment::Environment;
use crate::config::settings::Settings;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::status::RunStatus;
use crate::host::replay::{Mode, Replay};
use crate::pipeline::answerable::{self, Logged};
use crate::registry::check;
use crate::repl;
use crate::repl::editor::person::present;
use crate::repl::evaluation;
use crate::repl::restore::Again;
use crate::store::runs::RunRow;
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `resume`.
#[derive(Debug, Args)]
pub struct Resume {
    /// The run: `last`, or the beginning or end of its id.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Parameters in place of those of the same names that it had; they hold from now on.
    #[arg(value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// Refuses if the program asks anything in other words than before.
    #[arg(long)]
    pub strict: bool,
    /// Only says what would be replayed and what would be asked.
    #[arg(long)]
    pub dry_run: bool,
    /// Takes the run's process for gone where nobody can tell.
    #[arg(long)]
    pub force: bool,
    /// Flags that differ from those of the start.
    #[command(flatten)]
    pub flags: RunFlags,
}

/// Runs `resume`.
pub async fn resume(environment: Environment, printer: &Arc<Printer>, args: &Resume) -> Outcome<Exit> {
    let (row, launch, settings) = prepared(environment, (&args.run, true), &args.flags)?;
    if row.kind == "repl" {
        return session(printer, settings, row, launch, args).await;
    }
    let open = (!row.is_over()).then(|| row.id.clone());
    let exit = program(printer, settings, row, launch, args).await;
    exit.map_err(|failure| match open {
        Some(run) if failure.kind == FailureKind::Cancelled => stopped(failure, &run),
        _ => failure,
    })
}

/// The failure of who stops it before it goes on, with how it does.
fn stopped(failure: Failure, run: &RunId) -> Failure {
    let hint = format!("rhizo resume {run} goes on; what was answered is not asked again");
    failure.hint(hint).detail("run", run.as_str())
}

/// Goes on with a run that has a program or a root model.
async fn program(
    printer: &Arc<Printer>,
    settings: Settings,
    row: RunRow,
    launch: Launch,
    args: &Resume,
) -> Outcome<Exit> {
    let app = build::build(settings, present(printer))?;
    // Whoever asks for a look ahead wants to know what the program would do now, not what it had done.
    let is_look = (args.dry_run || args.strict) && args.parameters.is_empty();
    if row.is_over() && !is_look {
        let exit = over(&app, printer, &row, args)?;
        tell_edited(&app, printer, &row, &launch);
        return Ok(exit);
    }
    let (program, edited) = Program::of(&app, &row, &launch)?;
    let launch = match again::with_parameters(launch, &row, &program, &args.parameters) {
        Ok(launch) => launch,
        Err(failure) => return Ok(report::usage(printer, &failure)),
    };
    let whole = again::Again { row: &row, launch: &launch, program: &program };
    let library = || again::library(&app, &launch, &args.flags);
    // A pipe can be read once only, so what depends on it is not looked at ahead unless that is asked for.
    let moved = !launch.piped && !launch.has_same(&library().await?);
    tell_moved(printer, moved);
    let given = !launch.piped && !args.parameters.is_empty();
    let asked = edited.is_any() || given || moved || args.dry_run || args.strict;
    let mut log = None;
    if asked || !launch.piped {
        let (plan, seen) = again::ahead(&app, whole, library().await?).await?;
        log = seen;
        tell_heard(printer, log.as_deref(), &plan);
        look(printer, whole, args, (&plan, asked), (&edited, given, moved))?;
    }
    if args.dry_run {
        return Ok(Exit::Ok);
    }
    if row.is_over() {
        return over(&app, printer, &row, args);
    }
    let library = library().await?;
    tell_moved(printer, launch.piped && !launch.has_same(&library));
    interrupt::unless_stopped(answered(&app, &row, &program, log)).await?;
    report::allowances(printer, &app.kit.settings);
    again::live(&app, printer, whole, library, &args.flags, args.force).await
}

/// Says that the answer of a run that is over is not that of the program as it is by now. One that cannot be read is no concern
/// of who wants the answer.
fn tell_edited(app: &App, printer: &Printer, row: &RunRow, launch: &Launch) {
    if Program::of(app, row, launch).is_ok_and(|(_, edited)| edited.is_any()) {
        let fork = format!("`rhizo runs fork {}` makes a run with its answers that goes on with the change", row.id);
        printer.err(&format!("note: the program has changed since, and this is the answer to what it was; {fork}"));
    }
}

fn tell_moved(printer: &Printer, moved: bool) {
    if moved {
        printer.err("the context is not what it was: its documents have other names or sizes");
    }
}

/// Says what else may have led a program another way than before.
fn tell_heard(printer: &Printer, log: Option<&Replay>, plan: &Plan) {
    if let Some(heard) = log.and_then(Replay::misheard).filter(|_| plan.is_changed()) {
        printer.err(&format!("note: {heard}"));
    }
}

/// Tells what going on would do, if that was asked for or is not plain; fails where it may not be another thing.
fn look(
    printer: &Printer,
    whole: again::Again<'_>,
    args: &Resume,
    (plan, asked): (&Plan, bool),
    (edited, given, moved): (&Edited, bool, bool),
) -> Outcome<()> {
    // Tools, stored programs, personas and settings shape what is asked too.
    if asked || !plan.changed.is_empty() {
        tell(printer, plan, &reason(plan, (edited, given, moved)), args.dry_run.then_some(whole.row));
    }
    if args.strict { unchanged(whole.row, plan, edited.is_any()) } else { Ok(()) }
}

/// Goes on with a session of the REPL.
async fn session(printer: &Printer, settings: Settings, row: RunRow, launch: Launch, args: &Resume) -> Outcome<Exit> {
    if args.dry_run || args.strict || !args.parameters.is_empty() {
        let failure = Failure::new(FailureKind::Invalid, "a session of the REPL has no program to look ahead in")
            .hint("resume it without --dry-run, --strict and parameters: what was answered is not asked again");
        return Ok(report::usage(printer, &failure));
    }
    if let Some(failure) = args.flags.unfit_for_session() {
        return Ok(report::usage(printer, &failure));
    }
    let again = Again { row, launch, force: args.force, json: args.flags.json, quiet: args.flags.quiet };
    repl::run::again(settings, again).await
}

/// Refuses to go on with what has changed. The answer of a run that is over is that of the program as it was.
fn unchanged(row: &RunRow, plan: &Plan, edited: bool) -> Outcome<()> {
    let (changed, hint) = match row.is_over() {
        true => (edited || plan.is_changed(), "undo the change, or run it anew: this run is over and keeps its answer"),
        false => (plan.is_changed(), "undo the change, or leave --strict away to pay for what has changed"),
    };
    if !changed {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Replay, format!("run {} would not go on as it began", row.id)).hint(hint))
}

/// Refuses a pipeline with a step that was not begun and that nobody can answer.
async fn answered(app: &App, row: &RunRow, program: &Program, log: Option<Arc<Replay>>) -> Outcome<()> {
    let Program::Pipeline(pipeline) = program else { return Ok(()) };
    let replay = log.map_or_else(|| Replay::load(&app.kit.store, &row.id, Mode::Live).map(Arc::new), Ok)?;
    let log = Logged { replay: &replay, frame: Frame::root() };
    answerable::check(&app.kit.models, &pipeline.block, Some(log)).await
}

/// What of the run's ground is known to have changed, for people.
fn reason(plan: &Plan, (edited, given, moved): (&Edited, bool, bool)) -> String {
    let reason = match (edited.text, given, moved || plan.changed.is_empty()) {
        (true, ..) => "the program has changed: ",
        _ if edited.is_any() => return format!("what it calls has changed ({}): ", edited.called.join(", ")),
        (false, true, _) => "it goes on with other parameters: ",
        (false, false, true) => "",
        (false, false, false) => "a file, a tool, a stored program or a setting that it rests on has changed: ",
    };
    reason.to_owned()
}

/// The run, its launch, and the settings of its start with what the flags say now; `sessions` is whether the last run may
/// be one of the REPL.
pub fn prepared(
    environment: Environment,
    (run, sessions): (&str, bool),
    flags: &RunFlags,
) -> Outcome<(RunRow, Launch, Settings)> {
    let first = check::load(environment.clone(), layer(flags)?)?;
    let (row, launch) = {
        let store = crate::store::open::Store::open(&first.paths.store)?;
        resume::find(&store, run, sessions)?
    };
    // The project's settings are those of the folder in which the run was started.
    let folder = Some(PathBuf::from(&launch.folder)).filter(|folder| folder.is_dir());
    let folder = folder.unwrap_or_else(|| environment.folder.clone());
    let settings = check::load(Environment { folder, ..environment }, layer(&flags.over(&launch.flags))?)?;
    Ok((row, launch, settings))
}

fn layer(flags: &RunFlags) -> Outcome<crate::config::layer::Layer> {
    let mut faults = Vec::new();
    let layer = flags.layer(&mut faults);
    if faults.is_empty() { Ok(layer) } else { Err(crate::config::fault::failure(&faults)) }
}

/// A run that has its answer gives it again.
fn over(app: &App, printer: &Printer, row: &RunRow, args: &Resume) -> Outcome<Exit> {
    let store = &app.kit.store;
    if !args.parameters.is_empty() {
        let what = format!("run {} has come to its end, and takes no other parameters", row.id);
        let hint = format!("`rhizo runs fork {}` makes a run with its answers that does", row.id);
        return Ok(report::usage(printer, &Failure::new(FailureKind::Invalid, what).hint(hint)));
    }
    if printer.json {
        printer.json_value(&ended::document(store, row)?);
    } else if let Some(answer) = row.result.as_ref().map(|stored| store.load(stored)).transpose()?
        && !answer.is_null()
    {
        printer.out(&evaluation::text(&answer));
    }
    let id = &row.id;
    let how = match row.status {
        RunStatus::Partial => {
            format!("had come to its end with a part of it failed (`rhizo runs show {id}` says which)")
        }
        _ => "had completed".to_owned(),
    };
    printer.dim(&format!("run {id} {how}; nothing was asked"));
    Ok(outcome::came(printer, row.status))
}

/// Tells a plan; it is all that was asked for where its run is given.
fn tell(printer: &Printer, plan: &Plan, why: &str, alone: Option<&RunRow>) {
    let text = format!("{why}{}", plan.text());
    let Some(row) = alone else {
        printer.err(&text);
        return;
    };
    if printer.json {
        printer.json_value(&plan.value());
        return;
    }
    printer.out(&text);
    if row.is_over() {
        let on = format!("`rhizo runs fork {}` makes one that goes on", row.id);
        printer.dim(&format!("the run is over: resume gives its answer; {on}"));
    }
}

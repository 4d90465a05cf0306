//! From arguments to a command and its exit code.

use crate::app::build::{self, App};
use crate::app::document;
use crate::cli::args::{Arguments, Command};
use crate::cli::flags::RunFlags;
use crate::cli::printer::Printer;
use crate::cli::{
    ask, bench, completions, config, doctor, eval, init, logs, memory, models, pipeline, replay, report, resume, run,
    runs, scripts, tools, trace,
};
use crate::config::environment::Environment;
use crate::config::fault;
use crate::config::settings::Settings;
use crate::context::discover::UNSET;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::{did_you_mean, quoted};
use crate::pipeline::files;
use crate::registry::{check, models as known_models, roles};
use crate::repl;
use crate::repl::editor::person::present;
use crate::repl::shell::Options;
use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Runs the program with these arguments. Help needs no environment; without a working folder no other path means
/// anything.
pub async fn main(arguments: Vec<std::ffi::OsString>, environment: io::Result<Environment>) -> Exit {
    // Usage lines name the program, whatever its file is called.
    let json = arguments.iter().any(|argument| argument == "--json");
    let named = std::iter::once("rhizo".into()).chain(arguments.into_iter().skip(1));
    let mut parsed = match Arguments::try_parse_from(named) {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error, json),
    };
    if let Err(failure) = parsed.settle() {
        return report::usage(&Printer::new(json, false, true), &failure);
    }
    let environment = match environment {
        Ok(environment) => environment,
        Err(error) => return report::tell(&Printer::new(json, false, true), &nowhere(&error)),
    };
    trace::start(&environment);
    let flags = parsed.all_flags();
    let answered = parsed.answered().map(ToOwned::to_owned);
    let is_dumb = environment.get("TERM") == Some("dumb");
    let no_colour = is_dumb || environment.get("NO_COLOR").is_some();
    let mut printer = Printer::new(flags.json || parsed.wants_json(), flags.quiet, no_colour);
    printer.is_dumb = is_dumb;
    printer.wants_whole = flags.fail_on_partial;
    let printer = Arc::new(printer);
    let exit = match dispatch(parsed, environment, &flags, &printer).await {
        Ok(exit) => exit,
        Err(failure) => {
            // Whoever reads events on standard output is told of what never began in the same form.
            if flags.events.as_deref() == Some("-") && !printer.has_told() {
                printer.json_line(&report::line(&failure));
            }
            report::tell(&printer, &failure)
        }
    };
    // A program that had to be abandoned may have left its question open.
    printer.release();
    match printer.lost() {
        Some(why) if exit == Exit::Ok => {
            let hint = answered.map(|run| format!("\nhint: `rhizo runs show {run}` has the answer"));
            printer.err(&format!("error: the output could not be written: {why}{}", hint.unwrap_or_default()));
            Exit::Failed
        }
        _ => exit,
    }
}

fn nowhere(error: &io::Error) -> Failure {
    Failure::new(FailureKind::Config, format!("the folder of the start cannot be found: {error}"))
        .hint("it may have been removed; start in another one")
}

/// Help and version go to standard output with code 0, wrong usage to standard error with code 2.
fn usage(error: &clap::Error, json: bool) -> Exit {
    let printer = Printer::new(json, false, true);
    if error.use_stderr() {
        let text = error.render().to_string();
        let hint = file_as_command(error).or_else(|| unquoted(error, &text));
        let hint = hint.or_else(|| unset(error)).or_else(|| strange(error));
        if json {
            let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let failure = Failure::new(FailureKind::Invalid, message);
            let failure = failure.hint(hint.clone().unwrap_or_else(|| "rhizo --help".to_owned()));
            printer.json_value(&document::of_failure(&failure));
        }
        let hint = hint.map_or_else(String::new, |hint| format!("\n\nhint: {hint}"));
        printer.err(&format!("{}{hint}", text.trim_end()));
        Exit::Usage
    } else {
        printer.out(error.render().to_string().trim_end());
        Exit::Ok
    }
}

/// What was meant by a program or a pipeline that stands where a subcommand is wanted.
fn file_as_command(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let path = Path::new(word);
    let is_program = path.extension().is_some_and(|suffix| suffix == "rhai") || files::is_yaml(path) || path.is_file();
    is_program.then(|| did_you_mean(format_args!("rhizo run {}", quoted(word))))
}

/// What was meant by more words where one argument is wanted; the usage line of the error names the command.
fn unquoted(error: &clap::Error, text: &str) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return None };
    let of = |(command, _): &(&str, &str)| text.contains(&format!("Usage: rhizo {command} "));
    let (command, what) = [("ask", "question"), ("eval", "code")].into_iter().find(of)?;
    (!word.starts_with('-')).then(|| format!("quote the {what}: rhizo {command} '...'"))
}

/// What an empty value mostly comes from.
fn unset(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) else { return None };
    let refused = error.kind() == ErrorKind::ValueValidation && value.is_empty();
    refused.then(|| UNSET.to_owned())
}

/// How a file is opened whose name is no text, which no argument can be.
fn strange(error: &clap::Error) -> Option<String> {
    let hint = "a file whose name is not Unicode is opened by its folder: --context FOLDER";
    (error.kind() == ErrorKind::InvalidUtf8).then(|| hint.to_owned())
}

/// The commands that make their settings themselves, or need none.
async fn alone(command: Option<&Command>, environment: &Environment, printer: &Arc<Printer>) -> Option<Outcome<Exit>> {
    let environment = || environment.clone();
    match command? {
        Command::Completions(args) => Some(Ok(completions::completions(printer, args))),
        Command::Init(args) => Some(init::init(printer, &environment(), args)),
        Command::Doctor(args) => Some(doctor::doctor(printer, environment(), args).await),
        Command::Resume(args) => Some(resume::resume(environment(), printer, args).await),
        Command::Replay(args) => Some(replay::replay(environment(), printer, args).await),
        _ => None,
    }
}

async fn dispatch(
    parsed: Arguments,
    environment: Environment,
    flags: &RunFlags,
    printer: &Arc<Printer>,
) -> Outcome<Exit> {
    if let Some(exit) = alone(parsed.command.as_ref(), &environment, printer).await {
        return exit;
    }
    let mut faults = Vec::new();
    let layer = flags.layer(&mut faults);
    if !faults.is_empty() {
        let failure = fault::failure(&faults);
        let message = failure.message.replace("the configuration has", "the command line has");
        let failure = Failure { message, hint: Some("rhizo --help".to_owned()), ..failure };
        return Ok(report::usage(printer, &failure));
    }
    let reads_prices = matches!(&parsed.command, Some(Command::Models(args)) if args.is_of_prices());
    let load = if reads_prices { check::load_for_prices } else { check::load };
    let settings = load(environment, layer)?;
    if let None | Some(Command::Repl(_)) = parsed.command {
        return session(settings, flags, printer).await;
    }
    if let Some(failure) = wrong_name(&settings, flags) {
        return Ok(report::usage(printer, &failure));
    }
    if let Some(Command::Config(args)) = &parsed.command {
        return config::config(&settings, printer, args);
    }
    if parsed.answered().is_some() {
        report::allowances(printer, &settings);
    }
    let app = build::build(settings, present(printer))?;
    with(&app, printer, parsed.command, flags).await
}

/// The REPL asks its questions on its own screen, so it builds the app itself.
async fn session(settings: Settings, flags: &RunFlags, printer: &Printer) -> Outcome<Exit> {
    if let Some(failure) = flags.unfit_for_session() {
        return Ok(report::usage(printer, &failure));
    }
    let (context, kept) = (flags.context.clone(), flags.kept());
    let options = Options { context, json: flags.json, quiet: flags.quiet, flags: kept };
    repl::run::run(settings, options).await
}

/// The commands that need the whole program.
#[allow(clippy::cognitive_complexity, reason = "one arm per command, each a call")]
async fn with(app: &App, printer: &Arc<Printer>, command: Option<Command>, flags: &RunFlags) -> Outcome<Exit> {
    match command {
        Some(Command::Run(args)) => run::run(app, printer, &args).await,
        Some(Command::Ask(args)) => ask::ask(app, printer, &args).await,
        Some(Command::Eval(args)) => eval::eval(app, printer, &args).await,
        Some(Command::Pipeline(args)) => pipeline::pipeline(app, printer, &args).await,
        Some(Command::Runs(args)) => runs::runs(app, printer, &args).await,
        Some(Command::Logs(args)) => logs::logs(app, printer, &args).await,
        Some(Command::Memory(args)) => memory::memory(app, printer, &args).await,
        Some(Command::Bench(args)) => bench::bench(app, printer, &args).await,
        Some(Command::Models(args)) => models::models(app, printer, &args).await,
        Some(Command::Tools(args)) => tools::tools(app, printer, &args, flags).await,
        Some(Command::Scripts(args)) => scripts::scripts(app, printer, &args),
        None
        | Some(
            Command::Repl(_)
            | Command::Config(_)
            | Command::Doctor(_)
            | Command::Init(_)
            | Command::Completions(_)
            | Command::Resume(_)
            | Command::Replay(_),
        ) => Ok(Exit::Ok),
    }
}

/// A model or role that a flag names and that does not exist: wrong usage, told before anything starts.
fn wrong_name(settings: &Settings, flags: &RunFlags) -> Option<Failure> {
    let model = flags.model.as_deref().and_then(|name| known_models::resolve(settings, name).err());
    model.or_else(|| flags.role.as_deref().and_then(|name| roles::find(settings, name).err()))
}

//! `rhizo run`: a Rhai program or a pipeline from a file.

pub mod source;

use crate::app::build::App;
use crate::app::launch::Launch;
use crate::app::run::{self, Run as AppRun, Start};
use crate::cli::events::Target;
use crate::cli::flags::RunFlags;
use crate::cli::printer::Printer;
use crate::cli::run::source::TAKES;
use crate::cli::watching::Watching;
use crate::cli::{ask, interrupt, report};
use crate::core::event::Event;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::run_host::OnPrint;
use crate::pipeline::plan::Pipeline;
use crate::pipeline::run::inputs as run_inputs;
use crate::pipeline::{answerable, files, load};
use crate::registry::programs;
use crate::repl::narrator::Detail;
use crate::script::evaluate::Evaluation;
use crate::turn::root::RootEnd;
use clap::Args;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// A .rhai or .yaml file, the name of a stored program, or - for a program from standard input.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Parameters that a program sees as `args` and a pipeline as `inputs`: NAME=VALUE, the value as JSON or plain text.
    #[arg(value_name = "NAME=VALUE")]
    pub args: Vec<String>,
    /// Shared flags.
    #[command(flatten)]
    pub flags: RunFlags,
}

/// Runs `run`.
pub async fn run(app: &App, printer: &Arc<Printer>, args: &Run) -> Outcome<Exit> {
    let named = args.file.clone().unwrap_or_default();
    if files::is_yaml(&named) {
        return pipeline(app, printer, args, &named).await;
    }
    let (file, own) = source::stored(&app.kit.settings.paths, &named);
    let parameters = match parameters(&args.args) {
        Ok(parameters) => parameters,
        Err(failure) => return Ok(report::usage(printer, &failure)),
    };
    let typed = file == Path::new("-");
    if typed && args.flags.context.iter().any(|path| path == "-") {
        return Ok(report::usage(printer, &twice("program")));
    }
    // What comes through a pipe, or with rhizo, has no file and no folder from which it imports.
    let is_alone = typed || own.is_some();
    let pipe = if typed { None } else { ask::pipe(&args.flags.context) };
    let source = own.map_or_else(|| if typed { source::piped() } else { source::meant(&file) }, Ok)?;
    if let Err(failure) = programs::check_file(Some(file.as_path()).filter(|_| !typed), &source, &parameters) {
        return if failure.kind == FailureKind::Config { Err(failure) } else { Ok(report::usage(printer, &failure)) };
    }
    let (library, launch) = ask::opened(app, printer, &args.flags, pipe).await?;
    let task = file.display().to_string();
    let launch = Launch {
        file: Some(task.clone()).filter(|_| !is_alone),
        source: Some(source.clone()),
        args: Some(parameters.clone()),
        ..launch
    };
    let on_print = Some(on_print(printer, &args.flags));
    let events = Target::wanted(&args.flags, printer).await?;
    let run = run::begin(
        &app.kit,
        Start { kind: "run", task: &task, launch: Some(launch), on_print, ..Start::default() },
        library,
    );
    let folder = folder_of(&file).filter(|_| !is_alone);
    program(app, printer, &run, events, &source, Some((folder, parameters))).await
}

/// The folder from which a program imports.
pub fn folder_of(file: &Path) -> Option<PathBuf> {
    file.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p }.to_path_buf())
}

/// Runs a program in a session of `run` and tells how it ended.
pub async fn program(
    app: &App,
    printer: &Arc<Printer>,
    run: &AppRun,
    events: Option<Target>,
    source: &str,
    file: Option<(Option<PathBuf>, Map<String, Value>)>,
) -> Outcome<Exit> {
    interrupt::cancel_on_signal(run);
    let watching = Watching::begin(app, printer, run, events, Detail::Steps);
    let (folder, args) = file.map_or((None, None), |(folder, args)| (folder, Some(Value::Object(args))));
    let mut session = run.session(folder, args);
    let work = async {
        let evaluation = session.evaluate(source, run.cancel.clone()).await;
        if let Some(note) = &evaluation.note {
            run.host.emit(&Frame::root(), &Event::Note { text: note.clone() });
        }
        // A person sees the value as text in any case; whoever reads the document would take it for a string.
        if let Some(failure) = evaluation.formless.as_ref().filter(|_| printer.json) {
            let text = format!("{}, so the answer is what is shown of the value, as text", failure.message);
            run.host.emit(&Frame::root(), &Event::Note { text });
        }
        ended(evaluation)
    };
    let end = run.within(work).await;
    let closed = run.close(&end).await;
    Ok(watching.end(printer, run, &end, closed).await)
}

/// Runs a pipeline; everything about it is checked before the run begins.
async fn pipeline(app: &App, printer: &Arc<Printer>, args: &Run, file: &Path) -> Outcome<Exit> {
    let source = load::text(file).map_err(|failure| match failure.hint {
        None => failure.hint(TAKES),
        Some(_) => failure,
    })?;
    let pipeline = load::load_text(&app.kit.settings, app.kit.tools.get()?, file, &source)?;
    let inputs = match inputs(&pipeline, Map::new(), &args.args) {
        Ok(inputs) => inputs,
        Err(failure) => return Ok(report::usage(printer, &failure)),
    };
    report::notes(printer, &pipeline.notes);
    answerable::check(&app.kit.models, &pipeline.block, None).await?;
    tell_doubts(app, printer, &pipeline).await;
    let (library, launch) = ask::opened(app, printer, &args.flags, ask::pipe(&args.flags.context)).await?;
    let (task, on_print) = (file.display().to_string(), Some(on_print(printer, &args.flags)));
    let called = pipeline.block.called();
    let launch =
        Launch { file: Some(task.clone()), source: Some(source), called, args: Some(inputs.clone()), ..launch };
    let events = Target::wanted(&args.flags, printer).await?;
    let run = run::begin(
        &app.kit,
        Start { kind: "pipeline", task: &task, launch: Some(launch), on_print, ..Start::default() },
        library,
    );
    steps(app, printer, &run, events, &pipeline, inputs).await
}

/// Says before the first call which steps nobody can answer if the run comes to them.
pub async fn tell_doubts(app: &App, printer: &Printer, pipeline: &Pipeline) {
    if !printer.quiet && !printer.json {
        answerable::doubts(&app.kit.models, &pipeline.block).await.iter().for_each(|note| printer.dim(note));
    }
}

/// Runs the steps of a pipeline and tells how it ended.
pub async fn steps(
    app: &App,
    printer: &Arc<Printer>,
    run: &AppRun,
    events: Option<Target>,
    pipeline: &Pipeline,
    inputs: Map<String, Value>,
) -> Outcome<Exit> {
    interrupt::cancel_on_signal(run);
    let watching = Watching::begin(app, printer, run, events, Detail::Steps);
    let end = run.pipeline(pipeline, inputs).await;
    let closed = run.close(&end).await;
    Ok(watching.end(printer, run, &end, closed).await)
}

/// Shows printed lines on standard output; with `--json` the document alone stands there, and with `--events -` the
/// events, so they go to standard error.
pub fn on_print(printer: &Arc<Printer>, flags: &RunFlags) -> OnPrint {
    let printer = Arc::clone(printer);
    let aside = printer.json || flags.events.as_deref() == Some("-");
    Arc::new(move |text| if aside { printer.err(text) } else { printer.out(text) })
}

/// The end of a run that was one evaluation: its value is that of `FINAL` or of its last expression.
pub fn ended(evaluation: Evaluation) -> RootEnd {
    match (evaluation.final_, evaluation.failure) {
        (Some(value), _) => RootEnd::completed(value, 0),
        (None, Some(failure)) => RootEnd::failed(failure, 0),
        (None, None) => {
            let shown = (!evaluation.shown.is_empty()).then(|| evaluation.shown.clone().into());
            RootEnd { answer: evaluation.value.or(shown), ..RootEnd::completed(Value::Null, 0) }
        }
    }
}

/// That standard input is wanted for two things, of which the context is one.
pub fn twice(what: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("standard input cannot be both the {what} and the context"))
        .hint("name a file for one of them")
}

/// What a pipeline is given over what it has, as far as it can be checked before it runs.
pub fn inputs(pipeline: &Pipeline, has: Map<String, Value>, typed: &[String]) -> Outcome<Map<String, Value>> {
    let given = run_inputs::typed(pipeline, &split(typed)?)?;
    let inputs: Map<String, Value> = has.into_iter().chain(given).collect();
    run_inputs::settle(pipeline, &inputs).map(|_| inputs)
}

/// The inputs of a pipeline whose values are known, and the names of those that it still needs, if what was typed is
/// right.
pub fn known<'p>(pipeline: &'p Pipeline, typed: &[String]) -> Outcome<(Map<String, Value>, Vec<&'p str>)> {
    run_inputs::known(pipeline, &run_inputs::typed(pipeline, &split(typed)?)?)
}

/// What a program is given.
pub fn parameters(typed: &[String]) -> Outcome<Map<String, Value>> {
    let read = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(split(typed)?.into_iter().map(|(name, value)| (name, read(value))).collect())
}

/// The names and values of parameters, each given once.
pub fn split(typed: &[String]) -> Outcome<Vec<(String, String)>> {
    let wrong = |what: String, hint: &str| Failure::new(FailureKind::Invalid, what).hint(hint);
    let mut given: Vec<(String, String)> = Vec::new();
    for text in typed {
        let pair = text.split_once('=').filter(|(name, _)| !name.trim().is_empty());
        let (name, value) = pair.ok_or_else(|| wrong(format!("`{text}` is no parameter"), "write NAME=VALUE"))?;
        if given.iter().any(|(before, _)| before == name) {
            let hint = "a parameter has one value; several are a list: NAME='[1, 2]'";
            return Err(wrong(format!("the parameter `{name}` is given more than once"), hint));
        }
        given.push((name.to_owned(), value.to_owned()));
    }
    Ok(given)
}

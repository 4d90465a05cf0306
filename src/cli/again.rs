//! What `resume` and `replay` share: the program of a run, its context, and the ways of running it again.

use crate::app::build::App;
use crate::app::inputs;
use crate::app::launch::Launch;
use crate::app::plan::Plan;
use crate::app::resume;
use crate::app::run::{Parts, Run};
use crate::cli::events::Target;
use crate::cli::flags::RunFlags;
use crate::cli::printer::Printer;
use crate::cli::{ask, interrupt, run as run_command, tools};
use crate::context::library::Library;
use crate::core::event::Event;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::money::Money;
use crate::core::tool::EffectClass;
use crate::host::replay::missed::{self, Missed};
use crate::host::replay::{Account, Mode, Replay};
use crate::pipeline::load;
use crate::pipeline::plan::Pipeline;
use crate::registry::programs;
use crate::store::open::Store;
use crate::store::runs::RunRow;
use crate::turn::root::RootEnd;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a run runs.
pub enum Program {
    /// A root model.
    Root,
    /// A Rhai program.
    Script(String),
    /// A pipeline.
    Pipeline(Arc<Pipeline>),
    /// A tool.
    Tool(String),
}

/// What of a program is not what it was.
#[derive(Default)]
pub struct Edited {
    /// Its own text.
    pub text: bool,
    /// The files of pipelines that it calls, as it names them.
    pub called: Vec<String>,
}

impl Edited {
    /// Whether anything of it is.
    pub fn is_any(&self) -> bool {
        self.text || !self.called.is_empty()
    }
}

impl Program {
    /// The program of a run as it is now, or as it was if its file is gone; and what of it has changed.
    pub fn of(app: &App, row: &RunRow, launch: &Launch) -> Outcome<(Self, Edited)> {
        let Some(file) = launch.path() else {
            let own = launch.tool.clone().map(Self::Tool).or_else(|| launch.source.clone().map(Self::Script));
            return Ok((own.unwrap_or(Self::Root), Edited::default()));
        };
        if let Some(tool) = &launch.tool {
            return Ok((Self::Tool(tool.clone()), pipeline(app, launch, &file)?.1));
        }
        if row.kind == "pipeline" {
            let (pipeline, edited) = pipeline(app, launch, &file)?;
            return Ok((Self::Pipeline(pipeline), edited));
        }
        let source = match &launch.source {
            Some(source) if !file.is_file() => source.clone(),
            _ => run_command::source::read(&file)?,
        };
        let edited = Edited { text: launch.source.as_ref() != Some(&source), ..Edited::default() };
        Ok((Self::Script(source), edited))
    }

    /// Whether it is code, which prints.
    pub const fn prints(&self) -> bool {
        !matches!(self, Self::Root)
    }
}

/// The pipeline of a file as it is now, and what of it has changed.
fn pipeline(app: &App, launch: &Launch, file: &Path) -> Outcome<(Arc<Pipeline>, Edited)> {
    if file.display().to_string().contains(char::REPLACEMENT_CHARACTER) && !file.is_file() {
        let what = format!("{} cannot be read again: its path is not Unicode", file.display());
        return Err(Failure::new(FailureKind::Replay, what).hint("give it another name, and run it anew"));
    }
    let text = load::text(file)?;
    let pipeline = load::load_text(&app.kit.settings, app.kit.tools.get()?, file, &text)?;
    let is_other = |(file, hash): &(String, String)| launch.called.get(file).is_some_and(|then| then != hash);
    let called = pipeline.block.called().into_iter().filter(is_other).map(|(file, _)| file).collect();
    let edited = Edited { text: launch.source.as_ref() != Some(&text), called };
    Ok((pipeline, edited))
}

/// The launch with these parameters in place of those of the same names.
///
/// Fails with `Invalid` for a run without a program of its own, and for what its program or pipeline does not take.
pub fn with_parameters(launch: Launch, row: &RunRow, program: &Program, typed: &[String]) -> Outcome<Launch> {
    if typed.is_empty() {
        return Ok(launch);
    }
    let known = launch.args.clone().unwrap_or_default();
    let args = match program {
        Program::Pipeline(pipeline) => run_command::inputs(pipeline, known, typed)?,
        Program::Script(source) if launch.args.is_some() => {
            let args: Map<String, Value> = known.into_iter().chain(run_command::parameters(typed)?).collect();
            programs::check_file(launch.file.as_deref().map(Path::new), source, &args)?;
            args
        }
        Program::Script(_) | Program::Root | Program::Tool(_) => {
            let what = format!("run {} takes no parameters", row.id);
            return Err(Failure::new(FailureKind::Invalid, what).hint("those of `rhizo run FILE` do"));
        }
    };
    Ok(Launch { args: Some(args), ..launch })
}

/// The context of the start. What came through a pipe must come again.
pub async fn library(app: &App, launch: &Launch, flags: &RunFlags) -> Outcome<Library> {
    let paths = if flags.context.is_empty() { &launch.context } else { &flags.context };
    let pipe = if launch.piped { ask::pipe(&[]) } else { None };
    if launch.piped && pipe.is_none() && flags.context.is_empty() {
        return Err(Failure::new(FailureKind::NotFound, "the context came through a pipe, and is not kept")
            .hint("pipe it again: cat FILE | rhizo resume RUN, or name it with --context"));
    }
    let paths: Vec<String> = paths.iter().filter(|path| pipe.is_none() || *path != "-").cloned().collect();
    interrupt::unless_stopped(inputs::open(&app.kit.settings, &paths, pipe)).await
}

/// Goes on with a run to its end.
pub async fn live(
    app: &App,
    printer: &Arc<Printer>,
    again: Again<'_>,
    library: Library,
    flags: &RunFlags,
    force: bool,
) -> Outcome<Exit> {
    let Again { row, launch, program } = again;
    ask::tell_skipped(printer, &library);
    let on_print = program.prints().then(|| run_command::on_print(printer, flags));
    let parts = Parts { schema: launch.schema()?, on_print, ..Parts::default() };
    let events = Target::wanted(flags, printer).await?;
    let run = resume::again(&app.kit, row, library, parts, force).await?;
    launch.keep_parameters(&app.kit.store, row).await?;
    match program {
        Program::Script(source) => run_command::program(app, printer, &run, events, source, file(launch)).await,
        Program::Pipeline(pipeline) => {
            let inputs = launch.args.clone().unwrap_or_default();
            run_command::steps(app, printer, &run, events, pipeline, inputs).await
        }
        Program::Tool(tool) => tools::again(app, printer, &run, events, (tool, launch)).await,
        Program::Root => ask::root(app, printer, &run, events, launch.role.clone(), launch.recursive).await,
    }
}

/// A run that is run again.
#[derive(Clone, Copy)]
pub struct Again<'a> {
    /// Its row.
    pub row: &'a RunRow,
    /// How it was started.
    pub launch: &'a Launch,
    /// What it runs.
    pub program: &'a Program,
}

/// Runs ahead against the log, to say what going on would do, and answers the log as well. Nothing is asked, written or
/// shown.
pub async fn ahead(app: &App, again: Again<'_>, library: Library) -> Outcome<(Plan, Option<Arc<Replay>>)> {
    let parts = Parts { schema: again.launch.schema()?, ..Parts::default() };
    let run = resume::sealed(&app.kit, again.row, library, parts, Mode::Ahead)?;
    // How it ends is of no interest: the account says how far it came.
    sealed(&run, again).await?;
    let log = run.host.replay.clone();
    let account = log.as_ref().map(|log| log.account()).unwrap_or_default();
    let steps = if let Program::Pipeline(pipeline) = again.program { Some(&pipeline.block) } else { None };
    let costs = costs(&app.kit.store, again.row, &account)?;
    let cost = |seq: u64| costs.get(&seq).copied().unwrap_or_default();
    Ok((Plan::of(&account, steps, cost, |missed| word(app, &again.row.id, missed)), log))
}

/// How a person says what became of a tool that writes and was at work, which no run repeats unasked.
fn word(app: &App, run: &RunId, missed: &Missed) -> Option<String> {
    let seq = missed.again.filter(|_| missed.begun)?;
    // What is no tool any more cannot be called again.
    let tool = app.kit.tools.get().ok()?.get(&missed.about).ok()?;
    let writes = tool.tool.spec().effect == EffectClass::Write;
    writes.then(|| format!("rhizo runs settle {run} {seq} rerun|skip|set VALUE"))
}

/// What the effects of a run cost, by number, where answers of it are left over.
fn costs(store: &Store, row: &RunRow, account: &Account) -> Outcome<HashMap<u64, Money>> {
    let effects = if account.unused.is_empty() { Vec::new() } else { store.effects(&row.id)? };
    effects.iter().map(|effect| missed::cost(store, effect).map(|cost| (effect.seq, cost))).collect()
}

/// Runs a sealed run to its end, or until somebody stops it.
pub async fn sealed(run: &Run, again: Again<'_>) -> Outcome<RootEnd> {
    interrupt::or_stopped(run, to_its_end(run, again)).await
}

async fn to_its_end(run: &Run, again: Again<'_>) -> RootEnd {
    let launch = again.launch;
    match again.program {
        Program::Root => run.root(launch.role.clone(), launch.recursive).await,
        Program::Pipeline(pipeline) => run.pipeline(pipeline, launch.args.clone().unwrap_or_default()).await,
        Program::Tool(tool) => run.tool(tool, launch.args.clone().unwrap_or_default()).await,
        Program::Script(source) => {
            let (folder, args) = file(launch).unwrap_or_default();
            let mut session = run.session(folder, launch.args.is_some().then_some(Value::Object(args)));
            let work = async {
                let evaluation = session.evaluate(source, run.cancel.clone()).await;
                if let Some(note) = &evaluation.note {
                    run.host.emit(&Frame::root(), &Event::Note { text: note.clone() });
                }
                run_command::ended(evaluation)
            };
            run.within(work).await
        }
    }
}

/// The folder and the parameters of a program that has them.
fn file(launch: &Launch) -> Option<(Option<PathBuf>, Map<String, Value>)> {
    let folder = launch.path().map(|file| run_command::folder_of(&file));
    (folder.is_some() || launch.args.is_some()).then(|| (folder.flatten(), launch.args.clone().unwrap_or_default()))
}

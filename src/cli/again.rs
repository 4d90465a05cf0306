//! What `resume` and `replay` share: the program of a run, its context, and the ways of running it again.

use crate::app::build::App;
use crate::app::inputs;
use crate::app::launch::Launch;
use crate::app::plan::Plan;
use crate::app::resume;
use crate::app::run::Run;
use crate::cli::flags::RunFlags;
use crate::cli::printer::Printer;
use crate::cli::{ask, run as run_command};
use crate::context::library::Library;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::host::replay::Mode;
use crate::store::runs::RunRow;
use crate::turn::root::RootEnd;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// The program as it is now, or as it was if its file is gone; `None` for a run without one.
pub fn source(launch: &Launch) -> Outcome<Option<String>> {
    match &launch.file {
        Some(file) if launch.folder.join(file).is_file() => run_command::read(&launch.folder.join(file)).map(Some),
        _ => Ok(launch.source.clone()),
    }
}

/// The context of the start. What came through a pipe must come again.
pub fn library(app: &App, launch: &Launch, flags: &RunFlags) -> Outcome<Library> {
    let paths = if flags.context.is_empty() { &launch.context } else { &flags.context };
    let pipe = if launch.piped { ask::pipe(&[]) } else { None };
    if launch.piped && pipe.is_none() && flags.context.is_empty() {
        return Err(Failure::new(FailureKind::NotFound, "the context came through a pipe, and is not kept")
            .hint("pipe it again: cat FILE | rhizo resume RUN, or name it with --context"));
    }
    let paths: Vec<String> = paths.iter().filter(|path| pipe.is_none() || *path != "-").cloned().collect();
    inputs::open(&app.kit.settings, &paths, pipe)
}

/// Goes on with a run to its end.
pub async fn live(
    app: &App,
    printer: &Arc<Printer>,
    row: &RunRow,
    launch: &Launch,
    source: Option<&str>,
    library: Library,
    force: bool,
) -> Outcome<Exit> {
    let on_print = source.map(|_| run_command::on_print(printer));
    let run = resume::again(&app.kit, row, library, on_print, force).await?;
    match source {
        Some(source) => run_command::program(app, printer, &run, source, file(launch)).await,
        None => ask::root(app, printer, &run, launch.role.clone(), launch.recursive).await,
    }
}

/// Runs ahead against the log, to say what going on would do. Nothing is asked, written or shown.
pub async fn ahead(app: &App, row: &RunRow, launch: &Launch, source: Option<&str>, library: Library) -> Outcome<Plan> {
    let run = resume::sealed(&app.kit, row, library, None, Mode::Ahead)?;
    // How it ends is of no interest: the account says how far it came.
    sealed(&run, launch, source).await;
    let account = run.host.replay.as_ref().map(|replay| replay.account()).unwrap_or_default();
    Ok(Plan::of(&account))
}

/// Runs a sealed run to its end.
pub async fn sealed(run: &Run, launch: &Launch, source: Option<&str>) -> RootEnd {
    let Some(source) = source else { return run.root(launch.role.clone(), launch.recursive).await };
    let (folder, args) = file(launch).unwrap_or_default();
    let mut session = run.session(folder, launch.args.is_some().then_some(Value::Object(args)));
    run.within(async { run_command::ended(session.evaluate(source, run.cancel.clone()).await) }).await
}

/// The folder and the parameters of a program in a file.
fn file(launch: &Launch) -> Option<(Option<PathBuf>, serde_json::Map<String, Value>)> {
    let file = launch.file.as_ref()?;
    Some((run_command::folder_of(&launch.folder.join(file)), launch.args.clone().unwrap_or_default()))
}

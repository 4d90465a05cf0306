//! `rhizo pipeline explain --intent`: what a pipeline is for, by a model, and whether its steps serve that.

use crate::app::build::App;
use crate::app::run::{self, Start};
use crate::cli::pipeline::{Explain, shown};
use crate::cli::printer::Printer;
use crate::cli::progress::Progress;
use crate::cli::{interrupt, report, table};
use crate::context::library::Library;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, Outcome};
use crate::pipeline::explain;
use crate::pipeline::intention::{self, Intention};
use crate::pipeline::plan::Pipeline;
use crate::repl::narrator::Detail;
use crate::turn::root::RootEnd;
use serde_json::{Value, json};
use std::sync::Arc;

/// Asks, tells and keeps it. A mismatch that is not accepted is the failure of the run.
pub(super) async fn tell(app: &App, printer: &Arc<Printer>, args: &Explain) -> Outcome<Exit> {
    let pipeline = shown::read(app, &args.file)?;
    let task = args.file.display().to_string();
    let run =
        run::begin(&app.kit, Start { kind: intention::KIND, task: &task, ..Start::default() }, Library::default());
    interrupt::cancel_on_signal(&run);
    let progress = Progress::follow(&app.kit.store, &run.host.run, Arc::clone(printer), Detail::Steps);
    let mut found = None;
    let work = async {
        match intention::judge(&run.host, &pipeline, args.again, &run.cancel).await {
            Ok(judged) => {
                let mismatch = intention::mismatch(&judged).filter(|_| !args.accept_mismatch);
                let value = json!(judged);
                found = Some(judged);
                mismatch.map_or_else(|| RootEnd::completed(value, 0), |failure| RootEnd::failed(failure, 0))
            }
            Err(failure) => RootEnd::failed(failure, 0),
        }
    };
    let end = run.within(work).await;
    let closed = run.close(&end).await;
    progress.finish().await;
    show(printer, &pipeline, found.as_ref(), end.failure.as_ref());
    let exit = end.failure.as_ref().map_or(Exit::Ok, |failure| report::tell(printer, failure));
    if !printer.quiet {
        printer.dim(&format!("{} · run {}", run.host.footer(), run.host.run));
    }
    closed?;
    Ok(exit)
}

fn show(printer: &Printer, pipeline: &Pipeline, found: Option<&Intention>, failure: Option<&Failure>) {
    let mut document = explain::document(pipeline);
    document["intention"] = json!(found);
    document["failure"] = failure.map_or(Value::Null, |failure| json!(failure));
    printer.rows(&document, || {
        let mut page = explain::page(pipeline);
        if let Some(found) = found {
            page.push_str(&format!("\nintention\n  {}\n", table::wrapped(&found.intention, 2)));
            page.push_str(&format!("\narchitecture\n  {}\n", found.verdict("\n  ")));
        }
        page
    });
}

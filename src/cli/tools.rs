//! `rhizo tools`: tools for scripts and models, and a way to call them by hand.

mod arguments;

use crate::app::build::App;
use crate::app::launch::Launch;
use crate::app::run::{self, Run, Start};
use crate::cli::events::Target;
use crate::cli::flags::RunFlags;
use crate::cli::printer::Printer;
use crate::cli::progress::Progress;
use crate::cli::verbs::Verbs;
use crate::cli::watching::Watching;
use crate::cli::{interrupt, outcome, report, run as run_command, table};
use crate::context::library::Library;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, Outcome};
use crate::core::tool::ToolSpec;
use crate::pipeline::load;
use crate::repl::inspect::{about_tool, permission};
use crate::repl::narrator::Detail;
use crate::tools::catalog::{Catalog, Registered};
use clap::Subcommand;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// What `tools` can do; `list` if nothing is named.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Lists the tools.
    List,
    /// Shows one tool: parameters, permission, examples.
    Show {
        /// Its name.
        tool: String,
    },
    /// Calls a tool; it is asked for on the terminal if it writes, runs programs or uses the network.
    Call {
        /// Its name.
        tool: String,
        /// Its arguments: NAME=VALUE, the value as JSON or plain text; or one JSON object.
        #[arg(value_name = "NAME=VALUE")]
        args: Vec<String>,
        /// Who allows it: ask, auto or never.
        #[arg(long, value_name = "WHO")]
        approve: Option<String>,
        /// Ends with exit code 1 where the run comes to its end as `partial`.
        #[arg(long)]
        fail_on_partial: bool,
    },
}

impl Verbs<Action> {
    /// Whether a tool is called.
    pub const fn calls(&self) -> bool {
        matches!(self.action, Some(Action::Call { .. }))
    }

    /// These flags with those of a call in their place.
    pub fn over(&self, flags: RunFlags) -> RunFlags {
        let Some(Action::Call { approve, fail_on_partial, .. }) = &self.action else { return flags };
        let fail_on_partial = *fail_on_partial || flags.fail_on_partial;
        RunFlags { approve: approve.clone().or(flags.approve), fail_on_partial, ..flags }
    }
}

/// Runs `tools`.
pub async fn tools(app: &App, printer: &Arc<Printer>, args: &Verbs<Action>, flags: &RunFlags) -> Outcome<Exit> {
    let catalog = app.kit.tools.get()?;
    match args.action.as_ref().unwrap_or(&Action::List) {
        Action::List => {
            let specs = catalog.specs();
            let line = |spec: &&ToolSpec| [spec.name.clone(), permission(spec), spec.summary.clone()];
            printer.rows(&json!(specs), || table::render(["tool", "needs", "does"], specs.iter().map(line)));
            let faults = if printer.quiet { Vec::new() } else { left_out(catalog) };
            faults.iter().for_each(|fault| printer.err(&format!("note: {}", fault.message)));
        }
        Action::Show { tool } => {
            let spec = registered(catalog, tool)?.tool.spec();
            printer.rows(&json!(spec), || format!("{}{}", about_tool(spec), arguments::examples(spec)));
        }
        Action::Call { tool, args, .. } => return call(app, printer, (tool, args), flags).await,
    }
    Ok(Exit::Ok)
}

/// The pipelines that would be tools if nothing were wrong with them.
pub fn left_out(catalog: &Catalog) -> Vec<Failure> {
    let told = |(name, why): (&str, &Failure)| {
        let message = format!("pipeline `{name}` is no tool: {}", why.message);
        Failure { message, ..why.clone() }
    };
    catalog.broken().map(told).collect()
}

/// The tool of that name; what a program would be told to call is a command here.
fn registered<'a>(catalog: &'a Catalog, name: &str) -> Outcome<&'a Registered> {
    catalog.get(name).map_err(|failure| {
        let hint = failure.hint.as_ref().map(|hint| hint.replacen("tools(\"\")", "`rhizo tools`", 1));
        Failure { hint, ..failure }
    })
}

/// Calls a tool in a run of its own. Its value is all that stands on standard output, also as JSON.
async fn call(app: &App, printer: &Arc<Printer>, (tool, typed): (&str, &[String]), flags: &RunFlags) -> Outcome<Exit> {
    let known = registered(app.kit.tools.get()?, tool)?;
    let args = match arguments::read(known.tool.spec(), typed) {
        Ok(args) => args,
        Err(failure) => return Ok(report::usage(printer, &failure)),
    };
    let launch = Launch { tool: Some(tool.to_owned()), args: Some(args.clone()), ..Launch::default() };
    let launch = Launch { flags: flags.kept(), ..launch };
    let launch = match known.tool.pipeline() {
        Some(file) => of_pipeline(app, launch, file)?,
        None => launch,
    };
    let on_print = Some(run_command::on_print(printer, flags));
    let start = Start { kind: "tool", task: tool, launch: Some(launch), on_print, ..Start::default() };
    let run = run::begin(&app.kit, start, Library::default());
    interrupt::cancel_on_signal(&run);
    let progress = Progress::follow(&app.kit.store, &run.host.run, Arc::clone(printer), Detail::Steps);
    let end = run.tool(tool, args).await;
    let closed = run.close(&end).await;
    progress.finish().await;
    Ok(outcome::tell_value(printer, &run, &end, closed))
}

/// The launch with the file of a tool that is a pipeline, as that is now.
fn of_pipeline(app: &App, launch: Launch, file: &Path) -> Outcome<Launch> {
    let source = load::text(file)?;
    let pipeline = load::load_text(&app.kit.settings, app.kit.tools.get()?, file, &source)?;
    let (file, called) = (file.display().to_string(), pipeline.block.called());
    Ok(Launch { file: Some(file), source: Some(source), called, ..launch })
}

/// Goes on with the call of a tool and tells how it ended.
pub async fn again(
    app: &App,
    printer: &Arc<Printer>,
    run: &Run,
    events: Option<Target>,
    (tool, launch): (&str, &Launch),
) -> Outcome<Exit> {
    interrupt::cancel_on_signal(run);
    let watching = Watching::begin(app, printer, run, events, Detail::Steps);
    let end = run.tool(tool, launch.args.clone().unwrap_or_default()).await;
    let closed = run.close(&end).await;
    Ok(watching.end(printer, run, &end, closed).await)
}

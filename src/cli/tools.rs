//! `rhizo tools`: tools for scripts and models, and a way to call them by hand.

mod arguments;

use crate::app::build::App;
use crate::app::run::{self, Start};
use crate::cli::printer::Printer;
use crate::cli::verbs::Verbs;
use crate::cli::{report, table};
use crate::context::library::Library;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, Outcome};
use crate::core::ids::Frame;
use crate::core::tool::ToolSpec;
use crate::host::tools;
use crate::repl::evaluation;
use crate::repl::inspect::{about_tool, permission};
use crate::tools::catalog::{Catalog, Registered};
use crate::turn::root::RootEnd;
use clap::Subcommand;
use serde_json::json;

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
    },
}

impl Verbs<Action> {
    /// Whether a tool is called.
    pub const fn calls(&self) -> bool {
        matches!(self.action, Some(Action::Call { .. }))
    }

    /// Who allows the tool that is called, if a flag says so.
    pub fn approval(&self) -> Option<String> {
        match &self.action {
            Some(Action::Call { approve, .. }) => approve.clone(),
            _ => None,
        }
    }
}

/// Runs `tools`.
pub async fn tools(app: &App, printer: &Printer, args: &Verbs<Action>) -> Outcome<Exit> {
    let catalog = app.kit.tools.get()?;
    match args.action.as_ref().unwrap_or(&Action::List) {
        Action::List => {
            let specs = catalog.specs();
            let line = |spec: &&ToolSpec| [spec.name.clone(), permission(spec), spec.summary.clone()];
            printer.rows(&json!(specs), || table::render(["tool", "needs", "does"], specs.iter().map(line)));
        }
        Action::Show { tool } => {
            let spec = registered(catalog, tool)?.tool.spec();
            printer.rows(&json!(spec), || format!("{}{}", about_tool(spec), arguments::examples(spec)));
        }
        Action::Call { tool, args, .. } => return call(app, printer, tool, args).await,
    }
    Ok(Exit::Ok)
}

/// The tool of that name; what a program would be told to call is a command here.
fn registered<'a>(catalog: &'a Catalog, name: &str) -> Outcome<&'a Registered> {
    catalog.get(name).map_err(|failure| {
        let hint = failure.hint.as_ref().map(|hint| hint.replacen("tools(\"\")", "`rhizo tools`", 1));
        Failure { hint, ..failure }
    })
}

async fn call(app: &App, printer: &Printer, tool: &str, typed: &[String]) -> Outcome<Exit> {
    let args = match arguments::read(registered(app.kit.tools.get()?, tool)?.tool.spec(), typed) {
        Ok(args) => args,
        Err(failure) => return Ok(report::usage(printer, &failure)),
    };
    let run = run::begin(&app.kit, Start { kind: "tool", task: tool, ..Start::default() }, Library::default());
    let value = tools::call(&run.host, &Frame::root(), tool.to_owned(), args, &run.cancel).await;
    let end = match value {
        Ok(value) => RootEnd::completed(value, 0),
        Err(failure) => RootEnd::failed(failure, 0),
    };
    run.close(&end).await?;
    match (end.answer, end.failure) {
        (Some(value), _) if printer.json => printer.json_value(&value),
        (Some(value), _) => printer.out(&evaluation::text(&value)),
        (None, Some(failure)) => return Err(failure),
        (None, None) => {}
    }
    Ok(Exit::Ok)
}

//! `rhizo eval`: one program given on the command line.

use crate::app::build::App;
use crate::app::launch::Launch;
use crate::app::run::{self, Start};
use crate::cli::flags::RunFlags;
use crate::cli::printer::Printer;
use crate::cli::{ask, run as run_command};
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use clap::Args;
use std::sync::Arc;

/// Arguments of `eval`.
#[derive(Debug, Args)]
pub struct Eval {
    /// The program; the value of its last expression is printed.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
    /// Shared flags.
    #[command(flatten)]
    pub flags: RunFlags,
}

/// Runs `eval`.
pub async fn eval(app: &App, printer: &Arc<Printer>, args: &Eval) -> Outcome<Exit> {
    let (library, launch) = ask::opened(app, &args.flags, ask::pipe(&args.flags.context))?;
    let on_print = run_command::on_print(printer, &args.flags);
    let code = args.code.as_deref().unwrap_or_default();
    let launch = Launch { source: Some(code.to_owned()), ..launch };
    let start = Start { kind: "eval", task: code, launch: Some(launch), on_print: Some(on_print), ..Start::default() };
    let run = run::begin(&app.kit, start, library);
    run_command::program(app, printer, &run, &args.flags, code, None).await
}

//! `rhizo eval`: one program given on the command line or through a pipe.

use crate::app::build::App;
use crate::app::launch::Launch;
use crate::app::run::{self, Start};
use crate::cli::args::given;
use crate::cli::events::Target;
use crate::cli::flags::{RunFlags, parameter_name};
use crate::cli::printer::Printer;
use crate::cli::{ask, report, run as run_command, table};
use crate::context::library::Library;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::repl::input::{self, Input, Question};
use crate::repl::inspect::{Sight, inspect};
use crate::repl::sources::Sources;
use crate::repl::table::page;
use clap::Args;
use std::sync::Arc;

/// Arguments of `eval`.
#[derive(Debug, Args)]
pub struct Eval {
    /// The program, - for one from a pipe; its last expression is printed. `?NAME` explains a name as in the REPL.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
    /// Shared flags.
    #[command(flatten)]
    pub flags: RunFlags,
}

impl Eval {
    fn reads_context(&self) -> bool {
        self.flags.context.iter().any(|path| path == "-")
    }

    /// Takes the code from behind the paths of `--context` or from a pipe if it does not stand in its place.
    ///
    /// Fails with `Invalid` if there is none, or if what stands behind them may as well be a path.
    pub fn settle(&mut self) -> Outcome<()> {
        if self.code.is_none() {
            let is_piped = !self.reads_context() && ask::is_piped();
            self.code = self.flags.last_code(is_piped)?.or_else(|| is_piped.then(|| PIPE.to_owned()));
        }
        given(self.code.is_some(), "eval needs code", "rhizo eval 'context.len' --context PATH")?;
        let how = "`rhizo run - NAME=VALUE` takes the program from the pipe";
        given(!self.is_parameter(), "eval takes no parameters", how)
    }

    /// Whether a parameter for the program in a pipe stands where code does.
    fn is_parameter(&self) -> bool {
        let is_code = |code: &str| code.contains(char::is_whitespace) || code.contains("==");
        let named = self.code.as_deref().filter(|code| !is_code(code)).and_then(parameter_name);
        named.is_some() && !self.reads_context() && ask::is_piped()
    }
}

/// What is written for a program from standard input.
const PIPE: &str = "-";

/// Runs `eval`.
pub async fn eval(app: &App, printer: &Arc<Printer>, args: &Eval) -> Outcome<Exit> {
    let typed = args.code.as_deref() == Some(PIPE);
    if typed && args.reads_context() {
        return Ok(report::usage(printer, &run_command::twice("program")));
    }
    let piped = if typed { Some(run_command::source::piped()?) } else { None };
    let code = piped.as_deref().or(args.code.as_deref()).unwrap_or_default();
    let pipe = if typed { None } else { ask::pipe(&args.flags.context) };
    let (library, launch) = ask::opened(app, printer, &args.flags, pipe).await?;
    if let Input::Question(question) = input::read(code) {
        return explain(app, printer, question, library);
    }
    let on_print = run_command::on_print(printer, &args.flags);
    let launch = Launch { source: Some(code.to_owned()), ..launch };
    let start = Start { kind: "eval", task: code, launch: Some(launch), on_print: Some(on_print), ..Start::default() };
    let events = Target::wanted(&args.flags, printer).await?;
    let run = run::begin(&app.kit, start, library);
    run_command::program(app, printer, &run, events, code, None).await
}

/// Answers a question about a name, as the REPL does. It is no run: nothing is evaluated.
fn explain(app: &App, printer: &Printer, question: Question<'_>, library: Library) -> Outcome<Exit> {
    let idle = run::idle(&app.kit, library);
    let session = idle.session(None, None);
    let sources = Sources::default();
    let sight = Sight { kit: &app.kit, session: &session, sources: &sources, view: &idle.host.view };
    let text = inspect(question, &sight)?;
    if printer.json {
        printer.json_value(&text.into());
    } else if question.is_source() {
        printer.out(&text);
    } else {
        printer.out(&page(&text, table::width()));
    }
    Ok(Exit::Ok)
}

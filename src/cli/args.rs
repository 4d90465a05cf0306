//! The arguments of the program as a whole.

use crate::cli::verbs::Verbs;
use crate::cli::{
    ask, bench, completions, config, doctor, eval, flags, init, logs, memory, models, pipeline, replay, resume, run,
    runs, scripts, tools,
};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::quoted;
use clap::{CommandFactory, Parser, Subcommand};
use std::path::Path;

/// A REPL in which a root language model works: long inputs stay handles, budgets hold, paid work is kept.
#[derive(Debug, Parser)]
#[command(name = "rhizo", version, propagate_version = true, override_usage = USAGE, after_help = AFTER)]
pub struct Arguments {
    /// What to do; the REPL if nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Flags of the REPL that is started without a subcommand.
    #[command(flatten)]
    pub flags: flags::RunFlags,
}

/// Options of a run in front of its subcommand are refused.
const USAGE: &str = "rhizo [COMMAND] [OPTIONS]";

const AFTER: &str = "\
Examples:
  rhizo ask \"which module opens the store?\" --context src
  rhizo eval 'context.count(\"ERROR\")' --context server.log
  rhizo run examples/01_hello.rhai --context CONTRIBUTING.md
  rhizo                                  the REPL

Exit codes: 0 ok, 1 failed, 2 usage, 3 config, 4 provider, 5 budget or limit, 6 waiting, 124 timeout, 130 interrupted.
State lies in ~/.local/state/rhizo; RHIZO_HOME moves it. Settings: ./rhizo.toml, ~/.config/rhizo/config.toml, RHIZO_*.";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Starts the REPL.
    Repl(flags::RunFlags),
    /// Runs a Rhai program or a pipeline from a file.
    Run(run::Run),
    /// Answers a question with a root model that explores the context by code.
    Ask(ask::Ask),
    /// Evaluates Rhai code given on the command line.
    Eval(eval::Eval),
    /// Looks at pipelines before they run.
    Pipeline(pipeline::PipelineCommand),
    /// Goes on with a run that was stopped: what was answered is not asked again.
    Resume(resume::Resume),
    /// Runs a recorded run again from its log alone: no network, no key, nothing spent.
    Replay(replay::Replay),
    /// Lists, shows, compares, forks and removes earlier runs.
    Runs(Verbs<runs::Action>),
    /// Shows the events of a run.
    Logs(logs::Logs),
    /// Looks into the episodic memory and installs embedding models.
    Memory(Verbs<memory::Action>),
    /// Measures on own data whether the memory chooses better than simpler rules.
    Bench(bench::Bench),
    /// Lists models and says which one is used and why.
    Models(Verbs<models::Action>),
    /// Shows the settings in force and where each came from.
    Config(Verbs<config::Action>),
    /// Lists, shows and calls tools.
    Tools(Verbs<tools::Action>),
    /// Lists and shows stored programs; SCRIPT(name) in a program runs them.
    Scripts(Verbs<scripts::Action>),
    /// Checks the installation: settings, store, models, memory.
    Doctor(doctor::Doctor),
    /// Writes a commented rhizo.toml into this folder.
    Init(init::Init),
    /// Prints a completion script for a shell.
    Completions(completions::Completions),
}

impl Arguments {
    /// Gives back what `--context` swallowed: it takes any number of paths, so in `ask --context src "why?"` the
    /// question is the last of them.
    ///
    /// Fails with `Invalid` if an argument is missing after that, or may as well be a path.
    pub fn settle(&mut self) -> Outcome<()> {
        let own = matches!(
            self.command,
            Some(Command::Repl(_) | Command::Run(_) | Command::Ask(_) | Command::Eval(_) | Command::Resume(_))
        );
        if own && self.flags != flags::RunFlags::default() {
            return Err(before("rhizo ask --max-cost 0.50 \"...\""));
        }
        self.swallowed()?;
        once(&self.run_flags().context)?;
        match &mut self.command {
            Some(Command::Ask(args)) => args.settle(),
            Some(Command::Eval(args)) => args.settle(),
            Some(Command::Run(args)) => {
                args.args.extend(args.flags.parameters()?);
                if args.file.is_none() {
                    args.file = args.flags.last_program().map(Into::into);
                }
                let how = "rhizo run FILE.rhai --context PATH, or rhizo run FILE.yaml";
                given(args.file.is_some(), "run needs a file", how)
            }
            Some(Command::Pipeline(args)) => args.settle(),
            Some(Command::Resume(args)) => {
                args.parameters.extend(args.flags.parameters()?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Fails with `Invalid` if `--context` of a session has taken a subcommand for a path that is not there.
    fn swallowed(&self) -> Outcome<()> {
        let context = &self.flags.context;
        let is_command = |word: &str| Self::command().find_subcommand(word).is_some();
        match context.iter().position(|word| !Path::new(word).exists() && is_command(word)) {
            Some(at) if self.command.is_none() => {
                let paths: Vec<String> = context[..at].iter().map(|path| quoted(path)).collect();
                let paths = if at == 0 { "PATH".to_owned() } else { paths.join(" ") };
                Err(before(&format!("rhizo {} ... --context {paths}", context[at])))
            }
            _ => Ok(()),
        }
    }

    /// The flags of whatever runs code here.
    pub fn run_flags(&self) -> &flags::RunFlags {
        match &self.command {
            Some(Command::Repl(flags)) => flags,
            Some(Command::Run(args)) => &args.flags,
            Some(Command::Ask(args)) => &args.flags,
            Some(Command::Eval(args)) => &args.flags,
            Some(Command::Resume(args)) => &args.flags,
            Some(Command::Pipeline(args)) => args.run_flags().unwrap_or(&self.flags),
            _ => &self.flags,
        }
    }

    /// The run that has the answer of this command, if it makes one or goes on with one.
    pub fn answered(&self) -> Option<&str> {
        match &self.command {
            Some(Command::Run(_) | Command::Ask(_) | Command::Eval(_)) => Some("last"),
            Some(Command::Tools(args)) if args.calls() => Some("last"),
            Some(Command::Pipeline(args)) if args.runs() => Some("last"),
            Some(Command::Resume(args)) if !args.dry_run => Some(args.run.as_str()),
            _ => None,
        }
    }

    /// The same with what `tools call` says in flags of its own.
    pub fn all_flags(&self) -> flags::RunFlags {
        match &self.command {
            Some(Command::Tools(args)) => args.over(self.flags.clone()),
            _ => self.run_flags().clone(),
        }
    }

    /// Whether a command that only lists wants JSON.
    pub fn wants_json(&self) -> bool {
        match &self.command {
            Some(Command::Resume(args)) => args.flags.json,
            Some(Command::Replay(args)) => args.json,
            Some(Command::Pipeline(args)) => args.wants_json(),
            Some(Command::Runs(args)) => args.json,
            Some(Command::Logs(args)) => args.json,
            Some(Command::Memory(args)) => args.json,
            Some(Command::Bench(bench::Bench { what: bench::What::Routing(args) })) => args.json,
            Some(Command::Models(args)) => args.json,
            Some(Command::Config(args)) => args.json,
            Some(Command::Tools(args)) => args.json,
            Some(Command::Scripts(args)) => args.json,
            Some(Command::Doctor(args)) => args.json,
            _ => false,
        }
    }
}

/// That options stand in front of the subcommand; `how` has them behind it. Left aside they would be limits that do not hold.
fn before(how: &str) -> Failure {
    Failure::new(FailureKind::Invalid, "options of a run stand after its subcommand").hint(how)
}

/// Fails with `Invalid` if standard input is to be read a second time: nothing would be left of it.
fn once(context: &[String]) -> Outcome<()> {
    if context.iter().filter(|path| *path == "-").count() < 2 {
        return Ok(());
    }
    let failure = Failure::new(FailureKind::Invalid, "standard input is named twice as the context");
    Err(failure.hint("it can be read once: --context -"))
}

/// Fails with `Invalid` and how to write it unless an argument is there.
pub fn given(is_there: bool, missing: &str, how: &str) -> Outcome<()> {
    if is_there { Ok(()) } else { Err(Failure::new(FailureKind::Invalid, missing).hint(how)) }
}

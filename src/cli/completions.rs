//! `rhizo completions`: a completion script for a shell.

use crate::cli::args::Arguments;
use crate::cli::printer::Printer;
use crate::core::exit::Exit;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// Runs `completions`.
pub fn completions(printer: &Printer, args: &Completions) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "rhizo", &mut script);
    printer.raw(&String::from_utf8_lossy(&script));
    Exit::Ok
}

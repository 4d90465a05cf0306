//! `rhizo init`: a commented rhizo.toml.

use crate::cli::printer::Printer;
use crate::config::environment::Environment;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use clap::Args;
use std::io::Write;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Overwrites a rhizo.toml that is there.
    #[arg(long)]
    pub force: bool,
}

const TEMPLATE: &str = include_str!("init/rhizo.toml");

/// Runs `init`.
pub fn init(printer: &Printer, environment: &Environment, args: &Init) -> Outcome<Exit> {
    let path = environment.folder.join("rhizo.toml");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if !args.force {
        options.create_new(true);
    }
    let written = options.open(&path).and_then(|mut file| file.write_all(TEMPLATE.as_bytes()));
    written.map_err(|error| {
        let failure = Failure::new(FailureKind::Io, format!("cannot write {}: {error}", path.display()));
        if error.kind() == std::io::ErrorKind::AlreadyExists { failure.hint("--force overwrites it") } else { failure }
    })?;
    printer.out(&format!("wrote {}", path.display()));
    Ok(Exit::Ok)
}

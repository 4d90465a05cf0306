//! Runs a program that rhizo itself needs (a package client), with the user's own rights. Not for model-written
//! commands: those go through `run_command`, which confines them.

use crate::core::failure::{Failure, FailureKind, Outcome};
use std::process::Stdio;
use tokio::process::Command;

/// Runs a program that talks to the person on this terminal, such as an editor, to its end.
pub async fn attended(program: &str, arguments: &[String]) -> Outcome<()> {
    finished(Command::new(program), program, arguments).await
}

/// Runs a program to its end; its output goes to standard error. Dropping the future kills it.
pub async fn run(program: &str, arguments: &[String]) -> Outcome<()> {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    finished(command, program, arguments).await
}

async fn finished(mut command: Command, program: &str, arguments: &[String]) -> Outcome<()> {
    let status = command.args(arguments).kill_on_drop(true).status().await.map_err(|error| {
        Failure::new(FailureKind::of_io(&error), format!("cannot start {program}: {error}"))
            .hint(format!("install {program} first"))
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Tool, format!("{program} {} failed: {status}", arguments.join(" "))))
}

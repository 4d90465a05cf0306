//! `.load`: runs a Rhai program in the session, or reads variables from a JSON file.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::repl::commands::command::{Command, Next};
use crate::repl::commands::file;
use crate::repl::shell::Shell;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value};

/// `.load`.
pub const COMMAND: Command = Command {
    name: "load",
    usage: "load FILE",
    summary: "Runs a .rhai program here, or sets variables from .json.",
    run,
};

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let path = file::named(&COMMAND, shell, argument)?;
        let text =
            file::read(&path).map_err(|failure| failure.hint(".load takes a .rhai program or a .json object"))?;
        if path.extension().is_some_and(|extension| extension == "json") {
            let values: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
                Failure::new(FailureKind::Invalid, format!("{} holds no variables: {error}", path.display()))
                    .hint("it must be one JSON object: {\"name\": value}")
            })?;
            shell.session().await.restore(&values);
            shell.note_command(&format!("load {argument}"), Some(&values));
            let names: Vec<&str> = values.keys().map(String::as_str).collect();
            shell.screen.out(&format!("set {}", names.join(", ")));
        } else {
            shell.evaluate(&text).await;
        }
        Ok(Next::Stay)
    }
    .boxed()
}

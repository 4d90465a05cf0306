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

const TAKES: &str = ".load takes a .rhai program or a .json object";

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let path = file::named(&COMMAND, shell, argument)?;
        let is_json = file::ends_in(&path, "json");
        if !is_json && !file::ends_in(&path, "rhai") {
            return Err(Failure::new(FailureKind::Invalid, format!("{argument} ends neither in .rhai nor in .json"))
                .hint(TAKES));
        }
        let text = file::read(&path).map_err(|failure| failure.hint(TAKES))?;
        if is_json {
            let values: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
                Failure::new(FailureKind::Invalid, format!("{} holds no variables: {error}", path.display()))
                    .hint("it must be one JSON object: {\"name\": value}")
            })?;
            set(shell, argument, values).await;
        } else {
            shell.evaluate(&text).await;
        }
        Ok(Next::Stay)
    }
    .boxed()
}

/// Sets the variables that can be typed, and says which keys are none.
async fn set(shell: &Shell, argument: &str, values: Map<String, Value>) {
    let (values, left_out) = {
        let mut session = shell.session().await;
        let (values, left_out) = session.nameable(values);
        session.restore(&values);
        (values, left_out)
    };
    shell.note_command(&format!("load {argument}"), Some(&values));
    let names: Vec<&str> = values.keys().map(String::as_str).collect();
    shell.screen.out(&format!("set {}", if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }));
    if !left_out.is_empty() {
        let names: Vec<String> = left_out.iter().map(|name| format!("`{name}`")).collect();
        shell.screen.err(&format!("left out, because no variable can have such a name: {}", names.join(", ")));
    }
}

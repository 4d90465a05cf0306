//! `.vars`: the variables and functions of the session.

use crate::core::failure::Outcome;
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use crate::repl::table::render;
use futures::FutureExt;
use futures::future::BoxFuture;

/// `.vars`.
pub const COMMAND: Command =
    Command { name: "vars", usage: "vars", summary: "Lists the variables and functions of the session.", run };

fn run<'a>(shell: &'a mut Shell, _: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let (variables, functions) = {
            let session = shell.session().await;
            (session.variables(), session.functions())
        };
        let rows = variables.into_iter().map(|v| [v.name, v.brief]);
        let functions = functions.into_iter().map(|f| [f, "function".to_owned()]);
        shell.screen.out(&render(["name", "value"], rows.chain(functions), shell.screen.width()));
        Ok(Next::Stay)
    }
    .boxed()
}

//! `.help`: the commands, the keys, and help on a name.

use crate::core::failure::Outcome;
use crate::repl::commands::command::{Command, Next};
use crate::repl::commands::table::{self, ALL};
use crate::repl::input::Question;
use crate::repl::shell::Shell;
use crate::repl::table::render;
use futures::FutureExt;
use futures::future::BoxFuture;

/// `.help`.
pub const COMMAND: Command =
    Command { name: "help", usage: "help [NAME]", summary: "Lists the commands and keys, or explains a name.", run };

const KEYS: &[(&str, &str)] = &[
    ("?name, ??name", "explain a name; ?? adds its source, schema or whole value"),
    ("_, out(n)", "the last value, an earlier value"),
    ("Tab", "completes names, members, files"),
    ("Ctrl-R, Up", "earlier lines; a leading space keeps a line out"),
    ("Ctrl-C", "gives up the line, or cancels what runs"),
    ("Ctrl-D", "leaves"),
];

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        if argument.is_empty() {
            let width = shell.screen.width();
            let commands = ALL.iter().map(|c| [format!(".{}", c.usage), c.summary.to_owned()]);
            let keys = KEYS.iter().map(|(key, meaning)| [(*key).to_owned(), (*meaning).to_owned()]);
            shell.screen.out(&render(["command", "does"], commands.chain(keys), width));
            shell.screen.out("Anything else is Rhai code. `?` lists the primitives.");
            return Ok(Next::Stay);
        }
        let bare = argument.trim_start_matches('.');
        match table::find(bare) {
            Some(command) => shell.screen.out(&format!(".{}\n  {}", command.usage, command.summary)),
            None => shell.explain(Question { name: argument, deep: false }).await,
        }
        Ok(Next::Stay)
    }
    .boxed()
}

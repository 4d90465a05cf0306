//! `.scripts`: the stored programs, or one of them.

use crate::core::failure::Outcome;
use crate::registry::programs::{self, Program};
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use crate::repl::table::render;
use futures::FutureExt;
use futures::future::BoxFuture;

/// `.scripts`.
pub const COMMAND: Command =
    Command { name: "scripts", usage: "scripts [NAME]", summary: "Lists the stored programs, or shows one.", run };

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let paths = &shell.kit.settings.paths;
        if !argument.is_empty() {
            shell.screen.out(programs::find(paths, argument)?.source.trim_end());
            return Ok(Next::Stay);
        }
        let (list, faults) = programs::all(paths);
        if list.is_empty() {
            shell.screen.out("no program is stored; save_script(..) keeps one");
        } else {
            let row = |p: &Program| [p.name.clone(), p.home.to_owned(), p.front.summary.clone()];
            shell.screen.out(&render(["program", "home", "does"], list.iter().map(row), shell.screen.width()));
        }
        for fault in faults {
            shell.fail(fault);
        }
        Ok(Next::Stay)
    }
    .boxed()
}

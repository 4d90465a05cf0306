//! `.tools`: the tools, or one of them.

use crate::core::failure::Outcome;
use crate::core::tool::ToolSpec;
use crate::repl::commands::command::{Command, Next};
use crate::repl::inspect::{about_tool, permission};
use crate::repl::shell::Shell;
use crate::repl::table::render;
use futures::FutureExt;
use futures::future::BoxFuture;

/// `.tools`.
pub const COMMAND: Command =
    Command { name: "tools", usage: "tools [NAME]", summary: "Lists the tools, or explains one.", run };

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let catalog = shell.kit.tools.get()?;
        if argument.is_empty() {
            let row = |spec: &&ToolSpec| [spec.name.clone(), permission(spec), spec.summary.clone()];
            let specs = catalog.specs();
            shell.screen.out(&render(["tool", "needs", "does"], specs.iter().map(row), shell.screen.width()));
        } else {
            let text = about_tool(catalog.get(argument)?.tool.spec());
            shell.screen.page(&text);
        }
        Ok(Next::Stay)
    }
    .boxed()
}

//! `.cost`: what the session has cost, by depth, role and model, and what is left.

use crate::core::failure::Outcome;
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use crate::repl::spending;
use futures::FutureExt;
use futures::future::BoxFuture;

/// `.cost`.
pub const COMMAND: Command =
    Command { name: "cost", usage: "cost", summary: "Shows the cost by depth, role and model.", run };

fn run<'a>(shell: &'a mut Shell, _: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let scope = &shell.run.host.scope;
        let report = scope.report();
        if report.rows.is_empty() {
            shell.screen.out("no model was called yet");
        }
        for row in &report.rows {
            shell.screen.out(&spending::line(row, 0, shell.screen.width()));
        }
        shell.screen.page(&format!("all: {}", shell.run.host.footer()));
        let left = scope.left();
        let left = [
            left.cost.map(|cost| cost.to_string()),
            left.calls.map(|calls| format!("{calls} calls")),
            left.tokens.map(|tokens| format!("{tokens} tokens")),
        ];
        let left: Vec<String> = left.into_iter().flatten().collect();
        if !left.is_empty() {
            shell.screen.page(&format!("left: {}", left.join(" · ")));
        }
        Ok(Next::Stay)
    }
    .boxed()
}

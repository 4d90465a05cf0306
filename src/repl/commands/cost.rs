//! `.cost`: what the session has cost, by depth, role and model, and what is left.

use crate::budget::report::SpendRow;
use crate::core::failure::Outcome;
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use crate::repl::table::{page, render};
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
        } else {
            let head = ["depth", "role", "model", "calls", "tokens in", "tokens out", "cost"];
            shell.screen.out(&render(head, report.rows.iter().map(row), shell.screen.width()));
        }
        shell.screen.out(&page(&format!("all: {}", shell.run.host.footer()), shell.screen.width()));
        let left = scope.left();
        let left = [
            left.cost.map(|cost| cost.to_string()),
            left.calls.map(|calls| format!("{calls} calls")),
            left.tokens.map(|tokens| format!("{tokens} tokens")),
        ];
        let left: Vec<String> = left.into_iter().flatten().collect();
        if !left.is_empty() {
            shell.screen.out(&format!("left: {}", left.join(" · ")));
        }
        Ok(Next::Stay)
    }
    .boxed()
}

fn row(row: &SpendRow) -> [String; 7] {
    let t = &row.totals;
    let cost =
        if t.unpriced_calls > 0 { format!("{} + {} unpriced", t.cost, t.unpriced_calls) } else { t.cost.to_string() };
    let calls = if t.failed > 0 { format!("{} ({} failed)", t.calls, t.failed) } else { t.calls.to_string() };
    [
        row.depth.to_string(),
        row.role.to_string(),
        row.model.to_string(),
        calls,
        t.usage.input_tokens.to_string(),
        t.usage.output_tokens.to_string(),
        cost,
    ]
}

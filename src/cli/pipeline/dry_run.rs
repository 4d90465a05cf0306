//! `rhizo pipeline run --dry-run`: what a run would do and could cost at most. Nothing is asked, written or spent.

use crate::app::build::App;
use crate::cli::pipeline::shown;
use crate::cli::printer::Printer;
use crate::cli::run::{self, Run};
use crate::cli::{report, table};
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::text::counted;
use crate::pipeline::estimate::{Estimate, Ground, Row, UNKNOWN, estimate};
use crate::pipeline::plan::Pipeline;
use crate::pipeline::{answerable, leave};
use crate::repl::editor::person::is_there;
use serde_json::json;

/// Tells it.
pub(super) async fn tell(app: &App, printer: &Printer, args: &Run) -> Outcome<Exit> {
    let file = args.file.clone().unwrap_or_default();
    let pipeline = shown::read(app, &file)?;
    let (known, needed) = match run::known(&pipeline, &args.args) {
        Ok(inputs) => inputs,
        Err(failure) => return Ok(report::usage(printer, &failure)),
    };
    let (tools, policy) = (app.kit.tools.get()?, app.kit.approval);
    let ground = Ground { models: &app.kit.models, paths: &app.kit.settings.paths, tools };
    let found = estimate(ground, &pipeline, &known).await?;
    let document = json!({
        "id": pipeline.id,
        "steps": found.rows,
        "calls": found.calls,
        "worst_usd": found.worst.usd(),
        "open": found.open,
        "per_item": found.per_item,
        "unpriced": found.unpriced,
        "max_cost": pipeline.budget.max_cost,
        "needed": needed,
    });
    printer.rows(&document, || {
        let page = page(&pipeline, &found);
        if needed.is_empty() { page } else { format!("{page}\ninputs that it still needs: {}", needed.join(", ")) }
    });
    let possible = match leave::check(policy, tools, &pipeline.block) {
        Ok(()) => answerable::check(&app.kit.models, &pipeline.block, None).await,
        Err(refused) => Err(refused),
    };
    match possible {
        Ok(()) => {
            run::tell_doubts(app, printer, &pipeline).await;
            if !printer.quiet && !printer.json && !is_there() {
                leave::waits(policy, tools, &pipeline.block).iter().for_each(|note| printer.dim(note));
            }
            Ok(Exit::Ok)
        }
        Err(failure) => {
            report::tell(printer, &failure);
            Ok(Exit::Failed)
        }
    }
}

fn page(pipeline: &Pipeline, found: &Estimate) -> String {
    let cells = |row: &Row| {
        let calls = if row.calls == 0 { String::new() } else { row.calls.to_string() };
        let worst = match (row.calls, row.worst) {
            (0, _) => String::new(),
            (_, Some(worst)) => worst.to_string(),
            (_, None) => "unknown".to_owned(),
        };
        let step = format!("{}{}", "  ".repeat(row.depth), row.step);
        [step, row.act.to_owned(), row.model.clone().unwrap_or_default(), calls, worst, row.reason.clone()]
    };
    let head = ["step", "does", "model", "calls at most", "costs at most", "because"];
    let mut page = table::render(head, found.rows.iter().map(cells));
    page.push_str(&format!("\n\n{}", in_all(found)));
    let limit = pipeline.budget.max_cost.map(|usd| format!("; the pipeline's budget stops it at ${usd}"));
    page.push_str(&limit.unwrap_or_default());
    let open = beside_items(found);
    if !open.is_empty() {
        let (what, open) = ("the turns, programs or refused answers", open.join(", "));
        page.push_str(&format!("\nnot known before, and counted once or not at all: {what} of {open}"));
    }
    if !found.unpriced.is_empty() {
        page.push_str(&format!("\nwithout a known price: {}", found.unpriced.join(", ")));
    }
    if found.worst > Money::ZERO {
        page.push_str(&format!("\nan expression in a prompt is counted as {UNKNOWN} bytes"));
    }
    page.push_str("\nnothing was asked and nothing was spent");
    page
}

/// Calls and money, and what each item adds where nobody knows yet how many there are.
fn in_all(found: &Estimate) -> String {
    let (of_items, items_worst) = found.of_items();
    let calls = found.calls.saturating_sub(of_items);
    let worst = Money::from_nanos(found.worst.nanos().saturating_sub(items_worst.nanos()));
    let worst = match (found.unpriced.is_empty(), worst) {
        (true, worst) => worst.to_string(),
        (false, Money::ZERO) => "an unknown amount".to_owned(),
        (false, worst) => format!("{worst} + unpriced"),
    };
    let sum = if found.open.is_empty() { "in all at most" } else { "at most" };
    let mut text = format!("{sum} {} and {worst}", counted(calls, "call"));
    for item in found.per_item.iter().filter(|item| item.calls > 0) {
        let most = if item.worst > Money::ZERO { format!(" (at most {})", item.worst) } else { String::new() };
        text.push_str(&format!(", and {}{most} more for each item of `{}`", counted(item.calls, "call"), item.step));
    }
    if !beside_items(found).is_empty() {
        text.push_str(" beside what is not known before");
    }
    text
}

/// The steps of which more than the number of items is open.
fn beside_items(found: &Estimate) -> Vec<&str> {
    let has_items = |name: &str| found.per_item.iter().any(|item| item.step == name);
    found.open.iter().map(String::as_str).filter(|name| !has_items(name)).collect()
}

//! `rhizo pipeline run --dry-run`: what a run would do and could cost. Nothing is asked, written or spent.

use crate::app::build::App;
use crate::cli::pipeline::shown;
use crate::cli::printer::Printer;
use crate::cli::run::{self, Run};
use crate::cli::{report, table};
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::text::counted;
use crate::pipeline::estimate::amount::Amount;
use crate::pipeline::estimate::{Estimate, Ground, PerItem, Row, UNKNOWN, estimate};
use crate::pipeline::plan::Pipeline;
use crate::pipeline::{answerable, leave};
use crate::repl::editor::person::is_there;
use serde_json::{Value, json};

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
    let limit = limit(&pipeline, app.kit.settings.limits.max_cost)?;
    let document = json!({
        "id": pipeline.id,
        "steps": found.rows,
        "calls": found.all.calls,
        "worst_usd": found.all.worst.usd(),
        "guessed": found.all.is_guessed(),
        "most_usd": found.all.most().map(Money::usd),
        "open": found.open,
        "per_item": found.per_item.iter().map(item).collect::<Vec<_>>(),
        "unpriced": found.unpriced,
        "max_cost": limit.map(|(most, _)| most.usd()),
        "needed": needed,
    });
    printer.rows(&document, || {
        let page = page(&found, limit);
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

/// The most that may be spent, and what says so: the budget of the pipeline or the limit of the run, whichever is less.
fn limit(pipeline: &Pipeline, of_run: Option<Money>) -> Outcome<Option<(Money, &'static str)>> {
    let own = pipeline.budget.max_cost.map(Money::from_usd).transpose()?;
    let limits = [own.map(|most| (most, "the pipeline's budget")), of_run.map(|most| (most, "--max-cost"))];
    Ok(limits.into_iter().flatten().min_by_key(|(most, _)| *most))
}

/// What one item asks, as data.
fn item(item: &PerItem) -> Value {
    let PerItem { step, amount } = item;
    json!({
        "step": step, "calls": amount.calls, "worst": amount.worst, "guessed": amount.is_guessed(), "most": amount.most(),
    })
}

fn page(found: &Estimate, limit: Option<(Money, &str)>) -> String {
    let guessed = found.all.is_guessed();
    let cells = |row: &Row| {
        let calls = if row.calls == 0 { String::new() } else { row.calls.to_string() };
        let step = format!("{}{}", "  ".repeat(row.depth), row.step);
        let cost = if row.calls == 0 { String::new() } else { cost(row, guessed) };
        [step, row.act.to_owned(), row.model.clone().unwrap_or_default(), calls, cost, row.reason.clone()]
    };
    let costs = if guessed { "costs" } else { "costs at most" };
    let head = ["step", "does", "model", "calls at most", costs, "because"];
    let mut page = table::render(head, found.rows.iter().map(cells));
    page.push_str(&format!("\n\n{}", in_all(found)));
    let limited = limit.map(|(most, what)| format!("; {what} stops it at {most}"));
    page.push_str(&limited.unwrap_or_default());
    if guessed {
        page.push_str(&format!("\n{}", about(found, limit.is_some())));
    }
    let open = beside_items(found);
    if !open.is_empty() {
        let (what, open) = ("the turns, programs or refused answers", open.join(", "));
        page.push_str(&format!("\nnot known before, and counted once or not at all: {what} of {open}"));
    }
    if !found.unpriced.is_empty() {
        page.push_str(&format!("\nwithout a known price: {}", found.unpriced.join(", ")));
    }
    if found.all.calls > 0 {
        page.push_str(
            "\nnot counted: what is asked again, perhaps of another model, as a provider failed or cut an answer",
        );
    }
    page.push_str("\nnothing was asked and nothing was spent");
    page
}

/// What the calls of a step cost. Where the head does not say that it is the most, each cell does that can.
fn cost(row: &Row, is_told: bool) -> String {
    match (row.worst, row.most) {
        (None, _) => "unknown".to_owned(),
        (Some(worst), Some(most)) if row.guessed => format!("about {worst}, at most {most}"),
        (Some(worst), None) if row.guessed => format!("about {worst}"),
        (Some(worst), _) if is_told => format!("at most {worst}"),
        (Some(worst), _) => worst.to_string(),
    }
}

/// Calls and money, and what each item adds where nobody knows yet how many there are.
fn in_all(found: &Estimate) -> String {
    let rest = found.all.less(found.of_items());
    let sum = if found.open.is_empty() { "in all at most" } else { "at most" };
    let about = if rest.is_guessed() { "about " } else { "" };
    let mut text = format!("{sum} {} and {about}{}", counted(rest.calls, "call"), priced(found, rest.worst));
    for PerItem { step, amount } in found.per_item.iter().filter(|item| item.amount.calls > 0) {
        let how = if amount.is_guessed() { "about" } else { "at most" };
        let cost = if amount.worst > Money::ZERO { format!(" ({how} {})", amount.worst) } else { String::new() };
        text.push_str(&format!(", and {}{cost} more for each item of `{step}`", counted(amount.calls, "call")));
    }
    if !beside_items(found).is_empty() {
        text.push_str(" beside what is not known before");
    }
    text
}

/// On what a guess rests, and what it is at most where no limit says that.
fn about(found: &Estimate, is_limited: bool) -> String {
    let most = |amount: Amount| found.all.most().and_then(|_| amount.most());
    let mut text = format!("about: if each `{{{{ }}}}` of unknown length has {UNKNOWN} bytes, or is one picture");
    match most(found.all.less(found.of_items())) {
        Some(most) => text.push_str(&format!("; at most {} by the windows of the models", priced(found, most))),
        None if is_limited => {}
        None => text.push_str("; --max-cost bounds it"),
    }
    for PerItem { step, amount } in &found.per_item {
        let most = most(*amount).filter(|most| *most > Money::ZERO);
        text.extend(most.map(|most| format!(", and {most} more for each item of `{step}`")));
    }
    text
}

/// An amount beside what has no price.
fn priced(found: &Estimate, amount: Money) -> String {
    match (found.unpriced.is_empty(), amount) {
        (true, amount) => amount.to_string(),
        (false, Money::ZERO) => "an unknown amount".to_owned(),
        (false, amount) => format!("{amount} + unpriced"),
    }
}

/// The steps of which more than the number of items is open.
fn beside_items(found: &Estimate) -> Vec<&str> {
    let has_items = |name: &str| found.per_item.iter().any(|item| item.step == name);
    found.open.iter().map(String::as_str).filter(|name| !has_items(name)).collect()
}

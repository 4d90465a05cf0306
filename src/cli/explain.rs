//! `rhizo models explain`: which model answers, why, and what became of the others. Nothing is called, so no key is needed.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::money::Money;
use crate::core::strategy::Strategy;
use crate::host::choose::{Explained, Wish};
use crate::policy::choice::Considered;
use crate::registry::roles;
use clap::Args;
use serde_json::{Value, json};

/// Arguments of `models explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// One role, with every candidate; all roles in one line each if nothing is asked for.
    #[arg(long)]
    pub role: Option<String>,
    /// What the model must be able to do: vision, tools, json, logprobs, or tags; separated by commas.
    #[arg(long, value_delimiter = ',')]
    pub requires: Vec<String>,
    /// How to choose among those that can: cost, performance or balanced.
    #[arg(long)]
    pub strategy: Option<String>,
}

/// Runs `models explain`.
pub async fn explain(app: &App, printer: &Printer, args: &Explain) -> Outcome<()> {
    let strategy = args.strategy.as_deref().map(strategy).transpose()?;
    if args.role.is_none() && args.requires.is_empty() && strategy.is_none() {
        return every_role(app, printer).await;
    }
    let wish = Wish { role: args.role.clone(), model: None, requires: args.requires.clone(), strategy };
    let explained = app.kit.models.explain(&wish).await?;
    printer.rows(&document(&explained), || candidates(&explained));
    explained.choice.picked.map(|_| ())
}

fn strategy(word: &str) -> Outcome<Strategy> {
    Strategy::parse(word).ok_or_else(|| {
        Failure::new(FailureKind::Invalid, format!("there is no strategy `{word}`"))
            .hint("strategies: cost, performance, balanced")
    })
}

async fn every_role(app: &App, printer: &Printer) -> Outcome<()> {
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for role in roles::all(&app.kit.settings) {
        let explained = app.kit.models.explain(&Wish::of(Some(role.name.as_str()), None)).await?;
        let model = shown(&explained).map_or_else(String::new, |considered| considered.model.to_string());
        let because = because(&explained);
        let mut value = document(&explained);
        value["model"] = json!(model);
        value["reason"] = json!(because);
        if let Some(object) = value.as_object_mut() {
            object.shift_remove("candidates");
        }
        let instead: Vec<String> = explained.substitutes.iter().map(|s| s.spec.id.to_string()).collect();
        rows.push([role.name.to_string(), model, because, instead.join(", ")]);
        values.push(value);
    }
    printer.rows(&Value::Array(values), || table::render(["role", "model", "because", "stands in"], rows));
    Ok(())
}

/// The chosen candidate; where none can be called, the first one.
fn shown(explained: &Explained) -> Option<&Considered> {
    let considered = &explained.choice.considered;
    considered.iter().find(|c| c.chosen).or_else(|| considered.first())
}

fn because(explained: &Explained) -> String {
    match &explained.choice.picked {
        Ok(_) => explained.choice.reason.clone(),
        Err(failure) => failure.message.clone(),
    }
}

fn document(explained: &Explained) -> Value {
    let choice = &explained.choice;
    let substitutes = explained.substitutes.iter().map(|s| json!({"model": s.spec.id, "barred": s.barred}));
    json!({
        "role": explained.role.name,
        "model": choice.considered.iter().find(|c| c.chosen).map(|c| &c.model),
        "usable": choice.picked.is_ok(),
        "reason": because(explained),
        "candidates": choice.considered,
        "substitutes": substitutes.collect::<Vec<_>>(),
        "failure": choice.picked.as_ref().err(),
    })
}

fn candidates(explained: &Explained) -> String {
    let line = |c: &Considered| {
        let verdict = match (&c.dropped, c.chosen) {
            (_, true) => format!("chosen: {}", explained.choice.reason),
            (Some(why), false) => format!("dropped: {why}"),
            (None, false) => "would do".to_owned(),
        };
        let price = c.merit.price.map_or_else(|| "unknown".to_owned(), |nanos| Money::from_nanos(nanos).to_string());
        let rank = c.merit.rank.map_or_else(String::new, |rank| format!("{rank:.2}"));
        [c.model.to_string(), price, rank, verdict]
    };
    let mut text =
        table::render(["model", "per M tokens, 3:1", "rank", "verdict"], explained.choice.considered.iter().map(line));
    for substitute in &explained.substitutes {
        let why = substitute.barred.as_ref().map_or_else(String::new, |why| format!(", but {why}"));
        text = format!("{}\nstands in: {}{why}", text.trim_end(), substitute.spec.id);
    }
    text
}

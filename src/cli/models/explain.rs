//! `rhizo models explain`: which model answers, why, and what became of the others. Nothing is called, so no key is needed.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::{report, table};
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::money::Money;
use crate::core::strategy::Strategy;
use crate::host::models::choose::{Explained, Wish};
use crate::policy::choice::{Choice, Considered, Origin};
use crate::registry::{check, roles};
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
    /// Shows every refused model in a line of its own.
    #[arg(long)]
    pub all: bool,
}

/// Runs `models explain`.
pub async fn explain(app: &App, printer: &Printer, args: &Explain) -> Outcome<Exit> {
    if let Some(failure) = args.role.as_deref().and_then(|name| roles::find(&app.kit.settings, name).err()) {
        return Ok(report::usage(printer, &failure));
    }
    let told = tell(app, printer, args).await;
    let slips = check::slips(&app.kit.settings);
    for slip in slips.iter().filter(|_| !printer.quiet) {
        printer.err(&format!("note: {slip}"));
    }
    told.map(|()| Exit::Ok)
}

/// How a hint begins that leads here: who is here already is told why nobody else would do either.
const HERE: &str = "`rhizo models explain --requires";

async fn tell(app: &App, printer: &Printer, args: &Explain) -> Outcome<()> {
    let strategy = args.strategy.as_deref().map(strategy).transpose()?;
    if args.role.is_none() && args.requires.is_empty() && strategy.is_none() {
        return every_role(app, printer).await;
    }
    let wish = Wish { role: args.role.clone(), model: None, requires: args.requires.clone(), strategy };
    let mut explained = app.kit.models.explain(&wish).await?;
    // Where a list, a flag or the default decides and none of it will do, others may.
    let elsewhere = match &explained.choice.picked {
        Err(_) if explained.origin != Origin::All => Some(app.kit.models.survey(&explained.requires, strategy).await?),
        _ => None,
    };
    if let (Err(failure), Some(elsewhere)) = (&mut explained.choice.picked, &elsewhere) {
        let own = failure.hint.take().filter(|hint| !hint.contains(HERE));
        let nobody = elsewhere.picked.as_ref().err().and_then(|failure| failure.hint.clone());
        failure.hint = advice(&explained.origin, elsewhere).or(own).or(nobody);
    }
    printer.rows(&document(&explained, elsewhere.as_ref()), || page(&explained, elsewhere.as_ref(), args.all));
    explained.choice.picked.map(|_| ())
}

/// Who would do instead, and how to have them asked.
fn advice(origin: &Origin, elsewhere: &Choice) -> Option<String> {
    const TOLD: usize = 3;
    let would: Vec<&str> =
        elsewhere.considered.iter().filter(|c| c.dropped.is_none()).map(|c| c.model.as_str()).collect();
    let names = would.iter().take(TOLD).copied().collect::<Vec<_>>().join(", ");
    let more = if would.len() > TOLD { ", .." } else { "" };
    let how = match origin {
        Origin::Role => "add one to the `models` of the role, or name it by `model`",
        Origin::Named(_) | Origin::Default(_) | Origin::All => "name one by --model or `model`",
    };
    (!would.is_empty()).then(|| format!("{names}{more} would do: {how}"))
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
        let shown = shown(&explained);
        let model = shown.map_or_else(String::new, |considered| considered.model.to_string());
        let usable = shown.and_then(|c| c.dropped.clone()).map_or_else(|| "yes".to_owned(), |why| format!("no: {why}"));
        let mut value = document(&explained, None);
        value["model"] = json!(model);
        if let Some(object) = value.as_object_mut() {
            object.shift_remove("candidates");
        }
        let instead = explained.substitutes.iter().filter(|s| s.barred.is_none()).map(|s| s.spec.id.to_string());
        let instead = instead.collect::<Vec<_>>().join(", ");
        rows.push([role.name.to_string(), model, usable, explained.choice.reason.clone(), instead]);
        values.push(value);
    }
    let head = ["role", "model", "can be called", "because it is", "stands in"];
    printer.rows(&Value::Array(values), || {
        format!("{}\n\nmore: rhizo models explain --role NAME", table::render(head, rows))
    });
    Ok(())
}

/// The chosen candidate; where none can be called, the first one.
fn shown(explained: &Explained) -> Option<&Considered> {
    let considered = &explained.choice.considered;
    considered.iter().find(|c| c.chosen).or_else(|| considered.first())
}

fn document(explained: &Explained, elsewhere: Option<&Choice>) -> Value {
    let choice = &explained.choice;
    let substitutes = explained.substitutes.iter().map(|s| json!({"model": s.spec.id, "barred": s.barred}));
    json!({
        "role": explained.role.name,
        "model": choice.considered.iter().find(|c| c.chosen).map(|c| &c.model),
        "usable": choice.picked.is_ok(),
        "reason": choice.reason,
        "requires": explained.requires,
        "strategy": explained.strategy,
        "candidates": choice.considered,
        "elsewhere": elsewhere.map(|choice| &choice.considered),
        "substitutes": substitutes.collect::<Vec<_>>(),
        "failure": choice.picked.as_ref().err(),
    })
}

/// The whole way to a choice: who was asked and in which order, what became of each, and the end.
fn page(explained: &Explained, elsewhere: Option<&Choice>, all: bool) -> String {
    let choice = &explained.choice;
    let mut parts = vec![way(explained), considered(choice, true, all)];
    let chosen = choice.considered.iter().find(|c| c.chosen);
    parts.push(match (chosen, &choice.picked) {
        (Some(chosen), _) => format!("{} answers: {}", chosen.model, choice.reason),
        (None, Err(failure)) => format!("nobody answers: {}", failure.message),
        (None, Ok(_)) => String::new(),
    });
    let may = explained.substitutes.iter().filter(|s| s.barred.is_none()).map(|s| s.spec.id.as_str());
    let may = may.collect::<Vec<_>>().join(", then ");
    if !may.is_empty() {
        parts.push(format!("if its provider fails, these stand in: {may}"));
    }
    let barred = explained.substitutes.iter().filter_map(|s| Some((s.spec.id.as_str(), s.barred.as_ref()?)));
    parts.extend(barred.map(|(id, why)| format!("{id} may not stand in: {why}")));
    if let Some(elsewhere) = elsewhere {
        parts.push(format!("who else there is:\n{}", considered(elsewhere, false, all)));
    }
    // The tables are as wide as they may be already.
    let lines = |part: String| if part.contains('\n') { part } else { table::wrapped(&part, 0) };
    parts.into_iter().map(lines).collect::<Vec<_>>().join("\n\n")
}

/// The rule by which the candidates are those they are.
fn way(explained: &Explained) -> String {
    let whose = match &explained.origin {
        Origin::Named(by) => format!("one model, {by}, which beats the role's list and every strategy"),
        Origin::Role => "the role's `models`, in this order".to_owned(),
        Origin::Default(_) => "the default model: the role lists none and nothing else is required".to_owned(),
        Origin::All => "every known model: the role lists none".to_owned(),
    };
    let needs = if explained.requires.is_empty() {
        String::new()
    } else {
        format!("; it must have {}", explained.requires.join(" and "))
    };
    let price = "price/M is USD per million tokens, three of the prompt to one of the answer";
    let order = |strategy: Strategy| format!("; ordered by {} ({price})", strategy.name());
    let order = explained.strategy.map(order).unwrap_or_default();
    format!("role {}: {whose}{needs}{order}", explained.role.name)
}

/// How many refused candidates have a line of their own.
const REFUSED: usize = 12;

/// A line for each candidate; `asked` is whether the first of them was taken. Many that are refused for one reason share
/// a line, unless `all`.
fn considered(choice: &Choice, asked: bool, all: bool) -> String {
    let mut rows: Vec<[String; 5]> = Vec::new();
    let mut refused: Vec<(&str, Vec<&Considered>)> = Vec::new();
    for (place, one) in choice.considered.iter().enumerate() {
        match &one.dropped {
            None => {
                let verdict = if one.chosen && asked { "taken" } else { "would do" };
                rows.push(line((place + 1).to_string(), one, verdict.to_owned()));
            }
            Some(why) => match refused.iter_mut().find(|(known, _)| known == why) {
                Some((_, group)) => group.push(one),
                None => refused.push((why, vec![one])),
            },
        }
    }
    let many = !all && refused.iter().map(|(_, group)| group.len()).sum::<usize>() > REFUSED;
    for (why, group) in refused {
        match group.as_slice() {
            [first, .., last] if many => {
                let names = format!("{} to {}", first.model, last.model);
                let text = format!("refused: {why} ({names})");
                rows.push(["-".to_owned(), format!("{} models", group.len()), String::new(), String::new(), text]);
            }
            every => rows.extend(every.iter().map(|one| line("-".to_owned(), one, format!("refused: {why}")))),
        }
    }
    table::render(["", "model", "price/M", "rank", "verdict"], rows)
}

fn line(place: String, one: &Considered, verdict: String) -> [String; 5] {
    let price = one.merit.price.map_or_else(|| "unknown".to_owned(), |nanos| Money::from_nanos(nanos).to_string());
    let rank = one.merit.rank.map_or_else(String::new, |rank| format!("{rank:.2}"));
    [place, one.model.to_string(), price, rank, verdict]
}

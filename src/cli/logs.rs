//! `rhizo logs`: the events of a run.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::runs::time;
use crate::core::event::{Event, EventRecord};
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::store::liveness::Liveness;
use clap::Args;
use serde_json::Value;
use std::time::Duration;

/// Arguments of `logs`.
#[derive(Debug, Args)]
pub struct Logs {
    /// The run: `last`, or the beginning or end of its id; the last one if absent.
    pub run: Option<String>,
    /// Goes on showing events until the run ends.
    #[arg(long, short)]
    pub follow: bool,
    /// Prints one JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// Runs `logs`.
pub async fn logs(app: &App, printer: &Printer, args: &Logs) -> Outcome<Exit> {
    let store = &app.kit.store;
    let row = match &args.run {
        Some(run) => store.run(run)?,
        None => {
            let Some(newest) = store.newest()? else {
                printer.err("no runs yet; hint: rhizo ask \"...\" --context PATH");
                return Ok(Exit::Ok);
            };
            newest
        }
    };
    let mut seen = 0;
    loop {
        let over = store.run(row.id.as_str())?.liveness != Liveness::Alive;
        for record in store.events(&row.id, seen)? {
            seen = record.seq;
            show(printer, &record);
        }
        if over || !args.follow || printer.is_gone() {
            return Ok(Exit::Ok);
        }
        // The events of another process are only visible in the file; SQLite has no way to wait for them.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn show(printer: &Printer, record: &EventRecord) {
    if printer.json {
        // A record is made of plain data, so it always has a form as JSON.
        printer.out(&serde_json::to_string(record).unwrap_or_default());
        return;
    }
    let value = serde_json::to_value(&record.event).unwrap_or_default();
    let name = value.get("event").and_then(|n| n.as_str()).unwrap_or_default().to_owned();
    let text = match &record.event {
        Event::CodeStarted { source, .. } => format!("\n{}", indent(source)),
        Event::CodeFinished { shown, .. } => format!("\n{}", indent(shown)),
        Event::Printed { text } | Event::Note { text } => text.clone(),
        _ => {
            let fields = value.as_object().into_iter().flatten().filter(|(k, v)| *k != "event" && !v.is_null());
            fields.map(|(k, v)| field(k, v)).collect::<Vec<_>>().join(" ")
        }
    };
    printer.out(format!("{} {:>4} {} {name} {text}", time(record.at), record.seq, record.frame).trim_end());
}

/// A field as a person reads it: amounts in USD, tokens as everywhere else.
fn field(name: &str, value: &Value) -> String {
    let count = |tokens: &str| value[tokens].as_u64().unwrap_or_default();
    match (name, value.as_u64()) {
        ("cost", Some(nanos)) => format!("cost={}", Money::from_nanos(nanos)),
        ("usage", _) => format!("{} + {} tokens", count("input_tokens"), count("output_tokens")),
        _ => format!("{name}={value}"),
    }
}

fn indent(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

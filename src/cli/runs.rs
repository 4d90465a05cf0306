//! `rhizo runs`: earlier runs.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::core::event::Event;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::text::one_line;
use crate::store::open::Store;
use crate::store::runs::{RunFilter, RunRow};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Arguments of `runs`.
#[derive(Debug, Args)]
pub struct Runs {
    /// What to do; `list` if nothing is named.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// Prints JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What `runs` can do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Lists runs, newest first.
    List {
        /// How many.
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: u32,
        /// Child runs too.
        #[arg(long)]
        all: bool,
    },
    /// Shows one run: task, result, cost, children.
    Show {
        /// Its id, or the beginning of it.
        run: String,
    },
    /// Prints everything about a run as one JSON document.
    Export {
        /// Its id, or the beginning of it.
        run: String,
    },
}

/// Runs `runs`.
pub fn runs(app: &App, printer: &Printer, args: &Runs) -> Outcome<Exit> {
    let store = &app.kit.store;
    match args.action.as_ref().unwrap_or(&Action::List { limit: 20, all: false }) {
        Action::List { limit, all } => {
            let filter = RunFilter { top_level: !all, limit: Some(*limit), ..RunFilter::default() };
            let rows = store.runs(&filter)?;
            let values: Vec<Value> = rows.iter().map(|row| value(row, None)).collect();
            printer.rows(&Value::Array(values), || list(&rows));
        }
        Action::Show { run } => {
            let row = store.run(run)?;
            let result = row.result.as_ref().map(|stored| store.load(stored)).transpose()?;
            let children = store.children(&row.id)?;
            let mut whole = value(&row, result.as_ref());
            whole["children"] = children.iter().map(|child| value(child, None)).collect();
            whole["effects"] = json!(store.effects(&row.id)?.len());
            let asked = Asked::of(store, std::iter::once(&row).chain(&children))?;
            whole["models"] = json!(asked.models);
            whole["substituted"] = json!(asked.substituted);
            printer.rows(&whole, || format!("{}{}", show(&row, result.as_ref(), &children), asked.text()));
        }
        Action::Export { run } => printer.json_value(&store.export(&store.run(run)?.id)?),
    }
    Ok(Exit::Ok)
}

/// Which models a run and its children asked, and which of them stood in for others, from their events.
#[derive(Default)]
struct Asked {
    models: Vec<Value>,
    substituted: Vec<Value>,
}

impl Asked {
    fn of<'a>(store: &Store, rows: impl Iterator<Item = &'a RunRow>) -> Outcome<Self> {
        let mut asked = Self::default();
        for row in rows {
            for record in store.events(&row.id, 0)? {
                match record.event {
                    Event::ModelStarted { model, role, reason, .. } => {
                        let entry = json!({"role": role, "model": model, "reason": reason});
                        if !asked.models.contains(&entry) {
                            asked.models.push(entry);
                        }
                    }
                    Event::Substituted { role, from, to, why } => {
                        let entry = json!({"role": role, "from": from, "to": to, "why": why});
                        if !asked.substituted.contains(&entry) {
                            asked.substituted.push(entry);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(asked)
    }

    fn text(&self) -> String {
        let word = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let model = |e: &Value| format!("model   {} {}: {}\n", word(e, "role"), word(e, "model"), word(e, "reason"));
        let instead = |e: &Value| {
            format!("instead {} stood in for {}: {}\n", word(e, "to"), word(e, "from"), one_line(&word(e, "why"), 100))
        };
        self.models.iter().map(model).chain(self.substituted.iter().map(instead)).collect()
    }
}

fn value(row: &RunRow, result: Option<&Value>) -> Value {
    json!({
        "id": row.id, "parent": row.parent, "kind": row.kind, "status": row.shown_status(), "task": row.task,
        "started_at": row.started_at, "ended_at": row.ended_at, "calls": row.calls, "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens, "cost_usd": row.cost.map(Money::usd),
        "worst_cost_usd": row.worst_cost().map(Money::usd), "under_way": row.under_way.map_or(0, |open| open.calls),
        "depth": row.depth,
        "failure": row.failure, "result": result,
    })
}

fn list(rows: &[RunRow]) -> String {
    if rows.is_empty() {
        return "no runs yet; hint: rhizo ask \"...\" --context PATH".to_owned();
    }
    let line = |row: &RunRow| {
        [
            row.id.to_string(),
            time(row.started_at),
            row.kind.clone(),
            row.shown_status().to_owned(),
            row.shown_cost(),
            one_line(&row.task, 60),
        ]
    };
    table::render(["id", "started", "kind", "status", "cost", "task"], rows.iter().map(line))
}

fn show(row: &RunRow, result: Option<&Value>, children: &[RunRow]) -> String {
    let took = row.ended_at.map_or_else(String::new, |end| format!(" · {} ms", end.saturating_sub(row.started_at)));
    let mut text = format!(
        "run     {}\nkind    {}\nstatus  {}\nstarted {}{took}\ntask    {}\n",
        row.id,
        row.kind,
        row.shown_status(),
        time(row.started_at),
        row.task
    );
    let open = row.shown_under_way().map_or_else(String::new, |open| format!(": {open}"));
    text.push_str(&format!(
        "spent   {} calls · {} + {} tokens · {}{open}\n",
        row.calls,
        row.input_tokens,
        row.output_tokens,
        row.shown_cost()
    ));
    if let Some(result) = result.filter(|r| !r.is_null()) {
        text.push_str(&format!("result  {}\n", crate::cli::outcome::text(result)));
    }
    if let Some(failure) = &row.failure {
        text.push_str(&format!("failure {failure}\n"));
    }
    for child in children {
        text.push_str(&format!("child   {} {} {}\n", child.id, child.shown_status(), one_line(&child.task, 60)));
    }
    text
}

/// A time as people read it, in UTC.
pub fn time(millis: u64) -> String {
    let stamp = i64::try_from(millis).ok().and_then(|m| Timestamp::from_millisecond(m).ok());
    stamp.map_or_else(|| millis.to_string(), |s| s.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

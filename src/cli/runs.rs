//! `rhizo runs`: earlier runs.

pub mod anew;
pub mod answer;
pub mod beside;
pub mod calls;
pub mod children;
pub mod diff;
pub mod ended;
pub mod fork;
pub mod gc;
pub mod products;
pub mod reached;
pub mod settle;
pub mod show;
pub mod steps;
pub mod used;

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::cli::verbs::Verbs;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::text::one_line;
use crate::store::open::Store;
use crate::store::runs::{RunFilter, RunRow};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What runs are told apart by: the commands that begin them, children of other runs, and judgements of what a pipeline is for.
const KINDS: [&str; 9] = ["ask", "run", "pipeline", "eval", "repl", "tool", "test", "child", "intention"];

/// What `runs` can do; `list` if nothing is named.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Lists runs, newest first.
    List {
        /// How many.
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// Child runs too.
        #[arg(long)]
        all: bool,
        /// Only runs of this kind; those of children are listed for it too.
        #[arg(long, value_parser = KINDS)]
        kind: Option<String>,
    },
    /// Shows one run: task, result, cost, children, and what is open.
    Show {
        /// `last`, or the beginning or end of its id.
        run: String,
        /// Shows one effect of it in full, by its number.
        #[arg(long, value_name = "N")]
        effect: Option<u64>,
        /// Lists all its calls of models and tools, not only the last 20.
        #[arg(long)]
        all: bool,
    },
    /// Prints everything about a run as one JSON document.
    Export {
        /// `last`, or the beginning or end of its id.
        run: String,
    },
    /// Compares what two runs asked and were answered.
    Diff {
        /// The one: `last`, or the beginning or end of its id.
        run: String,
        /// The other.
        with: String,
    },
    /// Makes a new run with the answers of another one up to a point; `resume` goes on from there.
    Fork(fork::Fork),
    /// Answers a question on which a run waits.
    Answer(answer::Answer),
    /// Says what became of an effect that was under way when its run stopped.
    Settle(settle::Settle),
    /// Removes old runs.
    Gc(gc::Gc),
}

/// Runs `runs`.
pub async fn runs(app: &App, printer: &Printer, args: &Verbs<Action>) -> Outcome<Exit> {
    let store = &app.kit.store;
    match args.action.as_ref().unwrap_or(&Action::List { limit: 20, all: false, kind: None }) {
        Action::List { limit, all, kind } => listed(store, printer, *limit, (*all, kind.as_deref()))?,
        Action::Show { run, effect: Some(seq), .. } => {
            let (whole, text) = show::effect(store, &store.run(run)?, *seq)?;
            printer.rows(&whole, || text);
        }
        Action::Show { run, effect: None, all } => {
            let (whole, text) = show::run(store, &store.run(run)?, *all)?;
            printer.rows(&whole, || text);
        }
        Action::Export { run } => printer.json_value(&store.export(&store.run(run)?.id)?),
        Action::Diff { run, with } => return diff::diff(store, printer, run, with),
        Action::Fork(args) => return fork::fork(app, printer, args).await,
        Action::Answer(args) => return answer::answer(app, printer, args).await,
        Action::Settle(args) => return settle::settle(app, printer, args).await,
        Action::Gc(args) => return gc::gc(app, printer, args).await,
    }
    Ok(Exit::Ok)
}

/// The newest runs, and whether there are more.
fn listed(store: &Store, printer: &Printer, limit: u32, (all, kind): (bool, Option<&str>)) -> Outcome<()> {
    let filter = RunFilter {
        top_level: !all && kind != Some("child"),
        kind: kind.map(str::to_owned),
        limit: Some(limit.saturating_add(1)),
    };
    let mut rows = store.runs(&filter)?;
    let more = rows.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
    rows.truncate(rows.len() - more);
    let values: Vec<Value> = rows.iter().map(value).collect();
    let costs: Vec<String> = rows.iter().map(|row| store.listed_cost(row)).collect();
    printer.rows(&Value::Array(values), || match kind.filter(|_| rows.is_empty()) {
        Some(kind) => format!("no runs of the kind `{kind}`"),
        None => list(&rows, costs),
    });
    if more > 0 && !printer.json {
        let (further, all) = (limit.saturating_mul(10), if all { " --all" } else { "" });
        let kind = kind.map_or_else(String::new, |kind| format!(" --kind {kind}"));
        printer.err(&format!("note: these are the newest {limit}; `rhizo runs list -n {further}{all}{kind}` has more"));
    }
    note(printer, store);
    Ok(())
}

/// Says that something was left out.
fn note(printer: &Printer, store: &Store) {
    if let Some(note) = store.take_note() {
        printer.err(&format!("note: {note}"));
    }
}

/// A run as data, without its result, which may be large: `runs show` has that.
pub(super) fn value(row: &RunRow) -> Value {
    json!({
        "id": row.id, "parent": row.parent, "kind": row.kind, "status": row.shown_status(), "task": row.task,
        "started_at": row.started_at, "ended_at": row.ended_at, "calls": row.calls, "refused_calls": row.refused,
        "input_tokens": row.input_tokens, "output_tokens": row.output_tokens, "cost_usd": row.cost.map(Money::usd),
        "worst_cost_usd": row.worst_cost().map(Money::usd), "under_way": row.under_way.map_or(0, |open| open.calls),
        "depth": row.depth, "failure": row.failure,
    })
}

fn list(rows: &[RunRow], costs: Vec<String>) -> String {
    if rows.is_empty() {
        return "no runs yet; hint: rhizo ask \"...\" --context PATH".to_owned();
    }
    let known = |(row, cost): (&RunRow, String)| {
        [row.id.to_string(), time(row.started_at), row.kind.clone(), row.shown_status().to_owned(), cost]
    };
    let known: Vec<[String; 5]> = rows.iter().zip(costs).map(known).collect();
    let room = room(&known, table::width());
    let line = |([id, started, kind, status, cost], row): ([String; 5], &RunRow)| {
        [id, started, kind, status, cost, one_line(&row.task, room)]
    };
    table::render(["id", "started", "kind", "status", "cost", "task"], known.into_iter().zip(rows).map(line))
}

/// How many characters of a task stand beside the rest of its row: a long one leaves the table its form.
fn room(rows: &[[String; 5]], width: Option<u16>) -> usize {
    const MOST: usize = 60;
    const LEAST: usize = 12;
    let Some(width) = width.map(usize::from) else { return MOST };
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max();
    // Every column has two blanks behind it and a head; what is cut has a mark.
    let taken: usize = (0..5).filter_map(widest).map(|cell| cell.max("status".len()) + 2).sum();
    match width.saturating_sub(taken + 1) {
        room if room < LEAST => MOST,
        room => room.min(MOST),
    }
}

/// A time as people read it, in UTC.
pub fn time(millis: u64) -> String {
    let stamp = i64::try_from(millis).ok().and_then(|m| Timestamp::from_millisecond(m).ok());
    stamp.map_or_else(|| millis.to_string(), |s| s.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

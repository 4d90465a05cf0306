//! `rhizo runs diff`: what two runs asked and were answered, effect by effect in the order of their logs.

use crate::cli::printer::Printer;
use crate::cli::runs::calls;
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::core::ids::RunId;
use crate::core::text::one_line;
use crate::host::missed::about;
use crate::store::effects::EffectRow;
use crate::store::open::Store;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Most characters of an answer that are told.
const SAID: usize = 60;

/// Two runs, held against each other.
#[derive(Default)]
struct Diff {
    equal: u64,
    answered: Vec<String>,
    left: Vec<String>,
    right: Vec<String>,
}

/// Runs `diff`. Differences are no failure: they are what was asked for.
pub fn diff(store: &Store, printer: &Printer, run: &str, with: &str) -> Outcome<Exit> {
    let (one, other) = (store.run(run)?, store.run(with)?);
    let (left, right) = (asked(store, &one.id)?, asked(store, &other.id)?);
    let twins: HashMap<&EffectKey, &EffectRow> = right.iter().map(|row| (&row.key, row)).collect();
    let mut diff = Diff::default();
    for row in &left {
        match twins.get(&row.key) {
            None => diff.left.push(line(store, row)?),
            Some(twin) if row.state == twin.state && said(store, row)? == said(store, twin)? => diff.equal += 1,
            Some(twin) => diff.answered.push(format!("{} / {} {}", line(store, row)?, twin.seq, answer(store, twin)?)),
        }
    }
    let known: HashSet<&EffectKey> = left.iter().map(|row| &row.key).collect();
    let new = right.iter().filter(|row| !known.contains(&row.key));
    diff.right = new.map(|row| line(store, row)).collect::<Outcome<_>>()?;
    let value = json!({
        "left": one.id, "right": other.id, "equal": diff.equal, "answered_differently": diff.answered,
        "only_left": diff.left, "only_right": diff.right,
    });
    printer.rows(&value, || text(&value, &diff));
    Ok(Exit::Ok)
}

/// What an effect answered; of a model only what it said and called, not how long that took.
fn said(store: &Store, row: &EffectRow) -> Outcome<Option<Value>> {
    let value = row.result.as_ref().map(|stored| store.load(stored)).transpose()?;
    let reply = value.as_ref().filter(|_| row.kind == EffectKind::Model).and_then(|value| value.get("reply"));
    let told = reply.map(told);
    Ok(told.or(value))
}

/// What a model told: its text, and what it called by name and arguments. Ids of calls are the server's.
fn told(reply: &Value) -> Value {
    let calls = reply["tool_requests"].as_array().into_iter().flatten();
    let calls: Vec<Value> = calls.map(|call| json!([call["name"], call["arguments"]])).collect();
    json!([reply["text"], calls])
}

/// What a run asked, in order; what it was told of itself is left out.
fn asked(store: &Store, run: &RunId) -> Outcome<Vec<EffectRow>> {
    Ok(store.effects(run)?.into_iter().filter(|row| !row.kind.is_reading()).collect())
}

/// An effect with the beginning of what was asked and answered.
fn line(store: &Store, row: &EffectRow) -> Outcome<String> {
    let about = about(row.kind, &calls::load(store, row.intent.as_ref())?);
    let about = if about.is_empty() { about } else { format!(": {about}") };
    Ok(format!("{} {} at {}{about} {}", row.seq, row.kind.name(), row.key.frame, answer(store, row)?))
}

fn answer(store: &Store, row: &EffectRow) -> Outcome<String> {
    let result = calls::load(store, row.result.as_ref())?;
    Ok(format!("-> {}", one_line(&calls::said(row, &result), SAID)))
}

fn text(value: &Value, diff: &Diff) -> String {
    let name = |side: &str| value[side].as_str().unwrap_or_default().to_owned();
    let equal = if diff.equal == 1 { "1 effect is".to_owned() } else { format!("{} effects are", diff.equal) };
    let mut text = format!("{equal} equal\n");
    let parts = [
        ("answered differently".to_owned(), &diff.answered),
        (format!("only in {}", name("left")), &diff.left),
        (format!("only in {}", name("right")), &diff.right),
    ];
    for (title, list) in parts.into_iter().filter(|(_, list)| !list.is_empty()) {
        text.push_str(&format!("{title}:\n"));
        for entry in list {
            text.push_str(&format!("  {entry}\n"));
        }
    }
    text
}

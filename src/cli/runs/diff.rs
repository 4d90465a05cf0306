//! `rhizo runs diff`: what two runs asked and were answered, effect by effect.

use crate::cli::printer::Printer;
use crate::core::effect::EffectKey;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::store::effects::EffectRow;
use crate::store::open::Store;
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
    let (left, right) = (keyed(store, &one.id)?, keyed(store, &other.id)?);
    let mut diff = Diff::default();
    for (key, row) in &left {
        match right.get(key) {
            None => diff.left.push(line(row)),
            Some(twin) if row.state == twin.state && said(store, row)? == said(store, twin)? => diff.equal += 1,
            Some(twin) => diff.answered.push(format!("{} / {}", line(row), line(twin))),
        }
    }
    diff.right = right.iter().filter(|(key, _)| !left.contains_key(*key)).map(|(_, row)| line(row)).collect();
    let value = json!({
        "left": one.id, "right": other.id, "equal": diff.equal, "answered_differently": diff.answered,
        "only_left": diff.left, "only_right": diff.right,
    });
    printer.rows(&value, || text(&value, &diff));
    Ok(Exit::Ok)
}

/// What an effect answered; of a model only what it said, not how long that took.
fn said(store: &Store, row: &EffectRow) -> Outcome<Option<Value>> {
    let value = row.result.as_ref().map(|stored| store.load(stored)).transpose()?;
    Ok(value.map(|value| value.get("reply").map_or_else(|| value.clone(), |reply| reply["text"].clone())))
}

fn keyed(store: &Store, run: &crate::core::ids::RunId) -> Outcome<BTreeMap<(String, String, u32), EffectRow>> {
    let key = |key: &EffectKey| (key.frame.to_string(), key.hash.clone(), key.occurrence);
    Ok(store.effects(run)?.into_iter().map(|row| (key(&row.key), row)).collect())
}

fn line(row: &EffectRow) -> String {
    format!("{} {} at {}", row.seq, row.kind.name(), row.key.frame)
}

fn text(value: &Value, diff: &Diff) -> String {
    let name = |side: &str| value[side].as_str().unwrap_or_default().to_owned();
    let mut text = format!("{} effects are equal\n", diff.equal);
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

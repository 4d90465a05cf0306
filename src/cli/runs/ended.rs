//! The result document of a run that is over, from the store: as `app::run` makes it of one that ends, as far as the store has
//! it.

use crate::cli::runs::steps;
use crate::core::event::Event;
use crate::core::failure::Outcome;
use crate::core::ids::RunId;
use crate::core::message::Substitution;
use crate::core::money::Money;
use crate::host::choices::Choices;
use crate::host::resume;
use crate::store::open::Store;
use crate::store::runs::RunRow;
use serde_json::{Map, Value, json};

/// The document: answer, status, id, turns, calls, tokens, cost, depth, models, steps.
pub fn document(store: &Store, row: &RunRow) -> Outcome<Value> {
    let rows = resume::spent(store, &row.id)?;
    let sum: Money = rows.iter().map(|row| row.totals.cost).sum();
    let mut told = Told::default();
    told.hear(store, &row.id)?;
    let mut document = json!({
        "answer": row.result.as_ref().map(|stored| store.load(stored)).transpose()?,
        "status": row.status,
        "run": row.id,
        "turns": told.turns,
        "calls": row.calls,
        "failed_calls": rows.iter().map(|row| row.totals.failed).sum::<u64>(),
        "refused_calls": row.refused,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "estimated": rows.iter().any(|row| row.totals.usage.estimated),
        "cost_usd": row.cost.unwrap_or(sum).usd(),
        "unpriced_calls": rows.iter().map(|row| row.totals.unpriced_calls).sum::<u64>(),
        "depth": rows.iter().map(|row| row.depth).max().unwrap_or(0),
        "models": told.choices.with_reasons(&rows),
        "substituted": told.choices.substitutions(),
        "failure": row.failure,
        "replayed": true,
    });
    if row.kind == "pipeline" {
        document["steps"] = Value::Object(outcomes(store, row)?);
    }
    Ok(document)
}

/// What became of the steps of a pipeline, by name; those of its parts have frames of their own below.
fn outcomes(store: &Store, row: &RunRow) -> Outcome<Map<String, Value>> {
    let mut outcomes = Map::new();
    for record in steps::steps(store, row)? {
        let is_own = record.frame.as_str().matches('/').count() == 1;
        if let Event::StepFinished { step, outcome, .. } = record.event
            && is_own
        {
            outcomes.insert(step, json!(outcome.name()));
        }
    }
    Ok(outcomes)
}

/// What the events of a run and those below it tell.
#[derive(Default)]
struct Told {
    turns: u32,
    choices: Choices,
}

impl Told {
    /// Turns are those of this run alone.
    fn hear(&mut self, store: &Store, run: &RunId) -> Outcome<()> {
        for record in store.events(run, 0)? {
            match record.event {
                Event::TurnStarted { turn, .. } => self.turns = self.turns.max(turn),
                Event::ModelStarted { model, role, reason, .. } => self.choices.chosen(&role, &model, &reason),
                Event::Substituted { role, from, to, why } => {
                    self.choices.substituted(&role, &Substitution { from, to, why });
                }
                _ => {}
            }
        }
        for child in store.children(run)? {
            let turns = self.turns;
            self.hear(store, &child.id)?;
            self.turns = turns;
        }
        Ok(())
    }
}

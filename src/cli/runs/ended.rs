//! The result document of a run that is over, from the store, as far as that has it.

use crate::app::document::Document;
use crate::budget::report::Totals;
use crate::cli::runs::steps;
use crate::core::event::Event;
use crate::core::failure::Outcome;
use crate::core::ids::RunId;
use crate::core::message::Substitution;
use crate::core::money::Money;
use crate::core::usage::Usage;
use crate::host::models::choices::Choices;
use crate::host::replay::resume;
use crate::host::tools::product;
use crate::store::open::Store;
use crate::store::runs::RunRow;
use serde_json::{Map, Value, json};

/// The document.
pub fn document(store: &Store, row: &RunRow) -> Outcome<Value> {
    let rows = resume::spent(store, &row.id)?;
    let sum: Money = rows.iter().map(|row| row.totals.cost).sum();
    let mut told = Told::default();
    told.hear(store, &row.id)?;
    let answer = row.result.as_ref().map(|stored| store.load(stored)).transpose()?;
    let steps = (row.kind == "pipeline").then(|| outcomes(store, row)).transpose()?.map(Value::Object);
    let totals = Totals {
        calls: row.calls,
        failed: rows.iter().map(|row| row.totals.failed).sum(),
        unpriced_calls: rows.iter().map(|row| row.totals.unpriced_calls).sum(),
        usage: Usage {
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            estimated: rows.iter().any(|row| row.totals.usage.estimated),
            ..Usage::default()
        },
        cost: row.cost.unwrap_or(sum),
        unusable: rows.iter().map(|row| row.totals.unusable).sum(),
        unusable_cost: rows.iter().map(|row| row.totals.unusable_cost).sum(),
        ..Totals::default()
    };
    let document = Document {
        answer: answer.as_ref(),
        status: row.status,
        run: &row.id,
        turns: told.turns,
        totals,
        refused: row.refused,
        rows: &rows,
        choices: &told.choices,
        failure: row.failure.as_ref(),
        steps: steps.as_ref(),
        products: &product::names(store, &row.id),
        is_stored: true,
    };
    Ok(document.to_json())
}

/// What became of the steps of a pipeline, by name; those of its parts have frames of their own below.
fn outcomes(store: &Store, row: &RunRow) -> Outcome<Map<String, Value>> {
    let mut outcomes = Map::new();
    for record in steps::steps(store, &row.id)? {
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

//! A run as one JSON document, values in full: to read, to archive, to compare.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::store::open::Store;
use crate::store::runs::RunRow;
use crate::store::value::StoredValue;
use serde::Serialize;
use serde_json::{Value, json};

impl Store {
    /// Everything of a run and its children: `{format, run, effects, events, children}`, large values in full.
    ///
    /// Fails with `NotFound` if there is no such run.
    pub fn export(&self, run: &RunId) -> Outcome<Value> {
        self.export_row(&self.run(run.as_str())?)
    }

    fn export_row(&self, run: &RunRow) -> Outcome<Value> {
        let mut document = plain(run)?;
        document["status"] = run.shown_status().into();
        document["settings"] = self.loaded(run.settings.as_ref())?;
        document["result"] = self.loaded(run.result.as_ref())?;
        let mut effects = Vec::new();
        for effect in self.effects(&run.id)? {
            let mut row = plain(&effect)?;
            row["intent"] = self.loaded(effect.intent.as_ref())?;
            row["result"] = self.loaded(effect.result.as_ref())?;
            effects.push(row);
        }
        let events = self.events(&run.id, 0)?.iter().map(plain).collect::<Outcome<Vec<_>>>()?;
        let children =
            self.children(&run.id)?.iter().map(|child| self.export_row(child)).collect::<Outcome<Vec<_>>>()?;
        Ok(json!({ "format": 1, "run": document, "effects": effects, "events": events, "children": children }))
    }

    fn loaded(&self, value: Option<&StoredValue>) -> Outcome<Value> {
        value.map_or(Ok(Value::Null), |value| self.load(value))
    }
}

fn plain<T: Serialize>(row: &T) -> Outcome<Value> {
    serde_json::to_value(row)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("a row cannot be written as JSON: {error}")))
}

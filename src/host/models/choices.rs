//! Which models were chosen in a tree of runs and why, and which stood in for others: for the result document.

use crate::budget::report::SpendRow;
use crate::core::ids::{ModelId, RoleName};
use crate::core::message::Substitution;
use crate::host::call::length::Limit;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// The choices of one tree of runs.
#[derive(Debug, Default)]
pub struct Choices {
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// The latest reason by role and model.
    reasons: BTreeMap<(RoleName, ModelId), String>,
    /// The latest cause and the number of calls by role, the model that failed and the one that stood in.
    substitutions: BTreeMap<(RoleName, ModelId, ModelId), (String, u64)>,
    /// The models of which it has been told that their answers are shortened, and by what.
    shortened: BTreeSet<(ModelId, Limit)>,
    /// The models of which it has been told that an answer is empty.
    empty: BTreeSet<ModelId>,
}

impl Choices {
    /// Notes why a model is asked.
    pub fn chosen(&self, role: &RoleName, model: &ModelId, reason: &str) {
        let mut book = self.lock();
        match book.reasons.get_mut(&(role.clone(), model.clone())) {
            Some(known) if known == reason => {}
            Some(known) => reason.clone_into(known),
            None => drop(book.reasons.insert((role.clone(), model.clone()), reason.to_owned())),
        }
    }

    /// Notes that a model stands in for another.
    pub fn substituted(&self, role: &RoleName, substitution: &Substitution) {
        let key = (role.clone(), substitution.from.clone(), substitution.to.clone());
        let mut book = self.lock();
        let entry = book.substitutions.entry(key).or_default();
        *entry = (substitution.why.clone(), entry.1 + 1);
    }

    /// Whether it is the first time that this shortens an answer of this model: in a batch it would be told of each.
    pub(in crate::host) fn first_shortened(&self, model: &ModelId, limit: Limit) -> bool {
        self.lock().shortened.insert((model.clone(), limit))
    }

    /// Whether it is the first empty answer of this model.
    pub(in crate::host) fn first_empty(&self, model: &ModelId) -> bool {
        self.lock().empty.insert(model.clone())
    }

    /// The rows of spending as JSON, each with the reason for its model.
    pub fn with_reasons(&self, rows: &[SpendRow]) -> Vec<Value> {
        let book = self.lock();
        let with_reason = |row: &SpendRow| {
            let mut value = json!(row);
            value["reason"] = json!(book.reasons.get(&(row.role.clone(), row.model.clone())));
            value
        };
        rows.iter().map(with_reason).collect()
    }

    /// What stood in for what: `[{role, from, to, why, calls}]`.
    pub fn substitutions(&self) -> Vec<Value> {
        let row = |((role, from, to), (why, calls)): (&(RoleName, ModelId, ModelId), &(String, u64))| json!({"role": role, "from": from, "to": to, "why": why, "calls": calls});
        self.lock().substitutions.iter().map(row).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

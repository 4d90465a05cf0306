//! What a session shares with its primitives: earlier results, looks, and who hears of events.

use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::script::handle::Context;
use crate::script::hearing::Hearers;
use rhai::Dynamic;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Shared by a session and its primitives.
#[derive(Default)]
pub struct Desk {
    looks: Arc<AtomicU64>,
    results: Mutex<Vec<Dynamic>>,
    has_context: bool,
    hearers: Arc<Hearers>,
}

/// A poisoned lock means that a panic was caught at the session's edge; the data behind it is still whole.
pub(super) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Desk {
    /// The desk of a session over a context, or over none.
    pub fn new(has_context: bool) -> Self {
        Self { has_context, ..Self::default() }
    }

    /// A handle on `view` whose looks are counted here.
    pub fn context(&self, view: View) -> Context {
        Context::new(view, Arc::clone(&self.looks))
    }

    /// How often the session has looked into its context.
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// Keeps the value of an evaluation; answers its number, from 1.
    pub fn keep(&self, value: Dynamic) -> usize {
        let mut results = held(&self.results);
        results.push(value);
        results.len()
    }

    /// The value of evaluation `number`, from 1; negative numbers count from the last.
    pub fn result(&self, number: i64) -> Outcome<Dynamic> {
        let results = held(&self.results);
        let count = i64::try_from(results.len()).unwrap_or(i64::MAX);
        let index = if number < 0 { count + number } else { number - 1 };
        usize::try_from(index).ok().and_then(|i| results.get(i)).cloned().ok_or_else(|| match count {
            0 => Failure::new(FailureKind::NotFound, "there is no result yet")
                .hint("`out(n)`, and `_` in the REPL, are values of earlier evaluations"),
            _ => Failure::new(FailureKind::NotFound, format!("there is no result {number}"))
                .hint(format!("results: 1 to {count}")),
        })
    }

    /// Who hears of the run's events.
    pub const fn hearers(&self) -> &Arc<Hearers> {
        &self.hearers
    }

    /// Whether there is a context to look into.
    pub fn has_context(&self) -> bool {
        self.has_context
    }
}

//! What a session shares with its primitives: printed text, earlier results, looks, and the final value.

use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::Request;
use crate::core::text::floor_boundary;
use crate::script::bridge;
use crate::script::engine::STRING_LIMIT;
use crate::script::handle::Context;
use crate::script::hearing::Hearers;
use rhai::Dynamic;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Shared by a session and its primitives.
#[derive(Default)]
pub struct Desk {
    looks: Arc<AtomicU64>,
    printed: Mutex<String>,
    results: Mutex<Vec<Dynamic>>,
    final_: Mutex<Option<Final>>,
    has_context: bool,
    hearers: Arc<Hearers>,
}

/// How an evaluation ended the run.
#[derive(Clone, Debug)]
pub enum Final {
    /// With this value.
    Value(Value),
    /// With the value of a variable that is still to be looked up.
    Variable(String),
}

/// A poisoned lock means that a panic was caught at the session's edge; the data behind it is still whole.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
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

    /// Keeps a printed line and shows it to whoever listens. Beyond 10 MB an evaluation's text is only shown.
    pub fn print(&self, text: &str) {
        {
            let mut printed = held(&self.printed);
            let room = STRING_LIMIT.saturating_sub(printed.len());
            printed.push_str(&text[..floor_boundary(text, room)]);
            printed.push('\n');
        }
        // Showing is a courtesy: a viewer that is gone must not fail the script, which keeps its own copy.
        drop(bridge::ask(Request::Say { text: text.to_owned() }));
    }

    /// Takes what was printed since the last call.
    pub fn take_printed(&self) -> String {
        std::mem::take(&mut *held(&self.printed))
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
        usize::try_from(index).ok().and_then(|i| results.get(i)).cloned().ok_or_else(|| {
            Failure::new(FailureKind::NotFound, format!("there is no result {number}")).hint(if count == 0 {
                "nothing was evaluated yet".to_owned()
            } else {
                format!("results: 1 to {count}")
            })
        })
    }

    /// Sets the value that ends the run.
    pub fn finish(&self, value: Value) {
        *held(&self.final_) = Some(Final::Value(value));
    }

    /// Sets the name of the variable whose value shall end the run.
    pub fn finish_with_variable(&self, name: String) {
        *held(&self.final_) = Some(Final::Variable(name));
    }

    /// Takes what ended the run, if anything did.
    pub fn take_final(&self) -> Option<Final> {
        held(&self.final_).take()
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

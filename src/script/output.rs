//! What one evaluation says: printed text, what its primitives note, and the value that ends the run.
//!
//! It belongs to the evaluation, not to the session: one that was abandoned may go on for a while, and what it says then
//! is no word of those after it.

use crate::core::failure::Outcome;
use crate::core::request::Request;
use crate::script::bridge;
use crate::script::desk::held;
use crate::script::engine::STRING_LIMIT;
use serde_json::Value;
use std::sync::Mutex;

/// Shared by the threads of one evaluation.
#[derive(Default)]
pub struct Output {
    printed: Mutex<String>,
    notes: Mutex<Vec<String>>,
    final_: Mutex<Option<Final>>,
}

/// How an evaluation ended the run.
#[derive(Clone, Debug)]
pub enum Final {
    /// With this value.
    Value(Value),
    /// With the value of a variable that is still to be looked up.
    Variable(String),
}

impl Output {
    /// Keeps a printed line; beyond 10 MB nothing of it.
    fn keep(&self, text: &str) {
        let mut printed = held(&self.printed);
        let room = STRING_LIMIT.saturating_sub(printed.len());
        if room == 0 {
            return;
        }
        printed.push_str(&text[..text.floor_char_boundary(room)]);
        printed.push('\n');
    }

    /// Takes what was printed since the last call.
    pub fn take_printed(&self) -> String {
        std::mem::take(&mut *held(&self.printed))
    }

    /// Takes what was noted, if anything was.
    pub fn take_note(&self) -> Option<String> {
        let notes = std::mem::take(&mut *held(&self.notes));
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// Takes what ended the run, if anything did.
    pub fn take_final(&self) -> Option<Final> {
        held(&self.final_).take()
    }
}

/// Keeps a printed line of this thread's evaluation and shows it to whoever listens. Beyond 10 MB an evaluation's text is
/// only shown.
pub fn print(text: &str) {
    // A module that is compiled outside of an evaluation prints to nobody.
    if let Ok(seat) = bridge::seat() {
        seat.output.keep(text);
    }
    // Showing is a courtesy: a viewer that is gone must not fail the script, which keeps its own copy.
    drop(bridge::ask(Request::Say { text: text.to_owned() }));
}

/// Notes what was done otherwise than was perhaps meant. However often that is, it is told once.
///
/// # Errors
/// Outside of an evaluation.
pub fn note(text: impl Into<String>) -> Outcome<()> {
    let (seat, text) = (bridge::seat()?, text.into());
    let mut notes = held(&seat.output.notes);
    if !notes.contains(&text) {
        notes.push(text);
    }
    Ok(())
}

/// Sets what ends the run of this thread's evaluation.
///
/// # Errors
/// Outside of an evaluation.
pub fn finish(with: Final) -> Outcome<()> {
    let seat = bridge::seat()?;
    *held(&seat.output.final_) = Some(with);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Output;
    use crate::script::engine::STRING_LIMIT;

    #[test]
    fn nothing_is_kept_beyond_the_limit() {
        let output = Output::default();
        output.keep(&"x".repeat(STRING_LIMIT));
        for _ in 0..3 {
            output.keep("y");
        }
        assert_eq!(output.take_printed().len(), STRING_LIMIT + 1);
    }
}

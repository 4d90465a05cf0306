//! What was said in a run so far: instructions and task, then turn after turn. All of it stays here; `compact` decides what
//! of it is sent.

use crate::core::message::Message;
use crate::turn::stages::Kept;

/// How often a prompt that proved to be too long is made for a window half as large.
const HALVINGS: u32 = 2;

/// The history of a run.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The messages.
    pub messages: Vec<Message>,
    /// Where the first message of each turn stands, and what the session has of it.
    turns: Vec<(usize, Kept)>,
    halvings: u32,
}

/// A turn that has ended.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    /// Its messages: an answer with what it led to, or none. A call and its result are in the same turn.
    pub messages: &'a [Message],
    /// What the session has of it.
    pub kept: &'a Kept,
}

impl History {
    /// One that begins with these messages.
    pub fn new(opening: Vec<Message>) -> Self {
        Self { messages: opening, turns: Vec::new(), halvings: 0 }
    }

    /// Adds a turn.
    pub fn add(&mut self, messages: Vec<Message>, kept: Kept) {
        self.turns.push((self.messages.len(), kept));
        self.messages.extend(messages);
    }

    /// Adds to what the next turn is told. That is no message of its own: many servers want users and models to speak in turn.
    pub fn tell(&mut self, told: &str) {
        if let Some(last) = self.messages.last_mut() {
            last.text = format!("{}\n\n{told}", last.text);
        }
    }

    /// Instructions and task.
    pub fn opening(&self) -> &[Message] {
        let end = self.turns.first().map_or(self.messages.len(), |(begin, _)| *begin);
        self.messages.get(..end).unwrap_or_default()
    }

    /// The turns, the first one first.
    pub fn turns(&self) -> impl Iterator<Item = Past<'_>> {
        let ends = self.turns.iter().skip(1).map(|(begin, _)| *begin).chain([self.messages.len()]);
        self.turns.iter().zip(ends).map(move |((begin, kept), end)| {
            let messages = self.messages.get(*begin..end).unwrap_or_default();
            Past { messages, kept }
        })
    }

    /// How large a window of so many tokens is taken for.
    pub const fn window(&self, tokens: u64) -> u64 {
        tokens >> self.halvings
    }

    /// From now on less of it is sent, unless that is of no use any more: tokens are only estimated here, and a window may be
    /// smaller than it is said to be.
    pub fn narrow(&mut self) -> bool {
        let narrows = self.halvings < HALVINGS && !self.turns.is_empty();
        if narrows {
            self.halvings += 1;
        }
        narrows
    }
}

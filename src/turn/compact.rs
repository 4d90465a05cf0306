//! Keeps a history within the window: the outputs of old turns are shortened first, then the oldest turns are left out; the
//! task and the latest turns stay as long as they fit. Thoughts stay whole: their provider signs them, and wants them back
//! before the calls that they led to.
//!
//! What is cut follows from the history alone, so that a run that goes on sends the same. It is cut in steps, more at once than
//! there is need for: between two of them each prompt begins with the one before, which providers have in their caches.

use crate::core::message::{Message, Speaker};
use crate::core::text::{counted, head_tail};
use crate::turn::history::{History, Past};

/// The latest turns that stay whole.
const WHOLE: usize = 2;
/// What is left of an old output, in bytes.
const LEFT: usize = 400;
/// What is left of the arguments of an old call: the protocols want JSON, and so the form that it had.
const OLD_ARGUMENTS: &str = "{\"code\":\"// shortened: earlier code\"}";
/// The longest text of the latest turn, where it does not fit as it is: the first of these that helps.
const LATEST: [usize; 4] = [2_000, 1_000, 500, 250];
/// The most bytes of the note on turns that are left out, and of the names of variables in it.
const NOTE: u64 = 700;
const NAMES: usize = 400;

/// The history in a prompt of at most `room` bytes, if instructions, task and the end of the latest turn fit it.
pub fn compact(history: &History, room: u64) -> Vec<Message> {
    let opening = history.opening();
    let room = room.saturating_sub(bound(opening));
    let turns: Vec<Size> = history.turns().map(Size::of).collect();
    let mut cut = Cut::default();
    for count in 1..=turns.len() {
        cut.fit(turns.get(..count).unwrap_or_default(), room);
    }
    let mut sent: Vec<Message> = Vec::new();
    for (index, turn) in history.turns().enumerate().skip(cut.left_out) {
        let form: fn(&Message) -> Message = if index < cut.shortened { shortened } else { Message::clone };
        sent.extend(turn.messages.iter().map(form));
    }
    for limit in LATEST {
        if bound(&sent) + cut.note() <= room {
            break;
        }
        sent = sent.iter().map(|message| clipped(message, limit)).collect();
    }
    let mut messages = opening.to_vec();
    if let Some(task) = messages.last_mut().filter(|_| cut.left_out > 0) {
        // Behind the task, as it is no message of its own.
        task.text.push_str(&note(history, cut.left_out));
    }
    messages.extend(sent);
    messages
}

/// Bytes of a turn, and what they are once it is shortened.
struct Size {
    whole: u64,
    short: u64,
}

impl Size {
    fn of(turn: Past<'_>) -> Self {
        let short: Vec<Message> = turn.messages.iter().map(shortened).collect();
        Self { whole: bound(turn.messages), short: bound(&short) }
    }
}

/// What is cut of a history.
#[derive(Default)]
struct Cut {
    /// The turns before this one are shortened.
    shortened: usize,
    /// Those before this one are left out.
    left_out: usize,
}

impl Cut {
    /// Cuts these turns until they fit, and some more, so that it lasts for a while.
    fn fit(&mut self, turns: &[Size], room: u64) {
        if self.total(turns) <= room {
            return;
        }
        let (old, last) = (turns.len().saturating_sub(WHOLE), turns.len().saturating_sub(1));
        self.shorten(turns, old, room / 4 * 3);
        if self.total(turns) > room {
            self.leave_out(turns, old, room / 2);
        }
        self.shorten(turns, last, room);
        self.leave_out(turns, last, room);
    }

    fn shorten(&mut self, turns: &[Size], end: usize, goal: u64) {
        while self.shortened < end && self.total(turns) > goal {
            self.shortened += 1;
        }
    }

    fn leave_out(&mut self, turns: &[Size], end: usize, goal: u64) {
        while self.left_out < end && self.total(turns) > goal {
            self.left_out += 1;
        }
    }

    fn total(&self, turns: &[Size]) -> u64 {
        let size = |(index, turn): (usize, &Size)| if index < self.shortened { turn.short } else { turn.whole };
        turns.iter().enumerate().skip(self.left_out).map(size).sum::<u64>() + self.note()
    }

    const fn note(&self) -> u64 {
        if self.left_out > 0 { NOTE } else { 0 }
    }
}

/// An upper bound of what messages add to a prompt, in bytes.
pub fn bound(messages: &[Message]) -> u64 {
    messages.iter().map(Message::token_bound).sum()
}

/// A message as it is in an old turn.
fn shortened(message: &Message) -> Message {
    let mut message = with_calls_of(message, 2 * LEFT);
    if message.text.len() > 2 * LEFT {
        let what = if message.speaker == Speaker::Assistant {
            "earlier code"
        } else {
            "earlier output; variables still hold it"
        };
        message.text = format!("[shortened: {what}]\n{}", head_tail(&message.text, LEFT, ""));
    }
    message
}

/// A message without the middle of a text that is longer than `limit`.
fn clipped(message: &Message, limit: usize) -> Message {
    let mut message = with_calls_of(message, limit);
    message.text = head_tail(&message.text, limit, "");
    message
}

/// A message without the code of its calls that have more than so many bytes.
fn with_calls_of(message: &Message, most: usize) -> Message {
    let mut message = message.clone();
    for call in message.tool_requests.iter_mut().filter(|call| call.arguments.len() > most) {
        call.arguments = OLD_ARGUMENTS.to_owned();
    }
    message
}

/// What a model is told of the turns that it does not see any more.
fn note(history: &History, count: usize) -> String {
    let kept = || history.turns().take(count).map(|turn| turn.kept);
    let mut names: Vec<&str> = Vec::new();
    for name in kept().flat_map(|kept| &kept.variables) {
        // One that was declared again is a newer one.
        names.retain(|known| known != name);
        names.push(name);
    }
    let last = kept().map(|kept| kept.results).max().unwrap_or(0);
    let turns = if count == 1 { "turn 1 is".to_owned() } else { format!("turns 1 to {count} are") };
    let variables = if names.is_empty() { String::new() } else { format!("; variables: {}", listed(&names)) };
    let results = match last {
        0 => String::new(),
        1 => "; out(1) has what it gave".to_owned(),
        last => format!("; out(1) to out({last}) have what they gave"),
    };
    format!(
        "\n# Left out\n{turns} left out here for want of room; the session has all that they did{variables}{results}\n"
    )
}

/// The newest names, as many as there is room for.
fn listed(names: &[&str]) -> String {
    let mut bytes = 0;
    let fits = |name: &&&str| {
        bytes += name.len() + 2;
        bytes <= NAMES
    };
    let shown: Vec<&str> = names.iter().rev().take_while(fits).copied().collect();
    let older = names.len() - shown.len();
    let shown = shown.join(", ");
    if older == 0 { shown } else { format!("{shown} and {} before", counted(older, "other")) }
}

#[cfg(test)]
mod tests;

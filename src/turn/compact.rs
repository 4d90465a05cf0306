//! Keeps a history within the window: the oldest outputs are shortened first, the task and the latest turns never.

use crate::core::message::{Message, Speaker};
use crate::core::text::head_tail;

/// Instructions and task.
const HEAD: usize = 2;
/// The latest messages that stay whole.
const TAIL: usize = 4;
/// What is left of an old output, in bytes.
const LEFT: usize = 400;

/// The history with as many old messages shortened as are needed to fit `room` bytes, and how many those are.
pub fn compact(history: &[Message], room: usize) -> (Vec<Message>, usize) {
    let mut messages = history.to_vec();
    let mut total: usize = messages.iter().map(|m| m.text.len()).sum();
    let mut shortened = 0;
    let last = messages.len().saturating_sub(TAIL);
    for message in messages.iter_mut().take(last).skip(HEAD) {
        if total <= room {
            break;
        }
        if message.text.len() <= 2 * LEFT {
            continue;
        }
        let what = if message.speaker == Speaker::Assistant {
            "earlier code"
        } else {
            "earlier output; variables still hold it"
        };
        let text = format!("[shortened: {what}]\n{}", head_tail(&message.text, LEFT, ""));
        total -= message.text.len().saturating_sub(text.len());
        message.text = text;
        shortened += 1;
    }
    (messages, shortened)
}

#[cfg(test)]
mod tests {
    use super::compact;
    use crate::core::message::{Message, Speaker};

    #[test]
    fn old_outputs_shrink_and_ends_stay() {
        let message = |speaker, letter: &str| Message::new(speaker, letter.repeat(5_000));
        let history: Vec<Message> =
            (0..10).map(|i| message(if i % 2 == 0 { Speaker::User } else { Speaker::Assistant }, "x")).collect();
        let (same, none) = compact(&history, 100_000);
        assert_eq!((same, none), (history.clone(), 0));
        let (small, shortened) = compact(&history, 40_000);
        assert_eq!(shortened, 3);
        assert!(small.iter().map(|m| m.text.len()).sum::<usize>() <= 40_000);
        assert_eq!(small[..2], history[..2]);
        assert_eq!(small[6..], history[6..]);
        assert!(small[2].text.starts_with("[shortened: earlier output"));
    }
}

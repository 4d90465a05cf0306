//! Keeps a history within the window: the oldest outputs are shortened first, the task and the latest turns never.
//! Thoughts stay whole: their provider signs them, and wants them back before the calls that they led to.

use crate::core::message::{Message, Speaker, Thought};
use crate::core::text::head_tail;

/// Instructions and task.
const HEAD: usize = 2;
/// The latest messages that stay whole.
const TAIL: usize = 4;
/// What is left of an old output, in bytes.
const LEFT: usize = 400;
/// What is left of the arguments of an old call: the protocols want JSON, and so the form that it had.
const OLD_ARGUMENTS: &str = "{\"code\":\"// shortened: earlier code\"}";

/// The history with as many old messages shortened as are needed to fit `room` bytes.
pub fn compact(history: &[Message], room: usize) -> Vec<Message> {
    let mut messages = history.to_vec();
    let mut total: usize = messages.iter().map(bytes).sum();
    let last = messages.len().saturating_sub(TAIL);
    for message in messages.iter_mut().take(last).skip(HEAD) {
        if total <= room {
            break;
        }
        let before = bytes(message);
        shorten(message);
        total -= before.saturating_sub(bytes(message));
    }
    messages
}

/// What a message adds to a prompt, in bytes.
fn bytes(message: &Message) -> usize {
    let calls: usize = message.tool_requests.iter().map(|call| call.name.len() + call.arguments.len()).sum();
    let thoughts: usize = message.thoughts.iter().map(Thought::bytes).sum();
    message.text.len() + calls + thoughts
}

fn shorten(message: &mut Message) {
    for call in message.tool_requests.iter_mut().filter(|call| call.arguments.len() > 2 * LEFT) {
        call.arguments = OLD_ARGUMENTS.to_owned();
    }
    if message.text.len() > 2 * LEFT {
        let what = if message.speaker == Speaker::Assistant {
            "earlier code"
        } else {
            "earlier output; variables still hold it"
        };
        message.text = format!("[shortened: {what}]\n{}", head_tail(&message.text, LEFT, ""));
    }
}

#[cfg(test)]
mod tests {
    use super::{OLD_ARGUMENTS, compact};
    use crate::core::message::{Message, Speaker, Thought, ToolRequest};

    #[test]
    fn old_outputs_shrink_and_ends_stay() {
        let message = |speaker, letter: &str| Message::new(speaker, letter.repeat(5_000));
        let history: Vec<Message> =
            (0..10).map(|i| message(if i % 2 == 0 { Speaker::User } else { Speaker::Assistant }, "x")).collect();
        assert_eq!(compact(&history, 100_000), history);
        let small = compact(&history, 40_000);
        assert!(small.iter().map(|m| m.text.len()).sum::<usize>() <= 40_000);
        assert_eq!(small[..2], history[..2]);
        assert!(small[2..5].iter().all(|message| message.text.starts_with("[shortened: ")));
        assert_eq!(small[5..], history[5..]);
        assert!(small[2].text.starts_with("[shortened: earlier output"));
    }

    #[test]
    fn code_of_calls_shrinks_and_thoughts_stay() {
        let message = |_| {
            let mut message = Message::new(Speaker::Assistant, "");
            let arguments = serde_json::json!({"code": "x".repeat(5_000)}).to_string();
            message.tool_requests = vec![ToolRequest { id: "1".into(), name: "rhai".into(), arguments }];
            message.thoughts = vec![Thought::Redacted { data: "x".repeat(1_000) }];
            message
        };
        let history: Vec<Message> = (0..10).map(message).collect();
        assert_eq!(compact(&history, 61_000), history);
        let small = compact(&history, 60_000);
        assert_eq!(small[2].tool_requests[0].arguments, OLD_ARGUMENTS);
        assert!(serde_json::from_str::<serde_json::Value>(OLD_ARGUMENTS).is_ok_and(|value| value["code"].is_string()));
        assert_eq!(small[2].thoughts, history[2].thoughts);
        assert_eq!(small[3..], history[3..]);
    }
}

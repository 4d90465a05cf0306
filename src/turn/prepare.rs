//! Stage 1, pure: the messages of a turn, within the model's window.

use crate::core::message::{Message, Speaker};
use crate::turn::compact::compact;
use crate::turn::prompt;
use crate::turn::stages::{PreparedTurn, TurnInput};
use std::sync::Arc;

/// Makes the prompt. `window` is the model's, in tokens; half of it, at four bytes per token, is for history.
pub fn prepare(input: &TurnInput, window: u64) -> PreparedTurn {
    let room = usize::try_from(window.saturating_mul(2)).unwrap_or(usize::MAX);
    let mut messages = compact(&input.history, room);
    if input.turn == input.of {
        if let Some(last) = messages.last_mut().filter(|m| m.speaker == Speaker::User) {
            last.text.push_str("\n\n");
            last.text.push_str(prompt::LAST_TURN);
        } else {
            messages.push(Message::new(Speaker::User, prompt::LAST_TURN));
        }
    }
    let logged = input.sent.iter().zip(&messages).take_while(|(before, now)| before == now).count();
    PreparedTurn { messages: Arc::from(messages), turn: input.turn, logged }
}

//! Stage 1, pure: the messages of a turn, within the model's window.

use crate::core::message::{Message, Speaker};
use crate::turn::compact::{bound, compact};
use crate::turn::history::History;
use crate::turn::prompt;
use crate::turn::stages::{PreparedTurn, TurnInput};
use std::sync::Arc;

/// Makes the prompt. `window` is the model's, in tokens.
pub fn prepare(history: &History, input: &TurnInput, window: u64) -> PreparedTurn {
    let room = room(bound(history.opening()), history.window(window));
    let mut messages = compact(history, room);
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

/// The most bytes of a prompt, at four a token: half of the window, or a quarter of it beside long instructions and a long
/// task, as far as these leave an eighth to the answer.
fn room(opening: u64, window: u64) -> u64 {
    let beside = opening.saturating_add(window).min(window.saturating_mul(4) / 8 * 7);
    window.saturating_mul(2).max(beside)
}

#[cfg(test)]
mod tests {
    use super::room;

    #[test]
    fn a_prompt_has_half_of_the_window_or_what_instructions_need() {
        for (opening, window, bytes) in
            [(10_000, 100_000, 200_000), (10_000, 16_000, 32_000), (10_000, 8_192, 18_192), (13_000, 4_096, 14_336)]
        {
            assert_eq!(room(opening, window), bytes, "{opening} of {window}");
        }
        assert_eq!(room(u64::MAX, u64::MAX), u64::MAX);
    }
}

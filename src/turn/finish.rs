//! Stage 5, pure: the end of a turn: the answer, or the messages that the next turn starts with.

use crate::core::message::{ChatReply, Message, Speaker};
use crate::turn::stages::{ToolRound, TurnOutput};
use serde_json::{Value, json};

/// What stands for an answer without a word.
pub const SILENT: &str = "(nothing)";

/// What the model is told about the state of the run.
pub struct Status {
    /// The turn that ended, from 1.
    pub turn: u32,
    /// The limit.
    pub of: u32,
    /// What was spent and is left, on one line.
    pub budget: String,
}

/// Ends a turn.
pub fn finish(reply: ChatReply, round: ToolRound, status: &Status) -> TurnOutput {
    if let Some(value) = round.final_ {
        return TurnOutput::Done(value);
    }
    let mut messages = vec![said(reply)];
    let mut texts = Vec::new();
    for observation in round.observations {
        match observation.answers {
            Some(id) => {
                let mut message = Message::new(Speaker::Tool, observation.text);
                message.answers = Some(id);
                messages.push(message);
            }
            None => texts.push(observation.text),
        }
    }
    let left = status.of.saturating_sub(status.turn);
    let head = if left > 0 {
        format!("# Turn {} of {}", status.turn + 1, status.of)
    } else {
        "# Turns are used up".to_owned()
    };
    let output = if texts.is_empty() { String::new() } else { format!("## Output\n{}\n\n", texts.join("\n\n")) };
    let text = format!("{head}\n{output}## Status\n{}; turns left: {left}", status.budget);
    messages.push(Message::new(Speaker::User, text));
    TurnOutput::Next(messages)
}

/// An answer as a part of the history, in a form that every server takes back: some refuse a message without any content, and
/// arguments that are no JSON object.
fn said(reply: ChatReply) -> Message {
    let is_silent = reply.text.trim().is_empty() && reply.tool_requests.is_empty();
    let mut message = Message::new(Speaker::Assistant, if is_silent { SILENT.to_owned() } else { reply.text });
    message.thoughts = reply.thoughts;
    message.tool_requests = reply.tool_requests;
    for call in &mut message.tool_requests {
        if !serde_json::from_str::<Value>(&call.arguments).is_ok_and(|given| given.is_object()) {
            call.arguments = json!({"code": call.arguments}).to_string();
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::{Status, finish};
    use crate::core::message::{ChatReply, Finish};
    use crate::core::usage::Usage;
    use crate::turn::observation::Observation;
    use crate::turn::stages::{ToolRound, TurnOutput};

    #[test]
    fn the_next_message_has_output_and_status() {
        let reply = ChatReply {
            text: "code".into(),
            thoughts: Vec::new(),
            tool_requests: Vec::new(),
            finish: Finish::Stop,
            usage: Usage::default(),
        };
        let seen = Observation { text: "42".into(), ok: true, answers: None };
        let round = ToolRound { observations: vec![seen], ..ToolRound::default() };
        let status = Status { turn: 1, of: 3, budget: "spent $0.01".into() };
        let TurnOutput::Next(messages) = finish(reply, round, &status) else { panic!("FINAL was not called") };
        let last = &messages[1].text;
        assert_eq!(last, "# Turn 2 of 3\n## Output\n42\n\n## Status\nspent $0.01; turns left: 2");
    }
}

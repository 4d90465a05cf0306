//! Stage 3: the root's model call, the only one of a turn.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::message::{ChatReply, ChatRequest, FunctionSpec, Message};
use crate::host::call::ModelCall;
use crate::host::call::fallback;
use crate::host::models::choose::Chosen;
use crate::turn::analyze::analyze;
use crate::turn::history::History;
use crate::turn::prepare::prepare;
use crate::turn::root::Root;
use crate::turn::stages::{AnalyzedTurn, PreparedTurn, TurnInput};
use serde_json::json;
use std::sync::Arc;

/// Makes the prompt of a turn and sends it; answers with it what was sent. Where a later turn is too long for its model, less
/// of the history goes out, from then on. The answer is paid and on disk when it returns.
pub async fn ask(
    root: &Root,
    chosen: &Arc<Chosen>,
    history: &mut History,
    input: TurnInput,
) -> (Arc<[Message]>, Outcome<ChatReply>) {
    let spec = &chosen.served.spec;
    let mut analyzed = analyze(prepare(history, &input, spec.window), chosen, spec.functions);
    loop {
        let answered = execute(root, &analyzed).await;
        let too_long = matches!(&answered, Err(failure) if failure.kind == FailureKind::ContextOverflow);
        match too_long.then(|| shorter(history, &input, &analyzed)).flatten() {
            Some(prepared) => analyzed = AnalyzedTurn { prepared, ..analyzed },
            None => return (analyzed.prepared.messages, answered.map_err(|failure| roomier(failure, input.turn))),
        }
    }
}

/// The turn with less of the history, if it can do with less.
fn shorter(history: &mut History, input: &TurnInput, sent: &AnalyzedTurn) -> Option<PreparedTurn> {
    while history.narrow() {
        let prepared = prepare(history, input, sent.chosen.served.spec.window);
        if prepared.messages != sent.prepared.messages {
            return Some(prepared);
        }
    }
    None
}

async fn execute(root: &Root, analyzed: &AnalyzedTurn) -> Outcome<ChatReply> {
    let chosen = &analyzed.chosen;
    let call = ModelCall {
        frame: Frame::root().child(format_args!("turn{}", analyzed.prepared.turn)),
        role: Arc::clone(&chosen.role),
        monitor: chosen.role.monitor,
        served: chosen.served.clone(),
        reason: Arc::clone(&chosen.reason),
        substituted: Vec::new(),
        substitutes: Arc::clone(&chosen.substitutes),
        standby: false,
        request: ChatRequest {
            messages: analyzed.prepared.messages.to_vec(),
            sampling: chosen.role.sampling.clone(),
            functions: if analyzed.functions { vec![rhai()] } else { Vec::new() },
            ..ChatRequest::default()
        },
        schema: None,
        label: Some("root".to_owned()),
        timeout: None,
        logged: analyzed.prepared.logged,
        needs: None,
        slots: None,
    };
    fallback::model(&root.host, call, &root.cancel).await.map(|answer| answer.reply)
}

/// A turn cannot be sent in pieces. Where others were paid before it, the run has come to the end of its room, as it might have
/// come to that of its turns.
fn roomier(failure: Failure, turn: u32) -> Failure {
    // Of an account that may not use so much in a minute another window makes nothing better.
    let is_of_account = failure.details.get("status").is_some_and(|status| status == 429);
    if failure.kind != FailureKind::ContextOverflow || is_of_account {
        return failure;
    }
    let failure = if turn == 1 {
        failure
    } else {
        let message = format!("turn {turn} does not fit, with the least of the history: {}", failure.message);
        Failure { kind: FailureKind::Turns, message, ..failure }
    };
    failure.hint("choose a root model with a larger window, or correct its `context_window` in rhizo.toml")
}

/// The one function of the function-calling form.
fn rhai() -> FunctionSpec {
    FunctionSpec {
        name: "rhai".to_owned(),
        description: "Runs Rhai code in the session and returns what it printed and its value.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {"code": {"type": "string", "description": "the program"}},
            "required": ["code"],
            "additionalProperties": false,
        }),
    }
}

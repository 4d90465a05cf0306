//! Stage 3: the root's model call, the only one of a turn.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::message::{ChatReply, ChatRequest, FunctionSpec};
use crate::host::call::ModelCall;
use crate::host::call::fallback;
use crate::host::run_host::RunHost;
use crate::turn::stages::AnalyzedTurn;
use serde_json::json;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Sends the turn. The answer is paid and on disk when it returns.
pub async fn execute(
    host: &RunHost,
    frame: &Frame,
    analyzed: &AnalyzedTurn,
    cancel: &CancellationToken,
) -> Outcome<ChatReply> {
    let chosen = &analyzed.chosen;
    let call = ModelCall {
        frame: frame.child(format_args!("turn{}", analyzed.prepared.turn)),
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
    fallback::model(host, call, cancel).await.map(|answer| answer.reply).map_err(roomier)
}

/// A turn cannot be sent in pieces.
fn roomier(failure: Failure) -> Failure {
    // Of an account that may not use so much in a minute another window makes nothing better.
    let is_of_account = failure.details.get("status").is_some_and(|status| status == 429);
    if failure.kind != FailureKind::ContextOverflow || is_of_account {
        return failure;
    }
    failure.hint(
        "choose a root model with a larger window, correct its `context_window` in rhizo.toml, or lower --max-turns",
    )
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

//! A model call as the log of effects keeps it: what makes two calls equal, and no message twice.

use crate::core::effect::EffectKind;
use crate::core::failure::Outcome;
use crate::core::ids::ModelId;
use crate::core::message::{ChatRequest, FunctionSpec, Message, Sampling};
use crate::host::call::ModelCall;
use crate::host::door::{self, Asked};
use serde::Serialize;
use serde_json::Value;

/// The arguments of a call as the log keeps them.
#[derive(Serialize)]
struct Arguments<'a> {
    model: &'a ModelId,
    /// How many messages stand before these: the log has them with an earlier call.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<usize>,
    messages: &'a [Message],
    sampling: &'a Sampling,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    functions: &'a [FunctionSpec],
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a Value>,
}

/// The call as the log of effects keeps it.
pub fn asked(call: &ModelCall) -> Outcome<Asked> {
    // Whether probabilities are asked for changes what is watched, not what is answered.
    let ChatRequest { messages, sampling, functions, schema, logprobs: _ } = &call.request;
    let (model, schema) = (&call.served.spec.id, schema.as_ref());
    let whole = Arguments { model, after: None, messages, sampling, functions, schema };
    let asked = Asked::written(EffectKind::Model, door::written(&whole)?).needing(call.needs.clone());
    match messages.get(call.logged..).filter(|_| call.logged > 0) {
        Some(messages) => {
            let rest = Arguments { after: Some(call.logged), messages, ..whole };
            Ok(asked.kept_as(door::written(&rest)?))
        }
        None => Ok(asked),
    }
}

//! What tools and stored programs were called as: the form of their parameters is a part of what makes two calls equal.
//!
//! Logs of earlier versions do not have it; their calls are found as they were.

use crate::core::effect::{EffectKind, canonical};
use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::core::tool::ToolSpec;
use crate::host::door::{self, Asked};
use crate::host::run_host::RunHost;
use crate::host::tools::claims::Claim;
use serde_json::{Value, json};

/// A call of a tool.
pub(in crate::host) fn tool(host: &RunHost, frame: &Frame, spec: &ToolSpec, args: &Value) -> Asked {
    let intent = json!({"tool": spec.name, "args": args, "parameters": taken(&spec.parameters)});
    let asked = Asked::new(EffectKind::Tool, &intent);
    if host.replay.is_none() || host.knows(frame, &asked) {
        return asked;
    }
    let older = Asked::new(EffectKind::Tool, &json!({"tool": spec.name, "args": args}));
    if host.knows(frame, &older) { older } else { asked }
}

/// The same of the file of a step: the log keeps beside it who writes, for runs of the same tree that go on.
pub(in crate::host) fn product(host: &RunHost, frame: &Frame, spec: &ToolSpec, args: &Value, claim: &Claim) -> Asked {
    let kept = json!({"tool": spec.name, "args": args, "parameters": taken(&spec.parameters), "product": claim});
    tool(host, frame, spec, args).kept_as(canonical(&kept))
}

/// Notes that a stored program is called. What it does are effects of their own; that its parameters have changed would
/// show in none of them.
///
/// # Errors
/// `replay` if a sealed log has it with other parameters.
pub(in crate::host) fn program(host: &RunHost, frame: &Frame, name: &str, parameters: &Value) -> Outcome<()> {
    // Of what a log of an earlier version does not have, nothing can be missed.
    let earlier = host.replay.as_ref().is_some_and(|replay| !replay.has(EffectKind::Script, frame));
    if host.is_sealed() && earlier {
        return Ok(());
    }
    let intent = json!({"program": name, "parameters": form(parameters)});
    door::told(host, frame, Asked::new(EffectKind::Script, &intent), Value::Null).map(drop)
}

/// The form of what a tool takes, in short. Which of several choices is meant if none is made is no part of it: there are
/// logs that do not have that.
fn taken(parameters: &Value) -> String {
    let mut parameters = parameters.clone();
    let fields = parameters.get_mut("properties").and_then(Value::as_object_mut);
    for field in fields.into_iter().flat_map(|fields| fields.values_mut()).filter_map(Value::as_object_mut) {
        if field.contains_key("oneOf") {
            field.remove("default");
        }
    }
    form(&parameters)
}

/// The form of parameters, in short.
fn form(parameters: &Value) -> String {
    blake3::hash(canonical(parameters).as_bytes()).to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::taken;
    use serde_json::json;

    #[test]
    fn calls_of_logs_without_a_standard_choice_are_found() {
        let with = |field| json!({"type": "object", "properties": {"mode": field}});
        let choices = json!([{"const": "create"}, {"const": "append"}]);
        let told = taken(&with(json!({"oneOf": choices, "default": "create"})));
        assert_eq!(told, taken(&with(json!({"oneOf": choices}))));
        assert_ne!(taken(&with(json!({"type": "integer", "default": 1}))), taken(&with(json!({"type": "integer"}))));
    }
}

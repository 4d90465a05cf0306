//! The fields that a step declares, taken out of what its act answered.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::host::typed::{Checked, Schema};
use crate::pipeline::plan::Step;
use serde_json::{Map, Value};

/// The declared fields of an answer, checked.
///
/// # Errors
/// `data`, with the answer as `raw`, if one is missing or of another kind.
pub fn pick(step: &Step, schema: &Value, answer: Value) -> Outcome<Value> {
    let declared = match &answer {
        Value::Object(map) => {
            let fields = step.vars.iter().filter_map(|var| Some((var.name.clone(), map.get(&var.name)?.clone())));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other.clone(),
    };
    match Schema::read(schema)?.check_data(&declared) {
        Checked::Valid(value) => Ok(value),
        Checked::Wrong(message) => {
            let what = format!("the answer of `{}` lacks what `vars` declares: {message}", step.act.name());
            Err(Failure::new(FailureKind::Data, what).detail("raw", answer))
        }
    }
}

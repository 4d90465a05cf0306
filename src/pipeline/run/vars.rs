//! The fields that a step declares, taken out of what its act answered.

use crate::core::failure::Outcome;
use crate::host::typed::Schema;
use crate::pipeline::plan::Step;
use crate::pipeline::run::llm::sorted;
use serde_json::{Map, Value};

/// The declared fields of an answer, checked as `typed` of a script does it.
///
/// # Errors
/// `data`, with the answer as `raw`, if one is missing or of another kind.
pub fn pick(step: &Step, schema: Value, answer: Value) -> Outcome<Value> {
    let answer = seen(answer);
    let declared = match &answer {
        Value::Object(map) => {
            let fields = step.vars.iter().filter_map(|var| Some((var.name.clone(), map.get(&var.name)?.clone())));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other.clone(),
    };
    let schema = Schema::read(&sorted(schema))?;
    let what = format!("the answer of `{}` lacks what `vars` declares", step.act.name());
    // What is wrong quotes the answer as a script has it, whose maps know no order.
    let fitting = schema.fit(&declared, &what).or_else(|_| schema.fit(&sorted(declared), &what));
    fitting.map_err(|failure| failure.of_data().detail("raw", answer))
}

/// An answer as programs see it: a whole number that is too large for theirs is its text.
fn seen(answer: Value) -> Value {
    match answer {
        Value::Number(number) if number.is_u64() && !number.is_i64() => Value::String(number.to_string()),
        Value::Array(items) => items.into_iter().map(seen).collect(),
        Value::Object(map) => map.into_iter().map(|(name, value)| (name, seen(value))).collect(),
        other => other,
    }
}

//! The maps that programs and pipelines see of a failure.

use crate::core::failure::{CAUSE, Failure, step};
use serde_json::{Map, Value};

impl Failure {
    /// The map that a script sees: `kind`, `message`, `hint`, `retryable` and the details.
    pub fn to_map(&self) -> Map<String, Value> {
        let mut map = self.details.clone();
        map.insert("error".to_owned(), Value::Bool(true));
        map.insert("kind".to_owned(), self.kind.name().into());
        map.insert("message".to_owned(), self.message.clone().into());
        map.insert("hint".to_owned(), self.hint.clone().unwrap_or_default().into());
        map.insert("retryable".to_owned(), self.kind.retryable().into());
        map
    }

    /// The same among values that go to a script, which takes `CAUSE` out of it.
    pub fn to_slot(&self) -> Value {
        let mut map = self.to_map();
        map.extend(self.cause.map(|cause| (CAUSE.to_owned(), cause.get().into())));
        Value::Object(map)
    }

    /// The map that `errors` of a pipeline has of a step, and the script that is made of the pipeline too: without what
    /// no two programs share that do the same.
    pub fn to_error(&self) -> Map<String, Value> {
        let mut map = self.to_map();
        shared(&mut map);
        map
    }
}

/// Details of one text, of one run, or of how far one call had come.
const OWN: &[&str] = &["at", "begun", "child", "column", "expression", step::ITEM, "line", "snippet", "step"];

/// Takes them out of the map of a failure, and out of those of its items.
fn shared(map: &mut Map<String, Value>) {
    map.retain(|name, _| !OWN.contains(&name.as_str()));
    for name in ["answer", "raw"] {
        if let Some(answer) = map.get_mut(name).and_then(Value::as_object_mut) {
            // How long a command ran.
            answer.remove("millis");
        }
    }
    if let Some(items) = map.get_mut("items").and_then(Value::as_object_mut) {
        items.values_mut().filter_map(Value::as_object_mut).for_each(shared);
    }
}

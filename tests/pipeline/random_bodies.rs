//! Bodies of random pipelines: items, loops, branches, other pipelines. What stands in them is forgotten behind them.

use super::random::{Writer, step};
use super::random_words::{Form, Known};
use serde_json::{Map, Value, json};

impl Writer<'_> {
    pub(super) fn each(&mut self, name: &str, depth: usize) -> (Map<String, Value>, Form) {
        let keyed = self.tape.pick(3) == 0;
        let items = match self.tape.pick(6) {
            0 => json!([1, 2]),
            1 => json!("inputs.words"),
            2 => json!(self.tape.of(&["0..2", "0..inputs.count", "1..=2"])),
            _ => {
                let (path, form) = self.way(false);
                self.knowable = self.knowable && !form.is_unknown();
                json!(path)
            }
        };
        let item = format!("item_of_{name}");
        let outside = self.seen.len();
        self.seen.push(Known::new(&item, Form::Unknown));
        let mut act = json!({"in": items, "as": item, "steps": self.steps(2, depth - 1)});
        self.seen.truncate(outside);
        if keyed {
            act["key"] = json!("index");
        }
        if self.tape.pick(2) == 0 {
            act["on_item_failure"] = json!("continue");
        }
        (step("each", act), if keyed { Form::Unknown } else { Form::List })
    }

    pub(super) fn repeat(&mut self, depth: usize) -> (Map<String, Value>, Form) {
        let outside = self.seen.len();
        self.seen.push(Known::new("prev", Form::Absent));
        let condition = match self.tape.pick(4) {
            0 => "iteration < 3".to_owned(),
            1 => "prev == ()".to_owned(),
            2 => format!("iteration < 3 && {} != ()", self.path(false)),
            _ => self.condition(),
        };
        let act = json!({"condition": condition, "max_iterations": 3, "steps": self.steps(2, depth - 1)});
        self.seen.truncate(outside);
        (step("while", act), Form::Unknown)
    }

    pub(super) fn parallel(&mut self, name: &str, depth: usize) -> (Map<String, Value>, Form) {
        let outside = self.seen.len();
        let mut branches = Map::new();
        for side in ["left", "right"] {
            let steps = self.steps(2, depth - 1);
            let steps = if self.tape.pick(2) == 0 { by_name(steps) } else { Value::Array(steps) };
            branches.insert(format!("{side}_{name}"), steps);
            self.seen.truncate(outside);
        }
        let fields = branches.keys().map(|name| (name.clone(), Form::Unknown)).collect();
        (step("parallel", Value::Object(branches)), Form::Fields(fields))
    }

    /// Another pipeline, whose file has a name of its own wherever it is called.
    pub(super) fn nested(&mut self, name: &str) -> (Map<String, Value>, Form) {
        if let Some(strict) = self.strict() {
            return strict;
        }
        let items = self.seen.iter().map(|known| known.name.as_str()).filter(|name| name.starts_with("item_of_"));
        let holes: String = items.map(|item| format!("_{{{{ {item} }}}}")).collect();
        // Two items may be the same.
        self.knowable = self.knowable && holes.is_empty();
        let mut inputs = json!({"topic": format!("{name}{holes}")});
        if self.tape.pick(2) == 0 {
            let given = if self.tape.pick(3) == 0 { json!("{{ inputs.number }}") } else { json!(2) };
            inputs[if self.tape.wrong(8) { "m" } else { "n" }] = given;
        }
        let mut act = step("pipeline", json!("inner.yaml"));
        act.insert("inputs".to_owned(), inputs);
        (act, Form::Fields(["v", "n"].map(|name| (name.to_owned(), Form::Unknown)).into()))
    }
}

/// Steps as a map.
fn by_name(steps: Vec<Value>) -> Value {
    let maps = steps.into_iter().filter_map(|step| if let Value::Object(map) = step { Some(map) } else { None });
    Value::Object(maps.flatten().collect())
}

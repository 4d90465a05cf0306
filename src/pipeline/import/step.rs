//! Steps: what stands around their acts.

use crate::pipeline::import::{Importer, Known, act};
use crate::pipeline::read::words::{ACTS, RESERVED};
use crate::pipeline::tree::{Data, Node};
use serde_json::{Map, Value};

/// The keys of a step that are dealt with, or that only describe it; further ones are faults.
const KEYS: &[&str] = &[
    "id",
    "name",
    "description",
    "tool",
    "action",
    "parameters",
    "inputs",
    "dependencies",
    "depends_on",
    "if",
    "condition",
    "for_each",
    "foreach",
    "while",
    "until",
    "max_iterations",
    "max_parallel",
    "steps",
    "on_error",
    "continue_on_error",
    "retry",
    "retries",
    "max_retries",
    "timeout",
    "metadata",
    "requires_model",
    "produces",
    "tags",
];

/// The keys of a handler of `on_error` that has only a value to offer.
const FALLBACK: &[&str] =
    &["fallback_value", "error_types", "log_level", "capture_error_context", "priority", "enabled"];

/// A name that expressions can read.
pub(super) fn name(id: &str) -> String {
    let plain: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let taken = RESERVED.contains(&plain.as_str()) || ACTS.iter().any(|(act, _)| *act == plain);
    if taken || !plain.starts_with(|c: char| c.is_ascii_alphabetic()) { format!("step_{plain}") } else { plain }
}

impl Importer {
    /// Makes the names of all steps known, those of loops too.
    pub(super) fn announce(&mut self, steps: &Node, home: Option<&str>) {
        let Data::List(items) = &steps.data else { return };
        for item in items {
            let get = |key: &str| field(item, key);
            let id = get("id").and_then(Node::text);
            if let Some(id) = id {
                let conditional = get("if").or_else(|| get("condition")).is_some();
                let known = Known {
                    name: name(id),
                    kind: act::kind(item),
                    absent: conditional || goes_on(item),
                    fallback: goes_on(item).then(|| fallback(item).map_or_else(|| "()".to_owned(), written)),
                    home: home.map(ToOwned::to_owned),
                };
                self.steps.insert(id.to_owned(), known);
                if get("while").or_else(|| get("until")).is_some() && !is_each(item) {
                    self.repeating.insert(id.to_owned());
                }
            }
            if let Some(inner) = get("steps") {
                self.announce(inner, id.or(home));
            }
        }
    }

    /// The steps by name.
    pub(super) fn steps_of(&mut self, steps: &Node) -> Map<String, Value> {
        let mut read = Map::new();
        let Data::List(items) = &steps.data else {
            self.fault(steps.at, "`steps` that are no list");
            return read;
        };
        for item in items {
            let Some(id) = field(item, "id").and_then(Node::text) else {
                self.fault(item.at, "a step without `id`");
                continue;
            };
            if let Some(step) = self.step(item, id) {
                read.insert(name(id), step);
            }
            if let Some(around) = self.loops.last_mut() {
                around.done.push(name(id));
            }
        }
        read
    }

    fn step(&mut self, item: &Node, id: &str) -> Option<Value> {
        for entry in item.entries().unwrap_or_default() {
            if !KEYS.contains(&entry.key.as_str()) {
                self.fault(entry.at, format!("the key `{}` of a step", entry.key));
            }
        }
        let mut step = Map::new();
        match field(item, "for_each").or_else(|| field(item, "foreach")) {
            Some(list) => drop(step.insert("each".to_owned(), self.each(item, id, list)?)),
            None if self.repeating.contains(id) => {
                drop(step.insert("while".to_owned(), self.repeated_steps(item, id)?))
            }
            None => self.act(item, &mut step)?,
        }
        self.conditions(item, &mut step)?;
        if let Some(node) = field(item, "timeout") {
            step.insert("timeout".to_owned(), node.value());
        }
        if let Some(node) = ["retry", "retries", "max_retries"].iter().find_map(|key| field(item, key)) {
            match node.data {
                Data::Int(_) => drop(step.insert("retry".to_owned(), node.value())),
                _ => self.fault(node.at, "repetitions that are no number"),
            }
        }
        self.after_failure(item, &mut step);
        Some(Value::Object(step))
    }

    /// What the step comes after, and under which condition.
    fn conditions(&mut self, item: &Node, step: &mut Map<String, Value>) -> Option<()> {
        let mut conditions = Vec::new();
        if let Some(node) = field(item, "dependencies").or_else(|| field(item, "depends_on")) {
            let (names, after) = self.dependencies(node);
            step.insert("dependencies".to_owned(), names);
            conditions.extend(after);
        }
        if let Some(node) = field(item, "if").or_else(|| field(item, "condition")) {
            conditions.push(self.condition(node)?);
        }
        if !conditions.is_empty() {
            step.insert("condition".to_owned(), conditions.join(" && ").into());
        }
        Some(())
    }

    /// What the step comes after: those that must not fail, and conditions that wait for the others and always hold.
    fn dependencies(&mut self, node: &Node) -> (Value, Vec<String>) {
        let (mut names, mut after) = (Vec::new(), Vec::new());
        for id in texts(node) {
            match self.steps.get(&id) {
                Some(known) if known.fallback.is_some() => after.push(format!("outcomes.{} != ()", known.name)),
                Some(known) => names.push(known.name.clone().into()),
                None => self.fault(node.at, format!("the dependency `{id}`, which is no step")),
            }
        }
        (Value::Array(names), after)
    }

    /// What follows a failure of the step.
    fn after_failure(&mut self, item: &Node, step: &mut Map<String, Value>) {
        let continues = |step: &mut Map<String, Value>| drop(step.insert("on_failure".to_owned(), "continue".into()));
        match field(item, "on_error") {
            Some(node) if node.text() == Some("fail") => {}
            _ if goes_on(item) => continues(step),
            Some(node) => self.fault(node.at, "a handler of `on_error`: `on_failure` leads to a step"),
            None => {}
        }
        if let Some(node) = field(item, "metadata").and_then(|node| field(node, "on_failure"))
            && !goes_on(item)
            && node.text() != Some("fail")
        {
            self.fault(node.at, "`on_failure` in `metadata`");
        }
    }
}

/// Whether the flow goes on when the step fails.
fn goes_on(item: &Node) -> bool {
    let word = |node: Option<&Node>| node.and_then(Node::text) == Some("continue");
    let flag = field(item, "continue_on_error").is_some_and(|node| node.data == Data::Bool(true));
    let told = field(item, "metadata").and_then(|node| field(node, "on_failure"));
    flag || word(field(item, "on_error")) || word(told) || fallback(item).is_some()
}

/// The value of a step that failed, if its handler for every error has one and does nothing else.
fn fallback(item: &Node) -> Option<&Node> {
    let handler = field(item, "on_error")?;
    let every = field(handler, "error_types").is_none_or(|types| texts(types) == ["*"]);
    let plain = handler.entries()?.iter().all(|entry| FALLBACK.contains(&entry.key.as_str()));
    field(handler, "fallback_value").filter(|_| every && plain)
}

/// A value as Rhai has it.
fn written(node: &Node) -> String {
    match &node.data {
        Data::Null => "()".to_owned(),
        Data::List(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Data::Map(entries) => {
            let entries =
                entries.iter().map(|entry| format!("{}: {}", Value::from(entry.key.as_str()), written(&entry.value)));
            format!("#{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        _ => node.value().to_string(),
    }
}

fn is_each(item: &Node) -> bool {
    field(item, "for_each").or_else(|| field(item, "foreach")).is_some()
}

/// A field that is there and says something.
pub(super) fn field<'n>(item: &'n Node, key: &str) -> Option<&'n Node> {
    let Data::Map(entries) = &item.data else { return None };
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value).filter(|node| node.data != Data::Null)
}

fn texts(node: &Node) -> Vec<String> {
    match &node.data {
        Data::List(items) => items.iter().filter_map(Node::text).map(ToOwned::to_owned).collect(),
        Data::Text(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

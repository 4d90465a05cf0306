//! Steps: what a tool and an action of theirs are here.

use crate::pipeline::import::{Importer, Kind, Known};
use crate::pipeline::read::words::{ACTS, RESERVED};
use crate::pipeline::tree::{Data, Entry, Node};
use serde_json::{Map, Value, json};

/// The keys of a step that are dealt with; further ones are faults.
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

/// Actions that are model calls.
const MODEL_ACTIONS: &[&str] =
    &["generate_text", "generate-text", "llm_call", "generate", "llm-generate", "analyze_text"];

/// A name that expressions can read.
pub(super) fn name(id: &str) -> String {
    let plain: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let taken = RESERVED.contains(&plain.as_str()) || ACTS.iter().any(|(act, _)| *act == plain);
    if taken || !plain.starts_with(|c: char| c.is_ascii_alphabetic()) { format!("step_{plain}") } else { plain }
}

impl Importer {
    /// Makes the names of all steps known, those of loops too.
    pub(super) fn announce(&mut self, steps: &Node) {
        let Data::List(items) = &steps.data else { return };
        for item in items {
            let get = |key: &str| field(item, key);
            if let Some(id) = get("id").and_then(|node| node.text()) {
                let conditional = get("if").or_else(|| get("condition")).is_some();
                self.steps.insert(id.to_owned(), Known { name: name(id), kind: kind(item), conditional });
            }
            if let Some(inner) = get("steps") {
                self.announce(inner);
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
            let Some(id) = field(item, "id").and_then(|node| node.text()) else {
                self.fault(item.at, "a step without `id`");
                continue;
            };
            if let Some(step) = self.step(item) {
                read.insert(name(id), step);
            }
        }
        read
    }

    fn step(&mut self, item: &Node) -> Option<Value> {
        for entry in item.entries().unwrap_or_default() {
            if !KEYS.contains(&entry.key.as_str()) {
                self.fault(entry.at, format!("the key `{}` of a step", entry.key));
            }
        }
        let mut step = Map::new();
        match field(item, "for_each").or_else(|| field(item, "foreach")) {
            Some(list) => drop(step.insert("each".to_owned(), self.each(item, list)?)),
            None => self.act(item, &mut step)?,
        }
        if let Some(node) = field(item, "dependencies").or_else(|| field(item, "depends_on")) {
            let names: Vec<Value> = texts(node).iter().map(|id| name(id).into()).collect();
            step.insert("dependencies".to_owned(), Value::Array(names));
        }
        if let Some(node) = field(item, "if").or_else(|| field(item, "condition")) {
            step.insert("condition".to_owned(), self.condition(node)?.into());
        }
        if let Some(node) = field(item, "timeout") {
            step.insert("timeout".to_owned(), node.value());
        }
        if let Some(node) = ["retry", "retries", "max_retries"].iter().find_map(|key| field(item, key)) {
            step.insert("retry".to_owned(), node.value());
        }
        self.after_failure(item, &mut step);
        Some(Value::Object(step))
    }

    /// What follows a failure of the step.
    fn after_failure(&mut self, item: &Node, step: &mut Map<String, Value>) {
        let goes_on = field(item, "continue_on_error").is_some_and(|node| node.data == Data::Bool(true));
        match field(item, "on_error") {
            Some(node) if node.text() == Some("continue") => {
                drop(step.insert("on_failure".to_owned(), "continue".into()))
            }
            Some(node) if node.text() == Some("fail") => {}
            Some(node) => self.fault(node.at, "a handler of `on_error`: `on_failure` leads to a step"),
            None if goes_on => drop(step.insert("on_failure".to_owned(), "continue".into())),
            None => {}
        }
    }

    fn each(&mut self, item: &Node, list: &Node) -> Option<Value> {
        let items = self.value(list)?;
        let before = self.locals.len();
        self.locals.extend(["item", "index"]);
        let mut each = Map::new();
        each.insert("in".to_owned(), items);
        if let Some(node) = field(item, "max_parallel") {
            each.insert("max_parallel".to_owned(), node.value());
        }
        let steps = match field(item, "steps") {
            Some(steps) => self.steps_of(steps),
            None => {
                let mut act = Map::new();
                self.act(item, &mut act)?;
                let inner = field(item, "id")
                    .and_then(|node| node.text())
                    .map_or_else(String::new, |id| format!("{}_item", name(id)));
                Map::from_iter([(inner, Value::Object(act))])
            }
        };
        self.locals.truncate(before);
        each.insert("steps".to_owned(), Value::Object(steps));
        Some(Value::Object(each))
    }

    fn act(&mut self, item: &Node, step: &mut Map<String, Value>) -> Option<()> {
        let (tool, action) = called(item);
        let given = field(item, "parameters").or_else(|| field(item, "inputs"));
        let given: Vec<&Entry> = given.and_then(Node::entries).unwrap_or_default();
        let get = |key: &str| given.iter().find(|entry| entry.key == key).map(|entry| &entry.value);
        match (tool.as_str(), action.as_str()) {
            ("filesystem", action) => self.file(item, action, &get, step),
            ("terminal", _) => {
                let Some(command) = get("command") else {
                    self.fault(item.at, "a command without `command`");
                    return None;
                };
                let mut args = Map::from_iter([("command".to_owned(), self.value(command)?)]);
                if let Some(node) = get("timeout") {
                    args.insert("timeout".to_owned(), node.value());
                }
                step.insert("tool".to_owned(), "run_command".into());
                step.insert("args".to_owned(), Value::Object(args));
                Some(())
            }
            ("", action) if MODEL_ACTIONS.contains(&action) => {
                let Some(prompt) = get("prompt").or_else(|| get("text")) else {
                    self.fault(item.at, "a model call without `prompt`");
                    return None;
                };
                let mut call = Map::from_iter([("prompt".to_owned(), self.value(prompt)?)]);
                for (theirs, ours) in [
                    ("system_prompt", "system"),
                    ("system", "system"),
                    ("max_tokens", "max_tokens"),
                    ("temperature", "temperature"),
                ] {
                    if let Some(node) = get(theirs) {
                        call.insert(ours.to_owned(), self.value(node)?);
                    }
                }
                step.insert("llm".to_owned(), Value::Object(call));
                // A model that is to be chosen for the task is what rhizo does without being told.
                if let Some(model) = get("model").and_then(Node::text).filter(|model| !model.contains("<AUTO")) {
                    step.insert("model".to_owned(), model.into());
                }
                Some(())
            }
            ("", action) => {
                self.fault(item.at, format!("the action `{action}`"));
                None
            }
            (tool, action) => {
                self.fault(item.at, format!("the tool `{tool}` with `{action}`"));
                None
            }
        }
    }

    fn file<'n>(
        &mut self,
        item: &Node,
        action: &str,
        get: &dyn Fn(&str) -> Option<&'n Node>,
        step: &mut Map<String, Value>,
    ) -> Option<()> {
        let mut needed = |key: &str| match get(key) {
            Some(node) => self.value(node),
            None => {
                self.fault(item.at, format!("a file without `{key}`"));
                None
            }
        };
        let (tool, args) = match action {
            "read" => ("read_file", json!({"path": needed("path")?})),
            "write" => {
                ("write_file", json!({"path": needed("path")?, "text": needed("content")?, "mode": "overwrite"}))
            }
            "append" => ("write_file", json!({"path": needed("path")?, "text": needed("content")?, "mode": "append"})),
            "list" => ("list_dir", json!({"path": needed("path")?})),
            "copy" => ("run_command", json!({"command": ["cp", "-r", needed("path")?, needed("destination")?]})),
            "move" => ("run_command", json!({"command": ["mv", needed("path")?, needed("destination")?]})),
            "delete" => ("run_command", json!({"command": ["rm", "-r", needed("path")?]})),
            "mkdir" => ("run_command", json!({"command": ["mkdir", "-p", needed("path")?]})),
            other => {
                self.fault(item.at, format!("the file action `{other}`"));
                return None;
            }
        };
        step.insert("tool".to_owned(), tool.into());
        step.insert("args".to_owned(), args);
        Some(())
    }
}

fn field<'n>(item: &'n Node, key: &str) -> Option<&'n Node> {
    let Data::Map(entries) = &item.data else { return None };
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value).filter(|node| node.data != Data::Null)
}

/// Tool and action: `action: filesystem` with `parameters.action` says the same as `tool: filesystem` with `action`.
fn called(item: &Node) -> (String, String) {
    let text = |node: Option<&Node>| node.and_then(Node::text).unwrap_or_default().trim().to_owned();
    let (tool, action) = (text(field(item, "tool")), text(field(item, "action")));
    if tool.is_empty() && ["filesystem", "terminal"].contains(&action.as_str()) {
        let inner = field(item, "parameters").and_then(|node| field(node, "action"));
        return (action, text(inner));
    }
    (tool, action)
}

fn kind(item: &Node) -> Kind {
    let (tool, action) = called(item);
    match (tool.as_str(), action.as_str()) {
        ("filesystem", "read") => Kind::Text,
        ("filesystem", "write" | "append") => Kind::Written,
        ("filesystem", "copy" | "move" | "delete" | "mkdir") | ("terminal", _) => Kind::Command,
        ("", action) if MODEL_ACTIONS.contains(&action) && field(item, "for_each").is_none() => Kind::Text,
        _ => Kind::Other,
    }
}

fn texts(node: &Node) -> Vec<String> {
    match &node.data {
        Data::List(items) => items.iter().filter_map(Node::text).map(ToOwned::to_owned).collect(),
        Data::Text(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

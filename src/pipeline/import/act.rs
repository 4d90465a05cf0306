//! Acts: what a tool and an action of theirs are here.

use crate::pipeline::import::step::field;
use crate::pipeline::import::template::expression;
use crate::pipeline::import::{Importer, Kind};
use crate::pipeline::tree::{Data, Entry, Node};
use serde_json::{Map, Value, json};

/// Actions that are model calls.
const MODEL_ACTIONS: &[&str] =
    &["generate_text", "generate-text", "llm_call", "generate", "llm-generate", "analyze_text"];

/// How many seconds a command may take there if nothing is said.
const SECONDS: u32 = 30;

/// What is given to an action.
struct Given<'n> {
    entries: Vec<&'n Entry>,
}

impl<'n> Given<'n> {
    fn of(item: &'n Node) -> Self {
        let node = field(item, "parameters").or_else(|| field(item, "inputs"));
        Self { entries: node.and_then(Node::entries).unwrap_or_default() }
    }

    fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }
}

impl Importer {
    /// What the step does.
    pub(super) fn act(&mut self, item: &Node, step: &mut Map<String, Value>) -> Option<()> {
        let (tool, action) = called(item);
        let given = Given::of(item);
        match (tool.as_str(), action.as_str()) {
            ("filesystem", action) => self.file(item, action, &given, step),
            ("terminal", _) => self.command(item, &given, step),
            ("", action) if MODEL_ACTIONS.contains(&action) => self.model_call(item, action, &given, step),
            ("", action) if said(action).is_some() => self.say(item, action, &given, step),
            ("", action) => {
                self.fault(item.at, format!("the action `{}`", action.lines().next().unwrap_or_default()));
                None
            }
            (tool, action) => {
                self.fault(item.at, format!("the tool `{tool}` with `{action}`"));
                None
            }
        }
    }

    /// Refuses what else is given.
    fn only(&mut self, given: &Given<'_>, known: &[&str]) {
        for entry in &given.entries {
            if !known.contains(&entry.key.as_str()) {
                self.fault(entry.at, format!("the parameter `{}`", entry.key));
            }
        }
    }

    fn command(&mut self, item: &Node, given: &Given<'_>, step: &mut Map<String, Value>) -> Option<()> {
        self.only(given, &["action", "command", "timeout", "working_dir", "capture_output"]);
        let Some(node) = given.get("command") else {
            self.fault(item.at, "a command without `command`");
            return None;
        };
        let Value::String(command) = self.words(node) else {
            self.fault(node.at, "a command that is no text");
            return None;
        };
        let command = command.strip_prefix('!').unwrap_or(&command).to_owned();
        let command = match given.get("working_dir").map(|node| (node, self.words(node))) {
            None => command,
            Some((_, Value::String(folder))) if !folder.contains('\'') => {
                format!("mkdir -p '{folder}' && cd '{folder}' || exit 1\n{command}")
            }
            Some((node, _)) => {
                self.fault(node.at, "this `working_dir`");
                return None;
            }
        };
        let timeout = self.seconds(item, given)?;
        step.insert("tool".to_owned(), "run_command".into());
        step.insert("args".to_owned(), json!({"command": command, "timeout": timeout}));
        Some(())
    }

    /// How long the command may take: the least of what the step and its parameters say. That of the step is one of each
    /// attempt there, like the tool's own here.
    fn seconds(&mut self, item: &Node, given: &Given<'_>) -> Option<Value> {
        let own = given.get("timeout").map_or(json!(SECONDS), Node::value);
        let Some(node) = field(item, "timeout") else { return Some(own) };
        let around = node.value();
        match (own.as_f64(), around.as_f64()) {
            (Some(least), Some(limit)) => Some(if limit < least { around } else { own }),
            _ => {
                self.fault(node.at, "a `timeout` that is no number");
                None
            }
        }
    }

    fn model_call(
        &mut self,
        item: &Node,
        action: &str,
        given: &Given<'_>,
        step: &mut Map<String, Value>,
    ) -> Option<()> {
        let mut known = vec!["prompt", "text", "system_prompt", "system", "max_tokens", "temperature", "model"];
        if action == "analyze_text" {
            known.push("analysis_type");
        }
        self.only(given, &known);
        let prompt = self.prompt(item, action, given)?;
        let mut call = Map::from_iter([("prompt".to_owned(), Value::String(prompt))]);
        for (theirs, ours) in [("system_prompt", "system"), ("system", "system")] {
            if let Some(node) = given.get(theirs) {
                call.insert(ours.to_owned(), self.words(node));
            }
        }
        self.sampling(given, &mut call);
        step.insert("llm".to_owned(), Value::Object(call));
        if let Some(model) = self.model(given.get("model")) {
            step.insert("model".to_owned(), model.into());
        }
        Some(())
    }

    /// The model that is named. One that is to be chosen for the task is what rhizo does without being told.
    pub(super) fn model(&mut self, node: Option<&Node>) -> Option<String> {
        let node = node.filter(|node| node.data != Data::Null)?;
        let name = node.text();
        if name.is_none() {
            self.fault(node.at, "a `model` that is no text");
        }
        name.filter(|name| !name.contains("<AUTO")).map(ToOwned::to_owned)
    }

    /// What the model is asked.
    fn prompt(&mut self, item: &Node, action: &str, given: &Given<'_>) -> Option<String> {
        let Some(node) = given.get("prompt").or_else(|| given.get("text")) else {
            self.fault(item.at, "a model call without `prompt`");
            return None;
        };
        let mut prompt = self.words(node).as_str().map(ToOwned::to_owned).unwrap_or_default();
        // An analysis is asked for in words; which ones is the program's own choice there too.
        if action == "analyze_text" && given.get("prompt").is_none() {
            let kind =
                given.get("analysis_type").and_then(Node::text).map_or_else(String::new, |kind| format!(" ({kind})"));
            prompt = format!("Analyze this text{kind}:\n\n{prompt}");
        } else if let Some(text) = given.get("text").filter(|_| given.get("prompt").is_some()) {
            prompt = format!("{prompt}\n\n{}", self.words(text).as_str().unwrap_or_default());
        }
        Some(prompt)
    }

    fn sampling(&mut self, given: &Given<'_>, call: &mut Map<String, Value>) {
        for name in ["max_tokens", "temperature"] {
            match given.get(name) {
                Some(node) if matches!(node.data, Data::Int(_) | Data::Float(_)) => {
                    drop(call.insert(name.to_owned(), node.value()))
                }
                Some(node) => self.fault(node.at, format!("`{name}` that is no number")),
                None => {}
            }
        }
    }

    /// `echo`: a value that others read.
    fn say(&mut self, item: &Node, action: &str, given: &Given<'_>, step: &mut Map<String, Value>) -> Option<()> {
        self.only(given, &["message", "text"]);
        let value = match (given.get("message").or_else(|| given.get("text")), said(action)) {
            (Some(node), _) => self.value(node),
            (None, Some(text)) if !text.is_empty() => {
                let at = field(item, "action").unwrap_or(item);
                Value::String(self.text(at, text))
            }
            _ => {
                self.fault(item.at, "an `echo` without `message`");
                return None;
            }
        };
        step.insert("set".to_owned(), json!({"result": expression(value)}));
        Some(())
    }

    fn file(&mut self, item: &Node, action: &str, given: &Given<'_>, step: &mut Map<String, Value>) -> Option<()> {
        let known: &[&str] = match action {
            "write" | "append" => &["action", "path", "content"],
            "copy" | "move" => &["action", "path", "source", "destination"],
            _ => &["action", "path"],
        };
        self.only(given, known);
        let mut needed = |key: &str| {
            let other = if key == "path" { "source" } else { key };
            match given.get(key).or_else(|| given.get(other)) {
                Some(node) => Some(self.words(node)),
                None => {
                    self.fault(item.at, format!("a file without `{key}`"));
                    None
                }
            }
        };
        let (tool, args) = match action {
            "read" => ("read_file", json!({"path": needed("path")?})),
            "write" => {
                ("write_file", json!({"path": needed("path")?, "text": needed("content")?, "mode": "overwrite"}))
            }
            "append" => ("write_file", json!({"path": needed("path")?, "text": needed("content")?, "mode": "append"})),
            "list" => ("list_dir", json!({"path": needed("path")?})),
            "copy" => {
                // Folders on the way to the copy are made there.
                let line = "mkdir -p \"$(dirname \"$2\")\" && cp -r \"$1\" \"$2\"";
                ("run_command", json!({"command": ["sh", "-c", line, "sh", needed("path")?, needed("destination")?]}))
            }
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

/// What an `echo` says in its own line, without quotes around it.
fn said(action: &str) -> Option<&str> {
    let rest = action.strip_prefix("echo")?;
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    let text = rest.trim();
    let inner = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    Some(inner('"').or_else(|| inner('\'')).unwrap_or(text))
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

/// Whether the step itself, and not only its tool, limits how long a command may take.
pub(super) fn is_limited(item: &Node) -> bool {
    let seconds = |node: Option<&Node>| node.and_then(|node| node.value().as_f64());
    let own = seconds(Given::of(item).get("timeout")).unwrap_or(SECONDS.into());
    seconds(field(item, "timeout")).is_some_and(|limit| limit < own)
}

/// The path of the file that the step writes, in Rhai, if nothing in it is still to be filled in.
pub(super) fn path_written(item: &Node) -> Option<String> {
    let path = Given::of(item).get("path")?.text()?;
    (kind(item) == Kind::Written && !path.contains(['{', '}'])).then(|| Value::from(path).to_string())
}

/// What a step is.
pub(super) fn kind(item: &Node) -> Kind {
    if ["for_each", "foreach", "while", "until"].iter().any(|key| field(item, key).is_some()) {
        return Kind::Other;
    }
    kind_of_act(item)
}

/// What the step does, once or for every item.
pub(super) fn kind_of_act(item: &Node) -> Kind {
    let (tool, action) = called(item);
    match (tool.as_str(), action.as_str()) {
        ("filesystem", "read") => Kind::File,
        ("filesystem", "write" | "append") => Kind::Written,
        ("filesystem", "list") => Kind::Listed,
        ("filesystem", "copy" | "move" | "delete" | "mkdir") | ("terminal", _) => Kind::Command,
        ("", action) if MODEL_ACTIONS.contains(&action) => Kind::Text,
        ("", action) if said(action).is_some() => Kind::Said,
        _ => Kind::Other,
    }
}

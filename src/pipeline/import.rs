//! Reads pipelines of ContextLab's `orchestrator` (<https://github.com/ContextLab/orchestrator>) and writes them in the
//! format of this program.
//!
//! Carried over are parameters, files, commands, model calls, conditions, loops, and Jinja expressions. What has no
//! counterpart is a fault with its place: nothing is left out silently.

mod act;
mod failure;
mod filters;
mod form;
mod jinja;
mod levels;
mod local;
mod loops;
mod pieces;
mod rhai;
mod step;
mod template;
mod ties;
mod tokens;
mod write;

use crate::config::fault::{self, Fault};
use crate::config::place::Place;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::quoted;
use crate::pipeline::import::form::Form;
use crate::pipeline::import::local::Local;
use crate::pipeline::import::loops::Loop;
use crate::pipeline::import::ties::Uses;
use crate::pipeline::plan::kind_of;
use crate::pipeline::tree::{self, Data, Entry, Node, Spot};
use serde_json::{Map, Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// The step that tells when the pipeline began, for files that name the moment.
const STARTED: &str = "started_at";

/// The step that lets the run fail in the end if something failed that was dealt with on the way.
const VERDICT: &str = "succeeded";

/// What a step is, which decides what its fields are called here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A text of a model.
    Text,
    /// The text of a file.
    File,
    /// A text that the step only says.
    Said,
    /// A file that was written.
    Written,
    /// What is in a folder.
    Listed,
    /// A command.
    Command,
    /// Anything else.
    Other,
}

/// A step that expressions may name.
#[derive(Clone, Debug)]
struct Known {
    name: String,
    kind: Kind,
    /// It has a condition, may fail, or may be jumped over, so that its value may be absent.
    absent: bool,
    /// What stands for its value, or a field of it, when it has failed and the flow goes on.
    fallback: Option<String>,
    /// The path of the file that it writes, as it is given, in Rhai; nothing if it has holes.
    written: Option<String>,
    /// The loop that it is in.
    home: Option<String>,
}

/// What is known of the file while it is read.
struct Importer {
    file: Arc<str>,
    faults: Vec<Fault>,
    inputs: Vec<String>,
    /// The forms of the inputs.
    forms: HashMap<String, Form>,
    steps: HashMap<String, Known>,
    /// Names of the loops around, those of texts too.
    locals: Vec<Local>,
    /// The loops of steps around, the innermost last.
    loops: Vec<Loop>,
    /// The loops that go on as long as a condition holds.
    repeating: HashSet<String>,
    /// Whether an expression asks when the pipeline began.
    started: Cell<bool>,
    /// What in the text that is being read has no counterpart.
    wrong: Vec<String>,
    /// What the expressions of the step that is being read look at.
    uses: RefCell<Uses>,
    /// What must hold in the end, though the flow has gone on: conditions.
    verdicts: Vec<String>,
}

/// The file in the format of this program.
///
/// # Errors
/// `invalid` with everything that cannot be carried over, each with its place.
pub fn import(path: &Path, text: &str) -> Outcome<String> {
    let (root, flaws) = tree::read(text);
    if root.as_ref().is_some_and(is_own) {
        let what = format!("{} is a pipeline of rhizo already", path.display());
        let hint = format!("`rhizo pipeline validate {}` checks it", quoted(&path.display().to_string()));
        return Err(Failure::new(FailureKind::Invalid, what).hint(hint));
    }
    let mut importer = Importer {
        file: Arc::from(path.display().to_string()),
        faults: Vec::new(),
        inputs: Vec::new(),
        forms: HashMap::new(),
        steps: HashMap::new(),
        locals: Vec::new(),
        loops: Vec::new(),
        repeating: HashSet::new(),
        started: Cell::new(false),
        wrong: Vec::new(),
        uses: RefCell::default(),
        verdicts: Vec::new(),
    };
    for flaw in flaws {
        importer.fault(flaw.at, flaw.message);
    }
    let written = root.and_then(|root| importer.pipeline(&root));
    match written.filter(|_| importer.faults.is_empty()) {
        Some(value) => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Ok(format!("# From {name}, a pipeline of ContextLab's orchestrator.\n{}", write::yaml(&value)))
        }
        None => {
            let count = importer.faults.len();
            let head = if count == 1 { "a thing".to_owned() } else { format!("{count} things") };
            let lines = fault::listed(&importer.faults).join("\n  ");
            let message = format!("{} has {head} without a counterpart here\n  {lines}", path.display());
            Err(Failure::new(FailureKind::Invalid, message).hint("change these by hand, and import again"))
        }
    }
}

/// Whether a file has steps by their names, as here; there they are a list.
fn is_own(root: &Node) -> bool {
    let Data::Map(keys) = &root.data else { return false };
    let steps = keys.iter().find(|entry| entry.key == "steps").map(|entry| &entry.value.data);
    let Some(Data::Map(steps)) = steps else { return false };
    !steps.is_empty() && steps.iter().all(|step| matches!(step.value.data, Data::Map(_)))
}

impl Importer {
    fn fault(&mut self, at: Spot, message: impl Into<String>) {
        let place = Place::File { file: Arc::clone(&self.file), line: at.line, column: at.column };
        self.faults.push(Fault::new(place, message));
    }

    fn pipeline(&mut self, root: &Node) -> Option<Value> {
        let Data::Map(entries) = &root.data else {
            self.fault(root.at, "a pipeline is a map");
            return None;
        };
        let get = |name: &str| entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value);
        let mut whole = Map::new();
        for key in ["id", "name", "description", "version"] {
            if let Some(node) = get(key).filter(|node| node.data != Data::Null) {
                whole.insert(key.to_owned(), words(&node.value()).into());
            }
        }
        for entry in entries.iter().filter(|entry| !HEADER.contains(&entry.key.as_str())) {
            self.fault(entry.at, format!("the key `{}`", entry.key));
        }
        if let Some(model) = self.model(get("model")) {
            whole.insert("default_model".to_owned(), model.into());
        }
        let inputs = self.inputs_of(["parameters", "inputs", "context"].into_iter().filter_map(get));
        if !inputs.is_empty() {
            whole.insert("inputs".to_owned(), Value::Object(inputs));
        }
        let Some(steps) = get("steps") else {
            self.fault(root.at, "there are no `steps`");
            return None;
        };
        self.announce(steps, None);
        let mut steps = self.steps_of(steps);
        if let Some(outputs) = get("outputs") {
            whole.insert("outputs".to_owned(), Value::Object(self.outputs(outputs)));
        }
        if !self.verdicts.is_empty() {
            let mut name = VERDICT.to_owned();
            while steps.contains_key(&name) {
                name.push('_');
            }
            let condition = self.verdicts.join(" && ");
            steps.insert(
                name,
                json!({"always": true, "condition": condition, "on_false": "fail", "set": {"all": true}}),
            );
        }
        if self.started.get() {
            steps = std::iter::once((STARTED.to_owned(), json!({"tool": "date", "args": {}}))).chain(steps).collect();
        }
        whole.insert("steps".to_owned(), Value::Object(steps));
        Some(Value::Object(whole))
    }

    fn outputs(&mut self, node: &Node) -> Map<String, Value> {
        let entries = node.entries().unwrap_or_default();
        let mut one = |entry: &Entry| {
            let value = self.computed(&entry.value);
            // What was skipped is nothing there, and no failure.
            let bare = self.steps.values().filter(|known| known.absent).map(|known| known.name.as_str());
            let bare = bare.into_iter().find(|name| value == format!("{{{{ {name} }}}}").as_str());
            let value = bare
                .map(|name| format!("{{{{ if {name} != () {{ {name} }} else {{ () }} }}}}").into())
                .unwrap_or(value);
            (step::name(&entry.key), value)
        };
        entries.into_iter().map(&mut one).collect()
    }

    fn inputs_of<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>) -> Map<String, Value> {
        let mut inputs = Map::new();
        for entry in nodes.flat_map(|node| node.entries().unwrap_or_default()) {
            let input = self.input(entry);
            self.forms.insert(entry.key.clone(), Form::of_input(&input));
            inputs.insert(step::name(&entry.key), input);
            self.inputs.push(entry.key.clone());
        }
        inputs
    }

    fn input(&mut self, entry: &Entry) -> Value {
        let Data::Map(fields) = &entry.value.data else {
            return match entry.value.value() {
                Value::String(text) => json!({"default": text}),
                other => json!({"type": kind_of(&other), "default": other}),
            };
        };
        if !fields.iter().any(|field| FORM.contains(&field.key.as_str())) {
            return json!({"type": "object", "default": entry.value.value()});
        }
        let mut form = Map::new();
        for field in fields {
            match field.key.as_str() {
                "choices" | "enum" => drop(form.insert("schema".to_owned(), json!({"enum": field.value.value()}))),
                "type" => {
                    let kind = match field.value.text().unwrap_or_default() {
                        "float" => "number",
                        "int" => "integer",
                        "bool" => "boolean",
                        "list" => "array",
                        "dict" => "object",
                        other => other,
                    };
                    form.insert("type".to_owned(), kind.into());
                }
                "description" | "default" | "required" => drop(form.insert(field.key.clone(), field.value.value())),
                other => self.fault(field.at, format!("the key `{other}` of a parameter")),
            }
        }
        // A schema says the type too.
        if form.contains_key("schema") {
            form.remove("type");
        }
        Value::Object(form)
    }
}

/// The keys of a file that are dealt with, or that only describe it.
const HEADER: &[&str] = &[
    "id",
    "name",
    "description",
    "version",
    "model",
    "parameters",
    "inputs",
    "context",
    "steps",
    "outputs",
    "metadata",
    "tags",
];

/// The keys by which a parameter is told from a value that is a map.
const FORM: &[&str] = &["type", "description", "default", "required", "choices", "enum"];

/// A value as words.
fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests;

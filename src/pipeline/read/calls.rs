//! Calls of tools, stored programs and other pipelines, with what they are given.

use crate::core::failure::{Failure, Outcome};
use crate::pipeline::plan::{Nested, ScriptCall, Template, ToolCall};
use crate::pipeline::read::template::Reading;
use crate::pipeline::read::{Fields, Reader};
use crate::pipeline::tree::{Data, Entry, Node, Spot};
use crate::registry::programs::{self, Program};
use crate::tools::schema::ArgumentSchema;
use crate::tools::tool::Tool;
use crate::tools::workspace::Workspace;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The name of what is called, and what it is given.
struct Called<'n> {
    name: String,
    at: Spot,
    given: Option<&'n Node>,
}

impl Reader<'_, '_> {
    /// `tool: NAME` with `args` beside it, or `tool: {name, args}`.
    fn called<'n>(&mut self, node: &'n Node, fields: &Fields<'n>, keys: [&str; 3]) -> Option<Called<'n>> {
        let [act, name, given] = keys;
        if matches!(node.data, Data::Map(_) | Data::List(_)) {
            let own = self.inside(node, act);
            let Some(named) = own.get(name) else {
                self.fault(node.at, format!("{act} needs `{name}`"));
                return None;
            };
            if let (Some(_), Some(twice)) = (own.get(given), fields.entry(given)) {
                self.fault(twice.at, format!("`{given}` stands inside `{act}` already"));
            }
            let text = self.text(Some(named), name)?;
            return Some(Called { name: text, at: named.at, given: own.get(given).or(fields.get(given)) });
        }
        let text = self.text(Some(node), act)?;
        Some(Called { name: text, at: node.at, given: fields.get(given) })
    }

    /// The arguments, each with its template.
    fn given<'n>(
        &mut self,
        node: Option<&'n Node>,
        what: &str,
        reading: &Reading<'_>,
    ) -> (Vec<(&'n Entry, Template)>, Template) {
        let Some(node) = node else { return (Vec::new(), Template::Plain(json!({}))) };
        let entries = self.entries(node, what);
        let read: Vec<(&Entry, Template)> =
            entries.into_iter().map(|entry| (entry, self.template(&entry.value, reading))).collect();
        let whole = read.iter().map(|(entry, value)| (entry.key.clone(), value.clone())).collect();
        (read, Template::Map(whole))
    }

    /// A tool call, its arguments compared with what the tool takes.
    pub(crate) fn tool(&mut self, node: &Node, fields: &Fields<'_>, reading: &Reading<'_>) -> Option<ToolCall> {
        let called = self.called(node, fields, ["tool", "name", "args"])?;
        let (entries, args) = self.given(called.given, "args", reading);
        let tools = self.loader.tools;
        let tool = match tools.get(&called.name) {
            Ok(registered) => registered.tool.as_ref(),
            Err(failure) => {
                self.broken(called.at, &called.name, &failure);
                return None;
            }
        };
        let known = known(&entries);
        if let Err(failure) = fitting(tool, self.loader.workspace.as_ref(), &entries, &known) {
            self.failed(called.given.map_or(called.at, |node| node.at), &failure);
        }
        Some(ToolCall { name: called.name, args, answer: tool.answer(&known) })
    }

    /// Keeps why a tool cannot be called. Of one that is a pipeline each fault is told for itself, without what stands around
    /// all of them.
    fn broken(&mut self, at: Spot, name: &str, failure: &Failure) {
        let Some(faults) = failure.details.get("faults").and_then(Value::as_array) else {
            return self.failed(at, failure);
        };
        for fault in faults {
            let word = |key: &str| fault[key].as_str().unwrap_or_default();
            let file = Path::new(word("file")).file_name().unwrap_or_default().display();
            let place = format!("{file}:{}:{}", fault["line"], fault["column"]);
            self.fault(at, format!("`{name}` has a fault at {place}: {}", word("message")));
        }
    }

    /// A stored program, its arguments compared with its parameters.
    pub(crate) fn script(&mut self, node: &Node, fields: &Fields<'_>, reading: &Reading<'_>) -> Option<ScriptCall> {
        let called = self.called(node, fields, ["script", "name", "args"])?;
        let (entries, args) = self.given(called.given, "args", reading);
        let program: Program = match programs::find(&self.loader.settings.paths, &called.name) {
            Ok(program) => program,
            Err(failure) => {
                self.failed(called.at, &failure);
                return None;
            }
        };
        let names: Map<String, Value> = entries.iter().map(|(entry, _)| (entry.key.clone(), Value::Null)).collect();
        if let Err(failure) = programs::check_args(&program, &names) {
            self.failed(called.given.map_or(called.at, |node| node.at), &failure);
        }
        Some(ScriptCall { name: called.name, args })
    }

    /// Another pipeline, which is read and checked as well.
    pub(crate) fn nested(&mut self, node: &Node, fields: &Fields<'_>, reading: &Reading<'_>) -> Option<Nested> {
        let called = self.called(node, fields, ["pipeline", "path", "inputs"])?;
        let (entries, inputs) = self.given(called.given, "inputs", reading);
        let folder = self.path.parent().unwrap_or_else(|| Path::new(""));
        let path = folder.join(&called.name);
        let pipeline = match self.loader.nested(&path) {
            Ok(pipeline) => pipeline?,
            Err(failure) => {
                self.failed(called.at, &failure);
                return None;
            }
        };
        let known: Vec<&str> = pipeline.inputs.iter().map(|input| input.name.as_str()).collect();
        for (entry, value) in &entries {
            match pipeline.inputs.iter().find(|input| input.name == entry.key) {
                None => self.unknown(entry.at, &format!("{} has no input", called.name), &entry.key, &known),
                Some(input) => {
                    if let Some(value) = value.constant().filter(|value| !input.is_left_out(value)) {
                        self.fits(entry.value.at, &input.schema, value, &format!("`{}`", entry.key));
                    }
                }
            }
        }
        let missing = |name: &str| !entries.iter().any(|(entry, _)| entry.key == name);
        for input in pipeline.inputs.iter().filter(|input| !input.may_be_absent() && missing(&input.name)) {
            self.fault(called.at, format!("{} needs the input `{}`: {}", called.name, input.name, input.description));
        }
        Some(Nested { path: PathBuf::from(called.name), inputs, pipeline })
    }
}

/// Arguments as far as they are known; null stands for what has a hole.
fn known(entries: &[(&Entry, Template)]) -> Value {
    let value = |value: &Template| value.constant().cloned().unwrap_or_default();
    Value::Object(entries.iter().map(|(entry, given)| (entry.key.clone(), value(given))).collect())
}

/// Compares arguments with what a tool takes; whatever has a hole may be anything.
fn fitting(
    tool: &dyn Tool,
    workspace: Option<&Workspace>,
    entries: &[(&Entry, Template)],
    known: &Value,
) -> Outcome<()> {
    let name = &tool.spec().name;
    let mut schema = tool.spec().parameters.clone();
    for (entry, _) in entries.iter().filter(|(_, value)| value.constant().is_none()) {
        if let Some(property) = schema.pointer_mut("/properties").and_then(|all| all.get_mut(&entry.key)) {
            *property = Value::Bool(true);
        }
    }
    ArgumentSchema::new(name, &schema)?.check(name, known)?;
    workspace.map_or(Ok(()), |workspace| tool.check(known, workspace))
}

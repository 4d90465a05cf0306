//! Steps: what stands around their acts.

use crate::pipeline::import::failure::{fallback, needs, raises, routes};
use crate::pipeline::import::ties::Tie;
use crate::pipeline::import::{Importer, Kind, Known, act, levels};
use crate::pipeline::read::words::{ACTS, RESERVED};
use crate::pipeline::tree::{Data, Node};
use crate::script::expression::Compiler;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::sync::LazyLock;

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
    "on_failure",
    "on_false",
    "on_success",
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

/// How often there a step is tried that raises, if nothing is said.
const ATTEMPTS: i64 = 3;

/// Tells names from words of Rhai.
static COMPILER: LazyLock<Compiler> = LazyLock::new(Compiler::new);

/// A name that expressions can read.
pub(super) fn name(id: &str) -> String {
    let plain: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let taken = RESERVED.contains(&plain.as_str()) || ACTS.iter().any(|(act, _)| *act == plain);
    // A keyword is no name in an expression.
    let read = COMPILER.compile(&plain, &[&plain]).map(|found| found.references().len());
    if taken || read != Ok(1) || !plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
        format!("step_{plain}")
    } else {
        plain
    }
}

impl Importer {
    /// Makes the names of all steps known, those of loops too.
    pub(super) fn announce(&mut self, steps: &Node, home: Option<&str>) {
        let items = ordered(steps);
        let passed = passed_over(&items);
        for (at, item) in items.into_iter().enumerate() {
            let get = |key: &str| field(item, key);
            let id = get("id").and_then(Node::text);
            if let Some(id) = id {
                let conditional = get("if").or_else(|| get("condition")).is_some();
                let fallback = fallback(item).map(written);
                let known = Known {
                    name: name(id),
                    kind: act::kind(item),
                    absent: conditional || fallback.is_some() || passed.contains(&at),
                    fallback,
                    written: act::path_written(item),
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
        if !matches!(steps.data, Data::List(_)) {
            self.fault(steps.at, "`steps` that are no list");
            return read;
        }
        let mut ties = Vec::new();
        for item in ordered(steps) {
            let Some(id) = field(item, "id").and_then(Node::text) else {
                self.fault(item.at, "a step without `id`");
                continue;
            };
            let outer = self.uses.take();
            if let Some(step) = self.step(item, id) {
                read.insert(name(id), step);
            }
            let uses = self.uses.replace(outer);
            self.uses.borrow_mut().extend(&uses);
            ties.push(Tie { id: id.to_owned(), item, uses });
            if let Some(around) = self.loops.last_mut() {
                around.done.push(name(id));
            }
        }
        self.tie(&ties, &mut read);
        levels::part(&ties, &mut read);
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
        if let Some(node) = field(item, "if").or_else(|| field(item, "condition")) {
            step.insert("condition".to_owned(), self.condition(node).into());
        }
        self.patience(item, &mut step);
        self.failure(item, id, &mut step);
        Some(Value::Object(step))
    }

    /// How long the step may take, and how often it is tried. Only what is raised is tried again there, at first in all as
    /// often as `max_retries` says: a command that takes too long, or a model that cannot be asked.
    fn patience(&mut self, item: &Node, step: &mut Map<String, Value>) {
        let command = act::kind(item) == Kind::Command;
        if let Some(node) = field(item, "timeout").filter(|_| !command) {
            step.insert("timeout".to_owned(), node.value());
        }
        let told = ["max_retries", "retries", "retry"].iter().find_map(|key| field(item, key));
        let attempts = match told.map(|node| (node, &node.data)) {
            None if command => ATTEMPTS,
            None => return,
            Some((_, Data::Int(attempts))) => *attempts,
            Some((node, _)) => return self.fault(node.at, "repetitions that are no number"),
        };
        if attempts > 1 && raises(item) {
            step.insert("retry".to_owned(), json!(attempts - 1));
        }
    }
}

/// The steps in the order in which they run there: after all that they wait for. The file's order alone decides only where
/// nothing leads from step to step.
fn ordered(steps: &Node) -> Vec<&Node> {
    let Data::List(items) = &steps.data else { return Vec::new() };
    let mut items: Vec<&Node> = items.iter().collect();
    if items.iter().any(|item| !routes(item).is_empty()) {
        let levels = levels(&items);
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|at| levels.get(*at).copied());
        items = order.into_iter().filter_map(|at| items.get(at).copied()).collect();
    }
    items
}

/// How many steps must have ended before each one, along the longest way.
fn levels(items: &[&Node]) -> Vec<usize> {
    let position = |id: &String| items.iter().position(|item| field(item, "id").and_then(Node::text) == Some(id));
    let needs: Vec<Vec<usize>> = items.iter().map(|item| needs(item).iter().filter_map(position).collect()).collect();
    let mut levels = vec![0; items.len()];
    // As often as the longest way is long; a circle is told when the file is checked.
    for _ in 0..items.len() {
        for (at, needs) in needs.iter().enumerate() {
            let level = needs.iter().filter_map(|need| levels.get(*need)).max().map_or(0, |most| most + 1);
            if let Some(own) = levels.get_mut(at) {
                *own = level.min(items.len());
            }
        }
    }
    levels
}

/// The positions of the steps that another one may lead past.
fn passed_over(items: &[&Node]) -> HashSet<usize> {
    let position = |id: &str| items.iter().position(|item| field(item, "id").and_then(Node::text) == Some(id));
    let between = |(from, item): (usize, &&Node)| {
        let targets: Vec<usize> = routes(item).into_iter().filter_map(|(_, node)| position(node.text()?)).collect();
        targets.into_iter().flat_map(move |target| from + 1..target)
    };
    items.iter().enumerate().flat_map(between).collect()
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

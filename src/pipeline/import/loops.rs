//! Loops: `for_each` over items, `while` and `until` as long as a condition holds or does not.
//!
//! Within `while`, what a step of the round before came to is read under the step's name there; here each round ends with
//! a step that hands all of it on, and the next one reads it from `prev`.

use crate::pipeline::import::Importer;
use crate::pipeline::import::local::Local;
use crate::pipeline::import::step::{self, field};
use crate::pipeline::import::template::listed;
use crate::pipeline::tree::{Data, Node};
use serde_json::{Map, Value, json};

/// How often `while` goes round at most if nothing is said.
const ROUNDS: i64 = 10;

/// A loop of steps that is being read.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    /// Its name there.
    pub(super) id: String,
    /// Whether it goes on as long as a condition holds.
    pub(super) repeats: bool,
    /// The steps that have run in this round, by their names here.
    pub(super) done: Vec<String>,
}

impl Importer {
    /// The steps for every item.
    pub(super) fn each(&mut self, item: &Node, id: &str, list: &Node) -> Option<Value> {
        if let Some(node) = field(item, "until") {
            self.fault(node.at, "`until` of a `for_each`: items are independent of each other here");
        }
        let (items, expression) = self.items(list)?;
        let form = self.form_of_nodes(list);
        let before = self.locals.len();
        self.locals.extend(Local::items(&expression, form));
        self.loops.push(Loop { id: id.to_owned(), repeats: false, done: Vec::new() });
        let steps = self.body(item, id);
        self.loops.pop();
        self.locals.truncate(before);
        // One after the other if nothing is said, as there.
        let most = field(item, "max_parallel").map_or(json!(1), Node::value);
        Some(json!({"in": items, "max_parallel": most, "steps": steps?}))
    }

    /// The items as `in` takes them, and as an expression.
    fn items(&mut self, list: &Node) -> Option<(Value, String)> {
        match &list.data {
            Data::Text(text) => {
                let Some(items) = listed(text) else {
                    let known = self.faults.len();
                    self.text(list, text);
                    if self.faults.len() == known {
                        self.fault(list.at, "items that are a text");
                    }
                    return None;
                };
                let expression = self.rhai(&items).map_err(|what| self.fault(list.at, what)).ok()?;
                Some((format!("{{{{ {expression} }}}}").into(), expression))
            }
            Data::Map(_) => {
                self.fault(list.at, "items that are a map");
                None
            }
            _ => {
                let items = self.value(list);
                let expression = items.to_string();
                Some((items, expression))
            }
        }
    }

    fn body(&mut self, item: &Node, id: &str) -> Option<Map<String, Value>> {
        match field(item, "steps") {
            Some(steps) => Some(self.steps_of(steps)),
            None => {
                let mut act = Map::new();
                self.act(item, &mut act)?;
                Some(Map::from_iter([(format!("{}_item", step::name(id)), Value::Object(act))]))
            }
        }
    }

    /// The steps again and again.
    pub(super) fn repeated_steps(&mut self, item: &Node, id: &str) -> Option<Value> {
        let most = match field(item, "max_iterations").map(|node| (node, &node.data)) {
            None => ROUNDS,
            Some((_, Data::Int(most))) => *most,
            Some((node, _)) => {
                self.fault(node.at, "`max_iterations` that is no number");
                return None;
            }
        };
        let Some(steps) = field(item, "steps") else {
            self.fault(item.at, "a loop without `steps`");
            return None;
        };
        let before = self.locals.len();
        self.locals.extend(Local::rounds(id));
        self.loops.push(Loop { id: id.to_owned(), repeats: true, done: Vec::new() });
        let goes_on = field(item, "while").map(|node| self.condition(node));
        let over = field(item, "until").map(|node| self.condition(node));
        let mut steps = self.steps_of(steps);
        self.loops.pop();
        self.locals.truncate(before);
        // To end at the last round is no failure there.
        let mut condition = format!("iteration <= {most}");
        if let Some(goes_on) = goes_on {
            condition.push_str(&format!(" && {goes_on}"));
        }
        if let Some(over) = over {
            condition.push_str(&format!(" && (prev == () || !({over}))"));
        }
        let handed = self.handed_on(id);
        steps.insert(format!("{}_round", step::name(id)), json!({"set": handed}));
        Some(json!({"condition": condition, "max_iterations": most, "steps": steps}))
    }

    /// What a round hands on: the values of its steps.
    fn handed_on(&self, id: &str) -> Map<String, Value> {
        let own = self.steps.values().filter(|known| known.home.as_deref() == Some(id));
        let mut handed: Vec<(String, Value)> = own
            .map(|known| {
                let name = known.name.clone();
                let value = match (&known.fallback, known.absent) {
                    (Some(_), _) => format!("if outcomes.{name} == \"ok\" {{ {name} }} else {{ () }}"),
                    (None, true) => format!("if {name} != () {{ {name} }} else {{ () }}"),
                    (None, false) => name.clone(),
                };
                (name, value.into())
            })
            .collect();
        handed.sort_by(|a, b| a.0.cmp(&b.0));
        handed.into_iter().collect()
    }
}

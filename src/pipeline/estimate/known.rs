//! The values that are known before a run: inputs that are given, and steps that only compute with what is known.

use crate::pipeline::plan::{Act, Block, Jump, Nested, Step, Template};
use crate::pipeline::values::Values;
use crate::script::expression::Reference;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// What is known; every block has its own.
#[derive(Clone)]
pub(super) struct Known {
    /// The inputs of the pipeline.
    inputs: Arc<Value>,
    /// The values of steps.
    steps: HashMap<String, Arc<Value>>,
}

impl Known {
    /// These inputs, before any step.
    pub(super) fn of(inputs: Map<String, Value>) -> Self {
        Self { inputs: Arc::new(Value::Object(inputs)), steps: HashMap::new() }
    }

    /// Adds the value of a step of a block, if it is made of what is known and the flow comes to it in any case.
    pub(super) fn learn(&mut self, block: &Block, step: &Step) {
        let Act::Set(entries) = &step.act else { return };
        let mut needed = step.after.iter().filter_map(|at| block.steps.get(*at));
        let comes = step.condition.is_none() && step.behind.is_empty();
        let stays = !step.may_lead_away() && step.on_success != Some(Jump::Skip);
        if comes && stays && needed.all(|step| self.steps.contains_key(&step.name)) {
            let values = entries.iter().map(|(name, value)| Some((name.clone(), self.fixed(value)?)));
            if let Some(values) = values.collect::<Option<Map<String, Value>>>() {
                self.steps.insert(step.name.clone(), Arc::new(Value::Object(values)));
            }
        }
    }

    /// How many items there are, if that is known.
    pub(super) fn counted(&self, items: &Template) -> Option<usize> {
        match items {
            Template::List(items) => Some(items.len()),
            Template::Map(entries) => Some(entries.len()),
            items => match self.fixed(items)? {
                Value::Array(items) => Some(items.len()),
                Value::Object(map) => Some(map.len()),
                _ => None,
            },
        }
    }

    /// The value of what reads nothing but what is known.
    pub(super) fn fixed(&self, template: &Template) -> Option<Value> {
        let read = || template.expressions().into_iter().flat_map(|expression| expression.references());
        if !read().all(|reference| self.has(reference)) {
            return None;
        }
        let mut values = Values::default();
        values.set("inputs", Arc::clone(&self.inputs));
        for name in read().filter_map(|reference| reference.path.first()) {
            if let Some(value) = self.steps.get(name) {
                values.set(name, Arc::clone(value));
            }
        }
        // What fails now fails when it runs, before any item.
        values.fill(template).ok()
    }

    fn has(&self, reference: &Reference) -> bool {
        match reference.path.as_slice() {
            [inputs, name, ..] if inputs == "inputs" => self.inputs.get(name).is_some(),
            [name, ..] => self.steps.contains_key(name),
            [] => false,
        }
    }

    /// What is known in a pipeline that a step calls.
    pub(super) fn called(&self, nested: &Nested) -> Self {
        let given = |name: &str| match &nested.inputs {
            Template::Map(given) => given.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        };
        let known = nested.pipeline.inputs.iter().filter_map(|input| {
            let value = match given(&input.name) {
                Some(value) => self.fixed(value)?,
                None if input.required => input.default.clone()?,
                None => input.default.clone().unwrap_or_default(),
            };
            Some((input.name.clone(), value))
        });
        Self::of(known.collect())
    }
}

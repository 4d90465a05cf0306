//! What is known of the form of a step's value before it runs.

use crate::pipeline::check::absence::Absence;
use crate::pipeline::plan::{Act, Block, Input, Pipeline, Step, Template};
use crate::pipeline::read::Part;
use crate::script::expression::{Field, Form};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The forms of names.
type Names<'n> = &'n dyn Fn(&str) -> Form;

/// The forms of the values of all steps of a file, by name.
pub(super) struct Forms<'p> {
    steps: HashMap<&'p str, Form>,
    /// The inputs, of which those that need not be given may be anything.
    inputs: Form,
    /// Whose value may be `()` where it is read.
    absence: &'p Absence<'p>,
    /// Whether those may be anything; otherwise a form is that of what is there.
    of_all: bool,
}

impl<'p> Forms<'p> {
    /// Those of a pipeline, of values that are there. What is read before it is made is not known.
    pub(super) fn of(pipeline: &'p Pipeline, absence: &'p Absence<'p>) -> Self {
        Self::with(pipeline, absence, false)
    }

    /// The same of all values: what may be `()` where it is read may be anything.
    pub(super) fn sure(pipeline: &'p Pipeline, absence: &'p Absence<'p>) -> Self {
        Self::with(pipeline, absence, true)
    }

    fn with(pipeline: &'p Pipeline, absence: &'p Absence<'p>, of_all: bool) -> Self {
        let given = |input: &Input| {
            let form = if input.may_be_nothing() { Form::Any } else { of_schema(&input.schema) };
            sure(&input.name, form)
        };
        let inputs = Form::map(pipeline.inputs.iter().map(given));
        let mut forms = Self { steps: HashMap::new(), inputs, absence, of_all };
        forms.add(&pipeline.block);
        forms
    }

    fn add(&mut self, block: &'p Block) {
        for step in needed_first(block) {
            step.act.blocks().into_iter().for_each(|inner| self.add(inner));
            let form = of_step(step, &|name| self.read_by(&step.name, Part::Act, name), self.absence);
            self.steps.insert(&step.name, form);
        }
    }

    /// The form of what the pipeline answers.
    pub(super) fn answer(&self, pipeline: &Pipeline) -> Form {
        // A step that ends it gives a value of its own.
        if pipeline.outputs.is_empty() || may_end(&pipeline.block) {
            return Form::Any;
        }
        of_entries(&pipeline.outputs, &|name| self.read_by("", Part::Output, name))
    }

    /// The form of what a part of a step reads by this name.
    pub(super) fn read_by(&self, step: &str, part: Part, name: &str) -> Form {
        if self.of_all && self.absence.may_lack(step, part, name) { Form::Any } else { self.named(name) }
    }

    /// The form of what an expression reads by this name.
    pub(super) fn named(&self, name: &str) -> Form {
        if name == "inputs" {
            return self.inputs.clone();
        }
        match name {
            "key" => return Form::Text,
            "index" | "iteration" => return Form::Number,
            _ => {}
        }
        self.steps.get(name).cloned().unwrap_or(Form::Any)
    }

    /// The form of a step's value.
    pub(super) fn get(&self, step: &str) -> Option<&Form> {
        self.steps.get(step)
    }
}

/// The steps of a block, each behind those that it reads, as far as they do not read each other.
fn needed_first(block: &Block) -> Vec<&Step> {
    let (mut order, mut seen) = (Vec::with_capacity(block.steps.len()), HashSet::new());
    for start in 0..block.steps.len() {
        let mut way = vec![(start, false)];
        while let Some((at, is_ready)) = way.pop() {
            if is_ready {
                order.extend(block.steps.get(at));
            } else if seen.insert(at) {
                way.push((at, true));
                let needed = block.steps.get(at).map(|step| step.after.iter()).into_iter().flatten();
                way.extend(needed.map(|other| (*other, false)));
            }
        }
    }
    order
}

/// The form that a JSON Schema demands.
fn of_schema(schema: &Value) -> Form {
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => Form::Text,
        Some("number" | "integer") => Form::Number,
        Some("boolean") => Form::Flag,
        Some("array") => Form::List,
        Some("object") => {
            let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty())
            else {
                return Form::Any;
            };
            let required = |name: &str| {
                let list = schema.get("required").and_then(Value::as_array);
                list.is_some_and(|list| list.iter().any(|known| known == name))
            };
            let field = |(name, inner): (&String, &Value)| Field {
                name: name.clone(),
                form: of_schema(inner),
                sure: required(name),
            };
            Form::map(properties.iter().map(field))
        }
        _ => Form::Any,
    }
}

/// The form of `inputs`, of those that are given.
pub(super) fn of_inputs(inputs: &[Input]) -> Form {
    Form::map(inputs.iter().map(|input| sure(&input.name, of_schema(&input.schema))))
}

/// The form of a step's value.
fn of_step(step: &Step, names: Names<'_>, absence: &Absence<'_>) -> Form {
    if let Some(schema) = step.schema() {
        return of_schema(&schema);
    }
    match &step.act {
        Act::Llm(call) => call.schema.as_ref().map_or(Form::Text, of_schema),
        Act::Run(run) => run.schema.as_ref().map_or(Form::Any, of_schema),
        Act::Ask(_) => Form::Text,
        Act::Set(values) => of_entries(values, names),
        Act::Nested(nested) => nested.pipeline.answer.clone(),
        // Over a map it answers a map.
        Act::Each(each) if each.key.is_none() && matches!(of_template(&each.items, names), Form::List) => Form::List,
        Act::Parallel(branches) => {
            Form::map(branches.iter().map(|branch| sure(&branch.name, of_block(&branch.block, names, absence))))
        }
        _ => Form::Any,
    }
}

/// The value of a block is that of its last step, or of one before it where that may be skipped.
fn of_block(block: &Block, names: Names<'_>, absence: &Absence<'_>) -> Form {
    let is_sure =
        |last: &&Step| last.condition.is_none() && last.on_failure.is_none() && !absence.is_skipped(&last.name);
    let last = block.steps.last().filter(is_sure);
    last.filter(|_| !block.steps.iter().any(Step::may_lead_away)).map_or(Form::Any, |last| names(&last.name))
}

/// The form of a value with holes.
pub(super) fn of_template(template: &Template, names: Names<'_>) -> Form {
    match template {
        Template::Text(_) => Form::Text,
        Template::List(_) => Form::List,
        Template::Map(entries) => of_entries(entries, names),
        Template::Value(expression) => expression.form(names),
        Template::Plain(value) => of_value(value),
    }
}

fn of_entries(entries: &[(String, Template)], names: Names<'_>) -> Form {
    Form::map(entries.iter().map(|(name, value)| sure(name, of_template(value, names))))
}

fn of_value(value: &Value) -> Form {
    match value {
        Value::String(_) => Form::Text,
        Value::Array(_) => Form::List,
        Value::Number(_) => Form::Number,
        Value::Bool(_) => Form::Flag,
        Value::Object(map) => Form::map(map.iter().map(|(name, value)| sure(name, of_value(value)))),
        Value::Null => Form::Any,
    }
}

/// The form of what lies behind a way of fields.
pub(super) fn at<'f>(form: &'f Form, way: &[&str]) -> Option<&'f Form> {
    let Some((first, rest)) = way.split_first() else { return Some(form) };
    let Form::Map(fields) = form else { return None };
    at(&fields.all.iter().find(|field| field.name == *first)?.form, rest)
}

fn sure(name: &str, form: Form) -> Field {
    Field { name: name.to_owned(), form, sure: true }
}

/// Whether a step of the block itself may end it with a value of its own.
fn may_end(block: &Block) -> bool {
    block.steps.iter().any(|step| matches!(step.act, Act::End(_)))
}

//! What a run would do and could cost at most, without asking anybody: the order, the models with their reasons, the
//! worst case of every call.
//!
//! A text that is known is counted by its bytes, as the ledger does; what is put in later is taken as `UNKNOWN` bytes.

use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::price::Bound;
use crate::host::models::Models;
use crate::pipeline::answerable::wish;
use crate::pipeline::graph;
use crate::pipeline::plan::{Act, Block, Nested, Part, Pipeline, Step, Template};
use crate::pipeline::values::Values;
use crate::script::expression::Reference;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};

/// The bytes that an expression is taken to put into a text.
pub const UNKNOWN: usize = 4_000;

/// How often a typed answer may be asked for: once, and twice more to mend it.
const TYPED: u64 = 3;

/// What a run would do and could cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The steps in an order in which they can run, those of bodies behind theirs.
    pub rows: Vec<Row>,
    /// The most model calls of what is bounded.
    pub calls: u64,
    /// The most money of what is bounded and priced.
    pub worst: Money,
    /// Steps whose number of items, whose own work or whose refused answers are not known before.
    pub open: Vec<String>,
    /// Models that are asked and whose price is not known.
    pub unpriced: Vec<String>,
}

impl Estimate {
    /// Adds up what a step may ask.
    fn count(&mut self, row: &Row) {
        self.calls = self.calls.saturating_add(row.calls);
        match (row.worst, &row.model) {
            (Some(worst), _) => self.worst = self.worst.saturating_add(worst),
            (None, Some(model)) => self.unpriced.push(model.clone()),
            (None, None) => {}
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub step: String,
    /// What it does.
    pub act: &'static str,
    /// How deep its body stands.
    pub depth: usize,
    /// The model that would be asked.
    pub model: Option<String>,
    /// Why this one, or why none can be asked.
    pub reason: String,
    /// The most calls.
    pub calls: u64,
    /// The most that they cost; `None` if the price is not known.
    pub worst: Option<Money>,
}

/// Estimates a pipeline of which these inputs are known.
pub async fn estimate(models: &Models, pipeline: &Pipeline, inputs: &Map<String, Value>) -> Outcome<Estimate> {
    let mut estimate = Estimate::default();
    let around = Around { depth: 0, times: 1, inputs };
    block(models, &pipeline.block, around, &mut estimate).await?;
    estimate.open.dedup();
    estimate.unpriced.sort();
    estimate.unpriced.dedup();
    Ok(estimate)
}

/// What stands around a block, or a step.
#[derive(Clone, Copy)]
struct Around<'a> {
    depth: usize,
    times: u64,
    /// The inputs of its pipeline whose values are known.
    inputs: &'a Map<String, Value>,
}

fn block<'a>(
    models: &'a Models,
    steps: &'a Block,
    around: Around<'a>,
    estimate: &'a mut Estimate,
) -> BoxFuture<'a, Outcome<()>> {
    async move {
        let visits = graph::visits(steps);
        for at in graph::order(steps) {
            let (Some(step), Some(visits)) = (steps.steps.get(at), visits.get(at)) else { continue };
            let around = Around { times: around.times.saturating_mul(*visits), ..around };
            one(models, step, around, estimate).await?;
        }
        Ok(())
    }
    .boxed()
}

/// What the act of a step asks by itself, without the steps in it.
async fn act(models: &Models, step: &Step, attempts: u64, row: &mut Row, open: &mut Vec<String>) -> Outcome<()> {
    match &step.act {
        Act::Llm(call) => {
            let typed = if step.vars.is_empty() && call.schema.is_none() { 1 } else { TYPED };
            row.calls = attempts.saturating_mul(typed);
            let prompt = bytes(&call.prompt) + call.system.as_ref().map_or(0, bytes);
            asked(models, step, (prompt, call.max_tokens), row).await?;
            if call.check.is_some() {
                // How often depends on what was learned, and the last that is tried may be a child run.
                row.reason.push_str("; what its check refuses is asked for again");
                open.push(step.name.clone());
            }
        }
        Act::Ask(ask) if ask.of.is_some() => {
            row.calls = attempts.saturating_mul(if ask.choices.is_some() { TYPED } else { 1 });
            asked(models, step, (bytes(&ask.prompt), None), row).await?;
        }
        Act::Run(_) => {
            asked(models, step, (0, None), row).await?;
            row.worst = Some(Money::ZERO);
            row.reason.push_str("; its turns are bounded by the budget alone");
            open.push(step.name.clone());
        }
        _ => {}
    }
    Ok(())
}

async fn one(models: &Models, step: &Step, around: Around<'_>, estimate: &mut Estimate) -> Outcome<()> {
    let attempts = around.times.saturating_mul(u64::from(step.retry.times) + 1);
    let mut row = Row {
        step: step.name.clone(),
        act: step.act.name(),
        depth: around.depth,
        model: None,
        reason: String::new(),
        calls: 0,
        worst: Some(Money::ZERO),
    };
    act(models, step, attempts, &mut row, &mut estimate.open).await?;
    estimate.count(&row);
    estimate.rows.push(row);
    let times = inner_times(step, attempts, around.inputs, estimate);
    let inner = Around { depth: around.depth + 1, times, ..around };
    for body in step.act.blocks() {
        block(models, body, inner, estimate).await?;
    }
    if let Act::Nested(nested) = &step.act {
        let inputs = &called(nested, around.inputs);
        block(models, &nested.pipeline.block, Around { inputs, ..inner }, estimate).await?;
    }
    Ok(())
}

/// How often a body runs at most; once per item where their number is not known.
fn inner_times(step: &Step, attempts: u64, inputs: &Map<String, Value>, estimate: &mut Estimate) -> u64 {
    match &step.act {
        Act::While(repeat) => attempts.saturating_mul(u64::from(repeat.max_iterations)),
        Act::Each(each) => {
            let items = counted(&each.items, inputs);
            if items.is_none() {
                estimate.open.push(step.name.clone());
            }
            attempts.saturating_mul(items.and_then(|count| u64::try_from(count).ok()).unwrap_or(1))
        }
        _ => attempts,
    }
}

/// How many items there are, if that is known.
fn counted(items: &Template, inputs: &Map<String, Value>) -> Option<usize> {
    match items {
        Template::List(items) => Some(items.len()),
        Template::Map(entries) => Some(entries.len()),
        items => match fixed(items, inputs)? {
            Value::Array(items) => Some(items.len()),
            Value::Object(map) => Some(map.len()),
            _ => None,
        },
    }
}

/// The value of what reads nothing but inputs that are known.
fn fixed(template: &Template, inputs: &Map<String, Value>) -> Option<Value> {
    let known = |reference: &Reference| {
        let name = reference.path.get(1).filter(|_| reference.path.first().is_some_and(|of| of == "inputs"));
        name.is_some_and(|name| inputs.contains_key(name))
    };
    if !template.expressions().into_iter().flat_map(|expression| expression.references()).all(known) {
        return None;
    }
    let mut values = Values::default();
    values.set("inputs", Value::Object(inputs.clone()));
    // What fails now fails when it runs, before any item.
    values.fill(template).ok()
}

/// The inputs of a pipeline that a step calls, as far as they are known.
fn called(nested: &Nested, inputs: &Map<String, Value>) -> Map<String, Value> {
    let given = |name: &str| match &nested.inputs {
        Template::Map(given) => given.iter().find(|(known, _)| known == name).map(|(_, value)| value),
        _ => None,
    };
    let known = nested.pipeline.inputs.iter().filter_map(|input| {
        let value = match given(&input.name) {
            Some(value) => fixed(value, inputs)?,
            None if input.required => input.default.clone()?,
            None => input.default.clone().unwrap_or_default(),
        };
        Some((input.name.clone(), value))
    });
    known.collect()
}

/// Who would be asked, and what `row.calls` calls of it cost at most.
async fn asked(models: &Models, step: &Step, (prompt, most): (usize, Option<u64>), row: &mut Row) -> Outcome<()> {
    let Some(wish) = wish(step) else { return Ok(()) };
    let choice = &step.choice;
    let explained = models.explain(&wish).await?;
    row.reason = match &explained.choice.picked {
        // The call names the model that the step or the file does.
        Ok(_) if choice.model.is_some() => choice.reason.clone(),
        Ok(_) => format!("{}: {}", choice.reason, explained.choice.reason),
        Err(failure) => format!("nobody can be asked: {}", failure.message),
    };
    let Some(spec) = explained.picked() else {
        row.worst = None;
        return Ok(());
    };
    row.model = Some(spec.id.to_string());
    let output_tokens = most.or(explained.role.sampling.max_tokens).or(spec.max_output).unwrap_or(spec.window);
    let input_tokens = u64::try_from(prompt).unwrap_or(u64::MAX);
    let bound = Bound { input_tokens, output_tokens, images: 0 };
    row.worst =
        spec.price.as_ref().map(|price| Money::from_nanos(price.worst(&bound).nanos().saturating_mul(row.calls)));
    Ok(())
}

/// The bytes of a text, as far as they are known.
fn bytes(template: &Template) -> usize {
    match template {
        Template::Plain(value) => value.as_str().map_or_else(|| value.to_string().len(), str::len),
        Template::Text(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.len(),
                Part::Hole(_) => UNKNOWN,
            })
            .sum(),
        Template::Value(_) => UNKNOWN,
        Template::List(items) => items.iter().map(bytes).sum(),
        Template::Map(entries) => entries.iter().map(|(_, value)| bytes(value)).sum(),
    }
}

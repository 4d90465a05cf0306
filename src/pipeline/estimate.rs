//! What a run would do and could cost, without asking anybody: the order, the models with their reasons, the worst case of
//! every call.
//!
//! A text that is known is counted as the ledger does, by its bytes. What is put in later is taken for `UNKNOWN` bytes: that
//! cost is a guess and told as one, beside the most that it can be by the window of the model, if that is known. What is
//! asked again because a provider fails, or an answer is cut, is not counted.

pub mod amount;
mod call;
mod known;
mod size;

use crate::config::paths::Paths;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::host::models::Models;
use crate::pipeline::estimate::amount::Amount;
use crate::pipeline::estimate::call::Call;
use crate::pipeline::estimate::known::Known;
use crate::pipeline::graph;
use crate::pipeline::plan::{Act, Block, Pipeline, Step};
use crate::registry::programs;
use crate::tools::catalog::Catalog;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};

/// The bytes that an expression is taken to put into a text.
pub const UNKNOWN: usize = 4_000;

/// What a run would do and could cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The steps in an order in which they can run, those of bodies behind theirs.
    pub rows: Vec<Row>,
    /// All of what is bounded and priced, with one item of each step whose number of items is not known.
    pub all: Amount,
    /// Steps whose number of items, whose own work or whose refused answers are not known before.
    pub open: Vec<String>,
    /// What one item asks of each step whose number of items is not known.
    pub per_item: Vec<PerItem>,
    /// Models that are asked and whose price is not known.
    pub unpriced: Vec<String>,
}

/// What one item asks.
#[derive(Clone, Debug, PartialEq)]
pub struct PerItem {
    /// The step that has the items.
    pub step: String,
    /// Its calls and what they cost.
    pub amount: Amount,
}

impl Estimate {
    /// Adds up what a step may ask.
    fn count(&mut self, row: &Row) {
        self.all = self.all.and(Amount::of(row));
        if row.worst.is_none() {
            self.unpriced.extend(row.model.clone());
        }
    }

    /// What of its calls and money stands for single items.
    pub fn of_items(&self) -> Amount {
        self.per_item.iter().fold(Amount::default(), |sum, item| sum.and(item.amount))
    }

    /// Notes what has been added since as the work of one item, without that of items in it.
    fn note_item(&mut self, step: &Step, before: Amount, inner: Amount) {
        let within = self.of_items().less(inner);
        let amount = self.all.less(before).less(within);
        self.per_item.push(PerItem { step: step.name.clone(), amount });
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
    /// What they cost, the most unless it is guessed; `None` if the price is not known.
    pub worst: Option<Money>,
    /// Whether a text of unknown length was taken for `UNKNOWN` bytes in it.
    pub guessed: bool,
    /// The most that they cost; `None` if nobody knows.
    pub most: Option<Money>,
}

/// Who knows what a step would ask.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The models.
    pub models: &'a Models,
    /// Where personas and stored programs lie.
    pub paths: &'a Paths,
    /// The tools.
    pub tools: &'a Catalog,
}

/// Estimates a pipeline of which these inputs are known.
pub async fn estimate(ground: Ground<'_>, pipeline: &Pipeline, inputs: &Map<String, Value>) -> Outcome<Estimate> {
    let mut estimate = Estimate::default();
    let known = Known::of(inputs.clone());
    block(ground, &pipeline.block, Around { depth: 0, times: 1, known: &known }, &mut estimate).await?;
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
    /// The values that are known.
    known: &'a Known,
}

fn block<'a>(
    ground: Ground<'a>,
    steps: &'a Block,
    around: Around<'a>,
    estimate: &'a mut Estimate,
) -> BoxFuture<'a, Outcome<()>> {
    async move {
        let visits = graph::visits(steps);
        let mut known = around.known.clone();
        for at in graph::order(steps) {
            let (Some(step), Some(visits)) = (steps.steps.get(at), visits.get(at)) else { continue };
            let times = around.times.saturating_mul(*visits);
            one(ground, step, Around { times, known: &known, ..around }, estimate).await?;
            known.learn(steps, step);
        }
        Ok(())
    }
    .boxed()
}

/// What the act of a step asks by itself, without the steps in it.
async fn act(
    ground: Ground<'_>,
    step: &Step,
    (attempts, known): (u64, &Known),
    row: &mut Row,
    open: &mut Vec<String>,
) -> Outcome<()> {
    match &step.act {
        Act::Llm(call) => {
            call::asked(ground, step, &Call::of_llm(step, call, known), attempts, row).await?;
            if call.check.is_some() {
                // How often depends on what was learned, and the last that is tried may be a child run.
                row.reason.push_str("; what its check refuses is asked for again");
                open.push(step.name.clone());
            }
        }
        Act::Ask(ask) if ask.of.is_some() => {
            call::asked(ground, step, &Call::of_ask(ask, known), attempts, row).await?;
        }
        Act::Run(_) => {
            call::asked(ground, step, &Call::default(), 0, row).await?;
            (row.worst, row.most) = (Some(Money::ZERO), Some(Money::ZERO));
            row.reason.push_str("; its turns are bounded by the budget alone");
            open.push(step.name.clone());
        }
        act => {
            if let Some(what) = hidden(ground, act) {
                row.reason = format!("what its {what} asks is bounded by the budget alone");
                open.push(step.name.clone());
            }
        }
    }
    Ok(())
}

/// What may ask models behind a call that is none itself.
fn hidden(ground: Ground<'_>, act: &Act) -> Option<&'static str> {
    match act {
        // One that cannot be found was found when the file was read.
        Act::Script(call) => {
            let silent = programs::find(ground.paths, &call.name).is_ok_and(|program| !may_ask(&program.source));
            (!silent).then_some("program")
        }
        Act::Tool(call) => {
            // One that is not there asks nothing: its step fails.
            let registered = ground.tools.get(&call.name).ok()?;
            registered.tool.pipeline().map(|_| "pipeline")
        }
        _ => None,
    }
}

/// Whether a program may ask a model: it has a word by which it could, be it in a comment.
fn may_ask(source: &str) -> bool {
    const WORDS: &[&str] = &["TOOL", "SCRIPT", "PIPELINE", "import", "delegate", "save_script", "Fn"];
    let mut words = source.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.starts_with("llm") || word.starts_with("rlm") || WORDS.contains(&word))
}

async fn one(ground: Ground<'_>, step: &Step, around: Around<'_>, estimate: &mut Estimate) -> Outcome<()> {
    let attempts = around.times.saturating_mul(u64::from(step.retry.times) + 1);
    let mut row = Row {
        step: step.name.clone(),
        act: step.act.name(),
        depth: around.depth,
        model: None,
        reason: String::new(),
        calls: 0,
        worst: Some(Money::ZERO),
        guessed: false,
        most: Some(Money::ZERO),
    };
    act(ground, step, (attempts, around.known), &mut row, &mut estimate.open).await?;
    estimate.count(&row);
    estimate.rows.push(row);
    let before = estimate.all;
    let of_items = estimate.of_items();
    let items = inner_times(step, attempts, around.known);
    let inner = Around { depth: around.depth + 1, times: items.unwrap_or(attempts), ..around };
    if items.is_none() {
        estimate.open.push(step.name.clone());
    }
    for body in step.act.blocks() {
        block(ground, body, inner, estimate).await?;
    }
    if let Act::Nested(nested) = &step.act {
        let known = &around.known.called(nested);
        block(ground, &nested.pipeline.block, Around { known, ..inner }, estimate).await?;
    }
    if items.is_none() {
        estimate.note_item(step, before, of_items);
    }
    Ok(())
}

/// How often a body runs at most; nothing where the number of its items is not known.
fn inner_times(step: &Step, attempts: u64, known: &Known) -> Option<u64> {
    match &step.act {
        Act::While(repeat) => Some(attempts.saturating_mul(u64::from(repeat.max_iterations))),
        Act::Each(each) => {
            let items = known.counted(&each.items)?;
            Some(attempts.saturating_mul(u64::try_from(items).unwrap_or(u64::MAX)))
        }
        _ => Some(attempts),
    }
}

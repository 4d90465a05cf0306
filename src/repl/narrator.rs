//! Turns the events of a run into what a person is told while it goes on. It prints nothing.

use crate::core::event::{Event, EventRecord};
use crate::core::ids::{ModelId, RunId};
use crate::core::text::one_line;
use crate::repl::steps::Steps;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How much of a running answer is kept for the screen, in bytes.
const TAIL: usize = 1_500;

/// Lines of a program that are told; all of them are in the log.
const CODE: usize = 3;

/// The most names of calls that are shown at once, and the most characters of each.
const NAMES: usize = 3;
const NAME: usize = 40;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Turns, code, calls, children, steps.
    All,
    /// Steps, notes and retries; the rest of a script's progress is its own output.
    Steps,
}

/// What to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Telling {
    /// A line that stays.
    Line(String),
    /// Text that stands below the lines until something else takes its place; empty for none.
    Live(String),
    /// Nothing.
    Nothing,
}

/// Tells one run and its children.
#[derive(Debug, Default)]
pub struct Narrator {
    depths: HashMap<RunId, usize>,
    calls: BTreeMap<u64, Call>,
    /// The models that stood in for others.
    stood_in: HashSet<(ModelId, ModelId)>,
    /// The models for whose places somebody waited.
    queued: HashSet<ModelId>,
    batch: String,
    steps: Steps,
}

#[derive(Debug)]
struct Call {
    name: String,
    /// What the program calls it.
    label: Option<String>,
    text: String,
}

impl Narrator {
    /// What to show of an event.
    pub fn hear(&mut self, record: &EventRecord, detail: Detail) -> Telling {
        let indent = self.indent(record, detail);
        let line = |text: String| Telling::Line(indented(&indent, &text));
        match &record.event {
            Event::Note { text } => line(format!("note: {text}")),
            Event::Retry { model, attempt, wait_millis, reason } => {
                line(format!("{model}: attempt {attempt} failed ({reason}); next in {wait_millis} ms"))
            }
            // In a batch it is the same for thousands of calls; how many they were is in the result.
            Event::Substituted { from, to, .. } if !self.stood_in.insert((from.clone(), to.clone())) => {
                Telling::Nothing
            }
            Event::Substituted { from, to, why, .. } => line(format!("{from}: failed ({why}); {to} stands in")),
            Event::Waiting { model, wait_millis: Some(wait_millis), reason } if *wait_millis >= 1_000 => {
                line(format!("{model} waits up to {} s: {reason}", wait_millis.div_ceil(1_000)))
            }
            Event::Waiting { model, wait_millis: None, reason } if self.queued.insert(model.clone()) => {
                line(format!("{model} waits: {reason}"))
            }
            Event::BatchProgress { .. }
            | Event::ModelText { .. }
            | Event::ModelReset { .. }
            | Event::ModelStarted { .. } => {
                self.note_call(&record.event);
                self.live()
            }
            Event::ModelFinished { call, .. } => {
                self.calls.remove(call);
                if detail == Detail::All { line(finished(&record.event)) } else { self.live() }
            }
            Event::StepStarted { .. } | Event::StepFinished { .. } => {
                self.steps.hear(record).map_or_else(|| self.live(), line)
            }
            Event::ChildStarted { child, depth, .. } => {
                self.depths.insert(child.clone(), usize::try_from(*depth).unwrap_or(0));
                told(detail, &record.event).map_or(Telling::Nothing, line)
            }
            other => told(detail, other).map_or(Telling::Nothing, line),
        }
    }

    /// How far a batch is, as a line; `None` of other events.
    pub fn batch(&self, record: &EventRecord, detail: Detail) -> Option<String> {
        batch(&record.event).map(|text| format!("{}  {text}", self.indent(record, detail)))
    }

    /// A child's lines stand below the line that told its start, which only those see who are told all.
    fn indent(&self, record: &EventRecord, detail: Detail) -> String {
        let depth = if detail == Detail::All { self.depths.get(&record.run).copied() } else { None };
        "  ".repeat(depth.unwrap_or(0))
    }

    /// Whether this run was started by another one that was told.
    pub fn is_child(&self, run: &RunId) -> bool {
        self.depths.contains_key(run)
    }

    /// Forgets calls whose end was never told, because they were given up.
    pub fn forget(&mut self) {
        self.calls.clear();
        self.steps.forget();
        self.batch.clear();
    }

    fn note_call(&mut self, event: &Event) {
        match event {
            Event::ModelStarted { call, model, role, label, .. } => {
                let label = label.as_deref().map(|label| one_line(label, NAME));
                self.calls.insert(*call, Call { name: format!("{role} {model}"), label, text: String::new() });
            }
            Event::ModelText { call, text } => {
                if let Some(call) = self.calls.get_mut(call) {
                    call.text.push_str(text);
                    let cut = call.text.len().saturating_sub(TAIL);
                    let cut = call.text.floor_char_boundary(cut);
                    call.text.drain(..cut);
                }
            }
            Event::ModelReset { call } => {
                if let Some(call) = self.calls.get_mut(call) {
                    call.text.clear();
                }
            }
            Event::BatchProgress { done, of, .. } => {
                self.batch = batch(event).filter(|_| done < of).unwrap_or_default();
            }
            _ => {}
        }
    }

    /// What is under way: one call is shown with its text, many with their number and what they are called.
    pub fn live(&self) -> Telling {
        let mut calls = self.calls.values();
        let labels = self.labels();
        let calls = match (calls.next(), self.calls.len()) {
            (Some(call), 1) if self.batch.is_empty() && call.text.is_empty() => format!("{}{labels} ...", call.name),
            (Some(call), 1) if self.batch.is_empty() => call.text.clone(),
            (_, 0) => String::new(),
            (_, 1) => format!("1 call{labels}"),
            (_, many) => format!("{many} calls{labels}"),
        };
        let steps = self.steps.live();
        let all = [steps.as_str(), self.batch.as_str(), calls.as_str()].into_iter().filter(|part| !part.is_empty());
        Telling::Live(all.collect::<Vec<_>>().join(" · "))
    }

    /// What the calls under way are called, behind a colon; nothing if none has a name.
    fn labels(&self) -> String {
        let mut labels: Vec<&str> = Vec::new();
        for label in self.calls.values().filter_map(|call| call.label.as_deref()) {
            if labels.contains(&label) {
                continue;
            }
            if labels.len() == NAMES {
                labels.push("…");
                break;
            }
            labels.push(label);
        }
        if labels.is_empty() { String::new() } else { format!(": {}", labels.join(", ")) }
    }
}

fn indented(indent: &str, text: &str) -> String {
    text.lines().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}

fn batch(event: &Event) -> Option<String> {
    let Event::BatchProgress { done, failed, of, again } = event else { return None };
    let again = if *again { ", again" } else { "" };
    let failed = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
    Some(format!("batch {done} of {of}{again}{failed}"))
}

/// What is told of events that are not about a single call.
fn told(detail: Detail, event: &Event) -> Option<String> {
    if detail != Detail::All {
        return None;
    }
    match event {
        Event::TurnStarted { turn, of } => Some(format!("turn {turn} of {of}")),
        Event::CodeStarted { source, .. } => Some(code(source)),
        Event::CodeFinished { shown, ok, .. } => {
            Some(format!("  {} {}", if *ok { "→" } else { "✗" }, one_line(unnumbered(shown), 200)))
        }
        Event::ToolStarted { name } => Some(format!("  tool {name}")),
        Event::ToolFinished { name, failure: Some(failure), .. } => {
            Some(format!("  tool {name} failed: {}", one_line(&failure.message, 120)))
        }
        Event::ChildStarted { child, task, .. } => Some(format!("  child {}: {}", short(child), one_line(task, 100))),
        Event::ChildFinished { child, status } => Some(format!("  child {} {}", short(child), status.name())),
        Event::Decided { arm, after, reason, .. } if !after.is_empty() => {
            Some(format!("  after {}: {arm}, {}", one_line(after, 60), one_line(reason, 120)))
        }
        Event::FinalRefused { reason } => Some(format!("  FINAL refused: {}", one_line(reason, 120))),
        _ => None,
    }
}

/// What code came to, without the number of its value and without its variables: they are of the root's own session,
/// where no person types.
fn unnumbered(shown: &str) -> &str {
    let shown = shown.split("\nnew variables:\n").next().unwrap_or(shown);
    let value = shown.strip_prefix("out(").and_then(|rest| rest.split_once(") = "));
    value.filter(|(number, _)| number.bytes().all(|digit| digit.is_ascii_digit())).map_or(shown, |(_, value)| value)
}

fn finished(event: &Event) -> String {
    let Event::ModelFinished { model, role, usage, cost, millis, failure, .. } = event else {
        return String::new();
    };
    if let Event::ModelFinished { cached: true, .. } = event {
        return format!("  {role} {model} · kept answer, free");
    }
    let cost = cost.map_or_else(|| "unpriced".to_owned(), |cost| cost.to_string());
    let end = failure.as_ref().map_or_else(String::new, |f| format!(" · failed: {}", one_line(&f.message, 120)));
    format!("  {role} {model} · {millis} ms · {} + {} tokens · {cost}{end}", usage.input_tokens, usage.output_tokens)
}

fn code(source: &str) -> String {
    let lines: Vec<&str> = source.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut shown: Vec<String> = lines.iter().take(CODE).map(|line| format!("  | {line}")).collect();
    if lines.len() > CODE {
        shown.push(format!("  | ... {} more lines", lines.len() - CODE));
    }
    shown.join("\n")
}

/// The last characters of an id, which differ between runs of one moment.
fn short(id: &RunId) -> &str {
    let text = id.as_str();
    text.get(text.len().saturating_sub(6)..).unwrap_or(text)
}

#[cfg(test)]
mod tests;

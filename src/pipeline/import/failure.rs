//! What a failure of a step means.
//!
//! There a tool *reports* a failure (a command that ends with 1, a file that is missing): the flow goes on. A step *raises*
//! one (too much time, a model): what `on_failure` says decides. The run has failed in any case, whatever was gone past, so
//! that here such failures are left open instead of being dealt with.

use crate::pipeline::import::step::{self, field};
use crate::pipeline::import::{Importer, Kind, act};
use crate::pipeline::tree::{Data, Node};
use serde_json::{Map, Value};

/// The keys of a handler of `on_error` that has only a value to offer.
const FALLBACK: &[&str] =
    &["fallback_value", "error_types", "log_level", "capture_error_context", "priority", "enabled"];

/// The keys that lead to a step.
const ROUTES: &[&str] = &["on_false", "on_success", "on_failure"];

/// The words of `on_failure` that are no steps.
const WORDS: &[&str] = &["fail", "continue", "skip", "retry"];

/// What follows what a step raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    /// Nothing more begins.
    Fail,
    /// The flow goes on.
    GoOn,
    /// What needs the step is skipped.
    Skip,
}

impl Importer {
    /// What follows the step here, after a failure and otherwise.
    pub(super) fn failure(&mut self, item: &Node, id: &str, step: &mut Map<String, Value>) {
        self.handlers(item);
        let name = step::name(id);
        let routes = routes(item);
        for (key, node) in &routes {
            match node.text().and_then(|id| self.steps.get(id)).map(|known| known.name.clone()) {
                Some(_) if !self.loops.is_empty() => self.fault(node.at, format!("`{key}` of a step in a loop")),
                Some(target) => drop(step.insert((*key).to_owned(), target.into())),
                None => self.fault(node.at, format!("`{key}` that leads to no step")),
            }
        }
        let fails = raises(item) && policy(item) == Policy::Fail;
        if step.contains_key("on_failure") {
            self.verdicts.push(format!("outcomes.{name} != \"failed\""));
        } else if fails && act::kind(item) != Kind::Command {
            step.insert("on_failure".to_owned(), "fail".into());
        } else if !routes.is_empty() && !fails {
            // A failure that is open holds up all that comes behind a step which may lead elsewhere.
            step.insert("on_failure".to_owned(), "continue".into());
            self.verdicts.push(format!("outcomes.{name} != \"failed\""));
        }
        if self.loops.is_empty()
            && !fails
            && let Some(Value::Object(each)) = step.get_mut("each")
        {
            each.insert("on_item_failure".to_owned(), "continue".into());
            self.verdicts.push(format!("errors.{name} == ()"));
        }
    }

    /// Refuses handlers that act.
    fn handlers(&mut self, item: &Node) {
        let Some(node) = field(item, "on_error") else { return };
        let known = matches!(node.text(), Some("fail" | "continue")) || fallback(item).is_some();
        if !known {
            self.fault(node.at, "a handler of `on_error`: `on_failure` leads to a step");
        }
    }
}

/// Whether the step may fail by raising.
pub(super) fn raises(item: &Node) -> bool {
    if let Some(Node { data: Data::List(inner), .. }) = field(item, "steps") {
        return inner.iter().any(|inner| raises(inner) && policy(inner) == Policy::Fail);
    }
    match act::kind_of_act(item) {
        Kind::Text => true,
        Kind::Command => act::is_limited(item),
        _ => false,
    }
}

/// Whether what only waits for the step runs also after it has failed.
pub(super) fn is_gone_past(item: &Node) -> bool {
    !raises(item)
        || policy(item) == Policy::GoOn
        || field(item, "on_failure").is_some_and(is_step)
        || fallback(item).is_some()
}

/// Whether a failure of the step skips what needs it, and the run goes on.
pub(super) fn skips(item: &Node) -> bool {
    raises(item) && policy(item) == Policy::Skip
}

fn policy(item: &Node) -> Policy {
    let said = |node: Option<&Node>| node.and_then(Node::text).map(ToOwned::to_owned);
    let kept = field(item, "metadata").and_then(|node| field(node, "on_failure"));
    let word = said(field(item, "on_failure")).or_else(|| said(kept)).or_else(|| said(field(item, "on_error")));
    let flag = field(item, "continue_on_error").is_some_and(|node| node.data == Data::Bool(true));
    match word.as_deref() {
        Some("continue" | "retry") => Policy::GoOn,
        Some("skip") => Policy::Skip,
        None if flag => Policy::GoOn,
        _ => Policy::Fail,
    }
}

/// The keys that lead from this step to another one, with where they lead.
pub(super) fn routes(item: &Node) -> Vec<(&'static str, &Node)> {
    let kept = field(item, "metadata").and_then(|node| field(node, "on_failure"));
    let said = |key: &&'static str| {
        let node = field(item, key).or(kept.filter(|_| *key == "on_failure"))?;
        is_step(node).then_some((*key, node))
    };
    ROUTES.iter().filter_map(said).collect()
}

fn is_step(node: &Node) -> bool {
    node.text().is_none_or(|word| !WORDS.contains(&word))
}

/// The steps that this one waits for, as it says.
pub(super) fn needs(item: &Node) -> Vec<String> {
    field(item, "dependencies").or_else(|| field(item, "depends_on")).map(texts).unwrap_or_default()
}

/// The value of a step that failed, if its handler for every error has one and does nothing else.
pub(super) fn fallback(item: &Node) -> Option<&Node> {
    let handler = field(item, "on_error")?;
    let every = field(handler, "error_types").is_none_or(|types| texts(types) == ["*"]);
    let plain = handler.entries()?.iter().all(|entry| FALLBACK.contains(&entry.key.as_str()));
    field(handler, "fallback_value").filter(|_| every && plain)
}

fn texts(node: &Node) -> Vec<String> {
    match &node.data {
        Data::List(items) => items.iter().filter_map(Node::text).map(ToOwned::to_owned).collect(),
        Data::Text(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

//! What a run asked models and tools: each call on one line with its number, and one effect in full.

use crate::cli::table;
use crate::core::effect::EffectKind;
use crate::core::failure::Outcome;
use crate::core::ids::RunId;
use crate::core::text::one_line;
use crate::repl::evaluation::text as answer_text;
use crate::store::effects::{EffectRow, EffectState};
use crate::store::open::Store;
use crate::store::value::StoredValue;
use serde_json::Value;

/// Most calls that are listed unasked.
const LISTED: usize = 20;
/// Most characters of an answer in a list.
const ANSWER: usize = 60;

/// A line for each of the last calls, or for all; without those of another run that a fork had no use for.
pub fn lines(store: &Store, run: &RunId, effects: &[EffectRow], all: bool) -> Outcome<String> {
    let is_call = |effect: &&EffectRow| matches!(effect.kind, EffectKind::Model | EffectKind::Tool) && !effect.unused;
    let calls: Vec<&EffectRow> = effects.iter().filter(is_call).collect();
    let earlier = if all { 0 } else { calls.len().saturating_sub(LISTED) };
    let mut text = String::new();
    if earlier > 0 {
        text.push_str(&format!("effect  ... {earlier} earlier: --all\n"));
    }
    let width = table::width().map(|width| usize::from(width).saturating_sub(1));
    for effect in &calls[earlier..] {
        let line = line(store, run, effect)?;
        let line = width.map_or_else(|| line.clone(), |width| one_line(&line, width));
        text.push_str(&format!("{line}\n"));
    }
    Ok(text)
}

fn line(store: &Store, run: &RunId, effect: &EffectRow) -> Outcome<String> {
    let (intent, result) = (load(store, effect.intent.as_ref())?, load(store, effect.result.as_ref())?);
    let asked = if effect.kind == EffectKind::Model { &result["model"] } else { &intent["tool"] };
    let who = asked.as_str().unwrap_or_else(|| effect.kind.name());
    // A map on lines of its own would show its first bracket alone.
    let is_value = effect.kind == EffectKind::Tool && effect.state == EffectState::Done && !result.is_string();
    let said = if is_value { result.to_string() } else { said(effect, &result) };
    let said = one_line(&said, ANSWER);
    Ok(format!("effect  {} {} {who}{} · {said}", effect.seq, effect.key.frame, used(run, effect)))
}

/// One effect in full, as people read it.
pub fn whole(store: &Store, run: &RunId, effect: &EffectRow) -> Outcome<String> {
    let (intent, result) = (load(store, effect.intent.as_ref())?, load(store, effect.result.as_ref())?);
    let head = format!("effect  {} {} at {}{}\n", effect.seq, effect.kind.name(), effect.key.frame, used(run, effect));
    let asked: String = match intent["messages"].as_array() {
        Some(messages) => messages.iter().map(message).collect(),
        None => part("asked", &answer_text(&intent)),
    };
    Ok(format!("{head}{asked}{}", part("answer", &said(effect, &result))))
}

fn message(message: &Value) -> String {
    part(message["speaker"].as_str().unwrap_or("message"), message["text"].as_str().unwrap_or_default())
}

fn part(title: &str, text: &str) -> String {
    format!("--- {title} ---\n{}\n", text.trim_end())
}

/// What came back: the words of a model, or the code that it asked to run; the value of a tool; why there is none.
pub(super) fn said(effect: &EffectRow, result: &Value) -> String {
    match effect.state {
        EffectState::Intent => "no answer".to_owned(),
        EffectState::Failed => format!("failed: {}", result["message"].as_str().unwrap_or_default()),
        EffectState::Done if effect.kind == EffectKind::Model => {
            let text = result["reply"]["text"].as_str().unwrap_or_default();
            let requests = &result["reply"]["tool_requests"];
            if text.trim().is_empty() && !requests.is_null() { requests.to_string() } else { text.to_owned() }
        }
        EffectState::Done => answer_text(result),
    }
}

/// What a call has used, or that it was answered with what another call of the run had been answered.
fn used(run: &RunId, effect: &EffectRow) -> String {
    if effect.state == EffectState::Done && effect.origin.as_ref() == Some(run) {
        return " · answered before".to_owned();
    }
    let tokens = effect.usage.map(|usage| format!(" · {} + {} tokens", usage.input_tokens, usage.output_tokens));
    let cost = effect.cost.filter(|_| tokens.is_some()).map(|cost| format!(" · {cost}"));
    format!("{}{}", tokens.unwrap_or_default(), cost.unwrap_or_default())
}

/// A value of the log, if there is one.
pub(super) fn load(store: &Store, stored: Option<&StoredValue>) -> Outcome<Value> {
    Ok(stored.map(|stored| store.load(stored)).transpose()?.unwrap_or_default())
}

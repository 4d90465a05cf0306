//! `each`: the body once for every item, several at a time, their values in the order of the items.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::host::replay::past;
use crate::pipeline::plan::{Each, OnItemFailure, Step};
use crate::pipeline::run::block::{self, Ended};
use crate::pipeline::run::course::Course;
use crate::pipeline::run::step::Answer;
use crate::pipeline::values::{Values, as_text};
use crate::policy::window::Window;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// One item.
struct Item {
    key: String,
    seen: Values,
}

/// Answers the last value of each body: a list, or a map if there is a key.
pub async fn run(course: &Course<'_>, step: &Step, each: &Each, values: &Values) -> Outcome<Answer> {
    let (items, keyed) = items(each, values)?;
    let of = items.len();
    let most = each.max_parallel.unwrap_or(course.pipeline.limits.max_parallel).max(1);
    let mut ended: Vec<Option<Ended>> = items.iter().map(|_| None).collect();
    let mut waiting = items.iter().enumerate().peekable();
    let mut running = FuturesUnordered::new();
    let mut window = Window::new(most, each.on_item_failure == OnItemFailure::Stop);
    loop {
        let begins = |index: usize, running: usize| running < most && window.admits(index) == Some(true);
        while let Some((index, item)) = waiting.next_if(|(index, _)| begins(*index, running.len())) {
            let place = course.within("item", &item.key, of);
            running.push(async move { (index, block::run(&place, &each.block, &item.seen).await) });
        }
        let Some((index, end)) = running.next().await else { break };
        // Whoever can go on without the person does, or without what a look ahead does not know.
        let goes_on = |failure: &&Failure| failure.kind == FailureKind::Waiting || failure.is_alone();
        let failure = end.failure.as_ref().filter(|failure| !goes_on(failure));
        window.note(index, failure.is_some());
        if failure.is_some_and(Failure::gives_up) && each.on_item_failure == OnItemFailure::Continue {
            let item = items.get(index).map(|item| course.within("item", &item.key, of));
            item.iter().for_each(|place| past::note_item(&place.host, &place.frame));
        }
        if failure.is_some_and(|failure| !failure.kind.catchable()) {
            window.stop();
        }
        if let Some(slot) = ended.get_mut(index) {
            *slot = Some(end);
        }
        // Items of plain values never wait by themselves, and clocks want to be heard.
        tokio::task::yield_now().await;
    }
    collect(step, each, &items, ended, keyed)
}

fn collect(step: &Step, each: &Each, items: &[Item], ended: Vec<Option<Ended>>, keyed: bool) -> Outcome<Answer> {
    let (mut list, mut map, mut failed) = (Vec::new(), Map::new(), Vec::new());
    let dealt_with = each.on_item_failure == OnItemFailure::Continue || step.goes_past_failure();
    let partial = ended.iter().flatten().any(|end| end.partial);
    for (item, end) in items.iter().zip(ended) {
        let (value, failure) = end.map_or((Value::Null, None), |end| (end.value, end.failure));
        let value = if failure.is_some() { Value::Null } else { value };
        failed.extend(failure.map(|failure| failure.in_part("item", item.key.clone()).in_item(&item.key)));
        if keyed {
            map.insert(item.key.clone(), value);
        } else {
            list.push(value);
        }
    }
    // The first in the order of the items among equals.
    let first = failed.iter().min_by_key(|failure| block::rank(failure, dealt_with));
    let fatal = |failure: &&Failure| each.on_item_failure == OnItemFailure::Stop || !failure.kind.catchable();
    match first.filter(fatal) {
        Some(failure) if failure.kind.stops() => Err(failure.clone()),
        Some(failure) => {
            let message = format!("item `{}` of `{}`: {}", key_of(failure), step.name, failure.message);
            Err(Failure { message, ..failure.clone() }.detail("items", by_key(&failed, Failure::to_map)))
        }
        None => {
            let value = if keyed { Value::Object(map) } else { Value::Array(list) };
            let errors = (!failed.is_empty()).then(|| Value::Object(by_key(&failed, Failure::to_error)));
            Ok(Answer { errors, partial, ..value.into() })
        }
    }
}

/// The failures of items by their keys.
fn by_key(failed: &[Failure], told: fn(&Failure) -> Map<String, Value>) -> Map<String, Value> {
    failed.iter().map(|failure| (key_of(failure).to_owned(), Value::Object(told(failure)))).collect()
}

fn key_of(failure: &Failure) -> &str {
    failure.details.get("item").and_then(Value::as_str).unwrap_or_default()
}

/// The items with their keys and what their bodies see, and whether the keys are those of a map.
fn items(each: &Each, values: &Values) -> Outcome<(Vec<Item>, bool)> {
    let (given, named) = match values.fill(&each.items)? {
        Value::Array(items) => (items.into_iter().map(|item| (None, item)).collect::<Vec<_>>(), false),
        Value::Object(map) => {
            let mut items: Vec<_> = map.into_iter().map(|(key, item)| (Some(key), item)).collect();
            // A map has no order of its own: an expression gives its keys sorted, whoever wrote them down.
            items.sort_by(|(one, _), (other, _)| one.cmp(other));
            (items, true)
        }
        other => {
            return Err(Failure::new(
                FailureKind::Data,
                format!("`in` must be a list or a map, it is {}", kind(&other)),
            )
            .hint("read a text first: `text.split(\"\\n\")`, `parse_json(text)`"));
        }
    };
    let mut taken = HashSet::new();
    let mut items = Vec::with_capacity(given.len());
    for (index, (key, item)) in given.into_iter().enumerate() {
        let mut seen = values.clone();
        seen.set(&each.name, item);
        seen.set("index", Value::from(index));
        let key = match (&each.key, key) {
            (Some(expression), _) => as_text(seen.evaluate(expression)?),
            (None, Some(key)) => key,
            (None, None) => index.to_string(),
        };
        if !taken.insert(key.clone()) {
            return Err(Failure::new(FailureKind::Data, format!("two items have the key `{key}`"))
                .hint("choose a `key` that tells items apart, or leave it out"));
        }
        seen.set("key", Value::from(key.as_str()));
        items.push(Item { key, seen });
    }
    Ok((items, named || each.key.is_some()))
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "()",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

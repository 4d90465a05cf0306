//! Finding JSON in an answer: behind thoughts, inside fences, amid prose. Nothing here knows a schema.

use crate::core::thoughts::behind;
use serde_json::{Deserializer, Value};

/// The most brackets at which reading fails: in a text of nothing but brackets each attempt may read to the end.
const ATTEMPTS: usize = 1_000;

/// What an answer holds.
pub(super) struct Found<'a> {
    /// The JSON values; what stands in a fence comes last, because it is meant most.
    pub(super) values: Vec<Value>,
    /// The answer without thoughts and margins.
    pub(super) text: &'a str,
    /// Why the first thing that looks like JSON is none.
    pub(super) broken: Option<String>,
}

/// Whether a text has JSON in it, be it broken.
pub(super) fn tried(text: &str) -> bool {
    let found = values(text);
    !found.values.is_empty() || found.broken.is_some()
}

/// Every JSON value in an answer that is not part of another one: the whole answer, or its objects, arrays and fences.
pub(super) fn values(answer: &str) -> Found<'_> {
    let whole = |text: &str| serde_json::from_str::<Value>(text).ok();
    if let Some(value) = whole(answer.trim()) {
        return Found { values: vec![value], text: answer.trim(), broken: None };
    }
    let text = behind(answer);
    if let Some(value) = whole(text) {
        return Found { values: vec![value], text, broken: None };
    }
    let mut scanned = scan(text);
    // A fence around a bare number or text.
    if scanned.fenced.is_empty() {
        scanned.fenced.extend(text.split("```").skip(1).step_by(2).filter_map(|block| whole(inside(block))));
    }
    let values = [scanned.bare, scanned.fenced].concat();
    Found { values, text, broken: scanned.broken }
}

/// A block without the word behind its fence.
fn inside(block: &str) -> &str {
    block.split_once('\n').map_or(block, |(_, body)| body).trim()
}

#[derive(Default)]
struct Scanned {
    bare: Vec<Value>,
    fenced: Vec<Value>,
    broken: Option<String>,
}

/// The objects and arrays of a text.
fn scan(text: &str) -> Scanned {
    let mut found = Scanned::default();
    let (mut at, mut failed) = (0, 0);
    while let Some(next) = text[at..].find(['{', '[']).filter(|_| failed < ATTEMPTS) {
        let start = at + next;
        let mut stream = Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                at = start + stream.byte_offset();
                if opens_fence(&text[..start]) { found.fenced.push(value) } else { found.bare.push(value) }
            }
            Some(Err(error)) => {
                found.broken.get_or_insert_with(|| error.to_string());
                failed += 1;
                at = start + 1;
            }
            None => at = start + 1,
        }
    }
    found
}

/// Whether a text ends with the opening of a fence and the word behind it.
fn opens_fence(before: &str) -> bool {
    let Some((earlier, behind)) = before.rsplit_once("```") else { return false };
    let word = behind.trim();
    // With an even number of fences before it, the last one opens.
    earlier.matches("```").count() % 2 == 0 && word.len() <= 10 && word.chars().all(|c| c.is_ascii_alphanumeric())
}

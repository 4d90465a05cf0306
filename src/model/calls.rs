//! Tool calls put together from their pieces.
//!
//! Whether the arguments are valid is the tool's business: they are what the model wrote.

use crate::core::message::ToolRequest;
use serde_json::Value;

/// A piece of a tool call, or all of it.
#[derive(Debug, Default)]
pub struct CallPart {
    /// Its place in the answer, where the server gives one.
    pub index: Option<u64>,
    /// The server's id.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// A piece of the arguments: JSON as text; some servers send the value itself.
    pub arguments: Option<Value>,
}

/// The calls of one answer, in the order in which they began.
#[derive(Debug, Default)]
pub struct Calls {
    begun: Vec<Begun>,
}

#[derive(Debug)]
struct Begun {
    index: Option<u64>,
    request: ToolRequest,
}

impl Calls {
    /// Adds a piece, to the call that it continues or as a new one.
    pub fn add(&mut self, part: CallPart) {
        let CallPart { index, id, name, arguments } = part;
        let arguments = arguments.map(text).unwrap_or_default();
        match self.continued(index, &id, &name) {
            Some(request) => {
                request.arguments.push_str(&arguments);
                fill(&mut request.id, id);
                fill(&mut request.name, name);
            }
            None => self.begun.push(Begun { index, request: ToolRequest { id, name, arguments } }),
        }
    }

    /// Whether the call of a piece has its name from it.
    pub fn is_named_by(&mut self, part: &CallPart) -> bool {
        let continued = self.continued(part.index, &part.id, &part.name);
        continued.is_none_or(|request| request.name.is_empty())
    }

    /// These calls with what was lost of them, out of the whole ones; `None` if the two contradict each other. Without
    /// whole ones these hold.
    pub fn completed(&mut self, whole: Vec<CallPart>) -> Option<Self> {
        let mut all = Self::default();
        whole.into_iter().for_each(|part| all.add(part));
        if all.begun.is_empty() {
            return Some(std::mem::take(self));
        }
        let agrees = |(place, begun): (usize, &Begun)| {
            let same = |call: &&Begun| !begun.request.id.is_empty() && call.request.id == begun.request.id;
            let whole = all.begun.iter().find(same).or_else(|| all.begun.get(place));
            whole.is_some_and(|whole| whole.request.name == begun.request.name && extends(whole, begun))
        };
        self.begun.iter().enumerate().all(agrees).then_some(all)
    }

    /// Whether the call at this place has not begun, or has no arguments yet.
    pub fn lacks_arguments(&self, index: Option<u64>) -> bool {
        self.begun.iter().rfind(|call| call.index == index).is_none_or(|call| call.request.arguments.is_empty())
    }

    /// Bytes of names and arguments so far.
    pub fn bytes(&self) -> usize {
        self.begun.iter().map(|call| call.request.name.len() + call.request.arguments.len()).sum()
    }

    /// The calls; one without an id gets one, one without arguments gets an empty object.
    pub fn finish(self) -> Vec<ToolRequest> {
        let whole = |(place, call): (usize, Begun)| {
            let mut request = call.request;
            fill(&mut request.id, format!("call_{place}"));
            fill(&mut request.arguments, "{}".to_owned());
            request
        };
        self.begun.into_iter().enumerate().map(whole).collect()
    }

    /// The call that a piece continues: the last one with its index, or the last one if there is no index. A piece with
    /// a name and another id begins a new call even under the same index; Gemini's compatibility layer writes so.
    fn continued(&mut self, index: Option<u64>, id: &str, name: &str) -> Option<&mut ToolRequest> {
        let call = self.begun.iter_mut().rev().find(|call| index.is_none() || call.index == index)?;
        let other_id = !id.is_empty() && !call.request.id.is_empty() && id != call.request.id;
        let fresh = !name.is_empty() && (other_id || (index.is_none() && id.is_empty()));
        (!fresh).then_some(&mut call.request)
    }
}

/// Whether the arguments are those that had begun to arrive, as text or as the same JSON.
fn extends(whole: &Begun, begun: &Begun) -> bool {
    let (whole, begun) = (&whole.request.arguments, &begun.request.arguments);
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    whole.starts_with(begun.as_str()) || read(begun).is_some_and(|begun| read(whole) == Some(begun))
}

fn fill(slot: &mut String, value: String) {
    if slot.is_empty() {
        *slot = value;
    }
}

fn text(arguments: Value) -> String {
    match arguments {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{CallPart, Calls};
    use serde_json::{Value, json};

    /// A piece as chat completions write it.
    fn part(wire: &Value) -> CallPart {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        CallPart {
            index: wire["index"].as_u64(),
            id: text(&wire["id"]),
            name: text(&wire["function"]["name"]),
            arguments: wire["function"].get("arguments").cloned(),
        }
    }

    #[test]
    fn puts_pieces_together() {
        let check = |parts: Value, expect: &[(&str, &str, &str)]| {
            let mut calls = Calls::default();
            for piece in parts.as_array().expect("a list") {
                calls.add(part(piece));
            }
            let whole = calls.finish();
            let whole: Vec<_> = whole.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.arguments.as_str())).collect();
            assert_eq!(whole, expect, "{parts}");
        };
        check(
            json!([
                {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}},
                {"index": 0, "function": {"arguments": "{\"x\""}},
                {"index": 1, "id": "b", "function": {"name": "g", "arguments": "{}"}},
                {"index": 0, "function": {"arguments": ":1}"}}
            ]),
            &[("a", "f", "{\"x\":1}"), ("b", "g", "{}")],
        );
        check(
            json!([
                {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}},
                {"index": 0, "id": "b", "function": {"name": "f", "arguments": "{}"}}
            ]),
            &[("a", "f", "{}"), ("b", "f", "{}")],
        );
        check(
            json!([{"function": {"name": "f", "arguments": {"x": 1}}}, {"function": {"name": "g"}}]),
            &[("call_0", "f", "{\"x\":1}"), ("call_1", "g", "{}")],
        );
        check(
            json!([{"id": "a", "function": {"name": "f", "arguments": "{"}}, {"function": {"arguments": "}"}}]),
            &[("a", "f", "{}")],
        );
        check(
            json!([
                {"index": 4_000_000_000_u64, "id": "a", "function": {"name": "f"}},
                {"index": 4_000_000_000_u64, "id": "a", "function": {"name": "f", "arguments": "1"}}
            ]),
            &[("a", "f", "1")],
        );
        check(json!([]), &[]);
    }
}

//! What the log of a run does not have, beside what it has in this place: what that cost, and what is asked otherwise.
//!
//! Which effect of the log that is, `host/replay` says.

use crate::core::child::ChildOptions;
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::core::money::Money;
use crate::core::text::{head_tail, one_line};
use crate::store::effects::EffectRow;
use crate::store::open::Store;
use serde_json::{Map, Value, json};

/// Most characters of what was asked that are told.
const TOLD: usize = 60;
/// How many of them stand before the place where two texts part.
const BEFORE: usize = 20;
/// How many characters of the hash of a picture tell it from another one.
const HASH: usize = 8;

/// An effect that was asked for and is not in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// Which.
    pub key: EffectKey,
    /// What kind.
    pub kind: EffectKind,
    /// The arguments, shortened.
    pub asked: String,
    /// Who is asked for what, for people; empty if its kind says it all.
    pub about: String,
    /// The same effect in the log, by its number, where it has no answer that could be used.
    pub again: Option<u64>,
    /// Whether that is a tool that had begun, and nobody knows what it has done.
    pub begun: bool,
    /// Another effect that the log has in this place.
    pub instead: Option<Stood>,
}

/// An effect of the log in whose place another one is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Stood {
    /// Its number.
    pub seq: u64,
    /// What kind.
    pub kind: EffectKind,
    /// Who was asked for what.
    pub about: String,
    /// What it cost.
    pub cost: Money,
    /// In which of its arguments the other one differs, for people; empty if that cannot be said.
    pub differs: String,
    /// The first text in which they differ, of both; likewise.
    pub parts: String,
}

impl Missed {
    /// An effect with this text of its arguments, what stands in its place, and what had failed before somebody stood in for it.
    pub(in crate::host) fn of(
        store: &Store,
        (key, kind, asked): (&EffectKey, EffectKind, &str),
        (again, begun): (Option<u64>, bool),
        (stood, failed): (Option<&EffectRow>, &[EffectRow]),
    ) -> Outcome<Self> {
        // What is no JSON has no arguments that could be told apart.
        let now: Value = serde_json::from_str(asked).unwrap_or_default();
        let stand = |row: &EffectRow| -> Outcome<Stood> {
            let answered = intent(store, row)?;
            let then = first_asked(store, failed, &now)?.unwrap_or_else(|| telling(row.kind, answered.clone()));
            let same = row.kind == kind;
            let differs = if same { differences(&then, &now) } else { String::new() };
            let parts = if same { parting(&then, &now).unwrap_or_default() } else { String::new() };
            let about = about(row.kind, &answered);
            Ok(Stood { seq: row.seq, kind: row.kind, about, cost: cost(store, row)?, differs, parts })
        };
        let instead = stood.map(stand).transpose()?;
        let (asked, about) = (head_tail(asked, 400, ""), about(kind, &now));
        // The file of a step may be written again.
        let begun = begun && now.get("product").is_none();
        Ok(Self { key: key.clone(), kind, asked, about, again, begun, instead })
    }

    /// The failure of a run that may ask nobody for it.
    pub(in crate::host) fn failure(&self, run: &RunId) -> Failure {
        let (kind, frame) = (self.kind.name(), &self.key.frame);
        let hint = match (self.again, &self.instead) {
            (Some(seq), _) => format!("effect {seq} of the log has no answer: the run stopped there"),
            (None, Some(stood)) => {
                let seq = stood.seq;
                let differs = Some(&stood.differs).filter(|differs| !differs.is_empty());
                let now = differs.map_or_else(String::new, |differs| format!(", and it is asked {differs} now"));
                format!("the log has effect {seq} in this place{now}; `rhizo runs show {run} --effect {seq}` shows it")
            }
            (None, None) => "the program, its context or its settings are not those of the recorded run".to_owned(),
        };
        let parts = self.instead.as_ref().map(|stood| stood.parts.as_str()).filter(|parts| !parts.is_empty());
        let parts = parts.map_or_else(String::new, |parts| format!(": {parts}"));
        Failure::new(FailureKind::Replay, format!("run {run} has no answer to this {kind} effect at {frame}{parts}"))
            .hint(hint)
            .detail(
                "found",
                json!({"kind": kind, "frame": frame, "occurrence": self.key.occurrence, "asked": self.asked}),
            )
            .detail("expected", json!(self.instead.as_ref().map(|stood| stood.seq)))
    }
}

/// What an effect cost; a child is worth what its run did.
pub fn cost(store: &Store, row: &EffectRow) -> Outcome<Money> {
    if row.kind != EffectKind::Child {
        return Ok(row.cost.unwrap_or_default());
    }
    let intent = intent(store, row)?;
    // A child of which nothing is left any more says nothing of its cost.
    let child = intent["child"].as_str().map_or(Ok(None), |id| store.run(id).map(|row| row.cost));
    Ok(child.unwrap_or_default().unwrap_or_default())
}

fn intent(store: &Store, row: &EffectRow) -> Outcome<Value> {
    Ok(row.intent.as_ref().map(|stored| store.load(stored)).transpose()?.unwrap_or_default())
}

/// What the model was asked that is asked now, if it had failed.
fn first_asked(store: &Store, failed: &[EffectRow], now: &Value) -> Outcome<Option<Value>> {
    for row in failed.iter().filter(|_| now["model"].is_string()) {
        let asked = intent(store, row)?;
        if asked["model"] == now["model"] {
            return Ok(Some(asked));
        }
    }
    Ok(None)
}

/// Who is asked for what, by the arguments of an effect; empty if its kind says it all.
pub fn about(kind: EffectKind, arguments: &Value) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let quoted = |value: &Value| format!("\"{}\"", one_line(value.as_str().unwrap_or_default(), TOLD));
    match kind {
        EffectKind::Model => {
            let last = arguments["messages"].as_array().and_then(|messages| messages.last());
            format!("{}, {}", text(&arguments["model"]), quoted(last.map_or(&Value::Null, |last| &last["text"])))
        }
        EffectKind::Tool => text(&arguments["tool"]),
        EffectKind::Person => quoted(&arguments["prompt"]),
        _ => String::new(),
    }
}

/// What of the arguments that the log keeps tells an effect from another one: of a child it has its run too, and what it may spend.
fn telling(kind: EffectKind, mut kept: Value) -> Value {
    if let Some(arguments) = kept.as_object_mut().filter(|_| kind == EffectKind::Child) {
        arguments.shift_remove("child");
        let options = arguments.get("options").cloned().map(serde_json::from_value::<ChildOptions>);
        if let Some(Ok(options)) = options {
            arguments.insert("options".to_owned(), json!(options.identity()));
        }
    }
    kept
}

/// In which arguments an effect differs from another one of its kind, as `with other messages and without a schema`.
fn differences(then: &Value, now: &Value) -> String {
    let none = Map::new();
    let (then, now) = (then.as_object().unwrap_or(&none), now.as_object().unwrap_or(&none));
    let names = then.keys().chain(now.keys().filter(|name| !then.contains_key(*name)));
    let told: Vec<String> = names.filter_map(|name| difference(name, then.get(name), now.get(name))).collect();
    match told.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The first text in which two askings differ: `message 1 (user): expected "a", found "b"`.
fn parting(then: &Value, now: &Value) -> Option<String> {
    let (one, other) = (then.as_object()?, now.as_object()?);
    let (said, says) = (messages(then), messages(now));
    if let Some(at) = (0..said.len().max(says.len())).find(|at| said.get(*at) != says.get(*at)) {
        let text = |all: &[Value]| all.get(at).map(|message| plain(&message["text"]));
        let whose = says.get(at).or(said.get(at)).map_or(&Value::Null, |message| &message["speaker"]);
        let what = format!("message {} ({})", at + 1, plain(whose));
        let (then, now) = (text(said), text(says));
        return if then == now { pictures(&what, said.get(at), says.get(at)) } else { Some(both(&what, then, now)) };
    }
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    // A context is known by its hash, which says nothing to people.
    let is_told = |name: &&String| !is_beside(name) && *name != "context";
    let name = names.filter(is_told).find(|name| one.get(*name) != other.get(*name))?;
    Some(both(name, one.get(name).map(plain), other.get(name).map(plain)))
}

/// The first picture in which two messages of the same words differ.
fn pictures(what: &str, then: Option<&Value>, now: Option<&Value>) -> Option<String> {
    let all = |message: Option<&Value>| -> Vec<String> {
        message.and_then(|message| message["images"].as_array()).into_iter().flatten().map(picture).collect()
    };
    let (then, now) = (all(then), all(now));
    let at = (0..then.len().max(now.len())).find(|at| then.get(*at) != now.get(*at))?;
    Some(both(&format!("image {} of {what}", at + 1), then.get(at).cloned(), now.get(at).cloned()))
}

/// A picture by its address, or by its kind and the beginning of its hash.
fn picture(image: &Value) -> String {
    let hash: String = plain(&image["hash"]).chars().take(HASH).collect();
    image["url"].as_str().map_or_else(|| format!("{} {hash}", plain(&image["media_type"])), ToOwned::to_owned)
}

/// Messages without their pictures.
fn words(messages: &Value) -> Vec<Value> {
    let mut words = messages.as_array().cloned().unwrap_or_default();
    for fields in words.iter_mut().filter_map(Value::as_object_mut) {
        fields.remove("images");
    }
    words
}

fn messages(asked: &Value) -> &[Value] {
    asked["messages"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What was expected and what is found, each from shortly before the place where they part.
fn both(what: &str, then: Option<String>, now: Option<String>) -> String {
    let (one, other) = (then.iter().flat_map(|text| text.chars()), now.iter().flat_map(|text| text.chars()));
    let from = one.zip(other).take_while(|(one, other)| one == other).count().saturating_sub(BEFORE);
    let part = |text: Option<String>| {
        let Some(text) = text else { return "nothing".to_owned() };
        let shown: String = text.chars().skip(from).take(TOLD).collect();
        let before = if from > 0 { "…" } else { "" };
        let behind = if text.chars().count() > from + TOLD { "…" } else { "" };
        format!("\"{before}{}{behind}\"", shown.replace('\n', " "))
    };
    format!("{what}: expected {}, found {}", part(then), part(now))
}

/// Whether the log only keeps this beside what is asked: how many messages an earlier call has, and who writes a file.
fn is_beside(name: &str) -> bool {
    matches!(name, "after" | "product")
}

fn difference(name: &str, then: Option<&Value>, now: Option<&Value>) -> Option<String> {
    let word = match name {
        "args" => "arguments",
        "messages" if then.map(words) == now.map(words) => "images",
        // The length of an answer, its temperature and the like.
        "sampling" => "settings",
        name if is_beside(name) => return None,
        name => name,
    };
    let (many, one) = if word.ends_with('s') { ("other ", "") } else { ("another ", "a ") };
    match (then, now) {
        (Some(then), Some(now)) if then == now => None,
        (Some(_), Some(_)) => Some(format!("with {many}{word}")),
        (Some(_), None) => Some(format!("without {one}{word}")),
        (None, _) => Some(format!("with {one}{word}")),
    }
}

#[cfg(test)]
mod tests {
    use super::differences;
    use serde_json::json;

    #[test]
    fn what_differs_is_told_by_the_names_of_arguments() {
        let whole = json!({"model": "m", "messages": [1], "sampling": {"max_tokens": 1}, "schema": {}});
        for (then, now, told) in [
            (&whole, &whole, ""),
            (&whole, &json!({"model": "m", "messages": [1], "sampling": {"max_tokens": 1}}), "without a schema"),
            (&json!({"after": 1, "messages": [1]}), &json!({"after": 2, "messages": [1]}), ""),
            (&json!({"args": 1, "product": 1}), &json!({"args": 2}), "with other arguments"),
            (
                &json!({"messages": [{"text": "a", "images": [1]}]}),
                &json!({"messages": [{"text": "a", "images": [2]}]}),
                "with other images",
            ),
            (
                &whole,
                &json!({"model": "n", "messages": [2], "sampling": {"max_tokens": 2}, "schema": {}, "functions": []}),
                "with another model, with other messages, with other settings and with functions",
            ),
            (&json!("roles"), &json!(null), ""),
        ] {
            assert_eq!(differences(then, now), told, "{then} {now}");
        }
    }
}

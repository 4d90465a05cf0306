//! The parts of a JSON Schema: the schemas that one holds, and those that its references name.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::{decoded, one_line};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::ptr;

/// How many references are followed to one that names a schema itself; a chain of more is refused.
const LINKS: usize = 200;

/// Where validators keep the schemas of schemas themselves.
const KNOWN: &[&str] = &["http://json-schema.org/", "https://json-schema.org/"];

/// Words whose schemas are for what is inside a value.
const INSIDE: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "items",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Words whose schemas are for the value itself. What stands under any other word is data, or counts where it is referred to.
const ITSELF: &[&str] = &["allOf", "anyOf", "dependencies", "dependentSchemas", "else", "if", "not", "oneOf", "then"];

/// A part of a schema, and what its references begin at: the whole, or the innermost part around it with an `$id`.
#[derive(Clone, Copy)]
pub(in crate::host::typed) struct Part<'a> {
    pub(in crate::host::typed) schema: &'a Value,
    root: &'a Value,
}

/// How a part is reached from another one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It stands in it, for the value itself.
    Itself,
    /// It stands in it, for what is inside the value.
    Inside,
    /// It is referred to.
    Reference,
}

impl<'a> Part<'a> {
    /// A whole schema.
    pub(in crate::host::typed) const fn whole(schema: &'a Value) -> Self {
        Self { schema, root: schema }
    }

    /// A schema that stands in this one.
    pub(in crate::host::typed) fn inner(self, schema: &'a Value) -> Self {
        Self { schema, root: self.root_inside() }
    }

    /// The schema that a reference names, if this is one with a place in the same whole.
    pub(in crate::host::typed) fn resolved(self) -> Self {
        let mut part = self;
        for _ in 0..LINKS {
            let Some(name) = part.schema.get("$ref").and_then(Value::as_str) else { break };
            let Ok(Some(named)) = target(part.root_inside(), name) else { break };
            part = part.inner(named);
        }
        part
    }

    /// What the references in it begin at.
    pub(super) fn root_inside(self) -> &'a Value {
        if has_name(self.schema) { self.schema } else { self.root }
    }
}

/// The parts of a schema by their names: the last step of an `$id`, and `#anchor`. Several may share one.
pub(super) struct Names<'a> {
    known: HashMap<String, Vec<Part<'a>>>,
}

impl<'a> Names<'a> {
    /// All names in a schema, which must not nest deeper than the stack carries.
    pub(super) fn of(schema: &'a Value) -> Self {
        let mut names = Self { known: HashMap::new() };
        names.add(Part::whole(schema));
        names
    }

    fn add(&mut self, part: Part<'a>) {
        match part.schema {
            Value::Object(map) => {
                for word in ["$id", "id", "$anchor", "$dynamicAnchor"] {
                    let Some(name) = map.get(word).and_then(Value::as_str) else { continue };
                    let name = if word.ends_with("id") { key(name) } else { format!("#{name}") };
                    self.known.entry(name).or_default().push(part);
                }
                map.values().for_each(|value| self.add(part.inner(value)));
            }
            Value::Array(items) => items.iter().for_each(|value| self.add(part.inner(value))),
            _ => {}
        }
    }

    /// The schemas that a part holds or refers to.
    ///
    /// # Errors
    /// `invalid` if a reference names a place that is not there, or may mean several.
    pub(super) fn parts(&self, part: Part<'a>) -> Outcome<Vec<(Part<'a>, Step)>> {
        let mut parts: Vec<(Part<'a>, Step)> = Vec::new();
        for (word, value) in part.schema.as_object().into_iter().flatten() {
            let step = match (word.as_str(), value) {
                // In older versions of JSON Schema a name beside a reference does not count.
                ("$ref", _) if has_name(part.schema) && !ptr::eq(part.schema, part.root) => return Err(unclear()),
                ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(name)) => {
                    parts.extend(self.targets(part, name)?.into_iter().map(|target| (target, Step::Reference)));
                    continue;
                }
                (word, _) if INSIDE.contains(&word) => Step::Inside,
                (word, _) if ITSELF.contains(&word) => Step::Itself,
                _ => continue,
            };
            parts.extend(held(word, value).into_iter().map(|schema| (part.inner(schema), step)));
        }
        parts.retain(|(inner, _)| inner.schema.is_object());
        Ok(parts)
    }

    /// What a reference may name. Nothing of what is not here: whether there is such a thing is for the validator to say.
    fn targets(&self, part: Part<'a>, name: &str) -> Outcome<Vec<Part<'a>>> {
        if let Some(named) = target(part.root_inside(), name)? {
            return Ok(vec![part.inner(named)]);
        }
        let (whole, place) = name.split_once('#').unwrap_or((name, ""));
        if KNOWN.iter().any(|known| whole.starts_with(known)) {
            return Ok(Vec::new());
        }
        let is_anchor = !place.is_empty() && !place.starts_with('/');
        let named = if is_anchor { format!("#{}", decoded(place)) } else { key(whole) };
        let named = self.known.get(&named).map_or(&[] as &[Part<'a>], Vec::as_slice);
        if is_anchor {
            return Ok(named.to_vec());
        }
        // A relative name may mean any with this end; a whole one means itself.
        let exact = named.iter().any(|part| id(part.schema) == Some(whole));
        let roots = named.iter().filter(|part| !exact || id(part.schema) == Some(whole));
        let mut parts = Vec::new();
        for root in roots {
            let target = pointed(root.schema, place)?;
            parts.extend(target.map(|target| if place.is_empty() { *root } else { root.inner(target) }));
        }
        Ok(parts)
    }
}

/// The values under a word that may be schemas.
fn held<'a>(word: &str, value: &'a Value) -> Vec<&'a Value> {
    match (word, value) {
        ("properties" | "patternProperties" | "dependentSchemas" | "dependencies", schemas) => {
            schemas.as_object().into_iter().flat_map(Map::values).collect()
        }
        (_, Value::Array(schemas)) => schemas.iter().collect(),
        (_, schema) => vec![schema],
    }
}

/// Under what an `$id` and those who refer to it find each other, also where one of them is relative.
fn key(name: &str) -> String {
    if name.starts_with('#') {
        return name.to_owned();
    }
    let name = name.trim_end_matches('#');
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

fn id(schema: &Value) -> Option<&str> {
    schema.get("$id").and_then(Value::as_str).map(|name| name.trim_end_matches('#'))
}

/// Whether a part has a name at which the references in it begin. `#name` is a place in the whole.
fn has_name(schema: &Value) -> bool {
    schema.get("$id").and_then(Value::as_str).is_some_and(|name| !name.starts_with('#'))
}

/// The place in a whole that a reference names, if it names one.
fn target<'a>(root: &'a Value, name: &str) -> Outcome<Option<&'a Value>> {
    let (whole, place) = name.split_once('#').unwrap_or((name, ""));
    if !whole.is_empty() && id(root) != Some(whole) {
        return Ok(None);
    }
    if !place.is_empty() && !place.starts_with('/') {
        return Ok(None);
    }
    pointed(root, place)?.map_or_else(|| Err(unknown(name)), |target| Ok(Some(target)))
}

/// What stands at a place in a whole.
fn pointed<'a>(root: &'a Value, place: &str) -> Outcome<Option<&'a Value>> {
    let place = decoded(place);
    // A place between the root and the target, from which references would begin anew.
    let mut above = place.match_indices('/').skip(1).filter_map(|(at, _)| root.pointer(&place[..at]));
    if above.any(has_name) { Err(unclear()) } else { Ok(root.pointer(&place)) }
}

/// The failure of a wrong schema.
pub(super) fn wrong(what: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("the schema is wrong: {what}"))
}

fn unclear() -> Failure {
    wrong("a reference leads into, or stands beside, an `$id` of another part").hint("write out what it means")
}

fn unknown(name: &str) -> Failure {
    wrong(&format!("there is nothing at its reference {:?}", one_line(name, 80)))
        .hint("a `$ref` names a place in the same schema: `#/$defs/name`")
}

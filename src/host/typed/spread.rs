//! How far a JSON Schema spreads when its references are written out. Who compiles it or checks a value by it follows every
//! reference anew, and recurses for each: what goes in a circle would overflow the stack, and what doubles forty times would
//! never end.
//!
//! Whether the schema is right otherwise is for the validator to say. One that refers to itself from inside a value ends where
//! the value does, and is written out once.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::{decoded, one_line};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::ptr;

/// The most parts that a schema may have.
const PARTS: usize = 100_000;
/// How deep they may nest: compiling takes kilobytes of the stack per level, and the runtime's threads have 2 MiB.
const DEEPEST: usize = 200;

/// Where validators keep the schemas of schemas themselves.
const KNOWN: &[&str] = &["http://json-schema.org/", "https://json-schema.org/"];

/// Words whose schemas are for what is inside a value.
const INSIDE: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "items",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Refuses a schema that refers to itself without going further into the value, or spreads without measure.
///
/// # Errors
/// `invalid`, with the reference where one is to blame.
pub(super) fn check(schema: &Value) -> Outcome<()> {
    if nests(schema, 0) {
        return Err(too_deep());
    }
    let mut whole = Walk::new(true);
    if whole.size(Part::whole(schema), 0)?.parts > PARTS {
        return Err(wrong(&format!("with its references written out it has more than {PARTS} parts"))
            .hint("let each definition be referred to from few places, or ask for less at once"));
    }
    // Of all parts, as a circle may be reached from inside a value only.
    let mut flat = Walk::new(false);
    for (part, _) in whole.known.values() {
        flat.size(*part, 0)?;
    }
    Ok(())
}

fn nests(value: &Value, depth: usize) -> bool {
    let below = |value: &Value| nests(value, depth + 1);
    match value {
        _ if depth > DEEPEST => true,
        Value::Array(items) => items.iter().any(below),
        Value::Object(map) => map.values().any(below),
        _ => false,
    }
}

/// A part of a schema, and what its references begin at: the whole, or the innermost part around it with an `$id`.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) schema: &'a Value,
    root: &'a Value,
}

impl<'a> Part<'a> {
    /// A whole schema.
    pub(super) const fn whole(schema: &'a Value) -> Self {
        Self { schema, root: schema }
    }

    /// A schema that stands in this one.
    pub(super) fn inner(self, schema: &'a Value) -> Self {
        Self { schema, root: self.root_inside() }
    }

    /// The schema that a reference names, if this is one.
    pub(super) fn resolved(self) -> Self {
        let mut part = self;
        for _ in 0..DEEPEST {
            let Some(name) = part.schema.get("$ref").and_then(Value::as_str) else { break };
            let Ok(Some(named)) = target(part.root_inside(), name) else { break };
            part = part.inner(named);
        }
        part
    }

    fn root_inside(self) -> &'a Value {
        if has_name(self.schema) { self.schema } else { self.root }
    }
}

/// What a part comes to.
#[derive(Clone, Copy)]
struct Size {
    parts: usize,
    height: usize,
}

const ALONE: Size = Size { parts: 1, height: 0 };

struct Walk<'a> {
    /// Whether schemas for what is inside a value are followed too.
    inside: bool,
    /// The parts that are being written out, by address.
    open: HashSet<*const Value>,
    known: HashMap<*const Value, (Part<'a>, Size)>,
}

impl<'a> Walk<'a> {
    fn new(inside: bool) -> Self {
        Self { inside, open: HashSet::new(), known: HashMap::new() }
    }

    fn size(&mut self, part: Part<'a>, depth: usize) -> Outcome<Size> {
        let address = ptr::from_ref::<Value>(part.schema);
        let known = self.known.get(&address).map(|(_, size)| *size);
        if depth + known.map_or(0, |size| size.height) > DEEPEST {
            return Err(too_deep());
        }
        if let Some(size) = known {
            return Ok(size);
        }
        if !self.open.insert(address) {
            return if self.inside { Ok(ALONE) } else { Err(circle()) };
        }
        let mut size = ALONE;
        for inner in self.parts(part)? {
            let inner = self.size(inner, depth + 1)?;
            size.parts = size.parts.saturating_add(inner.parts);
            size.height = size.height.max(inner.height + 1);
        }
        self.open.remove(&address);
        self.known.insert(address, (part, size));
        Ok(size)
    }

    /// The schemas that a part holds or refers to.
    fn parts(&self, part: Part<'a>) -> Outcome<Vec<Part<'a>>> {
        let (schema, root) = (part.schema, part.root_inside());
        let mut parts: Vec<&Value> = Vec::new();
        for (word, value) in schema.as_object().into_iter().flatten() {
            match (word.as_str(), value) {
                // In older versions of JSON Schema a name beside a reference does not count.
                ("$ref", _) if has_name(schema) && !ptr::eq(schema, part.root) => return Err(unclear()),
                ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(name)) => parts.extend(target(root, name)?),
                // Data, and what counts where it is referred to.
                ("const" | "default" | "enum" | "examples" | "$defs" | "definitions", _) => {}
                (word, _) if !self.inside && INSIDE.contains(&word) => {}
                ("properties" | "patternProperties" | "dependentSchemas" | "dependencies", schemas) => {
                    parts.extend(schemas.as_object().into_iter().flat_map(Map::values));
                }
                (_, Value::Array(schemas)) => parts.extend(schemas),
                (_, schema) => parts.push(schema),
            }
        }
        Ok(parts.into_iter().filter(|inner| inner.is_object()).map(|inner| part.inner(inner)).collect())
    }
}

/// Whether a part has a name at which the references in it begin. `#name` is a place in the whole.
fn has_name(schema: &Value) -> bool {
    schema.get("$id").and_then(Value::as_str).is_some_and(|name| !name.starts_with('#'))
}

/// What a reference names; nothing if validators know it by themselves.
fn target<'a>(root: &'a Value, name: &str) -> Outcome<Option<&'a Value>> {
    let (whole, place) = name.split_once('#').unwrap_or((name, ""));
    let own = root.get("$id").and_then(Value::as_str).map(|name| name.trim_end_matches('#'));
    if !whole.is_empty() && own != Some(whole) {
        return if KNOWN.iter().any(|known| whole.starts_with(known)) { Ok(None) } else { Err(unknown(name)) };
    }
    let place = decoded(place);
    let target = root.pointer(&place).ok_or_else(|| unknown(name))?;
    // A place between the root and the target, from which references would begin anew.
    let mut above = place.match_indices('/').skip(1).filter_map(|(at, _)| root.pointer(&place[..at]));
    if above.any(has_name) { Err(unclear()) } else { Ok(Some(target)) }
}

fn wrong(what: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("the schema is wrong: {what}"))
}

fn too_deep() -> Failure {
    wrong(&format!("with its references written out it nests deeper than {DEEPEST} levels"))
}

fn circle() -> Failure {
    wrong("one of its references leads back to itself without a step into the value, so that no check would end")
        .hint("a schema may refer to itself in `properties` or `items`, not by `anyOf`, `allOf` or `$ref` alone")
}

fn unclear() -> Failure {
    wrong("a reference leads into, or stands beside, an `$id` of another part").hint("write out what it means")
}

fn unknown(name: &str) -> Failure {
    wrong(&format!("there is nothing at its reference {:?}", one_line(name, 80)))
        .hint("a `$ref` names a place in the same schema: `#/$defs/name`")
}

//! How far a JSON Schema spreads when its references are written out. Who checks a value by it follows every reference anew,
//! and recurses for each: what goes in a circle would overflow the stack, and what doubles forty times would never end.
//!
//! Whether the schema is right otherwise is for the validator to say. What is for the inside of a value costs only as far as
//! the value goes, and is compiled once.

pub(super) mod part;
pub(super) mod ways;

use crate::core::failure::{Failure, Outcome};
use crate::host::typed::spread::part::{Names, Part, Step, wrong};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ptr;

/// The most parts that a schema may have for one value, what is inside of it left out: they are gone through for each item of
/// an array, and a union of all kinds of some system has a few thousand.
const PARTS: usize = 10_000;
/// The most parts that may be compiled.
const COMPILED: usize = 100_000;
/// How deep they may nest: compiling takes kilobytes of the stack per level, and the runtime's threads have 2 MiB.
const DEEPEST: usize = 200;
/// How many references are compiled on the stack, each in the one before (`MAX_NESTED_REF_COMPILATIONS` of `jsonschema`).
const NESTED: usize = 8;

/// Refuses a schema that refers to itself without going further into the value, or spreads without measure. Answers how many
/// parts it has, if none of them refers to another.
///
/// # Errors
/// `invalid`, with the reference where one is to blame.
pub(super) fn check(schema: &Value) -> Outcome<Option<usize>> {
    if nests(schema, 0) {
        return Err(too_deep());
    }
    let names = Names::of(schema);
    let reach = Reach::of(&names, Part::whole(schema), true)?;
    // Of all parts, as a circle may be reached from inside a value only.
    let mut walk = Walk { names: &names, open: HashSet::new(), known: HashMap::new() };
    for part in &reach.parts {
        if walk.size(*part, 0)?.parts > PARTS {
            return Err(too_many(PARTS));
        }
    }
    compiles(&names, Part::whole(schema), &reach.targets)?;
    Scopes { names: &names, open: Vec::new(), left: COMPILED, known: HashMap::new() }.enter(Part::whole(schema))?;
    Ok(reach.targets.is_empty().then_some(reach.parts.len()))
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

/// Refuses a schema whose highest parts, each referred to from the one before, would be too deep for who compiles them.
fn compiles(names: &Names<'_>, whole: Part<'_>, targets: &[Part<'_>]) -> Outcome<()> {
    let mut heights = targets.iter().map(|part| height(names, *part)).collect::<Outcome<Vec<usize>>>()?;
    heights.sort_unstable_by_key(|height| Reverse(*height));
    let deepest = height(names, whole)? + heights.iter().take(NESTED).sum::<usize>();
    if deepest > DEEPEST { Err(too_deep()) } else { Ok(()) }
}

/// How deep schemas stand in schemas, without references.
fn height(names: &Names<'_>, part: Part<'_>) -> Outcome<usize> {
    let mut highest = 0;
    for (inner, step) in names.parts(part)? {
        if step != Step::Reference {
            highest = highest.max(height(names, inner)?);
        }
    }
    Ok(highest + 1)
}

/// The parts that can be reached from one, each once.
struct Reach<'a> {
    parts: Vec<Part<'a>>,
    /// Those that are referred to.
    targets: Vec<Part<'a>>,
    /// Those in a whole with another name, if they are not gone into.
    outside: Vec<Part<'a>>,
}

impl<'a> Reach<'a> {
    fn of(names: &Names<'a>, start: Part<'a>, across: bool) -> Outcome<Self> {
        let mut reach = Self { parts: vec![start], targets: Vec::new(), outside: Vec::new() };
        let (mut seen, mut named) = (HashSet::from([address(start)]), HashSet::new());
        let mut at = 0;
        while let Some(part) = reach.parts.get(at).copied() {
            at += 1;
            for (inner, step) in names.parts(part)? {
                if step == Step::Reference && named.insert(address(inner)) {
                    reach.targets.push(inner);
                }
                let stays = across || ptr::eq(inner.root_inside(), start.root_inside());
                if seen.insert(address(inner)) {
                    if stays { reach.parts.push(inner) } else { reach.outside.push(inner) }
                }
            }
        }
        Ok(reach)
    }
}

fn address(part: Part<'_>) -> *const Value {
    ptr::from_ref(part.schema)
}

/// What a part comes to.
#[derive(Clone, Copy)]
struct Size {
    parts: usize,
    height: usize,
}

/// The way through what is for the value itself.
struct Walk<'a, 'n> {
    names: &'n Names<'a>,
    /// The parts that are being written out, by address.
    open: HashSet<*const Value>,
    known: HashMap<*const Value, Size>,
}

impl<'a> Walk<'a, '_> {
    fn size(&mut self, part: Part<'a>, depth: usize) -> Outcome<Size> {
        let address = address(part);
        let known = self.known.get(&address).copied();
        if depth + known.map_or(0, |size| size.height) > DEEPEST {
            return Err(too_deep());
        }
        if let Some(size) = known {
            return Ok(size);
        }
        if !self.open.insert(address) {
            return Err(circle());
        }
        let mut size = Size { parts: 1, height: 0 };
        for (inner, step) in self.names.parts(part)? {
            if step != Step::Inside {
                let inner = self.size(inner, depth + 1)?;
                size.parts = size.parts.saturating_add(inner.parts);
                size.height = size.height.max(inner.height + 1);
            }
        }
        self.open.remove(&address);
        self.known.insert(address, size);
        Ok(size)
    }
}

/// The ways through parts with an `$id` of their own: who compiles them does it anew for every way that leads to one, as the
/// way decides what a `$dynamicRef` means.
struct Scopes<'a, 'n> {
    names: &'n Names<'a>,
    open: Vec<*const Value>,
    left: usize,
    /// The number of parts of each, and those that it leads to.
    known: HashMap<*const Value, (usize, Vec<Part<'a>>)>,
}

impl<'a> Scopes<'a, '_> {
    fn enter(&mut self, part: Part<'a>) -> Outcome<()> {
        let (count, outside) = self.reached(part)?;
        if self.open.is_empty() && outside.is_empty() {
            return Ok(());
        }
        if self.open.len() > DEEPEST {
            return Err(too_deep());
        }
        self.left = self.left.checked_sub(count).ok_or_else(|| too_many(COMPILED))?;
        self.open.push(address(part));
        for inner in outside {
            if !self.open.contains(&address(inner)) {
                self.enter(inner)?;
            }
        }
        self.open.pop();
        Ok(())
    }

    fn reached(&mut self, part: Part<'a>) -> Outcome<(usize, Vec<Part<'a>>)> {
        if let Some(known) = self.known.get(&address(part)) {
            return Ok(known.clone());
        }
        let reach = Reach::of(self.names, part, false)?;
        let reached = (reach.parts.len(), reach.outside);
        self.known.insert(address(part), reached.clone());
        Ok(reached)
    }
}

fn too_many(most: usize) -> Failure {
    wrong(&format!("with its references written out it has more than {most} parts"))
        .hint("let each definition be referred to from few places, or ask for less at once")
}

fn too_deep() -> Failure {
    wrong(&format!("with its references written out it nests deeper than {DEEPEST} levels"))
}

fn circle() -> Failure {
    wrong("one of its references leads back to itself without a step into the value, so that no check would end")
        .hint("a schema may refer to itself in `properties` or `items`, not by `anyOf`, `allOf` or `$ref` alone")
}

//! In how many ways the parts of a schema come to a value and to what is inside of it. Where two parts lead on through one field,
//! the ways double with each level of the value; where two references lead to one part, with each of these.
//!
//! Who lists faults follows every way anew. Whether a value matches is looked up where it has been found out before, but only of
//! arrays and objects, and only for parts that lead back to themselves.

use crate::core::failure::Outcome;
use crate::host::typed::spread::address;
use crate::host::typed::spread::part::{Names, Part, Step};
use serde_json::{Map, Value};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How often parts may be held against a value and what is inside of it: so often for each of these, and so often beside, which
/// takes about a quarter of a second.
const EACH: usize = 16;
const BESIDE: usize = 1_000_000;

/// What is said of a value for which that is not enough.
pub(in crate::host::typed) const TOO_MANY: &str = "whether it does would take too long to find out, as too many parts of the \
     schema are for one value; let each definition be referred to from few places, or check less at once";

/// A part, and the number of ways that lead to it.
type Way<'a> = (Part<'a>, usize);

/// Where something stands in the value around it.
#[derive(Clone, Copy)]
enum Place<'v> {
    /// There is none around it.
    Whole,
    /// In this field.
    Field(&'v str),
    /// At this index.
    Item(usize),
}

/// What is done where another way leads to a part that was held against the same before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::host::typed) enum Again {
    /// It is looked up what came of it, if that is kept.
    LookedUp,
    /// It is held against it anew.
    Followed,
}

/// How often parts may be held against so many values, those inside of others counted.
pub(in crate::host::typed) const fn most(values: usize) -> usize {
    values.saturating_mul(EACH).saturating_add(BESIDE)
}

/// How many values these are with what is inside of them.
pub(in crate::host::typed) fn count(values: &[Value]) -> usize {
    let (mut due, mut count): (Vec<&Value>, usize) = (values.iter().collect(), 0);
    while let Some(value) = due.pop() {
        count += 1;
        match value {
            Value::Array(items) => due.extend(items),
            Value::Object(map) => due.extend(map.values()),
            _ => {}
        }
    }
    count
}

/// Whether parts are not held too often against these values.
///
/// # Errors
/// `invalid` for a schema that `check` refuses.
pub(in crate::host::typed) fn are_few(schema: &Value, values: &[Value], again: Again) -> Outcome<bool> {
    let (names, whole) = (Names::of(schema), Part::whole(schema));
    let kept = if again == Again::LookedUp { led_back_to(&names, whole)? } else { HashSet::new() };
    let mut walk = Walk { names, kept, known: HashMap::new(), left: most(count(values)) };
    let start: Rc<[Way<'_>]> = Rc::from([(whole, 1)]);
    let mut due: Vec<_> = values.iter().map(|value| (value, Place::Whole, Rc::clone(&start))).collect();
    while let Some((value, place, around)) = due.pop() {
        // To look what a part has there takes its time as well.
        if !walk.takes(around.len()) {
            return Ok(false);
        }
        let Some(ways) = walk.reached(further(&around, place), value)? else { return Ok(false) };
        if !ways.is_empty() {
            let ways: Rc<[Way<'_>]> = Rc::from(ways);
            due.extend(inside(value).into_iter().map(|(value, place)| (value, place, Rc::clone(&ways))));
        }
    }
    Ok(true)
}

/// The parts that a reference leads back to from within them, by address.
fn led_back_to<'a>(names: &Names<'a>, whole: Part<'a>) -> Outcome<HashSet<*const Value>> {
    let (mut seen, mut open) = (HashSet::from([address(whole)]), HashSet::from([address(whole)]));
    let mut found = HashSet::new();
    let mut due = vec![(whole, names.parts(whole)?.into_iter())];
    while let Some((part, rest)) = due.last_mut() {
        let Some((inner, step)) = rest.next() else {
            open.remove(&address(*part));
            due.pop();
            continue;
        };
        if step == Step::Reference && open.contains(&address(inner)) {
            found.insert(address(inner));
        }
        if seen.insert(address(inner)) {
            open.insert(address(inner));
            due.push((inner, names.parts(inner)?.into_iter()));
        }
    }
    Ok(found)
}

/// The way of values through a schema.
struct Walk<'a> {
    names: Names<'a>,
    /// The parts of which it is kept what came of arrays and objects, by address.
    kept: HashSet<*const Value>,
    /// What each part has for the value itself, and whether it has something for the inside of it.
    known: HashMap<*const Value, (Vec<Part<'a>>, bool)>,
    /// How often parts may still be held against something.
    left: usize,
}

impl<'a> Walk<'a> {
    /// Whether parts may be held against something so often more.
    fn takes(&mut self, times: usize) -> bool {
        let left = self.left.checked_sub(times);
        self.left = left.unwrap_or(0);
        left.is_some()
    }

    /// Of the parts that these ways lead to for a value itself those that have something for the inside of it, each once; nothing
    /// if the ways are too many.
    fn reached(&mut self, mut ways: Vec<Way<'a>>, value: &Value) -> Outcome<Option<Vec<Way<'a>>>> {
        let keeps = value.is_array() || value.is_object();
        let (mut met, mut reached) = (HashSet::new(), HashMap::new());
        while let Some((part, count)) = ways.pop() {
            if !self.takes(count) {
                return Ok(None);
            }
            let is_kept = keeps && self.kept.contains(&address(part));
            if is_kept && !met.insert(address(part)) {
                continue;
            }
            let count = if is_kept { 1 } else { count };
            let (itself, has_inside) = self.known(part)?;
            ways.extend(itself.iter().map(|inner| (*inner, count)));
            if *has_inside {
                add(&mut reached, part, count);
            }
        }
        Ok(Some(reached.into_values().collect()))
    }

    fn known(&mut self, part: Part<'a>) -> Outcome<&(Vec<Part<'a>>, bool)> {
        let known = match self.known.entry(address(part)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let parts = self.names.parts(part)?;
                let itself = parts.iter().filter(|(_, step)| *step != Step::Inside).map(|(inner, _)| *inner);
                let itself: Vec<Part<'a>> = itself.collect();
                let has_inside = itself.len() < parts.len();
                free.insert((itself, has_inside))
            }
        };
        Ok(known)
    }
}

fn add<'a>(ways: &mut HashMap<*const Value, Way<'a>>, part: Part<'a>, count: usize) {
    let (_, sum) = ways.entry(address(part)).or_insert((part, 0));
    *sum = sum.saturating_add(count);
}

/// What is inside of a value, and where.
fn inside(value: &Value) -> Vec<(&Value, Place<'_>)> {
    match value {
        Value::Object(map) => map.iter().map(|(name, field)| (field, Place::Field(name))).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (item, Place::Item(index))).collect(),
        _ => Vec::new(),
    }
}

/// The ways that lead on to the parts that each part has for what stands at a place, each part once.
fn further<'a>(ways: &[Way<'a>], place: Place<'_>) -> Vec<Way<'a>> {
    let mut found = HashMap::new();
    for (part, count) in ways {
        let inner = match place {
            Place::Whole => return ways.to_vec(),
            Place::Field(name) => for_field(part.schema, name),
            Place::Item(index) => for_item(part.schema, index),
        };
        for schema in inner.into_iter().filter(|schema| schema.is_object()) {
            add(&mut found, part.inner(schema), *count);
        }
    }
    found.into_values().collect()
}

/// The schemas that a part may have for a field. Which patterns fit its name is not looked at.
fn for_field<'a>(schema: &'a Value, name: &str) -> Vec<&'a Value> {
    let known = schema.get("properties").and_then(|known| known.get(name));
    let patterns = schema.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let others = ["additionalProperties", "unevaluatedProperties"].into_iter().filter(|_| known.is_none());
    known.into_iter().chain(patterns).chain(others.filter_map(|word| schema.get(word))).collect()
}

/// The schemas that a part may have for an item.
fn for_item(schema: &Value, index: usize) -> Vec<&Value> {
    let own = ["prefixItems", "items"].into_iter().find_map(|word| schema.get(word)?.get(index));
    let others = ["items", "additionalItems", "unevaluatedItems"].into_iter().filter(|_| own.is_none());
    let others = others.filter_map(|word| schema.get(word));
    own.into_iter().chain(others).chain(schema.get("contains")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Again, are_few};
    use serde_json::{Map, Value, json};
    use std::slice;

    /// Whether ways are few that are followed anew, and where what came of one is looked up.
    fn few(schema: &Value, value: &Value) -> [bool; 2] {
        let few = |again| are_few(schema, slice::from_ref(value), again).expect("the schema is right");
        [few(Again::Followed), few(Again::LookedUp)]
    }

    #[test]
    fn only_ways_that_meet_at_every_level_are_many() {
        let node = json!({"$ref": "#/$defs/n"});
        let schema = |n: Value| json!({"$ref": "#/$defs/n", "$defs": {"n": n}});
        let both = json!({"properties": {"a": node, "b": node}, "additionalProperties": node});
        let extended = json!({"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"a": node}}]});
        let mut extended = schema(extended);
        extended["$defs"]["base"] = json!({"properties": {"a": {"$ref": "#/$defs/base"}}});
        let twice = |word: &str| schema(json!({word: [{"properties": {"a": node}}, {"properties": {"a": node}}]}));
        let listed = schema(json!({"items": node, "contains": node}));
        for (schema, followed) in [
            (schema(both), true),
            (extended, true),
            (twice("allOf"), false),
            (twice("anyOf"), false),
            (listed, false),
            (json!(true), true),
        ] {
            let mut value = json!(1);
            for _ in 0..60 {
                value = if schema["$defs"]["n"].get("items").is_some() {
                    json!([value])
                } else {
                    json!({"a": value, "b": 1})
                };
            }
            assert_eq!(few(&schema, &value), [followed, true], "{schema}");
            let wide = json!(vec![json!({"a": {"a": {"a": 1}}}); 20_000]);
            assert_eq!(few(&schema, &wide), [true, true], "{schema}");
        }
    }

    #[test]
    fn where_nothing_leads_back_nothing_is_looked_up() {
        // Each level leads through one field in two ways, and none back.
        let mut schema = json!({"$ref": "#/$defs/t0", "$defs": {"t30": {"type": "integer"}}});
        let mut value = json!(1);
        for level in 0..30 {
            let part = json!({"properties": {"a": {"$ref": format!("#/$defs/t{}", level + 1)}}});
            schema["$defs"][format!("t{level}")] = json!({"allOf": [part, part]});
            value = json!({"a": value});
        }
        assert_eq!(few(&schema, &value), [false, false]);
        assert_eq!(few(&schema, &json!({"a": {"a": {"a": 1}}})), [true, true]);
    }

    #[test]
    fn parts_count_for_each_item() {
        let union: Value = (0..300).map(|kind| json!({"properties": {"kind": {"const": kind}}})).collect();
        let union = json!({"type": "array", "items": {"anyOf": union}});
        let items = |count: usize| json!(vec![json!({"kind": 1}); count]);
        assert_eq!(few(&union, &items(500)), [true, true]);
        assert_eq!(few(&union, &items(20_000)), [false, false]);
        // What each part is for once is soon held against a value of any size.
        let fields: Map<String, Value> =
            (0..300).map(|field| (format!("f{field}"), json!({"$ref": format!("#/$defs/d{field}")}))).collect();
        let defs: Map<String, Value> =
            (0..300).map(|field| (format!("d{field}"), json!({"type": "integer"}))).collect();
        let row = json!({"type": "array", "items": {"properties": fields}, "$defs": defs});
        let whole: Map<String, Value> = (0..300).map(|field| (format!("f{field}"), json!(field))).collect();
        assert_eq!(few(&row, &json!(vec![Value::from(whole); 1_000])), [true, true]);
    }
}

//! In how many ways the parts of a schema come to what is inside of a value. Whether a value matches is looked up where it
//! has been found out before; who lists its faults follows every way anew, and where two parts lead back through one field,
//! the ways double with each level of the value.

use crate::core::failure::Outcome;
use crate::host::typed::spread::part::{Names, Part, Step};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::ptr;

/// How often parts may be held again against what they have been held against before.
const AGAIN: usize = 1_000_000;

/// A part, and the number of ways that lead to it.
type Way<'a> = (Part<'a>, usize);

/// Whether the faults of a value can be listed without looking at the same of it too often.
///
/// # Errors
/// `invalid` for a schema that `check` refuses.
pub(in crate::host::typed) fn are_few(schema: &Value, value: &Value) -> Outcome<bool> {
    let names = Names::of(schema);
    let mut left = AGAIN;
    let mut due = vec![(value, vec![(Part::whole(schema), 1)])];
    while let Some((value, mut ways)) = due.pop() {
        let mut at = 0;
        while let Some((part, count)) = ways.get(at).copied() {
            at += 1;
            let Some(rest) = left.checked_sub(count - 1) else { return Ok(false) };
            left = rest;
            let itself = names.parts(part)?.into_iter().filter(|(_, step)| *step != Step::Inside);
            ways.extend(itself.map(|(inner, _)| (inner, count)));
        }
        due.extend(inside(&ways, value));
    }
    Ok(true)
}

/// What is inside of a value, with the ways that lead to each of it.
fn inside<'a, 'v>(ways: &[Way<'a>], value: &'v Value) -> Vec<(&'v Value, Vec<Way<'a>>)> {
    match value {
        Value::Object(map) => {
            map.iter().map(|(name, field)| (field, further(ways, |schema| for_field(schema, name)))).collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, item)| (item, further(ways, |schema| for_item(schema, index)))).collect()
        }
        _ => Vec::new(),
    }
}

/// The ways that lead on to the parts that each part has inside, each part once.
fn further<'a>(ways: &[Way<'a>], inner: impl Fn(&'a Value) -> Vec<&'a Value>) -> Vec<Way<'a>> {
    let mut found: HashMap<*const Value, Way<'a>> = HashMap::new();
    for (part, count) in ways {
        for schema in inner(part.schema).into_iter().filter(|schema| schema.is_object()) {
            let (_, sum) = found.entry(ptr::from_ref(schema)).or_insert((part.inner(schema), 0));
            *sum = sum.saturating_add(*count);
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
    use super::are_few;
    use serde_json::{Value, json};

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
        for (schema, few) in [
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
            assert_eq!(are_few(&schema, &value), Ok(few), "{schema}");
            let wide = json!(vec![json!({"a": {"a": {"a": 1}}}); 20_000]);
            assert_eq!(are_few(&schema, &wide), Ok(true), "{schema}");
        }
    }
}

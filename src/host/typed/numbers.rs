//! Numbers of the kind that a schema names: JSON has one kind of number, a script has two, and `1` for a float must
//! arrive as `1.0`.
//!
//! It changes no number's value. Where a schema leaves the kind open, the number stays as the model wrote it.

use crate::host::typed::spread::part::Part;
use crate::host::typed::spread::ways::TOO_MANY;
use serde_json::{Number, Value};
use std::collections::HashSet;
use std::ptr;

/// How deep a schema is followed; one may refer to itself.
const DEEPEST: usize = 64;

struct Walk {
    /// Fields that may be absent are added as null, so that a script can ask for them.
    fill: bool,
    /// Which parts have shaped which arrays and objects, by address: several branches may lead to one of them.
    shaped: HashSet<(*const Value, *const Value)>,
    /// How many parts may still be looked at.
    left: usize,
}

/// Shapes a value that matches the schema. What it says no to is an integer that no script can hold, and a value for which more
/// than so many parts must be looked at.
pub(super) fn shape(schema: &Value, fill: bool, value: &mut Value, most: usize) -> Result<(), String> {
    let mut walk = Walk { fill, shaped: HashSet::new(), left: most };
    walk.shape(Part::whole(schema), value, 0)?;
    if walk.left == 0 { Err(TOO_MANY.to_owned()) } else { Ok(()) }
}

impl Walk {
    fn shape(&mut self, part: Part<'_>, value: &mut Value, depth: usize) -> Result<(), String> {
        let part = part.resolved();
        if depth > DEEPEST || !self.looks() || self.is_shaped(part, value) {
            return Ok(());
        }
        match value {
            Value::Number(number) => number_of(part.schema, number)?,
            Value::Array(items) => self.items(part, items, depth)?,
            Value::Object(map) => self.fields(part, map, depth)?,
            _ => return Ok(()),
        }
        for inner in branches(part, "allOf") {
            self.shape(inner, value, depth + 1)?;
        }
        for choice in ["anyOf", "oneOf"] {
            let fitting = branches(part, choice).find(|inner| self.fits(*inner, value));
            if let Some(inner) = fitting {
                self.shape(inner, value, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Whether there is time for one part more.
    fn looks(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    /// Whether a part has shaped an array or an object before. Values that are filled up move; no short form leads to one of
    /// its parts in two ways.
    fn is_shaped(&mut self, part: Part<'_>, value: &Value) -> bool {
        let moves = self.fill || !(value.is_array() || value.is_object());
        !moves && !self.shaped.insert((ptr::from_ref(part.schema), ptr::from_ref(value)))
    }

    fn items(&mut self, part: Part<'_>, items: &mut [Value], depth: usize) -> Result<(), String> {
        let first = part.schema.get("prefixItems").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
        for (index, item) in items.iter_mut().enumerate() {
            if let Some(schema) = first.get(index).or_else(|| part.schema.get("items")) {
                self.shape(part.inner(schema), item, depth + 1)?;
            }
        }
        Ok(())
    }

    fn fields(&mut self, part: Part<'_>, map: &mut serde_json::Map<String, Value>, depth: usize) -> Result<(), String> {
        let properties = part.schema.get("properties").and_then(Value::as_object);
        for (name, field) in map.iter_mut() {
            let known =
                properties.and_then(|known| known.get(name)).or_else(|| part.schema.get("additionalProperties"));
            if let Some(schema) = known {
                self.shape(part.inner(schema), field, depth + 1).map_err(|message| format!("/{name}{message}"))?;
            }
        }
        for (name, schema) in properties.filter(|_| self.fill).into_iter().flatten() {
            if !map.contains_key(name) && self.fits(part.inner(schema), &Value::Null) {
                map.insert(name.clone(), Value::Null);
            }
        }
        Ok(())
    }

    /// Whether a branch is meant for a value, as far as its type and its fields tell.
    fn fits(&mut self, part: Part<'_>, value: &Value) -> bool {
        if !self.looks() {
            return true;
        }
        let part = part.resolved();
        let schema = part.schema;
        let fixed = |schema: &Value, value: &Value| {
            let constant = schema.get("const").is_none_or(|constant| constant == value);
            constant && schema.get("enum").and_then(Value::as_array).is_none_or(|options| options.contains(value))
        };
        let typed = match schema.get("type") {
            Some(Value::String(name)) => is_of(name, value),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(|name| is_of(name, value)),
            _ => {
                let nested = ["anyOf", "oneOf"].into_iter().flat_map(|word| branches(part, word));
                let mut nested = nested.peekable();
                nested.peek().is_none() || nested.any(|inner| self.fits(inner, value))
            }
        };
        let fields = value.as_object().is_none_or(|map| {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let known = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            required.filter_map(Value::as_str).all(|name| map.contains_key(name))
                && known
                    .filter_map(|(name, part)| map.get(name).map(|field| (part, field)))
                    .all(|(part, field)| fixed(part, field))
        });
        typed && fixed(schema, value) && fields
    }
}

fn branches<'a>(part: Part<'a>, word: &str) -> impl Iterator<Item = Part<'a>> + use<'a> {
    let all = part.schema.get(word).and_then(Value::as_array);
    all.into_iter().flatten().map(move |inner| part.inner(inner))
}

fn is_of(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => name == "number" || (name == "integer" && is_whole(number)),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

fn number_of(schema: &Value, number: &mut Number) -> Result<(), String> {
    let names: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    match (names.contains(&"integer"), names.contains(&"number")) {
        (true, false) => {
            let whole = number.as_i64().or_else(|| format!("{:.0}", number.as_f64()?).parse().ok());
            *number =
                whole.map(Number::from).ok_or_else(|| format!(": {number} does not fit an integer of 64 bits"))?;
        }
        (false, true) => {
            if let Some(float) = number.as_f64().and_then(Number::from_f64) {
                *number = float;
            }
        }
        _ => {}
    }
    Ok(())
}

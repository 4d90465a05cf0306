//! Numbers of the kind that a schema names: JSON has one kind of number, a script has two, and `1` for a float must
//! arrive as `1.0`.
//!
//! It changes no number's value. Where a schema leaves the kind open, the number stays as the model wrote it.

use serde_json::{Number, Value};

/// How deep a schema is followed; one may refer to itself.
const DEEPEST: usize = 64;

struct Walk<'a> {
    root: &'a Value,
    /// Fields that may be absent are added as null, so that a script can ask for them.
    fill: bool,
}

/// Shapes a value that matches the schema. What it says no to is an integer that no script can hold.
pub(super) fn shape(schema: &Value, fill: bool, value: &mut Value) -> Result<(), String> {
    Walk { root: schema, fill }.shape(schema, value, 0)
}

impl<'a> Walk<'a> {
    fn shape(&self, schema: &'a Value, value: &mut Value, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Ok(());
        }
        let schema = self.resolved(schema);
        match value {
            Value::Number(number) => number_of(schema, number)?,
            Value::Array(items) => self.items(schema, items, depth)?,
            Value::Object(map) => self.fields(schema, map, depth)?,
            _ => {}
        }
        for part in branches(schema, "allOf") {
            self.shape(part, value, depth + 1)?;
        }
        for choice in ["anyOf", "oneOf"] {
            let fitting = branches(schema, choice).find(|part| self.fits(part, value));
            if let Some(part) = fitting {
                self.shape(part, value, depth + 1)?;
            }
        }
        Ok(())
    }

    fn items(&self, schema: &'a Value, items: &mut [Value], depth: usize) -> Result<(), String> {
        let first = schema.get("prefixItems").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
        for (index, item) in items.iter_mut().enumerate() {
            if let Some(schema) = first.get(index).or_else(|| schema.get("items")) {
                self.shape(schema, item, depth + 1)?;
            }
        }
        Ok(())
    }

    fn fields(&self, schema: &'a Value, map: &mut serde_json::Map<String, Value>, depth: usize) -> Result<(), String> {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, field) in map.iter_mut() {
            let known = properties.and_then(|known| known.get(name)).or_else(|| schema.get("additionalProperties"));
            if let Some(schema) = known {
                self.shape(schema, field, depth + 1).map_err(|message| format!("/{name}{message}"))?;
            }
        }
        for (name, schema) in properties.into_iter().flatten().filter(|_| self.fill) {
            if !map.contains_key(name) && self.fits(schema, &Value::Null) {
                map.insert(name.clone(), Value::Null);
            }
        }
        Ok(())
    }

    /// The schema that a local reference names.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..DEEPEST {
            let Some(name) = schema.get("$ref").and_then(Value::as_str) else { break };
            let Some(target) = name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else { break };
            schema = target;
        }
        schema
    }

    /// Whether a branch is meant for a value, as far as its type and its fields tell.
    fn fits(&self, schema: &'a Value, value: &Value) -> bool {
        let schema = self.resolved(schema);
        let fixed = |schema: &Value, value: &Value| {
            let constant = schema.get("const").is_none_or(|constant| constant == value);
            constant && schema.get("enum").and_then(Value::as_array).is_none_or(|options| options.contains(value))
        };
        let typed = match schema.get("type") {
            Some(Value::String(name)) => is_of(name, value),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(|name| is_of(name, value)),
            _ => {
                let nested = ["anyOf", "oneOf"].into_iter().flat_map(|word| branches(schema, word));
                let mut nested = nested.peekable();
                nested.peek().is_none() || nested.any(|part| self.fits(part, value))
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

fn branches<'a>(schema: &'a Value, word: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(word).and_then(Value::as_array).into_iter().flatten()
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

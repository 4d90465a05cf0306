//! The forms in which a schema is given: a JSON Schema as it is, or a short form or example that is expanded into one.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::host::typed::words::is_schema;
use serde_json::{Map, Number, Value, json};

/// The schema of a short form or an example.
pub(super) fn expand(given: &Value) -> Outcome<Value> {
    Ok(match given {
        map @ Value::Object(_) if is_schema(map) => map.clone(),
        Value::Object(map) => object(map)?,
        Value::Array(items) => match items.as_slice() {
            [] => json!({"type": "array"}),
            [one] => json!({"type": "array", "items": expand(one)?}),
            many if many.iter().all(Value::is_string) => json!({"enum": distinct(many)}),
            [first, ..] => json!({"type": "array", "items": expand(first)?}),
        },
        Value::String(form) => text(form)?.schema,
        Value::Number(n) if n.is_f64() => json!({"type": "number"}),
        Value::Number(_) => json!({"type": "integer"}),
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::Null => json!({}),
    })
}

fn object(map: &Map<String, Value>) -> Outcome<Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, given) in map {
        let plain = name.strip_suffix('?').unwrap_or(name);
        let form = match given {
            Value::String(form) => text(form)?,
            other => Form { schema: expand(other)?, optional: false },
        };
        if form.optional || plain != name {
            properties.insert(plain.to_owned(), nullable(form.schema));
        } else {
            properties.insert(plain.to_owned(), form.schema);
            required.push(plain);
        }
    }
    Ok(json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false}))
}

/// What a text says of one value.
struct Form {
    schema: Value,
    /// The field may be absent.
    optional: bool,
}

impl From<Value> for Form {
    fn from(schema: Value) -> Self {
        Self { schema, optional: false }
    }
}

/// `"float 0..1"`, `"int 1.."`, `"string?"`, `"int[]"`, `"string|null"`, `"a|b|c"`, `"string: what it is"`; any other
/// text is an example of a string.
fn text(form: &str) -> Outcome<Form> {
    let form = form.trim();
    if let Some((rest, last)) = form.rsplit_once('|')
        && last.trim() == "null"
        && !rest.trim().is_empty()
    {
        let form = text(rest)?;
        return Ok(Form { schema: nullable(form.schema), ..form });
    }
    let end = form.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(form.len());
    let (word, rest) = form.split_at(end);
    let (rest, list) = rest.strip_prefix("[]").map_or((rest, false), |rest| (rest, true));
    let (rest, optional) = rest.strip_prefix('?').map_or((rest, false), |rest| (rest, true));
    let ends = rest.is_empty() || rest.starts_with([' ', ':', ',', ';', '(']);
    let Some(mut schema) = kind(word).filter(|_| ends && !rest.trim_start().starts_with('|')) else {
        return Ok(options(form).unwrap_or_else(|| json!({"type": "string", "description": form})).into());
    };
    let rest = rest.trim_start_matches([' ', ':', ',', ';']);
    let (first, more) = rest.split_once([' ', ',', ';']).unwrap_or((rest, ""));
    let described = if first.contains("..") && !first.contains("...") && limit(&mut schema, first, form)? {
        more.trim_start_matches([' ', ',', ';', ':'])
    } else {
        rest
    };
    if !described.trim().is_empty() {
        schema["description"] = json!(described.trim());
    }
    let schema = if list { json!({"type": "array", "items": schema}) } else { schema };
    Ok(Form { schema, optional })
}

/// The schema of a text that is a short form and nothing else; `None` of one that says in words what a value is.
pub(super) fn alone(form: &str) -> Outcome<Option<Value>> {
    if !is_alone(form.trim()) {
        return Ok(None);
    }
    let form = text(form)?;
    Ok(Some(if form.optional { nullable(form.schema) } else { form.schema }))
}

fn is_alone(form: &str) -> bool {
    if let Some((rest, "null")) = form.rsplit_once('|').map(|(rest, last)| (rest.trim(), last.trim())) {
        return is_alone(rest);
    }
    if form.contains('|') {
        let is_word = |word: &str| !word.is_empty() && !word.contains(char::is_whitespace);
        return form.split('|').all(|word| is_word(word.trim()));
    }
    let (word, rest) = form.split_at(form.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(form.len()));
    let rest = rest.strip_prefix("[]").unwrap_or(rest);
    let rest = rest.strip_prefix('?').unwrap_or(rest);
    let is_bound = |bound: &str| bound.is_empty() || bound.parse::<f64>().is_ok();
    let sides = rest.strip_prefix(' ').and_then(|range| range.trim_start().split_once(".."));
    let is_range = sides.is_some_and(|(first, last)| is_bound(first) && is_bound(last.trim_start_matches('=')));
    kind(word).is_some() && (rest.is_empty() || is_range)
}

/// The schema of a word for a kind of value.
pub(super) fn kind(word: &str) -> Option<Value> {
    Some(match word {
        "float" | "number" => json!({"type": "number"}),
        "int" | "integer" => json!({"type": "integer"}),
        "bool" | "boolean" => json!({"type": "boolean"}),
        "string" | "text" | "str" => json!({"type": "string"}),
        "date" => json!({"type": "string", "format": "date"}),
        "datetime" => json!({"type": "string", "format": "date-time"}),
        "any" => json!({}),
        _ => return None,
    })
}

/// `"a|b|c"` as one of these, `"int|string"` as one of these kinds.
fn options(form: &str) -> Option<Value> {
    let options: Vec<&str> = form.split('|').map(str::trim).filter(|option| !option.is_empty()).collect();
    if options.len() < 2 {
        return None;
    }
    if let Some(kinds) = options.iter().map(|option| kind(option)).collect::<Option<Vec<Value>>>() {
        return Some(json!({"anyOf": kinds}));
    }
    let whole: Result<Vec<i64>, _> = options.iter().map(|option| option.parse()).collect();
    let values: Vec<Value> = match whole {
        Ok(numbers) => numbers.into_iter().map(Value::from).collect(),
        Err(_) => options.into_iter().map(Value::from).collect(),
    };
    Some(json!({"enum": distinct(&values)}))
}

/// The values without repetitions, which JSON Schema does not want in an enumeration.
fn distinct(values: &[Value]) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for value in values {
        if !kept.contains(value) {
            kept.push(value.clone());
        }
    }
    kept
}

/// The schema that also allows null.
fn nullable(mut schema: Value) -> Value {
    let null = json!("null");
    if let Some(options) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        if !options.contains(&Value::Null) {
            options.push(Value::Null);
        }
        return schema;
    }
    match schema.get("type").cloned() {
        Some(Value::String(name)) if name != "null" => {
            schema["type"] = json!([name, "null"]);
            schema
        }
        Some(Value::Array(names)) if names.contains(&null) => schema,
        None if schema.as_object().is_some_and(Map::is_empty) => schema,
        _ => json!({"anyOf": [schema, {"type": "null"}]}),
    }
}

/// Limits a schema to a range such as `0..1`, `1..` or `..9`: a number itself, a text its length. False if this kind of
/// value has no range.
fn limit(schema: &mut Value, range: &str, form: &str) -> Outcome<bool> {
    let wrong = |why: &str| {
        let what = format!("the schema is wrong: {why} in {form:?}");
        Failure::new(FailureKind::Invalid, what).hint("write \"float 0..1\", \"int 1..\" or \"string ..80\"")
    };
    let (low, high) = match schema.get("type").and_then(Value::as_str) {
        Some("number" | "integer") => ("minimum", "maximum"),
        Some("string") if schema.get("format").is_none() => ("minLength", "maxLength"),
        _ => return Ok(false),
    };
    let float = schema["type"] == "number";
    let Some((first, last)) = range.split_once("..") else { return Ok(false) };
    let mut bounds = [None, None];
    for (bound, text) in bounds.iter_mut().zip([first, last.trim_start_matches('=')]) {
        if !text.is_empty() {
            let float = text.parse::<f64>().ok().filter(|_| float).and_then(Number::from_f64);
            let whole = || text.parse::<i64>().ok().filter(|n| low == "minimum" || *n >= 0).map(Number::from);
            let number = float.or_else(whole);
            *bound = Some(number.ok_or_else(|| wrong("there is no such number before or after `..`"))?);
        }
    }
    if let [Some(first), Some(last)] = &bounds
        && first.as_f64() > last.as_f64()
    {
        return Err(wrong("the range is empty"));
    }
    for (word, bound) in [low, high].into_iter().zip(bounds) {
        if let Some(bound) = bound {
            schema[word] = Value::Number(bound);
        }
    }
    Ok(true)
}

//! The format as a JSON Schema (2020-12), for editors and for models that write pipelines.
//!
//! Its keys are those that reading knows; what only the whole file shows, as names and cycles, is left to `validate`.

use crate::pipeline::read::words::{ACTS, DEFAULTS, HEADER, INPUT, STEP, VAR, Word};
use serde_json::{Map, Value, json};

/// The schema of a pipeline file.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rhizo pipeline",
        "description": "Expressions are Rhai; a text may hold them in {{ }}. Where a map is written, a list of maps with \
                        one key each may stand too.",
        "type": "object",
        "properties": properties(HEADER, |key| {
            if key == "steps" { reference("steps") } else { or_nothing(header_form(key)) }
        }),
        "required": ["steps"],
        "additionalProperties": false,
        "$defs": {
            "steps": steps(),
            "step": step(),
            "input": form(INPUT),
            "var": form(VAR),
            "span": {"type": ["string", "number"], "description": "seconds, or 500ms, 30s, 1m30s, 2h, 1d, 2w"},
            "expression": {"type": ["string", "number", "boolean"], "description": "a Rhai expression"},
            "text": {"type": "string", "description": "a text; {{ expression }} is put in"},
            "jump": {"type": "string", "description": "a step of the same block, continue, fail, skip, end or retry"},
            "budget": budget(),
            "retry": retry(),
        },
    })
}

/// The keys of a list, each with its form and its meaning.
fn properties(words: &[Word], form: impl Fn(&str) -> Value) -> Map<String, Value> {
    let described = words.iter().map(|(key, meaning)| {
        let mut form = form(key);
        if let Some(map) = form.as_object_mut() {
            map.insert("description".to_owned(), (*meaning).into());
        }
        ((*key).to_owned(), form)
    });
    described.collect()
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// A map of such values, or a list of maps with one key each.
fn map_of(value: &Value) -> Value {
    let one = json!({"type": "object", "additionalProperties": value, "minProperties": 1, "maxProperties": 1});
    json!({"anyOf": [{"type": "object", "additionalProperties": value}, {"type": "array", "items": one}]})
}

/// A text on one line, which may look like a number: a version, a year, a name.
fn word() -> Value {
    json!({"type": ["string", "number"]})
}

fn texts() -> Value {
    json!({"type": ["string", "number", "array"], "items": word()})
}

/// The same where nothing need stand: a key without a value says nothing.
fn or_nothing(mut form: Value) -> Value {
    let nothing = json!({"type": "null"});
    if let Some(kind) = form.get_mut("type") {
        *kind = match kind.take() {
            Value::Array(kinds) => kinds.into_iter().chain(["null".into()]).collect(),
            kind => json!([kind, "null"]),
        };
    } else if let Some(Value::Array(words)) = form.get_mut("enum") {
        words.push(Value::Null);
    } else if let Some(Value::Array(forms)) = form.get_mut("anyOf") {
        forms.push(nothing);
    } else if form.get("$ref").is_some() {
        form = json!({"anyOf": [form, nothing]});
    }
    form
}

/// A map of forms, or a list of names and of maps with one key each.
fn vars() -> Value {
    let form = json!({"anyOf": [{"type": ["string", "null"]}, reference("var")]});
    let one = json!({"type": "object", "additionalProperties": form, "minProperties": 1, "maxProperties": 1});
    let items = json!({"anyOf": [{"type": "string"}, one]});
    json!({"anyOf": [{"type": "object", "additionalProperties": form}, {"type": "array", "items": items}]})
}

fn header_form(key: &str) -> Value {
    match key {
        "inputs" => map_of(&json!({"anyOf": [{"type": ["string", "null"]}, reference("input")]})),
        "outputs" => json!({"anyOf": [map_of(&json!({})), {"type": "array", "items": {"type": "string"}}]}),
        "experts" | "personalities" => map_of(&word()),
        "selection_schema" => json!({"enum": ["cost", "performance", "balanced"]}),
        "budget" => reference("budget"),
        "limits" => {
            closed(&json!({"max_parallel": {"type": "integer", "minimum": 1}, "timeout": reference("span")}), &[])
        }
        "defaults" => keyed(properties(DEFAULTS, |key| or_nothing(step_form(key))), &[]),
        _ => word(),
    }
}

fn steps() -> Value {
    let named =
        json!({"type": "object", "additionalProperties": reference("step"), "minProperties": 1, "maxProperties": 1});
    json!({"anyOf": [
        {"type": "object", "additionalProperties": reference("step"), "minProperties": 1},
        {"type": "array", "items": {"anyOf": [reference("step"), named]}, "minItems": 1},
    ]})
}

fn step() -> Value {
    let acts: Vec<Value> = ACTS.iter().map(|(key, _)| json!({"required": [key]})).collect();
    let mut all = properties(ACTS, step_form);
    all.extend(properties(STEP, |key| or_nothing(step_form(key))));
    let mut step = keyed(all, &[]);
    step["anyOf"] = json!([{"type": "array"}, {"oneOf": acts}]);
    step
}

fn step_form(key: &str) -> Value {
    match key {
        "llm" | "run" | "ask" => json!({"anyOf": [{"type": "string"}, called(key)]}),
        "tool" | "script" | "pipeline" => json!({"anyOf": [word(), called(key)]}),
        "switch" => closed(
            &json!({"on": reference("expression"), "cases": map_of(&reference("jump")), "default": reference("jump")}),
            &["on", "cases"],
        ),
        "each" => closed(
            &json!({
                "in": {"description": "an expression, or a list"},
                "as": {"type": "string"},
                "key": reference("expression"),
                "max_parallel": {"type": "integer", "minimum": 1},
                "on_item_failure": {"enum": ["stop", "continue"]},
                "steps": reference("steps"),
            }),
            &["in", "steps"],
        ),
        "while" => closed(
            &json!({
                "condition": reference("expression"),
                "max_iterations": {"type": "integer", "minimum": 1},
                "steps": reference("steps"),
            }),
            &["condition", "max_iterations", "steps"],
        ),
        "parallel" => {
            let branch = json!({"anyOf": [reference("steps"), reference("step")]});
            json!({"anyOf": [map_of(&branch), reference("steps")]})
        }
        "set" | "args" | "inputs" | "end" => json!({}),
        "wait" | "timeout" => reference("span"),
        "dependencies" | "requires" | "tools" => texts(),
        "condition" => reference("expression"),
        "vars" => vars(),
        "products" => map_of(&reference("text")),
        "retry" => reference("retry"),
        "cache" => json!({"anyOf": [{"type": "boolean"}, reference("span")]}),
        "budget" => reference("budget"),
        "on_false" | "on_success" | "on_failure" => reference("jump"),
        "always" => json!({"type": "boolean"}),
        "max_visits" => json!({"type": "integer", "minimum": 1}),
        "priority" => json!({"type": "integer"}),
        "max_tokens" => json!({"type": "integer", "minimum": 1}),
        "temperature" => json!({"type": "number", "minimum": 0, "maximum": 2}),
        _ => word(),
    }
}

/// The long form of a call.
fn called(key: &str) -> Value {
    let text = || reference("text");
    match key {
        "llm" => closed(
            &json!({
                "prompt": text(), "role": word(), "system": text(), "schema": {},
                "max_tokens": {"type": "integer", "minimum": 1}, "temperature": {"type": "number"},
                "stop": texts(), "images": texts(), "check": check(),
            }),
            &["prompt"],
        ),
        "run" => closed(
            &json!({
                "task": text(), "context": text(), "role": word(),
                "max_turns": {"type": "integer", "minimum": 1}, "schema": {},
            }),
            &["task"],
        ),
        "ask" => closed(&json!({"prompt": text(), "choices": {}, "of": word()}), &["prompt"]),
        "pipeline" => closed(&json!({"path": word(), "inputs": {}}), &["path"]),
        _ => closed(&json!({"name": word(), "args": {}}), &["name"]),
    }
}

fn check() -> Value {
    let meaning = "a Rhai expression that reads `answer`: true, or false or a text that says what is wrong";
    json!({"$ref": "#/$defs/expression", "description": meaning})
}

fn form(words: &[Word]) -> Value {
    let of = |key: &str| match key {
        "type" => json!({"enum": ["string", "integer", "number", "boolean", "array", "object", "any"]}),
        "description" | "format" => word(),
        "required" => json!({"type": "boolean"}),
        _ => json!({}),
    };
    keyed(properties(words, |key| or_nothing(of(key))), &[])
}

fn budget() -> Value {
    let parts = json!({
        "max_cost": {"type": "number", "minimum": 0},
        "max_calls": {"type": "integer", "minimum": 0},
        "max_tokens": {"type": "integer", "minimum": 1},
    });
    json!({"anyOf": [{"type": "number", "minimum": 0}, closed(&parts, &[])]})
}

fn retry() -> Value {
    let parts = json!({
        "times": {"type": "integer", "minimum": 0, "maximum": 100},
        "wait": reference("span"),
        "factor": {"type": "number", "minimum": 1, "maximum": 10},
    });
    json!({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 100}, closed(&parts, &[])]})
}

/// A map of these keys, of which those that are not required need no value.
fn closed(parts: &Value, required: &[&str]) -> Value {
    let parts = parts.as_object().into_iter().flatten();
    let form = |(key, form): (&String, &Value)| {
        let form = form.clone();
        (key.clone(), if required.contains(&key.as_str()) { form } else { or_nothing(form) })
    };
    keyed(parts.map(form).collect(), required)
}

/// A map of these keys, or a list of maps with one of them each.
fn keyed(properties: Map<String, Value>, required: &[&str]) -> Value {
    let names: Vec<&String> = properties.keys().collect();
    let one = json!({"type": "object", "propertyNames": {"enum": names}, "minProperties": 1, "maxProperties": 1});
    json!({
        "type": ["object", "array"],
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "items": one,
    })
}

#[cfg(test)]
mod tests {
    use super::schema;
    use crate::pipeline::tree;
    use std::path::Path;

    #[test]
    fn it_holds_for_the_pipelines_of_the_readme_and_of_the_examples() {
        let validator = jsonschema::validator_for(&schema()).expect("a schema");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: &Path| std::fs::read_to_string(path).expect("a file");
        let readme = read(&root.join("README.md"));
        let mut texts: Vec<String> =
            readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect();
        let examples = std::fs::read_dir(root.join("examples/pipelines")).expect("a folder");
        let paths = examples.map(|entry| entry.expect("an entry").path());
        texts.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "yaml")).map(|path| read(&path)));
        assert_eq!(texts.len(), 2 + 5);
        for text in texts {
            let value = tree::read(&text).0.expect("a tree").value();
            let wrong = validator.iter_errors(&value).next().map(|error| error.to_string());
            assert_eq!(wrong, None, "{text}");
        }
    }
}

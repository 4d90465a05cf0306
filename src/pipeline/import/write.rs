//! Data as YAML that people read: texts of several lines as blocks, others in quotes, maps by indentation.

use serde_json::{Map, Value};

/// A document.
pub(super) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) => write_map(map, 0, &mut text),
        other => text.push_str(&format!("{other}\n")),
    }
    text
}

fn write_map(map: &Map<String, Value>, depth: usize, text: &mut String) {
    for (key, value) in map {
        text.push_str(&"  ".repeat(depth));
        text.push_str(&key_text(key));
        text.push(':');
        write_value(value, depth, text);
    }
}

fn write_value(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            write_map(map, depth + 1, text);
        }
        Value::String(string) if is_block(string) => {
            let (body, mark) = match string.strip_suffix('\n') {
                Some(body) => (body, "|"),
                None => (string.as_str(), "|-"),
            };
            text.push_str(&format!(" {mark}\n"));
            for line in body.split('\n') {
                if !line.is_empty() {
                    text.push_str(&"  ".repeat(depth + 1));
                    text.push_str(line);
                }
                text.push('\n');
            }
        }
        other => text.push_str(&format!(" {other}\n")),
    }
}

/// Whether a text survives as a block: no blank lines at its ends, no tabs or control characters, no blank first.
fn is_block(text: &str) -> bool {
    let inner = text.strip_suffix('\n').unwrap_or(text);
    inner.contains('\n')
        && !inner.starts_with([' ', '\n'])
        && !inner.ends_with('\n')
        && inner.chars().all(|c| c == '\n' || !c.is_control())
}

fn key_text(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { key.to_owned() } else { Value::from(key).to_string() }
}

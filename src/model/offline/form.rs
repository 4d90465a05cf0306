//! The form of a root's value where it must match a schema: a text or a number, alone or as the only field of a map.
//!
//! More than that would be made up, so other forms are not met.

use crate::model::offline::program::literal;
use serde_json::Value;

/// A form that quoting or counting gives; a text alone where nobody asks for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The only field of the map; nothing if the value stands alone.
    field: Option<String>,
    /// A number instead of a text.
    pub counts: bool,
}

impl Form {
    /// The form that a schema asks for, if quoting gives it, or counting where the question can be answered by that.
    pub fn of(schema: &Value, countable: bool) -> Option<Self> {
        let (field, value) = match only_field(schema) {
            Some((name, value)) => (Some(name.clone()), value),
            None => (None, schema),
        };
        let counts = match any_of(value)? {
            "string" => false,
            "integer" | "number" if countable => true,
            _ => return None,
        };
        Some(Self { field, counts })
    }

    /// A program whose last line ends the run, with the value of that line in this form; another one as it is.
    pub fn ends(&self, code: &str) -> String {
        let whole = code.trim_end();
        let (before, last) = whole.rsplit_once('\n').unwrap_or(("", whole));
        match last.strip_prefix("FINAL(").and_then(|last| last.strip_suffix(");")) {
            Some(value) if *self != Self::default() => format!("{before}\nFINAL({});\n", self.value(value)),
            _ => code.to_owned(),
        }
    }

    /// An expression in this form; the number of what was counted is a variable of the programs that count.
    fn value(&self, text: &str) -> String {
        let value = if self.counts { "number" } else { text };
        match &self.field {
            Some(name) => format!("#{{{}: {value}}}", literal(name)),
            None => value.to_owned(),
        }
    }
}

/// The field of a schema for maps with one field.
fn only_field(schema: &Value) -> Option<(&String, &Value)> {
    const WORDS: [&str; 6] = ["type", "properties", "required", "additionalProperties", "title", "description"];
    let words = schema.as_object().filter(|words| words.keys().all(|word| WORDS.contains(&word.as_str())))?;
    let fields = words.get("properties").and_then(Value::as_object).filter(|fields| fields.len() == 1)?;
    let (name, value) = fields.iter().next()?;
    let mut required = words.get("required").and_then(Value::as_array).into_iter().flatten();
    required.all(|other| other.as_str() == Some(name.as_str())).then_some((name, value))
}

/// The type of a schema that any value of this type matches; one that says nothing is met by a text.
fn any_of(schema: &Value) -> Option<&str> {
    let words = schema.as_object()?;
    let free = words.keys().all(|word| ["type", "title", "description"].contains(&word.as_str()));
    words.get("type").map_or(Some("string"), Value::as_str).filter(|_| free)
}

#[cfg(test)]
mod tests {
    use super::Form;
    use serde_json::{Value, json};

    /// A schema, and the last line of a counting program that ends in its form; nothing if it is not met.
    fn check(schema: &Value, countable: bool, expect: Option<&str>) {
        let ended = Form::of(schema, countable).map(|form| form.ends("let lead = \"\";\nFINAL(lead);\n"));
        let expect = expect.map(|last| format!("let lead = \"\";\n{last}\n"));
        assert_eq!(ended, expect, "{schema}");
    }

    #[test]
    fn a_text_or_a_number_is_met_and_nothing_else() {
        let object = |fields: Value| json!({"type": "object", "properties": fields, "additionalProperties": false});
        check(&json!({"type": "string"}), false, Some("FINAL(lead);"));
        check(&json!({}), false, Some("FINAL(lead);"));
        check(&json!({"type": "integer", "description": "how many"}), true, Some("FINAL(number);"));
        check(&object(json!({"total": {"type": "integer"}})), true, Some("FINAL(#{\"total\": number});"));
        check(&object(json!({"a \"b\"": {"type": "string"}})), false, Some("FINAL(#{\"a \\\"b\\\"\": lead});"));
        check(&json!({"type": "integer"}), false, None);
        check(&json!({"type": "integer", "maximum": 3}), true, None);
        check(&json!({"type": "string", "format": "date"}), true, None);
        check(&json!({"enum": ["a", "b"]}), true, None);
        check(&json!({"type": "array", "items": {"type": "string"}}), true, None);
        check(&object(json!({"n": {"type": "integer"}, "why": {"type": "string"}})), true, None);
        check(&object(json!({})), true, None);
        check(&json!({"properties": {"a": {"type": "string"}}, "required": ["b"]}), true, None);
    }

    #[test]
    fn only_the_last_line_is_an_end() {
        let form = Form { field: Some("a".to_owned()), counts: false };
        assert_eq!(form.ends("let x = \"FINAL(1);\";\nprint(x);\n"), "let x = \"FINAL(1);\";\nprint(x);\n");
        assert_eq!(form.ends("let x = 1;\nFINAL(\"FINAL(1);\");\n"), "let x = 1;\nFINAL(#{\"a\": \"FINAL(1);\"});\n");
    }
}

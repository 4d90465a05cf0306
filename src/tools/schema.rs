//! Checks arguments against a tool's JSON Schema and says what is wrong with them, as much of it as anybody reads.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text;
use jsonschema::Validator;
use jsonschema::error::{ValidationError, ValidationErrorKind};
use serde_json::{Map, Value};

/// The most errors that are told of one call: an array may have one in each of its items.
const TOLD: usize = 20;

/// The compiled schema of one tool's arguments.
#[derive(Debug)]
pub struct ArgumentSchema {
    validator: Validator,
    names: Vec<String>,
}

impl ArgumentSchema {
    /// Compiles a schema; fails with `Invalid` if it is not one. References to the network or disk are refused.
    pub fn new(tool: &str, schema: &Value) -> Outcome<Self> {
        let validator = jsonschema::validator_for(schema).map_err(|error| {
            Failure::new(FailureKind::Invalid, format!("the schema of tool `{tool}` is broken: {error}"))
        })?;
        let names =
            schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned().collect();
        Ok(Self { validator, names })
    }

    /// Fails with `Invalid`, the first errors with their paths, if `args` do not fit.
    pub fn check(&self, tool: &str, args: &Value) -> Outcome<()> {
        let errors: Vec<_> = self.validator.iter_errors(args).take(TOLD).collect();
        if errors.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = errors.iter().map(line).collect();
        let failure = Failure::new(FailureKind::Invalid, format!("wrong arguments for {tool}: {}", lines.join("; ")))
            .detail("errors", lines.clone());
        Err(match self.hint(tool, &errors) {
            hint if hint.is_empty() => failure,
            hint => failure.hint(hint),
        })
    }

    fn hint(&self, tool: &str, errors: &[ValidationError<'_>]) -> String {
        let mut slips = Vec::new();
        let mut names_help = false;
        for error in errors {
            match error.kind() {
                ValidationErrorKind::AdditionalProperties { unexpected }
                    if error.instance_path().as_str().is_empty() =>
                {
                    names_help = true;
                    for name in unexpected {
                        let near = text::nearest(name, self.names.iter().map(String::as_str));
                        slips.extend(near.map(|near| format!("`{name}` may be `{near}`")));
                    }
                }
                ValidationErrorKind::Required { .. } => names_help = true,
                _ => {}
            }
        }
        if slips.is_empty() && names_help {
            return match self.names.is_empty() {
                true => format!("{tool} takes no arguments"),
                false => format!("{tool} takes: {}", self.names.join(", ")),
            };
        }
        slips.join("; ")
    }
}

fn line(error: &ValidationError<'_>) -> String {
    let message = match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            let forms: Vec<String> = context.iter().map(|form| expectation(form)).collect();
            format!("{} fits none of its forms: {}", error.instance(), forms.join(", or "))
        }
        _ => error.to_string(),
    };
    match error.instance_path().as_str() {
        "" => text::head_tail(&message, 300, ""),
        path => format!("{path}: {}", text::head_tail(&message, 300, "")),
    }
}

/// What one of several forms of a value expects: a constant is named, anything else complains for itself.
fn expectation(errors: &[ValidationError<'_>]) -> String {
    let said = errors.iter().map(|error| match error.kind() {
        ValidationErrorKind::Constant { expected_value } => expected_value.to_string(),
        _ => error.to_string(),
    });
    said.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::ArgumentSchema;
    use serde_json::json;

    #[test]
    fn every_error_is_named() {
        let schema = json!({
            "type": "object",
            "properties": {
                "path": {"type": "string"},
                "lines": {"type": "array", "items": {"type": "integer"}},
                "mode": {"oneOf": [{"const": "a"}, {"const": "b"}]},
            },
            "required": ["path"],
            "additionalProperties": false,
        });
        let schema = ArgumentSchema::new("read", &schema).unwrap();
        assert_eq!(schema.check("read", &json!({"path": "a", "lines": [1]})), Ok(()));
        let failure = schema.check("read", &json!({"pth": "a", "lines": [1, "x"], "zzz": 1})).unwrap_err();
        for part in ["\"path\" is a required property", "'pth'", "/lines/1: \"x\" is not of type \"integer\""] {
            assert!(failure.message.contains(part), "{part} in {}", failure.message);
        }
        assert_eq!(failure.hint.as_deref(), Some("`pth` may be `path`"));
        let failure = schema.check("read", &json!({"path": "a", "lines": vec!["x"; 1_000]})).unwrap_err();
        assert_eq!(failure.details["errors"].as_array().map(Vec::len), Some(20));
        let failure = schema.check("read", &json!({})).unwrap_err();
        assert_eq!(failure.hint.as_deref(), Some("read takes: path, lines, mode"));
        let failure = schema.check("read", &json!({"path": "a", "mode": "c"})).unwrap_err();
        assert!(failure.message.ends_with(r#"/mode: "c" fits none of its forms: "a", or "b""#), "{failure}");
        assert!(schema.check("read", &json!("text")).is_err());
    }

    #[test]
    fn a_broken_schema_is_refused() {
        for broken in [json!({"type": 3}), json!({"$ref": "http://example.com/schema.json"})] {
            assert!(ArgumentSchema::new("x", &broken).is_err(), "{broken}");
        }
    }
}

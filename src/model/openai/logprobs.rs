//! Token probabilities, in the forms that servers have: OpenAI's `content` and the older `token_logprobs`.

use serde_json::Value;

/// The natural logarithms of the tokens' probabilities; empty if there are none. Servers write -9999 for "below what
/// is counted" and null for the first token; both are taken for a probability of one in a thousand million.
pub(in crate::model) fn read(logprobs: &Value) -> Vec<f64> {
    const LEAST: f64 = -20.723;
    let list = |name: &str| logprobs.get(name).and_then(Value::as_array);
    let number = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(LEAST).clamp(LEAST, 0.0);
    match (list("content"), list("token_logprobs"), logprobs.as_array()) {
        (Some(tokens), ..) | (None, None, Some(tokens)) => {
            tokens.iter().map(|token| number(token.get("logprob"))).collect()
        }
        (None, Some(numbers), _) => numbers.iter().map(|value| number(Some(value))).collect(),
        (None, None, None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::{Value, json};

    #[test]
    fn reads_both_forms() {
        let cases: [(Value, &[f64]); 5] = [
            (json!({"content": [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": 0.1}]}), &[-0.5, 0.0]),
            (json!({"content": [{"token": "a", "logprob": -9999.0}]}), &[-20.723]),
            (json!([{"token": "a", "logprob": -1.0}]), &[-1.0]),
            (json!({"tokens": ["a"], "token_logprobs": [-2.0]}), &[-2.0]),
            (json!({"content": null}), &[]),
        ];
        for (given, expect) in cases {
            assert_eq!(read(&given), expect, "{given}");
        }
    }
}

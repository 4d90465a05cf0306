//! Token probabilities, in the forms that servers have: OpenAI's `content` and the older `token_logprobs`.

use crate::policy::monitor::TokenEvidence;
use serde_json::Value;

/// How many alternatives of each token are asked for. Five tell an open choice from a sure one, and every server that
/// has them gives as many (<https://platform.openai.com/docs/api-reference/chat/create> allows 20).
pub(in crate::model) const ALTERNATIVES: u8 = 5;

/// What is known of each token; empty if nothing is. Servers write -9999 for "below what is counted" and null for the
/// first token; both are taken for a probability of one in a thousand million.
pub(in crate::model) fn read(logprobs: &Value) -> Vec<TokenEvidence> {
    let list = |name: &str| logprobs.get(name).and_then(Value::as_array);
    match (list("content"), list("token_logprobs"), logprobs.as_array()) {
        (Some(tokens), ..) | (None, None, Some(tokens)) => tokens.iter().map(token).collect(),
        (None, Some(numbers), _) => numbers.iter().map(|value| TokenEvidence::new(number(Some(value)), &[])).collect(),
        (None, None, None) => Vec::new(),
    }
}

fn token(token: &Value) -> TokenEvidence {
    let top = token.get("top_logprobs").and_then(Value::as_array).into_iter().flatten();
    let top: Vec<f64> = top.map(|alternative| number(alternative.get("logprob"))).collect();
    TokenEvidence::new(number(token.get("logprob")), &top)
}

fn number(value: Option<&Value>) -> f64 {
    const LEAST: f64 = -20.723;
    value.and_then(Value::as_f64).unwrap_or(LEAST).clamp(LEAST, 0.0)
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
            let found: Vec<f64> = read(&given).iter().map(|token| token.logprob).collect();
            assert_eq!(found, expect, "{given}");
            assert!(read(&given).iter().all(|token| token.entropy.is_none()), "{given}");
        }
    }

    #[test]
    fn alternatives_tell_how_open_the_choice_was() {
        let alternative = |share: f64| json!({"token": "a", "logprob": share.ln()});
        let token = json!({"token": "a", "logprob": -0.1, "top_logprobs": [alternative(0.5), alternative(0.5)]});
        let found = read(&json!({"content": [token]}));
        assert!(found[0].entropy.is_some_and(|bits| (bits - 1.0).abs() < 1e-9), "{found:?}");
    }
}

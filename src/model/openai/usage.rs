//! Reading `usage`, in the forms of OpenAI and of servers that have their own.

use crate::core::usage::Usage;
use crate::model::count::{count, credible};
use serde_json::Value;

/// The usage that a server reported, or `None` if its numbers cannot be true.
pub(super) fn read(usage: &Value) -> Option<Usage> {
    let detail = |group: &str, name: &str| usage.get(group).and_then(|details| count(details, name)).unwrap_or(0);
    let (input, output) = (count(usage, "prompt_tokens")?, count(usage, "completion_tokens")?);
    // DeepSeek names the cached part otherwise (<https://api-docs.deepseek.com/guides/kv_cache>).
    let cached = match detail("prompt_tokens_details", "cached_tokens") {
        0 => count(usage, "prompt_cache_hit_tokens").unwrap_or(0),
        cached => cached,
    };
    // OpenRouter's name, and the one that litellm takes over from Anthropic
    // (<https://openrouter.ai/docs/guides/best-practices/prompt-caching>).
    let written = match detail("prompt_tokens_details", "cache_write_tokens") {
        0 => count(usage, "cache_creation_input_tokens").unwrap_or(0),
        written => written,
    };
    let reasoning = detail("completion_tokens_details", "reasoning_tokens");
    // xAI counts reasoning beside the completion, and Gemini's compatibility layer its thoughts: only the total shows it.
    let rest = count(usage, "total_tokens").unwrap_or(0).saturating_sub(input + output);
    // Cached and written tokens that a server counts beside the prompt are in its total too, and are no answer.
    let of_prompt = rest != reasoning && [cached, written, cached + written].contains(&rest);
    let beside = if of_prompt { 0 } else { rest };
    credible(Usage {
        input_tokens: input,
        cached_input_tokens: cached,
        cache_write_tokens: written,
        output_tokens: output + beside,
        reasoning_tokens: reasoning.max(beside),
        unheard_tokens: 0,
        estimated: false,
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::{Value, json};

    #[test]
    fn reads_counts_and_their_parts() {
        let check = |usage: Value, expect: [u64; 4]| {
            let read = read(&usage).expect("it is credible");
            let numbers = [read.input_tokens, read.cached_input_tokens, read.output_tokens, read.reasoning_tokens];
            assert_eq!(numbers, expect, "{usage}");
            assert!(!read.estimated);
        };
        let writes = |usage: Value| read(&usage).map(|usage| (usage.cached_input_tokens, usage.cache_write_tokens));
        let openrouter = json!({"prompt_tokens": 9, "completion_tokens": 1,
            "prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 5}});
        let litellm = json!({"prompt_tokens": 9, "completion_tokens": 1, "cache_creation_input_tokens": 5,
            "cache_read_input_tokens": 2, "prompt_tokens_details": {"cached_tokens": 2}});
        let absurd = json!({"prompt_tokens": 9, "completion_tokens": 1, "cache_creation_input_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 2}});
        assert_eq!([writes(openrouter), writes(litellm), writes(absurd)], [Some((2, 5)), Some((2, 5)), Some((2, 7))]);
        check(json!({"prompt_tokens": 5, "completion_tokens": 2}), [5, 0, 2, 0]);
        check(json!({"prompt_tokens": 5, "completion_tokens": 0, "total_tokens": 5}), [5, 0, 0, 0]);
        check(
            json!({"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 17,
                "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 6}}),
            [9, 4, 8, 6],
        );
        check(
            json!({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 17,
                "completion_tokens_details": {"reasoning_tokens": 6}}),
            [9, 0, 8, 6],
        );
        check(json!({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623}), [20, 0, 603, 405]);
        check(json!({"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 3}), [9, 0, 8, 0]);
        check(json!({"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": u64::MAX}), [9, 0, 8, 0]);
        check(
            json!({"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 24, "cache_creation_input_tokens": 3,
                "prompt_tokens_details": {"cached_tokens": 4}}),
            [9, 4, 8, 0],
        );
        check(json!({"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 8}), [9, 8, 1, 0]);
        check(
            json!({"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": null}),
            [3, 3, 1, 0],
        );
    }

    #[test]
    fn a_token_is_cached_or_written_but_not_both() {
        for (cached, written, expect) in [(0, 6, (0, 6)), (4, 6, (4, 5)), (9, 9, (9, 0)), (0, 99, (0, 9))] {
            let details = json!({"cached_tokens": cached, "cache_write_tokens": written});
            let usage = json!({"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": details});
            let read = read(&usage).expect("it is credible");
            assert_eq!((read.cached_input_tokens, read.cache_write_tokens), expect, "{usage}");
        }
    }

    #[test]
    fn refuses_what_cannot_be_true() {
        for usage in [
            json!(null),
            json!({}),
            json!({"prompt_tokens": 5}),
            json!({"prompt_tokens": -5, "completion_tokens": 2}),
            json!({"prompt_tokens": "5", "completion_tokens": 2}),
            json!({"prompt_tokens": 0, "completion_tokens": 0}),
            json!({"prompt_tokens": 5, "completion_tokens": 18_446_744_073_709_551_615_u64}),
        ] {
            assert_eq!(read(&usage), None, "{usage}");
        }
    }
}

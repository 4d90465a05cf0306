//! The most tokens that one picture counts, by the beginning of a model's name: a reseller bills what the model counts.
//!
//! A model stands here at what a picture of any size comes to that is sent without a wish for its detail; those of which is
//! known that it is no more than `IMAGE_TOKENS` stand at that. Read on 2026-12-01 in:
//! - OpenAI: <https://developers.openai.com/api/docs/guides/images-vision>. gpt-4o-mini counts 2,833 tokens and 5,667 for each
//!   of up to eight tiles. Later models count 1.2 tokens for each patch of 32 x 32 pixels: up to 10,000 patches with gpt-5.4
//!   and gpt-5.5, and up to 30,000, behind which a picture is refused, since gpt-5.6 (as measured in llxprt-code 3483 and
//!   agenthub 194 on GitHub); of later ones nobody says otherwise. The small ones of gpt-5.4 keep to 1,536 patches of at most
//!   2.46, as those of gpt-4.1, o4 and gpt-5 do; the others before them count at most eight tiles of some 200.
//! - Anthropic: (width x height) / 750, behind a scaling to 1,568 pixels on the longer side, and to 2,576 and 3.75 million in all
//!   since Opus 4.7: some 5,000 (<https://platform.claude.com/docs/en/build-with-claude/vision>).
//! - Google: 258 for each tile of at least 256 pixels of a picture of at most 3,072 x 3,072, or 2,240 for all since Gemini 3
//!   (<https://ai.google.dev/gemini-api/docs/media-resolution>); Gemma 256 for each of a few crops.
//! - Meta: 1,601 for each of four tiles. Mistral: one for each 16 x 16 of at most 1,024 x 1,024 pixels, or less. xAI: 1,792
//!   (<https://docs.x.ai/docs/guides/image-understanding>).
//! - Qwen: a token for each 28 x 28 or 32 x 32 pixels, up to 16,384 (<https://huggingface.co/Qwen/Qwen2-VL-7B-Instruct>).

use crate::core::message::IMAGE_TOKENS;

/// The first that fits is meant.
const MOST: &[(&str, u64)] = &[
    ("gpt-4o-mini", 2_833 + 8 * 5_667),
    ("gpt-5.4-mini", 3_779),
    ("gpt-5.4-nano", 3_779),
    ("gpt-5.4", 12_000),
    ("gpt-5.5", 12_000),
    ("gpt-5.1", IMAGE_TOKENS),
    ("gpt-5.2", IMAGE_TOKENS),
    ("gpt-5.3", IMAGE_TOKENS),
    ("gpt-5.", 36_000),
    ("gpt-5", IMAGE_TOKENS),
    ("gpt-6", 36_000),
    ("gpt-4o", IMAGE_TOKENS),
    ("chatgpt-4o", IMAGE_TOKENS),
    ("gpt-4.1", IMAGE_TOKENS),
    ("o1", IMAGE_TOKENS),
    ("o3", IMAGE_TOKENS),
    ("o4", IMAGE_TOKENS),
    ("claude", IMAGE_TOKENS),
    ("gemini", IMAGE_TOKENS),
    ("gemma", IMAGE_TOKENS),
    ("llama", IMAGE_TOKENS),
    ("meta-llama", IMAGE_TOKENS),
    ("pixtral", IMAGE_TOKENS),
    ("mistral", IMAGE_TOKENS),
    ("grok", IMAGE_TOKENS),
    ("qwen2-vl", 16_384),
    ("qwen-2-vl", 16_384),
    ("qwen2.5-vl", 16_384),
    ("qwen-2.5-vl", 16_384),
    ("qwen2.5vl", 16_384),
    ("qwen3-vl", 16_384),
];

/// The most tokens that a picture counts for the model of this name, with or without a service before it; `None` if nothing is
/// known of it.
pub fn most_tokens(name: &str) -> Option<u64> {
    let bare = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    // A model that OpenAI has tuned is called after the one that it was made of.
    let bare = bare.strip_prefix("ft:").unwrap_or(&bare);
    MOST.iter().find(|(family, _)| bare.starts_with(family)).map(|(_, tokens)| *tokens)
}

#[cfg(test)]
mod tests {
    use super::most_tokens;

    #[test]
    fn a_name_tells_what_a_picture_counts_at_whatever_service() {
        for (name, expect) in [
            ("gpt-4o-mini", Some(48_169)),
            ("openrouter/openai/gpt-4o-mini-2024-07-18", Some(48_169)),
            ("ft:gpt-4o-mini-2024-07-18:us:name:id", Some(48_169)),
            ("openai/gpt-5.4", Some(12_000)),
            ("openai/gpt-5.4-nano", Some(3_779)),
            ("gpt-6.2-sol", Some(36_000)),
            ("Qwen/Qwen2.5-VL-72B-Instruct", Some(16_384)),
            ("openrouter/qwen/qwen-2.5-vl-7b-instruct", Some(16_384)),
            ("qwen/qwen-2-vl-72b-instruct", Some(16_384)),
            ("openai/gpt-5.7", Some(36_000)),
            ("openai/gpt-4o", Some(8_192)),
            ("openai/gpt-5", Some(8_192)),
            ("openai/gpt-5-mini", Some(8_192)),
            ("openai/gpt-5.2", Some(8_192)),
            ("openai/o4-mini", Some(8_192)),
            ("anthropic/claude-opus-5", Some(8_192)),
            ("google/gemini-3-pro", Some(8_192)),
            ("meta-llama/llama-4-maverick", Some(8_192)),
            ("mistralai/mistral-medium-3", Some(8_192)),
            ("local/llava", None),
            ("small", None),
        ] {
            assert_eq!(most_tokens(name), expect, "{name}");
        }
    }
}

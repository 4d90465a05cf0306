//! OpenAI's chat completions, as OpenAI itself and the servers that copy it speak them.
//!
//! Sources: <https://platform.openai.com/docs/api-reference/chat/create>, the types of openai-python 3.52, and what
//! llama-server, ollama, vLLM, LM Studio, OpenRouter and litellm's proxy were seen to send.

mod body;
pub(super) mod logprobs;
mod reader;
mod usage;
mod wire;

pub(super) use body::effort;

use crate::core::failure::Outcome;
use crate::core::message::ChatRequest;
use crate::model::exchange::add_bearer;
use crate::model::protocol::Protocol;
use crate::model::quirks::{Feature, Features, Form, OTHER_VALUE, Rule, UNKNOWN};
use crate::model::remote::Remote;
use reqwest::header::HeaderMap;
use secrecy::SecretString;

/// A model behind chat completions.
pub type OpenAi = Remote<ChatCompletions>;

/// The protocol.
#[derive(Debug)]
pub struct ChatCompletions;

impl Protocol for ChatCompletions {
    type Reader = reader::ChatReader;

    const FUNCTION: &'static str = "chat/completions";

    const RULES: &'static [Rule] = &[
        Rule { feature: Feature::StreamUsage, names: &["stream_options", "include_usage"], says: &[] },
        Rule { feature: Feature::MaxTokens, names: &[], says: &[] },
        Rule { feature: Feature::NoThinking, names: &["reasoning_effort"], says: OTHER_VALUE },
        // Gemini's words.
        Rule {
            feature: Feature::NoThinking,
            names: &["only works in thinking mode", "thinking_budget to 0"],
            says: &[],
        },
        Rule { feature: Feature::LeastThinking, names: &["reasoning_effort"], says: OTHER_VALUE },
        Rule { feature: Feature::ThinkingBesideFunctions, names: &["function tools"], says: EFFORT },
        Rule { feature: Feature::Thinking, names: EFFORT, says: &[] },
        Rule { feature: Feature::Logprobs, names: &["logprobs"], says: &[] },
        Rule { feature: Feature::Temperature, names: &["temperature"], says: UNKNOWN },
        Rule { feature: Feature::Stop, names: STOP, says: UNKNOWN },
        Rule { feature: Feature::Schema, names: FORMATS, says: &[] },
        Rule { feature: Feature::JsonObject, names: FORMATS, says: &[] },
    ];

    /// For calls with `store`, says <https://platform.openai.com/docs/api-reference/chat/get>.
    fn kept(id: &str) -> Option<String> {
        Some(format!("{}/{id}", Self::FUNCTION))
    }

    fn sign(headers: &mut HeaderMap, key: Option<&SecretString>) -> Outcome<()> {
        add_bearer(headers, key)
    }

    /// OpenAI's own newer models take only `max_completion_tokens`, other servers mostly only `max_tokens`. OpenAI's
    /// schemas are objects; llama.cpp's and vLLM's grammars take any.
    fn lacks(host: &str, model: &str) -> Features {
        let official = is_official(host);
        Features::NONE.with(Feature::MaxTokens, official && is_newer(model)).with(Feature::AnyRoot, official)
    }

    fn compose(request: &ChatRequest, model: &str, form: Form) -> Outcome<Vec<u8>> {
        body::compose(request, model, form)
    }
}

/// How servers name the form of the answer when they refuse it; llama-server speaks of grammars, DeepSeek of a type, and
/// gateways repeat what Gemini and Anthropic say.
const FORMATS: &[&str] = &[
    "response_format",
    "json_schema",
    "json_object",
    "grammar",
    "structured output",
    "response_schema",
    "schema is too complex",
];

/// How they name the word for how much is thought: xAI in its own spelling, ollama as what its models can do.
const EFFORT: &[&str] =
    &["reasoning_effort", "reasoning effort", "reasoningeffort", "does not support thinking", "think value"];

/// How they name the texts that end an answer; "Argument not supported on this model: stop" is xAI's.
const STOP: &[&str] = &["'stop'", "`stop`", ".stop", "supplied: stop", "model: stop"];

/// Whether it is OpenAI itself, in any region.
pub(super) fn is_official(host: &str) -> bool {
    host == "api.openai.com" || host.ends_with(".api.openai.com")
}

/// The o-series and gpt-5 and later.
fn is_newer(model: &str) -> bool {
    let number = |prefix: &str| -> Option<u32> {
        let rest = model.strip_prefix(prefix)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    };
    number("o").is_some() || number("gpt-").is_some_and(|version| version >= 5)
}

#[cfg(test)]
mod tests {
    use super::{ChatCompletions, is_newer};
    use crate::model::protocol::Protocol;
    use crate::model::quirks::Feature;

    #[test]
    fn knows_the_newer_models() {
        for (model, expect) in [
            ("o1", true),
            ("o4-mini", true),
            ("gpt-5-nano", true),
            ("gpt-5.2", true),
            ("gpt-10", true),
            ("gpt-4o", false),
            ("gpt-4.1", false),
            ("gpt-oss-20b", false),
            ("olmo", false),
            ("opt", false),
        ] {
            assert_eq!(is_newer(model), expect, "{model}");
        }
        let lacks = |host: &str| ChatCompletions::lacks(host, "gpt-5").has(Feature::MaxTokens);
        assert!(lacks("api.openai.com") && lacks("eu.api.openai.com"));
        assert!(!lacks("127.0.0.1") && !lacks("api.openai.com.example"));
    }
}

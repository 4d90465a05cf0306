//! Anthropic's messages, as Anthropic itself, litellm's proxy and llama-server speak them.
//!
//! Sources: <https://platform.claude.com/docs/en/api/messages>, the pages on streaming, stop reasons, prompt caching,
//! extended and adaptive thinking and structured outputs beside it, and the types of anthropic-sdk-python 2.11.

mod body;
mod history;
mod reader;
mod thoughts;
mod wire;

use crate::core::failure::Outcome;
use crate::core::message::ChatRequest;
use crate::model::exchange::secret;
use crate::model::protocol::Protocol;
use crate::model::quirks::{Feature, Features, Form, Rule, UNKNOWN};
use crate::model::remote::Remote;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// A model behind messages.
pub type Anthropic = Remote<Messages>;

/// The protocol.
#[derive(Debug)]
pub struct Messages;

/// How a schema is refused: as a parameter, or because no grammar can be made of it, which is said without the parameter's name.
const FORMATS: &[&str] = &[
    "output_config.format",
    "json_schema",
    "structured output",
    "grammar",
    "schema is too complex",
    "schemas contain",
];

/// The version of the protocol; there has been no other since (<https://platform.claude.com/docs/en/api/versioning>).
const VERSION: &str = "2023-06-01";

impl Protocol for Messages {
    type Reader = reader::MessagesReader;

    const FUNCTION: &'static str = "messages";

    const RULES: &'static [Rule] = &[
        Rule { feature: Feature::ThinkingBudget, names: &["thinking.type.enabled", "budget_tokens"], says: UNKNOWN },
        Rule { feature: Feature::Temperature, names: &["temperature"], says: UNKNOWN },
        Rule { feature: Feature::Schema, names: FORMATS, says: &[] },
        Rule { feature: Feature::Thinking, names: &["thinking", "effort"], says: UNKNOWN },
        // A thought of another model, or one that does not stand where the server wants it.
        Rule { feature: Feature::Thinking, names: &["`signature`", "`thinking`"], says: &["invalid", "expected"] },
        Rule { feature: Feature::Schema, names: &["output_config", "output_format"], says: &[] },
        Rule { feature: Feature::Thinking, names: &["output_config"], says: &[] },
        Rule { feature: Feature::CacheMarks, names: &["cache_control"], says: UNKNOWN },
    ];

    /// Anthropic's own clients take addresses without `/v1`, so both forms are met.
    fn path(base: &str) -> String {
        let last = base.rsplit('/').next().unwrap_or_default();
        let versioned = last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if versioned { Self::FUNCTION.to_owned() } else { format!("v1/{}", Self::FUNCTION) }
    }

    fn sign(headers: &mut HeaderMap, key: Option<&SecretString>) -> Outcome<()> {
        headers.insert(HeaderName::from_static("anthropic-version"), HeaderValue::from_static(VERSION));
        if let Some(key) = key {
            headers.insert(HeaderName::from_static("x-api-key"), secret(key.expose_secret().trim())?);
        }
        Ok(())
    }

    /// Models since 4.6 decide themselves how much they think, guided by a word; older ones want a number of tokens.
    /// Schemas are objects.
    fn lacks(_host: &str, model: &str) -> Features {
        Features::NONE.with(Feature::AnyRoot, true).with(Feature::ThinkingBudget, version(model) >= Some((4, 6)))
    }

    fn drops(request: &ChatRequest, form: Form) -> Option<&'static str> {
        body::drops(request, form)
    }

    fn compose(request: &ChatRequest, model: &str, form: Form) -> Outcome<Vec<u8>> {
        body::compose(request, model, form)
    }
}

/// The version in a model's name: `claude-sonnet-4-6`, `claude-3-7-sonnet-20250219`, `claude-opus-5`.
fn version(model: &str) -> Option<(u32, u32)> {
    let name = model.rsplit('/').next()?.strip_prefix("claude-")?;
    let small = |part: &str| part.parse::<u32>().ok().filter(|number| *number < 100);
    let mut parts = name.split(['-', '.']).skip_while(|part| small(part).is_none());
    let major = parts.next().and_then(small)?;
    Some((major, parts.next().and_then(small).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::{Messages, version};
    use crate::model::protocol::Protocol;

    #[test]
    fn versions_are_read_from_names() {
        for (name, expect) in [
            ("claude-sonnet-4-6", Some((4, 6))),
            ("claude-3-7-sonnet-20250219", Some((3, 7))),
            ("claude-opus-4-20250514", Some((4, 0))),
            ("claude-haiku-4-5-20251001", Some((4, 5))),
            ("anthropic/claude-opus-5", Some((5, 0))),
            ("claude-opus-4.7", Some((4, 7))),
            ("glm-4.6", None),
        ] {
            assert_eq!(version(name), expect, "{name}");
        }
    }

    #[test]
    fn both_forms_of_an_address_are_met() {
        for (base, expect) in
            [("", "v1/messages"), ("/v1", "messages"), ("/anthropic", "v1/messages"), ("/api/v1", "messages")]
        {
            assert_eq!(Messages::path(base), expect, "{base}");
        }
    }
}

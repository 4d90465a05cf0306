//! OpenAI's responses, as OpenAI itself, vLLM, ollama, LM Studio and litellm's proxy speak them.
//!
//! Sources: <https://platform.openai.com/docs/api-reference/responses> and the types of openai-python 3.52. Nothing is
//! stored at the provider unless the model's settings say so: every request carries its whole history.

mod body;
mod reader;
mod wire;

use crate::core::failure::Outcome;
use crate::core::message::ChatRequest;
use crate::model::exchange::add_bearer;
use crate::model::openai::is_official;
use crate::model::protocol::Protocol;
use crate::model::quirks::{Feature, Features, Form, OTHER_VALUE, Rule, UNKNOWN};
use crate::model::remote::Remote;
use reqwest::header::HeaderMap;
use secrecy::SecretString;

/// A model behind responses.
pub type OpenAiResponses = Remote<Responses>;

/// The protocol.
#[derive(Debug)]
pub struct Responses;

/// How servers name the form of the answer when they refuse it.
const FORMATS: &[&str] =
    &["text.format", "json_schema", "json_object", "'text'", "structured output", "grammar", "schema is too complex"];

impl Protocol for Responses {
    type Reader = reader::ResponsesReader;

    const FUNCTION: &'static str = "responses";

    const RULES: &'static [Rule] = &[
        Rule { feature: Feature::NoThinking, names: &["reasoning.effort", "effort"], says: OTHER_VALUE },
        Rule { feature: Feature::LeastThinking, names: &["reasoning.effort", "effort"], says: OTHER_VALUE },
        Rule { feature: Feature::Thinking, names: &["reasoning", "effort"], says: UNKNOWN },
        Rule { feature: Feature::Logprobs, names: &["logprobs", "'include"], says: &[] },
        Rule { feature: Feature::Temperature, names: &["temperature"], says: UNKNOWN },
        Rule { feature: Feature::Schema, names: FORMATS, says: &[] },
        Rule { feature: Feature::JsonObject, names: FORMATS, says: &[] },
    ];

    /// <https://platform.openai.com/docs/api-reference/responses/get>
    fn kept(id: &str) -> Option<String> {
        Some(format!("{}/{id}", Self::FUNCTION))
    }

    fn sign(headers: &mut HeaderMap, key: Option<&SecretString>) -> Outcome<()> {
        add_bearer(headers, key)
    }

    /// The protocol has no texts that end an answer.
    fn lacks(host: &str, _model: &str) -> Features {
        Features::NONE.with(Feature::Stop, true).with(Feature::AnyRoot, is_official(host))
    }

    fn compose(request: &ChatRequest, model: &str, form: Form) -> Outcome<Vec<u8>> {
        body::compose(request, model, form)
    }
}

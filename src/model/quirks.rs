//! What a server was found not to take, so that it is asked in its own way from then on.
//!
//! Only what is listed here is ever left out of a request, and what changes the answer is told; any other refused
//! parameter is the caller's to remove.

use crate::core::message::{ChatRequest, Thinking};
use crate::model::complaint::Complaint;
use std::sync::atomic::{AtomicU16, Ordering};

/// Something in a request that not every server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Usage at the end of a stream.
    StreamUsage,
    /// The answer's limit under the name `max_tokens`; without it the name is `max_completion_tokens`.
    MaxTokens,
    /// A sampling temperature.
    Temperature,
    /// Texts that end the answer.
    Stop,
    /// A JSON Schema to which the answer is held.
    Schema,
    /// A schema whose root is no object.
    AnyRoot,
    /// Any JSON to which the answer is held.
    JsonObject,
    /// A word for how much is thought.
    Thinking,
    /// That word in a request with functions, which OpenAI takes in responses alone since gpt-5.4.
    ThinkingBesideFunctions,
    /// The word `none` for that.
    NoThinking,
    /// The word `minimal` for that.
    LeastThinking,
    /// A number of tokens for how much is thought; without it there is a word.
    ThinkingBudget,
    /// The probabilities of tokens.
    Logprobs,
    /// Marks on what shall be cached.
    CacheMarks,
}

/// A set of features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(u16);

impl Features {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// The set with one more, if the condition holds.
    #[must_use]
    pub const fn with(self, feature: Feature, condition: bool) -> Self {
        if condition { Self(self.0 | Self::of(feature).0) } else { self }
    }

    /// Whether it is in the set.
    pub const fn has(self, feature: Feature) -> bool {
        self.0 & Self::of(feature).0 != 0
    }

    const fn of(feature: Feature) -> Self {
        Self(1 << (feature as u16))
    }
}

/// How one request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// The answer shall be streamed.
    pub stream: bool,
    /// The server shall keep the answer.
    pub store: bool,
    /// What the server does not take.
    pub lacking: Features,
}

impl Form {
    /// Whether the server takes this, as far as is known.
    pub const fn takes(self, feature: Feature) -> bool {
        !self.lacking.has(feature)
    }

    /// Whether a request may say how much is thought.
    pub const fn thinks(self, request: &ChatRequest) -> bool {
        let beside = request.functions.is_empty() || self.takes(Feature::ThinkingBesideFunctions);
        beside && self.takes(Feature::Thinking)
    }
}

/// Which refusals mean that a feature is not taken.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The feature.
    pub feature: Feature,
    /// Words of which the refusal has one: the parameter's names.
    pub names: &'static [&'static str],
    /// Words of which it has one as well; empty if the name is enough.
    pub says: &'static [&'static str],
}

/// How servers say that they do not know a parameter, or not this value of it.
pub const UNKNOWN: &[&str] = &[
    "unsupported",
    "not supported",
    "does not support",
    "not support",
    "unrecognized",
    "unknown",
    "unexpected",
    "unavailable",
    "deprecated",
    "extra",
    "not permitted",
    "not allowed",
    "cannot be used",
];

/// How they say that they know the parameter, but not this value.
pub const OTHER_VALUE: &[&str] = &["unsupported value", "does not support", "supported values", "invalid value"];

/// What is known of one server and model. Shared by parallel calls, each of which may learn.
#[derive(Debug)]
pub struct Quirks {
    lacking: AtomicU16,
}

impl Quirks {
    /// What is known before the first call.
    pub const fn new(lacking: Features) -> Self {
        Self { lacking: AtomicU16::new(lacking.0) }
    }

    /// What the server is known not to take.
    pub fn lacking(&self) -> Features {
        Features(self.lacking.load(Ordering::Relaxed))
    }

    /// Learns from a refusal, and changes the form, if the request is worth sending again in a new one. Each feature is
    /// given up once per call, so a server that understands nothing is not asked for ever.
    pub fn learn(
        &self,
        rules: &[Rule],
        request: &ChatRequest,
        form: &mut Form,
        status: u16,
        complaint: &Complaint,
        tried: &mut Features,
    ) -> Option<Feature> {
        // llama-server answers 500 to a schema that it cannot make a grammar of.
        let about_schema = |rule: &&Rule| status != 500 || matches!(rule.feature, Feature::Schema);
        if !matches!(status, 400 | 422 | 500) {
            return None;
        }
        let fits = |rule: &&Rule| {
            !tried.has(rule.feature) && is_sent(rule.feature, request, *form) && says(rule, *form, complaint)
        };
        let feature = rules.iter().filter(about_schema).find(fits)?.feature;
        *tried = tried.with(feature, true);
        let bit = Features::of(feature).0;
        // The name of the limit is exchanged for the other one; everything else is left out.
        let lacks = feature != Feature::MaxTokens || form.takes(feature);
        form.lacking = if lacks { Features(form.lacking.0 | bit) } else { Features(form.lacking.0 & !bit) };
        if !is_about_this_request(feature, complaint) {
            match lacks {
                true => self.lacking.fetch_or(bit, Ordering::Relaxed),
                false => self.lacking.fetch_and(!bit, Ordering::Relaxed),
            };
        }
        Some(feature)
    }
}

impl Feature {
    /// What a caller loses with it, if anything: a schema is then asked for in the prompt, and figures are estimated.
    pub const fn loss(self, request: &ChatRequest) -> Option<&'static str> {
        let wanted = !matches!(request.sampling.thinking, Some(Thinking::Off));
        match self {
            Self::Temperature => Some("`temperature`"),
            Self::Thinking if wanted => Some("`thinking`"),
            Self::ThinkingBesideFunctions if wanted => Some("`thinking` beside functions"),
            _ => None,
        }
    }
}

/// Whether a request in this form has the feature, so that a refusal can be about it.
fn is_sent(feature: Feature, request: &ChatRequest, form: Form) -> bool {
    let sampling = &request.sampling;
    let thinking = sampling.thinking.filter(|_| form.thinks(request));
    let asked = match feature {
        Feature::StreamUsage => form.stream,
        Feature::MaxTokens => return sampling.max_tokens.is_some(),
        Feature::Temperature => sampling.temperature.is_some(),
        Feature::Stop => !sampling.stop.is_empty(),
        Feature::Schema | Feature::AnyRoot => request.schema.is_some(),
        Feature::JsonObject => request.schema.is_some() && !form.takes(Feature::Schema),
        Feature::NoThinking => thinking == Some(Thinking::Off),
        Feature::LeastThinking => thinking == Some(Thinking::Off) && !form.takes(Feature::NoThinking),
        Feature::Thinking | Feature::ThinkingBudget => thinking.is_some(),
        Feature::ThinkingBesideFunctions => thinking.is_some() && !request.functions.is_empty(),
        Feature::Logprobs => request.logprobs,
        Feature::CacheMarks => true,
    };
    asked && form.takes(feature)
}

fn says(rule: &Rule, form: Form, complaint: &Complaint) -> bool {
    if rule.feature == Feature::MaxTokens {
        return is_unknown_limit(form, complaint);
    }
    complaint.mentions(rule.names) && (rule.says.is_empty() || complaint.mentions(rule.says))
}

/// A refusal of this one schema says nothing about the next one.
fn is_about_this_request(feature: Feature, complaint: &Complaint) -> bool {
    const SCHEMA: &[&str] = &[
        "invalid schema",
        "invalid_json_schema",
        ".schema",
        "response_schema",
        "grammar",
        "schema is too complex",
        "schemas contain",
    ];
    matches!(feature, Feature::Schema | Feature::AnyRoot) && complaint.mentions(SCHEMA)
}

/// Whether the name of the limit is refused, and not its size, of which servers complain with the same name.
fn is_unknown_limit(form: Form, complaint: &Complaint) -> bool {
    let plain = form.takes(Feature::MaxTokens);
    if plain && complaint.mentions(&["max_completion_tokens"]) {
        return true;
    }
    let name = if plain { "max_tokens" } else { "max_completion_tokens" };
    complaint.mentions(&[name]) && complaint.mentions(UNKNOWN)
}

#[cfg(test)]
mod tests;

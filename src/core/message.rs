//! What is said to a model and what comes back, in no provider's dialect.

use crate::core::effect::Paid;
use crate::core::failure::{Cause, Failure};
use crate::core::ids::ModelId;
use crate::core::money::Money;
use crate::core::usage::Usage;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Who says a chat message. (`role` is a place on the escalation ladder.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// Standing instructions.
    System,
    /// The caller.
    User,
    /// The model.
    Assistant,
    /// The result of a tool that the model called.
    Tool,
}

/// A call of a tool as a model asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolRequest {
    /// The provider's id, echoed with the answer.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments, as the JSON text that the model wrote.
    pub arguments: String,
}

/// A thought before a call of a tool, as the provider wants it back: unchanged, or the call is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum Thought {
    /// What it says, and the provider's mark that it is its own.
    Signed {
        /// The text, perhaps a summary; empty where the provider shows none.
        text: String,
        /// The mark.
        signature: String,
    },
    /// One that only the provider can read.
    Redacted {
        /// Its content, encrypted.
        data: String,
    },
}

impl Thought {
    /// Bytes that go back to the provider.
    pub const fn bytes(&self) -> usize {
        match self {
            Self::Signed { text, signature } => text.len() + signature.len(),
            Self::Redacted { data } => data.len(),
        }
    }
}

/// A picture beside a message's text. The log keeps its address or its hash, never its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Image {
    /// An address that the provider fetches itself.
    Url {
        /// `https://..`.
        url: String,
    },
    /// A file's content, already checked.
    Data {
        /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
        media_type: String,
        /// BLAKE3 of the content, in hex.
        hash: String,
        /// The content in base64.
        #[serde(skip)]
        base64: Arc<str>,
    },
}

/// One chat message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub speaker: Speaker,
    /// The text.
    pub text: String,
    /// Pictures that belong to the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// Thoughts that led to the calls of this message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thoughts: Vec<Thought>,
    /// Tools that the assistant asked for in this message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_requests: Vec<ToolRequest>,
    /// For a tool message: the id of the request that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
}

impl Message {
    /// A plain message.
    pub fn new(speaker: Speaker, text: impl Into<String>) -> Self {
        let (images, thoughts, tool_requests) = Default::default();
        Self { speaker, text: text.into(), images, thoughts, tool_requests, answers: None }
    }

    /// An upper bound of its tokens, pictures left out: no byte makes more than one, and the chat format adds a few.
    pub fn token_bound(&self) -> u64 {
        let calls: usize = self.tool_requests.iter().map(|c| c.name.len() + c.arguments.len() + 16).sum();
        let thoughts: usize = self.thoughts.iter().map(|thought| thought.bytes() + 16).sum();
        (self.text.len() + calls + thoughts) as u64 + 16
    }
}

/// How a model should sample. Unset fields are left to the role, then to the provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// The most tokens that the answer may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Sampling temperature, 0 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Texts that end the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// How much the model thinks before it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
}

/// How much a model thinks before it answers; providers that know only tokens or only words get the nearest they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// Not at all, where the model allows that.
    Off,
    /// A little.
    Low,
    /// As much as usual.
    Medium,
    /// As much as it can.
    High,
}

impl Thinking {
    /// The next level above.
    pub const fn more(self) -> Self {
        match self {
            Self::Off => Self::Low,
            Self::Low => Self::Medium,
            Self::Medium | Self::High => Self::High,
        }
    }
}

/// A function that a model may call instead of answering in text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionSpec {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// One request to a model, complete: a provider needs nothing else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// How to sample.
    #[serde(default)]
    pub sampling: Sampling,
    /// Functions on offer; empty for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionSpec>,
    /// JSON Schema that the answer must have, for models that can be held to one; others get it in the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// Asks for the probability of each token, where the model gives it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub logprobs: bool,
}

/// The most tokens that one picture counts where nobody says how many: a large one in high detail is below this at
/// Anthropic, at Google and at most models of OpenAI.
pub const IMAGE_TOKENS: u64 = 8_192;

impl ChatRequest {
    /// How many pictures it has.
    pub fn images(&self) -> u64 {
        self.messages.iter().map(|message| message.images.len() as u64).sum()
    }

    /// An upper bound of the prompt's tokens, with what stands beside its messages; a picture counts at most `image_tokens`.
    pub fn token_bound(&self, image_tokens: Option<u64>) -> u64 {
        let functions = |f: &FunctionSpec| (f.description.len() + f.parameters.to_string().len()) as u64 + 64;
        let schema = self.schema.as_ref().map_or(0, |schema| schema.to_string().len() as u64 + 64);
        let functions = self.functions.iter().map(functions).sum::<u64>();
        let images = self.images().saturating_mul(image_tokens.unwrap_or(IMAGE_TOKENS));
        images.saturating_add(self.messages.iter().map(Message::token_bound).sum::<u64>() + functions + schema + 16)
    }
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The answer is complete.
    Stop,
    /// The token limit cut it.
    Length,
    /// It wants tools called.
    ToolCalls,
    /// The provider's filter cut it.
    ContentFilter,
}

/// A model's whole answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatReply {
    /// The text; empty if only tools were asked for.
    pub text: String,
    /// Thoughts that led to the tools asked for; none beside an answer in text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thoughts: Vec<Thought>,
    /// Tools asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_requests: Vec<ToolRequest>,
    /// Why it stopped.
    pub finish: Finish,
    /// Tokens used.
    pub usage: Usage,
}

/// A model call as the store keeps it and a script receives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// Which model answered.
    pub model: ModelId,
    /// What it said.
    pub reply: ChatReply,
    /// What it cost; `None` for a model without a price.
    pub cost: Option<Money>,
    /// Milliseconds from request to end.
    pub millis: u64,
    /// Whether it was kept from an earlier call; then the usage is that call's, and the cost is none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
    /// Whether it came from the log of a run that goes on.
    #[serde(skip)]
    pub replayed: bool,
    /// Why this model was asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The models that failed before it and for which it stands in, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substituted: Vec<Substitution>,
    /// Which effect it is, if its call cannot go on with it.
    #[serde(skip)]
    pub cause: Option<Cause>,
    /// What was paid for it in this process; nothing for an answer that was there before.
    #[serde(skip)]
    pub paid: Option<Paid>,
}

/// A model that failed and the one that was asked instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Substitution {
    /// The one that failed.
    pub from: ModelId,
    /// The one that stands in.
    pub to: ModelId,
    /// Why the first one failed.
    pub why: String,
}

/// A call that failed, with what it used up before it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedCall {
    /// What went wrong.
    pub failure: Failure,
    /// Tokens that were used all the same.
    pub usage: Usage,
}

impl From<Failure> for FailedCall {
    fn from(failure: Failure) -> Self {
        Self { failure, usage: Usage::default() }
    }
}

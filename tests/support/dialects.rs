//! The same answers in every protocol, for tables that run over all of them.

use crate::support::server::{self, Act};
use rhizo::model::anthropic::Anthropic;
use rhizo::model::chat::ChatModel;
use rhizo::model::client::HttpClient;
use rhizo::model::openai::OpenAi;
use rhizo::model::remote::RemoteSettings;
use rhizo::model::responses::OpenAiResponses;
use serde_json::{Value, json};

/// Prompt and answer tokens.
pub(crate) type Count = (u64, u64);

/// A protocol as a server speaks it.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// The provider's name in a configuration.
    pub(crate) provider: &'static str,
    /// The beginning of a stream, with what is counted by then.
    pub(crate) begins: fn(Option<Count>) -> String,
    /// An event with text.
    pub(crate) says: fn(&str) -> String,
    /// An event with a thought.
    pub(crate) thinks: fn(&str) -> String,
    /// The end of a whole answer, with what was counted.
    pub(crate) ends: fn(Option<Value>) -> String,
    /// The end of an answer that its limit cut.
    pub(crate) cut: fn(Option<Value>) -> String,
    /// A whole answer in one piece.
    pub(crate) document: fn(&str, Value) -> Value,
    /// The counts of prompt and answer.
    pub(crate) counts: fn(Count) -> Value,
}

/// All protocols.
pub(crate) const DIALECTS: [Dialect; 3] = [CHAT, RESPONSES, MESSAGES];

/// An event without a name.
pub(crate) fn plain(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// An event with its name, also as its type.
pub(crate) fn named(kind: &str, mut fields: Value) -> String {
    fields["type"] = kind.into();
    format!("event: {kind}\ndata: {fields}\n\n")
}

impl Dialect {
    /// A model that speaks it.
    pub(crate) fn model(&self, settings: RemoteSettings) -> Box<dyn ChatModel> {
        match self.provider {
            "responses" => Box::new(OpenAiResponses::new(settings, HttpClient::new())),
            "anthropic" => Box::new(Anthropic::new(settings, HttpClient::new())),
            _ => Box::new(OpenAi::new(settings, HttpClient::new())),
        }
    }

    /// A whole stream.
    pub(crate) fn streams(&self, text: &str, usage: Option<Value>) -> Vec<Act> {
        server::stream(&[&(self.begins)(None), &(self.says)(text), &(self.ends)(usage)])
    }
}

/// Chat completions.
pub(crate) const CHAT: Dialect = Dialect {
    provider: "openai",
    begins: |count| count.map_or_else(String::new, |count| used(Some((CHAT.counts)(count)))),
    says: |text| plain(&json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})),
    thinks: |text| plain(&json!({"choices": [{"index": 0, "delta": {"reasoning_content": text}}]})),
    ends: |usage| finishes("stop", usage),
    cut: |usage| finishes("length", usage),
    document: |text, usage| {
        let message = json!({"role": "assistant", "content": text});
        json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage})
    },
    counts: |(input, output)| json!({"prompt_tokens": input, "completion_tokens": output}),
};

fn finishes(reason: &str, usage: Option<Value>) -> String {
    let end = plain(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}));
    format!("{end}{}data: [DONE]\n\n", used(usage))
}

fn used(usage: Option<Value>) -> String {
    usage.map_or_else(String::new, |usage| plain(&json!({"choices": [], "usage": usage})))
}

/// Responses. Nothing is counted before the end.
pub(crate) const RESPONSES: Dialect = Dialect {
    provider: "responses",
    begins: |_| named("response.created", json!({"response": {"status": "in_progress", "output": []}})),
    says: |text| named("response.output_text.delta", json!({"output_index": 0, "delta": text})),
    thinks: |text| named("response.reasoning_summary_text.delta", json!({"output_index": 0, "delta": text})),
    ends: |usage| {
        let response = json!({"status": "completed", "output": [], "usage": usage});
        named("response.completed", json!({ "response": response }))
    },
    cut: |usage| {
        let why = json!({"reason": "max_output_tokens"});
        let response = json!({"status": "incomplete", "output": [], "incomplete_details": why, "usage": usage});
        named("response.incomplete", json!({ "response": response }))
    },
    document: |text, usage| {
        let content = json!([{"type": "output_text", "text": text}]);
        let output = json!([{"type": "message", "status": "completed", "content": content}]);
        json!({"object": "response", "status": "completed", "output": output, "usage": usage})
    },
    counts: |(input, output)| json!({"input_tokens": input, "output_tokens": output}),
};

/// Anthropic's messages.
pub(crate) const MESSAGES: Dialect = Dialect {
    provider: "anthropic",
    begins: |count| {
        let usage = count.map(MESSAGES.counts);
        named("message_start", json!({"message": {"type": "message", "content": [], "usage": usage}}))
    },
    says: |text| named("content_block_delta", json!({"index": 0, "delta": {"type": "text_delta", "text": text}})),
    thinks: |text| {
        named("content_block_delta", json!({"index": 0, "delta": {"type": "thinking_delta", "thinking": text}}))
    },
    ends: |usage| stops("end_turn", usage),
    cut: |usage| stops("max_tokens", usage),
    document: |text, usage| {
        let content = json!([{"type": "text", "text": text}]);
        json!({"type": "message", "content": content, "stop_reason": "end_turn", "usage": usage})
    },
    counts: |(input, output)| json!({"input_tokens": input, "output_tokens": output}),
};

fn stops(reason: &str, usage: Option<Value>) -> String {
    let delta = named("message_delta", json!({"delta": {"stop_reason": reason}, "usage": usage}));
    format!("{delta}{}", named("message_stop", json!({})))
}

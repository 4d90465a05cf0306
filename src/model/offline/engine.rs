//! The offline engine as a model: chooses between root and leaf, keeps limits and stop texts, counts its own tokens.
//!
//! It needs no network, keeps no state, and gives the same answer to the same request.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::ModelId;
use crate::core::message::{ChatReply, ChatRequest, FailedCall, Finish, Message, Sampling, Speaker};
use crate::core::usage::Usage;
use crate::model::chat::{ChatModel, Piece, Watch};
use crate::model::offline::words::{token_count, token_head};
use crate::model::offline::{leaf, prompt, root};
use crate::registry::builtin::OFFLINE;
use futures::future::BoxFuture;

/// One line on what the engine is and how to use a model instead.
pub const NOTICE: &str = "offline engine: it quotes, counts and lists, it does not reason; for a model set \
    OPENAI_API_KEY, OPENAI_BASE_URL or OLLAMA_HOST, or name one in rhizo.toml";

/// Why the engine fails where the form of an answer is all that is missing.
const FORMLESS: &str = "the offline engine only quotes and counts: it cannot make data of the form that is asked for";
/// What to do about it.
const MODEL: &str = "for a model set OPENAI_API_KEY, OPENAI_BASE_URL or OLLAMA_HOST, or name one in rhizo.toml or by \
    --model; without one a schema may have one text, or one number where lines, names or quoted terms are counted";

/// The offline engine.
#[derive(Clone, Debug)]
pub struct OfflineEngine {
    id: ModelId,
}

impl OfflineEngine {
    /// The engine; it needs no settings.
    pub fn new() -> Self {
        Self { id: ModelId::new(OFFLINE) }
    }
}

impl Default for OfflineEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl ChatModel for OfflineEngine {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn notice(&self) -> Option<&'static str> {
        Some(NOTICE)
    }

    fn chat<'a>(&'a self, request: &'a ChatRequest, watch: &'a Watch) -> BoxFuture<'a, Result<ChatReply, FailedCall>> {
        Box::pin(async move {
            if watch.cancel.is_cancelled() {
                return Err(Failure::cancelled().into());
            }
            if is_unfit(&request.messages) {
                return Err(Failure::new(FailureKind::NoModel, FORMLESS).hint(MODEL).into());
            }
            // Ranking megabytes takes a while: off the runtime's threads, and a cancelled call does not wait for it.
            let asked = request.clone();
            let work = tokio::task::spawn_blocking(move || reply(&asked));
            let reply = tokio::select! {
                biased;
                () = watch.cancel.cancelled() => return Err(Failure::cancelled().into()),
                done = work => done.map_err(|e| Failure::new(FailureKind::Internal, format!("offline engine: {e}")))??,
            };
            for line in reply.text.split_inclusive('\n') {
                watch.show(Piece::Text(line.to_owned()));
            }
            Ok(reply)
        })
    }
}

/// Whether a form is asked for that it cannot give, or one in which it has answered in vain: it would say the same again.
fn is_unfit(messages: &[Message]) -> bool {
    let complaint = |m: &Message| m.speaker == Speaker::User && m.text.starts_with(prompt::COMPLAINT);
    messages.last().is_some_and(complaint) || root::is_unfit(messages)
}

/// The whole reply to a request: a pure function of it.
///
/// # Errors
/// `no_model` if its form asks for more than quoting and counting give.
pub fn reply(request: &ChatRequest) -> Outcome<ChatReply> {
    let text = match root::reply(&request.messages) {
        Some(text) => text,
        None => leaf_answer(&request.messages)?,
    };
    let (text, finish) = limited(text, &request.sampling);
    let usage = Usage {
        input_tokens: request.messages.iter().map(message_tokens).sum(),
        output_tokens: token_count(&text),
        ..Usage::default()
    };
    Ok(ChatReply { text, thoughts: Vec::new(), tool_requests: Vec::new(), finish, usage })
}

/// The leaf's answer to the last message; a question alone is about what was said before it.
fn leaf_answer(messages: &[Message]) -> Outcome<String> {
    let joined = |speakers: &[Speaker], messages: &[Message]| {
        let texts = messages.iter().filter(|m| speakers.contains(&m.speaker)).map(|m| m.text.as_str());
        texts.collect::<Vec<_>>().join("\n\n")
    };
    let system = joined(&[Speaker::System], messages);
    let Some(last) = messages.iter().rposition(|m| m.speaker == Speaker::User) else {
        return Ok(leaf::NO_TEXT.to_owned());
    };
    let mut prompt = prompt::read(&system, &messages[last].text);
    if prompt.text.trim().is_empty() {
        prompt.text = joined(&[Speaker::User, Speaker::Tool], &messages[..last]);
    }
    leaf::answer(&prompt)
}

/// The text up to the first stop text and within the token limit.
fn limited(mut text: String, sampling: &Sampling) -> (String, Finish) {
    let stops = sampling.stop.iter().filter(|stop| !stop.is_empty());
    if let Some(at) = stops.filter_map(|stop| text.find(stop.as_str())).min() {
        text.truncate(at);
    }
    let Some(limit) = sampling.max_tokens else { return (text, Finish::Stop) };
    let head = token_head(&text, limit);
    if head.len() == text.len() { (text, Finish::Stop) } else { (head.to_owned(), Finish::Length) }
}

fn message_tokens(message: &Message) -> u64 {
    let calls = message.tool_requests.iter().map(|call| token_count(&call.name) + token_count(&call.arguments));
    token_count(&message.text) + calls.sum::<u64>()
}

#[cfg(test)]
mod tests;

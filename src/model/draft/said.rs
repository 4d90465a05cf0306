//! What a server says of its own answer: that nothing follows, that something broke, or what is not in the protocol.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::model::chat::Piece;
use crate::model::classify::broke_off;
use crate::model::complaint::Complaint;
use crate::model::draft::Draft;
use crate::model::sse::Frame;
use crate::model::stream::Flow;
use crate::model::transport::{ended_early, foreign};
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The longest id that is kept; known ones have about 60 characters.
const ID_CAP: usize = 200;
/// Headers in which servers and gateways name a call.
const ID_HEADERS: [&str; 3] = ["x-generation-id", "x-request-id", "request-id"];

impl Draft<'_> {
    /// Takes the id in the head of an answer, until its body has a better one.
    pub fn head(&self, headers: &HeaderMap) {
        let ids = ID_HEADERS.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
        if let Some(id) = ids.map(str::trim).find(|id| is_id(id)) {
            self.watch.show(Piece::Id(id.to_owned()));
        }
    }

    /// Takes the id in the body of an answer; what is none is passed over.
    pub fn name(&mut self, id: Option<&Value>) {
        if let Some(id) = id.and_then(Value::as_str).filter(|id| !self.named && is_id(id)) {
            self.named = true;
            self.watch.show(Piece::Id(id.to_owned()));
        }
    }

    /// What to expect after an event.
    pub const fn flow(&self) -> Flow {
        match (self.is_whole(), self.tally.is_silent(), self.ponders) {
            (true, ..) => Flow::Ending,
            (_, true, true) => Flow::Thinking,
            (_, true, false) => Flow::Waiting,
            (_, false, _) => Flow::More,
        }
    }

    /// Takes note that a thought begins, of which nothing may ever be shown.
    pub const fn ponder(&mut self) {
        self.ponders = true;
    }

    /// What an event says by itself in every protocol: nothing, that nothing follows, or that something broke.
    ///
    /// # Errors
    /// The failure of an event that is named an error.
    pub fn mark(&mut self, frame: &Frame) -> Outcome<Option<Flow>> {
        match (frame.data.trim(), frame.event.as_str()) {
            ("", _) => Ok(Some(self.flow())),
            ("[DONE]", _) => {
                self.close();
                Ok(Some(Flow::Done))
            }
            (data, "error") => Err(broke_off(&Complaint::read(data), self.asked)),
            _ => Ok(None),
        }
    }

    /// Reads an event's JSON.
    ///
    /// # Errors
    /// `protocol` if it is none, or has another form.
    pub fn event<T: DeserializeOwned>(&self, json: &str) -> Outcome<T> {
        let what = "an event of its stream is not JSON of a chat answer";
        serde_json::from_str(json).map_err(|error| foreign(self.asked.host, &format!("{what}: {error}")))
    }

    /// Reads a document's JSON.
    ///
    /// # Errors
    /// `transport` if it ends too early, `protocol` if it is no JSON or has another form.
    pub fn document<T: DeserializeOwned>(&self, json: &[u8]) -> Outcome<T> {
        serde_json::from_slice(json).map_err(|error| match error.is_eof() {
            true => ended_early(self.asked.host),
            false => foreign(self.asked.host, &format!("it is not JSON of a chat answer: {error}")),
        })
    }

    /// The failure of an error that came in place of an answer, or in its middle.
    pub fn complained(&self, error: &Value) -> Failure {
        broke_off(&Complaint::from_value(error), self.asked)
    }

    /// Checks an event without a type: proxies write their errors so.
    ///
    /// # Errors
    /// The error.
    pub fn untyped(&self, json: &str) -> Outcome<()> {
        let value: Value = self.event(json)?;
        if value.get("error").is_some_and(|error| !error.is_null()) { Err(self.complained(&value)) } else { Ok(()) }
    }

    /// The failure of a document that is no answer: the error that it holds, or that it lacks `field`.
    pub fn no_answer(&self, json: &[u8], field: &str) -> Failure {
        match self.document::<Value>(json) {
            Ok(value) if value.get("error").is_some_and(|error| !error.is_null()) => self.complained(&value),
            Ok(_) => foreign(self.asked.host, &format!("its JSON has no `{field}`")),
            Err(failure) => failure,
        }
    }

    /// The failure of an answer that ended for a reason that nobody knows, or because the server broke.
    pub fn unfinished(&self, reason: &str) -> Failure {
        let host = self.asked.host;
        if is_broken(reason) {
            return Failure::new(FailureKind::Server, format!("the server at {host} broke off its answer: {reason}"));
        }
        let message = format!("{host} ended its answer for an unknown reason: {reason:?}");
        Failure::new(FailureKind::Protocol, message).hint("the text that arrived is in `raw`")
    }
}

/// Whether a reason to end says that the server broke.
pub fn is_broken(reason: &str) -> bool {
    let broken = ["error", "abort", "cancel", "fail", "malformed", "insufficient_system_resource"];
    broken.iter().any(|word| reason.to_lowercase().contains(word))
}

/// Whether it is an id that can stand in an address and on a screen.
fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    !id.is_empty() && id.len() <= ID_CAP && id.bytes().all(plain) && !id.bytes().all(|byte| byte == b'.')
}

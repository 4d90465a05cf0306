//! What distinguishes one provider's protocol from another: what is sent where, and how the answer is read.
//!
//! Attempts, time limits, bills and the judgement of failures are the same for all of them, in `remote`.

use crate::core::failure::Outcome;
use crate::core::message::ChatRequest;
use crate::model::draft::Draft;
use crate::model::quirks::{Features, Form, Rule};
use crate::model::sse::Frame;
use crate::model::stream::Flow;
use reqwest::header::HeaderMap;
use secrecy::SecretString;

/// A protocol. Its implementors have no values: what a server was found to lack is kept by `remote`.
pub trait Protocol: Send + Sync + 'static {
    /// Reads one answer.
    type Reader: Reader;

    /// Which refusals mean that a server does not take a feature.
    const RULES: &'static [Rule];

    /// The name of the function that answers.
    const FUNCTION: &'static str;

    /// The path of that function, relative to a base address with this path.
    fn path(_base: &str) -> String {
        Self::FUNCTION.to_owned()
    }

    /// The function that gives the answer to a call of this id again; `None` if the protocol has none.
    fn kept(_id: &str) -> Option<String> {
        None
    }

    /// Adds what the protocol wants in the head of every request, the key among it.
    ///
    /// # Errors
    /// `config` if the key cannot stand in a header.
    fn sign(headers: &mut HeaderMap, key: Option<&SecretString>) -> Outcome<()>;

    /// What this server is known to lack before it was asked anything.
    fn lacks(host: &str, model: &str) -> Features;

    /// What of a request in this form the protocol leaves out beside the rest of it, for people.
    fn drops(_request: &ChatRequest, _form: Form) -> Option<&'static str> {
        None
    }

    /// The JSON of a request to `model`, without what the server lacks.
    ///
    /// # Errors
    /// `invalid` if the request holds something that the protocol cannot say.
    fn compose(request: &ChatRequest, model: &str, form: Form) -> Outcome<Vec<u8>>;
}

/// Reads one answer into a draft. Whether it is whole shows in the draft: a reader ends it only when the server has
/// said that nothing is missing.
pub trait Reader: Default + Send {
    /// Takes one event of a stream.
    ///
    /// # Errors
    /// What the server complains about, `protocol` if the event is not in the protocol, and what the draft's monitor says.
    fn frame(&mut self, draft: &mut Draft<'_>, frame: &Frame) -> Outcome<Flow>;

    /// Takes an answer that came as one document.
    ///
    /// # Errors
    /// As of an event; `transport` if the document was cut.
    fn document(&mut self, draft: &mut Draft<'_>, body: &[u8]) -> Outcome<()>;
}

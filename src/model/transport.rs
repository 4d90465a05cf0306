//! From a broken connection to a failure with a hint.
//!
//! What a server said over a working connection is judged in `classify`.

use crate::core::failure::{Failure, FailureKind};
use crate::model::client::root_cause;
use crate::model::endpoint::BASE_URL_HINT;
use crate::model::retry::{ASKED, REACH, UNREACHED};
use std::error::Error;
use std::io;
use std::time::Duration;

/// The failure of a request that got no answer.
pub fn unanswered(error: &reqwest::Error, host: &str, connect: Duration) -> Failure {
    let cause = root_cause(error);
    let transport = |what: String| Failure::new(FailureKind::Transport, what);
    if error.is_builder() {
        return Failure::new(FailureKind::Config, format!("the request to {host} cannot be made: {cause}"));
    }
    if error.is_dns() {
        return transport(format!("the name of {host} cannot be resolved: {cause}"))
            .hint("check base_url and the network")
            .detail(REACH, UNREACHED);
    }
    if is_refused(error) {
        return transport(format!("nothing listens at {host}: connection refused"))
            .hint("start the server, or check base_url and, if there is one, the proxy")
            .detail(REACH, UNREACHED);
    }
    if is_tls(error) {
        let failure = transport(format!("no secure connection to {host}: {cause}"))
            .hint("check base_url (http or https?) and the system's certificates");
        // What breaks later than the connection is made breaks under a request that may have been read.
        return if error.is_connect() { failure } else { failure.detail(REACH, ASKED) };
    }
    if is_not_http(&cause) {
        return Failure::new(FailureKind::Protocol, format!("{host} does not answer in HTTP: {cause}"))
            .hint("check base_url (http or https?)")
            .detail(REACH, ASKED);
    }
    if error.is_connect() && error.is_timeout() {
        return transport(format!("no connection to {host} within {} s", connect.as_secs_f64()))
            .hint("check base_url, the network and its proxies")
            .detail(REACH, UNREACHED);
    }
    if error.is_connect() {
        return transport(format!("no connection to {host}: {cause}"))
            .hint("check base_url, the network and its proxies");
    }
    transport(format!("the connection to {host} broke before the answer: {cause}")).detail(REACH, ASKED)
}

/// The failure of an answer whose connection broke on its way.
pub fn broken(error: &reqwest::Error, host: &str) -> Failure {
    let cause = root_cause(error);
    Failure::new(FailureKind::Transport, format!("the connection to {host} broke in the middle of the answer: {cause}"))
}

/// The failure of a stream that ended without saying that the answer is whole.
pub fn ended_early(host: &str) -> Failure {
    Failure::new(FailureKind::Transport, format!("stream ended early: {host} closed it before the answer was whole"))
}

/// The failure of an answer that is not in the protocol.
pub fn foreign(host: &str, what: &str) -> Failure {
    Failure::new(FailureKind::Protocol, format!("{host} did not answer in the chat protocol: {what}"))
        .hint(BASE_URL_HINT)
}

/// The failure of a server that was waited for in vain.
pub fn stalled(host: &str, what: &str, limit: Duration) -> Failure {
    let seconds = limit.as_secs_f64();
    Failure::new(FailureKind::Stalled, format!("{host} sent {what} within {seconds} s"))
        .hint("raise the timeouts if the model is only slow")
}

fn is_refused(error: &reqwest::Error) -> bool {
    chain(error)
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused))
}

fn is_tls(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| innermost(cause).is::<rustls::Error>())
}

/// What an IO error wraps; its `source` would skip that and give what lies below.
fn innermost<'a>(cause: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => innermost(wrapped),
        None => cause,
    }
}

/// hyper's errors have no public kinds for this, so its wording decides (hyper 1, `src/error.rs`).
fn is_not_http(cause: &str) -> bool {
    ["invalid HTTP", "invalid content-length", "message head is too large"].iter().any(|words| cause.contains(words))
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

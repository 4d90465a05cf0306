//! Finding servers: one on this machine that answers, and the models that a server offers.
//!
//! Nothing is started or configured here, and nothing outside of this machine is probed.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::model::classify::{Asked, refused};
use crate::model::client::HttpClient;
use crate::model::complaint::Complaint;
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{Patience, add_bearer, json_headers, open};
use crate::model::transport::foreign;
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use secrecy::SecretString;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long all probes of this machine may take together.
pub const PROBE_PATIENCE: Duration = Duration::from_millis(150);
/// How long a list of models may take.
const LIST_PATIENCE: Duration = Duration::from_secs(10);

/// A place where a server may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its address up to and including `/v1`.
    pub base_url: String,
}

impl Candidate {
    /// The ports of llama-server, ollama, LM Studio, vLLM and litellm, in this order.
    pub fn usual() -> Vec<Self> {
        let at = |port: u16| Self { base_url: format!("http://127.0.0.1:{port}/v1") };
        [8080, 11434, 1234, 8000, 4000].map(at).to_vec()
    }
}

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its address up to and including `/v1`.
    pub base_url: String,
    /// The names of its models; never empty.
    pub models: Vec<String>,
}

/// The first of the candidates that lists at least one model, all asked at once, within `timeout` for all together.
pub async fn local_server(candidates: &[Candidate], timeout: Duration) -> Option<Found> {
    let client = HttpClient::new();
    let deadline = Instant::now() + timeout;
    let probe = |candidate: &Candidate| {
        let (base_url, client) = (candidate.base_url.clone(), client.clone());
        async move {
            // A place where nobody answers properly is not a fault: it is what a probe finds out.
            let listed = timeout_at(deadline, list_models(&base_url, None, &client)).await.ok()?.ok()?;
            (!listed.is_empty()).then_some(Found { base_url, models: listed })
        }
    };
    let mut probes: FuturesOrdered<_> = candidates.iter().map(probe).collect();
    while let Some(found) = probes.next().await {
        if found.is_some() {
            return found;
        }
    }
    None
}

#[derive(Deserialize)]
struct Listing {
    /// ollama without models sends null.
    data: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
}

/// The names of the models that a server offers, in its order.
///
/// # Errors
/// As of a call: `config`, `auth`, `not_found`, `transport`, `stalled`, `protocol`.
pub async fn list_models(base_url: &str, key: Option<&SecretString>, client: &HttpClient) -> Outcome<Vec<String>> {
    let endpoint = Endpoint::parse(base_url)?;
    let (host, url) = (endpoint.host(), endpoint.at("models"));
    let patience = Patience::now(LIST_PATIENCE, "no list of models");
    let mut headers = json_headers(false);
    add_bearer(&mut headers, key)?;
    let request = client.reaching(&url, LIST_PATIENCE)?.get(url).headers(headers);
    let mut incoming = open(request, &host, LIST_PATIENCE, patience).await?;
    let status = incoming.status();
    if !(200..300).contains(&status) {
        let complaint = Complaint::read(&incoming.refusal().await);
        return Err(refused(status, &complaint, Asked { host: &host, model: "", with_key: key.is_some() }));
    }
    let mut body = Vec::new();
    while let Some(bytes) = incoming.chunk(patience).await? {
        body.extend_from_slice(bytes.as_ref());
    }
    match serde_json::from_slice::<Listing>(&body) {
        Ok(listing) => Ok(listing.data.into_iter().flatten().map(|entry| entry.id).collect()),
        Err(error) if error.is_eof() && !body.is_empty() => {
            Err(Failure::new(FailureKind::Transport, format!("the list of models of {host} ended early")))
        }
        Err(_) => Err(foreign(&host, "it sent no list of models")),
    }
}

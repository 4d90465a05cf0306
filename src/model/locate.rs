//! Finding servers: one on this machine that answers, and the models that a server offers.
//!
//! Nothing is started or configured here, and nothing outside of this machine is probed.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::model::anthropic::Messages;
use crate::model::classify::{Asked, refused};
use crate::model::client::HttpClient;
use crate::model::complaint::Complaint;
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{Patience, json_headers, open};
use crate::model::openai::ChatCompletions;
use crate::model::protocol::Protocol;
use crate::model::secrets::Secrets;
use crate::model::transport::foreign;
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long all probes of this machine may take together.
pub const PROBE_PATIENCE: Duration = Duration::from_millis(150);
/// How long a list of models may take.
const LIST_PATIENCE: Duration = Duration::from_secs(10);
/// How long a server may take to say how many tokens it takes; the first call waits for it.
const WINDOW_PATIENCE: Duration = Duration::from_secs(2);

/// A place where a server may listen.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its address up to and including `/v1`.
    pub base_url: String,
    /// The key that it is sent, if there is one for it.
    pub key: Option<SecretString>,
}

impl Candidate {
    /// The ports of llama-server, ollama, LM Studio, vLLM and litellm, in this order.
    pub fn usual() -> Vec<Self> {
        let at = |port: u16| Self { base_url: format!("http://127.0.0.1:{port}/v1"), key: None };
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
        let (Candidate { base_url, key }, client) = (candidate.clone(), client.clone());
        async move {
            // A place where nobody answers properly is not a fault: it is what a probe finds out.
            let listed = timeout_at(deadline, list_models(&base_url, key.as_ref(), &client)).await.ok()?.ok()?;
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

/// One model of a list; how many tokens it takes has a name of its own at each server.
#[derive(Deserialize)]
struct Entry {
    id: String,
    /// vLLM.
    max_model_len: Option<u64>,
    /// OpenRouter, together.
    context_length: Option<u64>,
    /// Groq.
    context_window: Option<u64>,
    /// Mistral, LM Studio.
    max_context_length: Option<u64>,
    /// Anthropic.
    max_input_tokens: Option<u64>,
}

/// A model that a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// Tokens that fit into a prompt and its answer, if the server says so.
    pub window: Option<u64>,
}

/// The names of the models that a server offers, in its order.
///
/// # Errors
/// As those of `offers`.
pub async fn list_models(base_url: &str, key: Option<&SecretString>, client: &HttpClient) -> Outcome<Vec<String>> {
    let offers = offers::<ChatCompletions>(base_url, key, client).await?;
    Ok(offers.into_iter().map(|offer| offer.name).collect())
}

/// The models that a server of this protocol offers, in its order.
///
/// # Errors
/// As of a call: `config`, `auth`, `unknown_model`, `transport`, `stalled`, `protocol`.
pub async fn offers<P: Protocol>(
    base_url: &str,
    key: Option<&SecretString>,
    client: &HttpClient,
) -> Outcome<Vec<Offer>> {
    let endpoint = Endpoint::parse(base_url)?;
    // The list stands beside the function that answers; Anthropic sends 20 unless it is asked for more.
    let mut url = endpoint.at(P::path(endpoint.path()).replace(P::FUNCTION, "models").as_str());
    if P::FUNCTION == Messages::FUNCTION {
        url.query_pairs_mut().append_pair("limit", "1000");
    }
    let secrets = Secrets::of(base_url, key, &[]);
    let body = fetch::<P>(url, &endpoint.host(), key, &secrets, client).await;
    let body = body.map_err(|failure| secrets.redact(failure))?;
    match serde_json::from_slice::<Listing>(&body) {
        Ok(listing) => Ok(listing.data.into_iter().flatten().map(offer).collect()),
        Err(error) if error.is_eof() && !body.is_empty() => {
            Err(Failure::new(FailureKind::Transport, format!("the list of models of {} ended early", endpoint.host())))
        }
        Err(_) => Err(foreign(&endpoint.host(), "it sent no list of models")),
    }
}

fn offer(entry: Entry) -> Offer {
    let windows = [
        entry.max_model_len,
        entry.context_length,
        entry.context_window,
        entry.max_context_length,
        entry.max_input_tokens,
    ];
    Offer { name: entry.id, window: windows.into_iter().flatten().find(|window| *window > 0) }
}

#[derive(Deserialize)]
struct Properties {
    default_generation_settings: Generation,
}

#[derive(Deserialize)]
struct Generation {
    n_ctx: u64,
}

/// Tokens that fit into a prompt and its answer, as the server itself has set them up: `n_ctx` of llama-server
/// (<https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md>), else what its list of models says.
///
/// A server that says neither, or does not answer in time, is no fault: the window is then assumed.
pub async fn window(base_url: &str, name: &str, key: Option<&SecretString>, client: &HttpClient) -> Option<u64> {
    let endpoint = Endpoint::parse(base_url).ok()?;
    let properties = async {
        let (url, secrets) = (endpoint.beside("props"), Secrets::of(base_url, key, &[]));
        let body = fetch::<ChatCompletions>(url, &endpoint.host(), key, &secrets, client).await.ok()?;
        let properties = serde_json::from_slice::<Properties>(&body).ok()?;
        Some(properties.default_generation_settings.n_ctx).filter(|window| *window > 0)
    };
    let listed = async {
        let offers = offers::<ChatCompletions>(base_url, key, client).await.ok()?;
        offers.into_iter().find(|offer| offer.name == name)?.window
    };
    let (properties, listed) =
        tokio::time::timeout(WINDOW_PATIENCE, async { tokio::join!(properties, listed) }).await.ok()?;
    properties.or(listed)
}

async fn fetch<P: Protocol>(
    url: Url,
    host: &str,
    key: Option<&SecretString>,
    secrets: &Secrets,
    client: &HttpClient,
) -> Outcome<Vec<u8>> {
    let patience = Patience::now(LIST_PATIENCE, "no answer");
    let mut headers = json_headers(false);
    P::sign(&mut headers, key)?;
    let request = client.reaching(&url, LIST_PATIENCE)?.get(url).headers(headers);
    let mut incoming = open(request, host, LIST_PATIENCE, patience).await?;
    let status = incoming.status();
    if !(200..300).contains(&status) {
        let complaint = Complaint::read(&incoming.refusal().await);
        return Err(refused(status, &complaint, Asked { host, model: "", with_key: key.is_some(), secrets }));
    }
    let mut body = Vec::new();
    while let Some(bytes) = incoming.chunk(patience).await? {
        body.extend_from_slice(bytes.as_ref());
    }
    Ok(body)
}

//! Fetches a page for a tool, from public addresses only.
//!
//! The name is resolved here, every address of it is checked, and the connection is pinned to those addresses, so that
//! a name that changes its answer between check and use gains nothing; each redirect goes through the same checks.
//! Proxies of the environment are ignored, because a proxy would resolve the name again.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::model::client::{install_crypto, root_cause};
use futures::StreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, LOCATION};
use reqwest::{Client, Response, Url, redirect};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const MAX_REDIRECTS: usize = 5;

/// How to fetch.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// The most bytes of the body, after decompression; the rest is not read.
    pub max_bytes: usize,
    /// How long the whole fetch may take, redirects included.
    pub timeout: Duration,
    /// Lets it fetch from loopback, private and other addresses that are not public.
    pub allow_private: bool,
    /// What the server is told.
    pub user_agent: String,
}

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// The address after redirects.
    pub final_url: String,
    /// The content type as sent; empty if none was.
    pub content_type: String,
    /// The body, at most `max_bytes` of it.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub truncated: bool,
}

/// Fetches `url` with GET.
///
/// Fails with `Invalid` (no http or https address), `Denied` (an address that is not public), `Transport` (no
/// connection, or too many redirects), `Stalled` (the timeout) and `Cancelled`.
pub async fn fetch(url: &str, options: &FetchOptions, cancel: &CancellationToken) -> Outcome<Fetched> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Failure::new(FailureKind::Cancelled, "the fetch was cancelled")),
        fetched = follow(url, options, |address| options.allow_private || is_public(address)) => fetched,
        () = tokio::time::sleep(options.timeout) => Err(Failure::new(
            FailureKind::Stalled,
            format!("{url} did not answer completely within {} s", options.timeout.as_secs_f64()),
        )),
    }
}

/// Refuses an address that another server is not to be sent to: one with a password, or one whose host is private or
/// this machine. A name is not looked up, because that server does so itself, and may find something else.
///
/// Fails with `Invalid` and `Denied` as `fetch` does.
pub fn check_public(url: &str, allow_private: bool) -> Outcome<()> {
    let url = Url::parse(url).map_err(|error| invalid(url, &error.to_string()))?;
    let (host, _) = host_and_port(&url)?;
    let is_private = match bare(host).parse::<IpAddr>() {
        Ok(address) => !is_public(address),
        Err(_) => host.trim_end_matches('.').rsplit('.').next() == Some("localhost"),
    };
    if is_private && !allow_private { Err(not_public(format!("`{host}` is not a public address"))) } else { Ok(()) }
}

async fn follow(url: &str, options: &FetchOptions, allowed: impl Fn(IpAddr) -> bool) -> Outcome<Fetched> {
    let mut url = Url::parse(url).map_err(|error| invalid(url, &error.to_string()))?;
    for _ in 0..=MAX_REDIRECTS {
        let addresses = checked_addresses(&url, &allowed).await?;
        let response = get(&url, addresses, options).await?;
        match redirected(&url, &response)? {
            Some(next) => url = next,
            None => return read(url, response, options.max_bytes).await,
        }
    }
    Err(Failure::new(FailureKind::Transport, format!("more than {MAX_REDIRECTS} redirects, the last to {url}"))
        .detail("url", url.as_str()))
}

async fn get(url: &Url, addresses: Vec<SocketAddr>, options: &FetchOptions) -> Outcome<Response> {
    install_crypto()?;
    let client = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .user_agent(&options.user_agent)
        .dns_resolver(Pinned(addresses))
        .build()
        .map_err(|error| Failure::new(FailureKind::Internal, format!("no HTTP client: {}", root_cause(&error))))?;
    client.get(url.clone()).send().await.map_err(|error| unreachable(url, &error))
}

/// Answers the addresses that were checked, whatever is asked.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(async move { Ok(addresses) })
    }
}

fn host_and_port(url: &Url) -> Outcome<(&str, u16)> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(url.as_str(), "only http and https can be fetched"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::new(FailureKind::Invalid, "the address holds a user name or password")
            .hint("leave out what is before the `@`"));
    }
    url.host_str().zip(url.port_or_known_default()).ok_or_else(|| invalid(url.as_str(), "it names no host"))
}

/// An IPv6 address is in brackets in an address of the web, and without them to a resolver.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn not_public(what: String) -> Failure {
    Failure::new(FailureKind::Denied, what)
        .hint("only public addresses may be fetched unless the configuration allows private ones")
}

async fn checked_addresses(url: &Url, allowed: &impl Fn(IpAddr) -> bool) -> Outcome<Vec<SocketAddr>> {
    let (host, port) = host_and_port(url)?;
    let found: Vec<SocketAddr> = tokio::net::lookup_host((bare(host), port))
        .await
        .map_err(|error| Failure::new(FailureKind::Transport, format!("the name `{host}` has no address: {error}")))?
        .collect();
    if found.is_empty() {
        return Err(Failure::new(FailureKind::Transport, format!("the name `{host}` has no address")));
    }
    match found.iter().find(|address| !allowed(address.ip())) {
        Some(private) => Err(not_public(format!("`{host}` is {}, not a public address", private.ip()))),
        None => Ok(found),
    }
}

/// Where a redirect leads; `None` for any other answer, a redirect without a target included.
fn redirected(url: &Url, response: &Response) -> Outcome<Option<Url>> {
    let target = match response.status().as_u16() {
        301 | 302 | 303 | 307 | 308 => header(response.headers(), &LOCATION),
        _ => return Ok(None),
    };
    if target.is_empty() {
        return Ok(None);
    }
    url.join(&target).map(Some).map_err(|error| invalid(&target, &format!("a redirect of {url} leads there: {error}")))
}

async fn read(url: Url, response: Response, max_bytes: usize) -> Outcome<Fetched> {
    let status = response.status().as_u16();
    let content_type = header(response.headers(), &CONTENT_TYPE);
    let mut body = Vec::new();
    let mut truncated = false;
    // Pieces are decompressed as they are read, so a small answer that swells is cut like a large one.
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| unreachable(&url, &error))?;
        let room = max_bytes - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            truncated = true;
            break;
        }
    }
    Ok(Fetched { status, final_url: url.into(), content_type, body, truncated })
}

fn header(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn invalid(url: &str, why: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("`{url}` cannot be fetched: {why}"))
        .hint("for example https://example.com/page")
}

fn unreachable(url: &Url, error: &reqwest::Error) -> Failure {
    Failure::new(FailureKind::Transport, format!("{url}: {}", root_cause(error)))
}

/// Whether an address is reachable on the public internet, by the special-purpose registries of IANA (RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        // This network, private, loopback, link-local with the metadata services of clouds, shared, reserved.
        [0 | 10 | 127, ..] | [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => false,
        // Protocol assignments, documentation, 6to4 relays, benchmarks.
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] | [198, 18..=19, ..] => false,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => false,
        _ => true,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = || {
        let [.., a, b] = segments;
        let ([a, b], [c, d]) = (a.to_be_bytes(), b.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // IPv4 in IPv6: mapped, and translated by NAT64.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => embedded(),
        // Protocol assignments with Teredo, documentation, 6to4, which all may carry an IPv4 address of choice.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // All that is assigned as global unicast; loopback, link-local, unique local and multicast are outside.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;

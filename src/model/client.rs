//! The shared HTTP clients: connection pools, TLS and proxies, each built when the first address needs it.
//!
//! Loading the system's certificates takes longer than starting the program, so a client for `http://` addresses is
//! built without any; and an address on this machine never goes through a proxy. Redirects are not followed: a key
//! must not travel to an address that nobody configured.

use crate::core::failure::{Failure, FailureKind, Outcome};
use reqwest::{Client, Url, redirect};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a connection without a request is kept.
const IDLE: Duration = Duration::from_secs(90);

/// The program's name and version, as servers see it.
pub const USER_AGENT: &str = concat!("rhizo/", env!("CARGO_PKG_VERSION"));

/// The pools of connections that all models of a process share. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct HttpClient {
    pools: Arc<Mutex<Vec<Pool>>>,
}

#[derive(Debug)]
struct Pool {
    route: Route,
    client: Client,
}

/// What distinguishes one pool from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Route {
    /// Needs the system's certificates.
    certificates: bool,
    /// May go through the system's proxies.
    proxies: bool,
    /// How long connecting may take.
    connect: Duration,
}

impl HttpClient {
    /// No pools yet; costs nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The client for an address, with its limit on connecting.
    ///
    /// # Errors
    /// `config` if TLS cannot be set up, for example because the system has no certificates.
    pub fn reaching(&self, url: &Url, connect: Duration) -> Outcome<Client> {
        let route = Route { certificates: url.scheme() == "https", proxies: !is_loopback(url), connect };
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.iter().find(|pool| pool.route == route) {
            return Ok(pool.client.clone());
        }
        let client = build(route)?;
        pools.push(Pool { route, client: client.clone() });
        Ok(client)
    }
}

/// Makes ring the process's cryptography unless a provider is already installed.
///
/// # Errors
/// `internal` if none is installed afterwards.
pub fn install_crypto() -> Outcome<()> {
    // Losing the race to another thread is success: what counts is that there is a provider.
    if CryptoProvider::get_default().is_some() || ring::default_provider().install_default().is_ok() {
        return Ok(());
    }
    match CryptoProvider::get_default() {
        Some(_) => Ok(()),
        None => Err(Failure::new(FailureKind::Internal, "no cryptography could be installed for TLS")),
    }
}

/// Whether an address is on this machine. `0.0.0.0` counts: it is what servers print when they listen everywhere.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn build(route: Route) -> Outcome<Client> {
    install_crypto()?;
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .pool_idle_timeout(IDLE)
        .connect_timeout(route.connect)
        .tcp_nodelay(true);
    if !route.proxies {
        builder = builder.no_proxy();
    }
    if !route.certificates {
        builder = builder.tls_backend_preconfigured(without_certificates()?);
    }
    builder.build().map_err(|error| {
        Failure::new(FailureKind::Config, format!("the HTTP client cannot be set up: {}", root_cause(&error)))
            .hint("https:// needs the system's certificates; on Debian they are in the package ca-certificates")
    })
}

/// A TLS setting that trusts nobody, for clients that never speak TLS.
fn without_certificates() -> Outcome<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(FailureKind::Internal, format!("TLS cannot be set up: {error}")))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The innermost reason of an error: the outer ones of an HTTP client only name its layers.
pub fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::{HttpClient, is_loopback};
    use reqwest::Url;
    use std::time::Duration;

    #[test]
    fn knows_this_machine() {
        for (address, expect) in [
            ("http://127.0.0.1:8080/v1", true),
            ("http://127.8.9.1/", true),
            ("http://[::1]:8080/", true),
            ("http://0.0.0.0:11434/", true),
            ("http://localhost/", true),
            ("http://models.localhost/", true),
            ("http://localhost.example.com/", false),
            ("http://10.0.0.1/", false),
            ("https://api.openai.com/v1", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(address).unwrap()), expect, "{address}");
        }
    }

    #[test]
    fn a_pool_serves_all_addresses_of_its_kind() {
        let client = HttpClient::new();
        for (address, connect, pools) in [
            ("http://127.0.0.1:1/v1", 1, 1),
            ("http://localhost:2/v1", 1, 1),
            ("http://127.0.0.1:1/v1", 2, 2),
            ("http://models.example/v1", 1, 3),
        ] {
            client.reaching(&Url::parse(address).unwrap(), Duration::from_secs(connect)).unwrap();
            assert_eq!(client.pools.lock().unwrap().len(), pools, "{address}");
        }
    }
}

//! What all models at one service may use together: the tables under `[services]`, each called as a service is or by
//! its address. What a model may use by itself stands in its own table.

use crate::config::settings::Settings;
use crate::config::traffic::RateLimits;
use crate::core::text::without_secrets;
use crate::registry::address;
use crate::registry::builtin::SERVERS;
use std::collections::BTreeSet;

/// What all models at one address share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The address, without what only a person may know.
    pub address: String,
    /// The limits of all of them together.
    pub limits: RateLimits,
}

/// What the models at an address share, if anything limits them. Of two tables that mean it both hold.
pub fn shared(settings: &Settings, base_url: &str) -> Option<Shared> {
    let limits = tables(settings, base_url).map(|(_, limits)| limits).reduce(RateLimits::and)?;
    (limits != RateLimits::default()).then(|| Shared { address: plain(base_url), limits })
}

/// The tables that mean the service at an address, by their names.
pub fn tables<'a>(settings: &'a Settings, base_url: &str) -> impl Iterator<Item = (&'a str, RateLimits)> {
    let here = plain(base_url);
    let tables = settings.services.iter().map(|(name, limits)| (name.as_str(), *limits));
    tables.filter(move |(name, _)| address_of(settings, name) == here)
}

/// Every name that a table may have: those of the services, and the addresses of the models that are described.
pub fn names(settings: &Settings) -> BTreeSet<String> {
    let described = settings.models.values().filter_map(|model| model.base_url.as_deref()).map(plain);
    SERVERS.iter().map(|service| service.name.to_owned()).chain(described).collect()
}

/// Whether a table of this name means a service at which a model can be.
pub fn is_known(settings: &Settings, names: &BTreeSet<String>, name: &str) -> bool {
    let address = plain(name);
    let usual = || SERVERS.iter().any(|service| plain(&address::base_url(settings, service)) == address);
    // What only a person may know has no place in a table's name.
    without_secrets(name) == name && (names.contains(&address) || usual())
}

/// The address that the name of a table means.
fn address_of(settings: &Settings, name: &str) -> String {
    let service = SERVERS.iter().find(|service| service.name == name.trim_end_matches('/'));
    plain(&service.map_or_else(|| name.to_owned(), |service| address::base_url(settings, service)))
}

/// An address as two of them are compared: spelled as requests are sent to it, and a password in it makes no other service.
pub fn plain(address: &str) -> String {
    let bare = without_secrets(address.trim()).trim_end_matches("?...").replacen("...@", "", 1);
    let Some((scheme, rest)) = bare.split_once("://") else { return bare.trim_end_matches('/').to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let usual = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}{}", host.strip_suffix(usual).unwrap_or(&host), without_function(path))
}

/// The path of an address without a function of the server that was pasted with it, and without a slash at its end.
pub fn without_function(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let pasted = ["/chat/completions", "/responses", "/messages"];
    pasted.iter().find_map(|function| path.strip_suffix(function)).unwrap_or(path).trim_end_matches('/')
}

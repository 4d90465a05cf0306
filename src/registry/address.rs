//! Where a service is: the address of a variable, completed as its own programs read it, else the usual one.

use crate::config::settings::Settings;
use crate::registry::builtin::Server;
use std::net::IpAddr;

/// The port of ollama where neither a port nor a scheme stands.
const OLLAMA_PORT: &str = "11434";

/// The address of a service: a variable's, else the usual one.
pub fn base_url(settings: &Settings, service: &Server) -> String {
    let given = service.address_variables.iter().find_map(|v| settings.environment.get(v));
    given.map_or_else(|| service.base_url.to_owned(), |text| completed(service, text))
}

/// `OLLAMA_HOST` is often only a host and port; the others are whole addresses.
fn completed(service: &Server, text: &str) -> String {
    if service.name == "ollama" { of_ollama(text) } else { text.trim_end_matches('/').to_owned() }
}

/// Any part but the host may be missing, and where a server listens everywhere it is reached on this machine. A scheme
/// brings its own port, as in <https://github.com/ollama/ollama/blob/main/envconfig/config.go>.
fn of_ollama(text: &str) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).trim_end_matches('/');
    let (scheme, usual, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme, None, rest),
        None => ("http", Some(OLLAMA_PORT), text),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, place) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    let (host, port) = parted(place);
    let host = reachable(host);
    let port = port.or(usual).map_or_else(String::new, |port| format!(":{port}"));
    let path = if path.is_empty() { String::new() } else { format!("/{path}") };
    let end = if path.ends_with("/v1") { "" } else { "/v1" };
    format!("{scheme}://{user}{host}{port}{path}{end}")
}

/// Host and port; an address of the sixth version may stand without brackets, and then has no port.
fn parted(place: &str) -> (&str, Option<&str>) {
    let bare = place.matches(':').count() > 1 && !place.starts_with('[');
    match place.rsplit_once(':') {
        Some((host, port)) if !bare && !port.ends_with(']') => (host, Some(port).filter(|port| !port.is_empty())),
        _ => (place, None),
    }
}

/// A host that can be asked, in brackets if it is an address of the sixth version.
fn reachable(host: &str) -> String {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(ip)) if ip.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        Err(_) if host.is_empty() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V4(_)) | Err(_) => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::of_ollama;

    #[test]
    fn what_an_address_of_ollama_leaves_out_is_filled_in() {
        for (given, base_url) in [
            ("127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
            ("box", "http://box:11434/v1"),
            ("box:", "http://box:11434/v1"),
            ("box:1/", "http://box:1/v1"),
            (" \"1.2.3.4\" ", "http://1.2.3.4:11434/v1"),
            (":11434", "http://127.0.0.1:11434/v1"),
            (":1", "http://127.0.0.1:1/v1"),
            ("0.0.0.0", "http://127.0.0.1:11434/v1"),
            ("0.0.0.0:1", "http://127.0.0.1:1/v1"),
            ("10.0.0.0:1", "http://10.0.0.0:1/v1"),
            ("::", "http://[::1]:11434/v1"),
            ("[::]", "http://[::1]:11434/v1"),
            ("[::]:1", "http://[::1]:1/v1"),
            ("http://[::]:1", "http://[::1]:1/v1"),
            ("::1", "http://[::1]:11434/v1"),
            ("[fe80::2]:1", "http://[fe80::2]:1/v1"),
            ("http://box", "http://box/v1"),
            ("http://box:11434", "http://box:11434/v1"),
            ("http://box:11434/v1/", "http://box:11434/v1"),
            ("https://ollama.example", "https://ollama.example/v1"),
            ("https://ollama.example:8443", "https://ollama.example:8443/v1"),
            ("https://proxy.example/ollama", "https://proxy.example/ollama/v1"),
            ("https://proxy.example:1/ollama/v1", "https://proxy.example:1/ollama/v1"),
            ("proxy.example/ollama", "http://proxy.example:11434/ollama/v1"),
            ("https://me:word@proxy.example/ollama", "https://me:word@proxy.example/ollama/v1"),
        ] {
            assert_eq!(of_ollama(given), base_url, "{given}");
        }
    }
}

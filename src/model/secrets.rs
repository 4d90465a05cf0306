//! What a server must not be heard repeating: the key, the values of configured headers, and what stands in front of the
//! host in its address, as typed, as meant, and as it is sent.
//!
//! Some servers and proxies write the head of a request into their errors, and errors go to screens, logs and the store.

use crate::core::failure::Failure;
use crate::core::text::{decoded, one_line};
use crate::model::image::base64;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::fmt;

/// What stands in place of a secret.
const HIDDEN: &str = "***";
/// Shorter texts are no secrets, and leaving them out would leave nothing readable.
const SHORTEST: usize = 4;
/// The same for what is only perhaps a secret.
const SHORTEST_UNNAMED: usize = 8;

/// The secrets of one server.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The longest first, since one may hold another.
    texts: Vec<String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.texts.len())
    }
}

impl Secrets {
    /// Those of a server at `base_url` that is sent this key and these headers.
    pub fn of(base_url: &str, key: Option<&SecretString>, headers: &[(String, String)]) -> Self {
        let mut found = Self::default();
        if let Some(key) = key {
            found.add(key.expose_secret(), SHORTEST);
        }
        for (name, value) in headers {
            let shortest = if is_secret(name) { SHORTEST } else { SHORTEST_UNNAMED };
            found.add(value, shortest);
            // What follows `Bearer` or `Basic` is the secret itself.
            if let Some((_, credentials)) = value.trim().split_once(' ') {
                found.add(credentials, shortest);
            }
        }
        if let Ok(url) = Url::parse(base_url.trim()) {
            found.address(&url);
        }
        found.texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        found.texts.dedup();
        found
    }

    /// User and password, and what the query has under names that speak of secrets.
    fn address(&mut self, url: &Url) {
        let (user, password) = (url.username(), url.password());
        for (user, password) in [(user.to_owned(), password.map(str::to_owned)), (decoded(user), password.map(decoded))]
        {
            let pair = format!("{user}:{}", password.clone().unwrap_or_default());
            if !user.is_empty() || password.is_some() {
                self.add(&base64(pair.as_bytes()), SHORTEST);
                self.add(&pair, SHORTEST);
                // Some services take a token for the user's name.
                self.add(&password.unwrap_or(user), SHORTEST);
            }
        }
        let named = url.query_pairs().filter(|(name, _)| is_secret(name));
        named.for_each(|(_, value)| self.add(&value, SHORTEST));
    }

    fn add(&mut self, text: &str, shortest: usize) {
        let text = text.trim();
        if text.len() >= shortest {
            self.texts.push(text.to_owned());
        }
    }

    /// The failure without the secrets, in its message, hint and details.
    pub fn redact(&self, mut failure: Failure) -> Failure {
        failure.message = self.hide(&failure.message);
        failure.hint = failure.hint.map(|hint| self.hide(&hint));
        failure.details.values_mut().for_each(|value| self.hide_in(value));
        failure
    }

    /// The first line of what a server said, without the secrets, cut to `limit` characters: in this order, since of a secret
    /// that is cut nobody would know the rest.
    pub fn one_line(&self, said: &str, limit: usize) -> String {
        one_line(&self.hide(said), limit)
    }

    fn hide(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    }

    fn hide_in(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.hide(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_in(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.hide_in(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whether a header or a parameter of this name holds a secret.
fn is_secret(name: &str) -> bool {
    let words = ["auth", "key", "token", "secret", "cookie", "password", "credential", "signature"];
    let name = name.to_lowercase();
    name == "sig" || words.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::Secrets;
    use crate::core::failure::{Failure, FailureKind};
    use secrecy::SecretString;
    use serde_json::json;

    #[test]
    fn every_form_of_a_secret_is_hidden() {
        let headers =
            [("X-Api-Key", "hush"), ("Authorization", "Bearer tok-1234"), ("X-Title", "rhizo"), ("X-Org", "org-98765")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let key = SecretString::from(" sk-1\n");
        let secrets = Secrets::of("http://me:p%40ss@host/v1?token=t0ps&version=2024", Some(&key), &headers);
        for (said, expect) in [
            ("key sk-1!", "key ***!"),
            ("hush tok-1234 org-98765", "*** *** ***"),
            ("Bearer tok-1234", "***"),
            ("me:p%40ss@host p@ss me:p@ss", "***@host *** ***"),
            // me:p@ss
            ("Basic bWU6cEBzcw==", "Basic ***"),
            ("t0ps 2024 rhizo me", "*** 2024 rhizo me"),
        ] {
            let failure = Failure::new(FailureKind::Server, said).hint(said).detail("raw", json!([{"a": said}]));
            let hidden = Failure::new(FailureKind::Server, expect).hint(expect).detail("raw", json!([{"a": expect}]));
            assert_eq!(secrets.redact(failure), hidden);
        }
        assert_eq!(Secrets::of("http://host/v1", None, &[]).hide("a b"), "a b");
        assert_eq!(Secrets::of("http://token@host/v1", None, &[]).hide("token dG9rZW46"), "*** ***");
        assert!(!format!("{secrets:?}").contains("hush"));
    }
}

//! The address of a server, as a person types it.
//!
//! Only the form is checked here; whether anybody listens there is found out by calling.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::without_secrets;
use crate::registry::services::without_function;
use reqwest::Url;

/// What to say when something other than the protocol answers.
pub const BASE_URL_HINT: &str = "is base_url right? it should end in /v1";

/// A checked base address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
}

impl Endpoint {
    /// Reads a base address such as `https://api.openai.com/v1`; a pasted `/chat/completions`,
    /// `/responses` or `/messages` at its end is dropped.
    ///
    /// # Errors
    /// `config` if it is not an `http` or `https` address.
    pub fn parse(base_url: &str) -> Outcome<Self> {
        let wrong = |why: &str| {
            Failure::new(
                FailureKind::Config,
                format!("base_url {:?} is not an address: {why}", without_secrets(base_url)),
            )
            .hint("it should look like http://127.0.0.1:8080/v1 or https://api.openai.com/v1")
        };
        let mut base = Url::parse(base_url.trim()).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong("it does not begin with http:// or https://"));
        }
        let path = without_function(base.path()).to_owned();
        base.set_path(&path);
        base.set_fragment(None);
        Ok(Self { base })
    }

    /// The address of one of the server's functions, for example `chat/completions`; a query in the base is kept.
    pub fn at(&self, function: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{function}", self.path()));
        url
    }

    /// The address of something that the server has beside its `/v1`, for example `props`.
    pub fn beside(&self, function: &str) -> Url {
        let mut url = self.base.clone();
        let path = self.path();
        url.set_path(&format!("{}/{function}", path.strip_suffix("/v1").unwrap_or(path)));
        url
    }

    /// The path of the base, without a slash at its end.
    pub fn path(&self) -> &str {
        self.base.path().trim_end_matches('/')
    }

    /// Host and port for messages, without anything secret.
    pub fn host(&self) -> String {
        let name = self.base.host_str().unwrap_or_default();
        self.base.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
    }

    /// The host's name alone.
    pub fn host_name(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn joins_what_people_type() {
        for (typed, expect) in [
            ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/chat/completions"),
            ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1/chat/completions"),
            (" https://api.openai.com/v1 ", "https://api.openai.com/v1/chat/completions"),
            ("https://a.example", "https://a.example/chat/completions"),
            ("https://a.example/v1/chat/completions", "https://a.example/v1/chat/completions"),
            ("https://a.example/v1/responses/", "https://a.example/v1/chat/completions"),
            ("https://a.example/d?api-version=2", "https://a.example/d/chat/completions?api-version=2"),
        ] {
            assert_eq!(Endpoint::parse(typed).map(|e| e.at("chat/completions").to_string()), Ok(expect.to_owned()));
        }
    }

    #[test]
    fn refuses_what_is_no_address_without_showing_a_password() {
        for typed in ["", "localhost:8080/v1", "127.0.0.1:8080", "ftp://user:secret@a.example/?key=secret"] {
            let failure = Endpoint::parse(typed).unwrap_err();
            assert_eq!(failure.kind.name(), "config");
            assert!(!failure.to_string().contains("secret"), "{failure}");
        }
    }
}

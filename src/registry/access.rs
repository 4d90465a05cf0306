//! What stands between a model and its use: keys, headers, and whether its calls cost money.

use crate::config::model::ModelConfig;
use crate::config::settings::Settings;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::price::Price;
use crate::registry::builtin::{SERVERS, Server};
use crate::registry::models::ModelSpec;

impl ModelSpec {
    /// Whether its calls cost nothing: at no price, or at no known price on this machine, where nobody sends bills.
    pub fn is_free(&self) -> bool {
        match &self.price {
            Some(price) => price.bills_as(&Price::FREE),
            None => is_local(&self.base_url),
        }
    }

    /// Whether it is free and the other is not, or nobody knows. A known price of nothing is more than an unknown one.
    pub fn is_cheaper_than(&self, other: &Self) -> bool {
        self.is_free() && (!other.is_free() || (self.price.is_some() && other.price.is_none()))
    }

    /// The variable of the key that is needed and not set.
    pub fn missing_key(&self, settings: &Settings) -> Option<&str> {
        let variable = self.key_variable.as_deref()?;
        // A server of one's own behind the usual variables rarely checks keys, nor does a service of this machine.
        let own = variable == "OPENAI_API_KEY" && !self.base_url.contains("api.openai.com");
        let of_this_machine = |service: &Server| service.key_variable == variable && is_local(service.base_url);
        let lenient = own || (is_local(&self.base_url) && SERVERS.iter().any(of_this_machine));
        (settings.environment.get(variable).is_none() && !lenient).then_some(variable)
    }
}

/// Whether an address is one of this machine.
pub(super) fn is_local(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    host.starts_with("127.") || host.starts_with("[::1]") || host.split(':').next() == Some("localhost")
}

/// Headers as configured: `Name: value`.
pub(super) fn headers(name: &str, config: &ModelConfig) -> Outcome<Vec<(String, String)>> {
    let split = |line: &String| {
        let (header, value) = line.split_once(':')?;
        (!header.trim().is_empty()).then(|| (header.trim().to_owned(), value.trim().to_owned()))
    };
    config.headers.iter().map(split).collect::<Option<_>>().ok_or_else(|| {
        // The line is not shown: it may hold a key.
        Failure::new(FailureKind::Config, format!("models.{name}.headers has a line that is no header"))
            .hint("write headers = [\"Name: value\"]")
    })
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn addresses_of_this_machine() {
        for (address, local) in [
            ("http://127.0.0.1:8080/v1", true),
            ("http://localhost/v1", true),
            ("http://[::1]:1/v1", true),
            ("http://me@localhost:1/v1", true),
            ("https://api.openai.com/v1", false),
            ("https://localhost.example/v1", false),
            ("http://10.0.0.1/v1", false),
        ] {
            assert_eq!(is_local(address), local, "{address}");
        }
    }
}

//! Reading a public price list: which form it has, which of its models this program can call, and why others are left
//! out.
//!
//! Facts are taken as they stand. Where a price depends on the hour, the highest is taken; what a list says about
//! audio, video, tools and batches is not used, because no call of this program is billed so.

use crate::config::price_file::{ListedModel, PriceFile};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::registry::prices::{genai, litellm};
use serde_json::Value;
use std::collections::BTreeMap;

/// A service of this program with its name in both lists.
pub(super) struct Names {
    pub(super) service: &'static str,
    pub(super) genai: &'static str,
    pub(super) litellm: &'static str,
}

const fn names(service: &'static str, genai: &'static str, litellm: &'static str) -> Names {
    Names { service, genai, litellm }
}

/// The services whose prices are read.
pub(super) const SERVICES: &[Names] = &[
    names("openai", "openai", "openai"),
    names("anthropic", "anthropic", "anthropic"),
    names("google", "google", "gemini"),
    names("mistral", "mistral", "mistral"),
    names("deepseek", "deepseek", "deepseek"),
    names("xai", "x-ai", "xai"),
    names("groq", "groq", "groq"),
    names("together", "together", "together_ai"),
    names("openrouter", "openrouter", "openrouter"),
];

/// Why a model of a list is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// Its provider is no service of this program.
    Service,
    /// It does not chat.
    Mode,
    /// It has no price of prompt and answer tokens.
    Unpriced,
    /// Its price has a condition or a unit that this program cannot count.
    Uncountable,
    /// Its entry is not of the list's form.
    Malformed,
}

impl Skip {
    /// The reason in words, after `N models:`.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Service => "of providers that are no service here",
            Self::Mode => "not for chat",
            Self::Unpriced => "without a price of prompt and answer tokens",
            Self::Uncountable => "priced by what cannot be counted before a call",
            Self::Malformed => "not in the list's form",
        }
    }
}

/// A price list as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// What is kept.
    pub file: PriceFile,
    /// Entries of the list, kept or not.
    pub entries: usize,
    /// What is left out, by reason.
    pub skipped: BTreeMap<Skip, Vec<String>>,
    /// The earliest day after `today` on which a kept price changes.
    pub next_change: Option<String>,
}

impl PriceList {
    pub(super) fn add(&mut self, id: &str, found: Result<ListedModel, Skip>) {
        self.entries += 1;
        match found {
            Ok(model) => {
                self.file.models.insert(id.to_owned(), model);
            }
            Err(skip) => self.skipped.entry(skip).or_default().push(id.to_owned()),
        }
    }

    pub(super) fn changes(&mut self, day: &str) {
        if self.next_change.as_deref().is_none_or(|known| day < known) {
            self.next_change = Some(day.to_owned());
        }
    }
}

/// Reads a list in the form of genai-prices (`prices/data.json`) or of litellm (`model_prices_and_context_window.json`).
/// `today` is `YYYY-MM-DD`: of dated prices, the one of this day is taken.
///
/// Fails with `Invalid` for any other text, and for a list of which nothing can be used.
pub fn read(text: &str, today: &str) -> Outcome<PriceList> {
    let not_json = |error: serde_json::Error| unknown(&format!("it is not JSON: {error}"));
    let value: Value = serde_json::from_str(text).map_err(not_json)?;
    let (source, mut list) = match providers(&value) {
        Some(providers) => ("genai-prices", genai::read(providers, today)),
        None => match value.as_object().filter(|models| models.values().any(litellm::is_entry)) {
            Some(models) => ("litellm", litellm::read(models)),
            None => {
                return Err(unknown(
                    "it has neither a list of providers with models nor entries with litellm_provider",
                ));
            }
        },
    };
    if list.file.models.is_empty() {
        return Err(unknown(&format!("none of its {} models can be used", list.entries)));
    }
    source.clone_into(&mut list.file.source);
    today.clone_into(&mut list.file.read);
    Ok(list)
}

/// The providers of genai-prices: the whole value in its first form, a field in the later ones.
fn providers(value: &Value) -> Option<&Vec<Value>> {
    let providers = value.as_array().or_else(|| value.get("providers").and_then(Value::as_array))?;
    providers.iter().any(|provider| provider.get("models").is_some_and(Value::is_array)).then_some(providers)
}

fn unknown(why: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("this is no price list: {why}")).hint(
        "it reads prices/data.json of github.com/pydantic/genai-prices and model_prices_and_context_window.json of \
         github.com/BerriAI/litellm",
    )
}

#[cfg(test)]
mod tests;

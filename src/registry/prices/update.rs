//! Reading a public price list: which form it has, which of its models this program can call, and why others are left
//! out.
//!
//! Facts are taken as they stand. Where a price depends on the hour, the highest is taken; what a list says about
//! audio, video, tools and batches is not used, because no call of this program is billed so.

use crate::config::price_file::{ListedModel, NameRule, PriceFile, is_plain};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::price::Price;
use crate::registry::prices::{clause, genai, litellm, strict};
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

/// The lists that are read.
pub const FORMS: &str = "prices/data.json of github.com/pydantic/genai-prices, or \
    model_prices_and_context_window.json of github.com/BerriAI/litellm";

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
    /// It stands in the list twice, at different prices.
    Twice,
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
            Self::Twice => "listed twice at different prices",
            Self::Uncountable => "priced by what cannot be counted before a call",
            Self::Malformed => "not in the list's form",
        }
    }
}

/// A price list as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// `genai-prices` or `litellm`.
    pub source: &'static str,
    /// The day on which it was read, `YYYY-MM-DD`.
    pub read: String,
    /// What is kept: `service/name` to what the list says.
    pub models: BTreeMap<String, ListedModel>,
    /// Other names of what is kept, which give way to models of this name.
    also: BTreeMap<String, ListedModel>,
    /// Of each service the rules by which further names are known, in the list's order. Those of models that are left
    /// out stand here, too: a name of theirs is no name of another model.
    rules: BTreeMap<String, Vec<NameRule>>,
    twice: Vec<String>,
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
            Ok(_) if !is_plain(id) => self.skipped.entry(Skip::Malformed).or_default().push(id.to_owned()),
            Ok(model) => match self.models.get(id) {
                Some(first) if !first.price.bills_as(&model.price) => self.twice.push(id.to_owned()),
                Some(_) => {}
                None => drop(self.models.insert(id.to_owned(), model)),
            },
            Err(skip) => self.skipped.entry(skip).or_default().push(id.to_owned()),
        }
    }

    /// Adds another name of a model.
    pub(super) fn also(&mut self, id: String, model: &ListedModel) {
        if is_plain(&id) {
            self.also.entry(id).or_insert_with(|| model.clone());
        }
    }

    /// Adds the rule by which the list knows names of a model.
    pub(super) fn rule(&mut self, service: &str, name: &str, rule: &Value) {
        self.rules.entry(service.to_owned()).or_default().push((name.to_owned(), rule.clone()));
    }

    /// The models of which a price is kept and a rule is not read in full.
    pub fn half_read(&self) -> Vec<String> {
        let rules = self.rules.iter().flat_map(|(service, rules)| rules.iter().map(move |rule| (service, rule)));
        let unread = rules.filter(|(_, (_, rule))| !clause::is_read(rule));
        let ids = unread.map(|(service, (name, _))| format!("{service}/{name}"));
        ids.filter(|id| self.models.contains_key(id)).collect()
    }

    /// Nobody knows which of two prices is meant, so such a model keeps the price that it had.
    fn settle(&mut self) {
        for (id, model) in std::mem::take(&mut self.also) {
            self.models.entry(id).or_insert(model);
        }
        self.twice.sort();
        self.twice.dedup();
        self.models.retain(|id, _| self.twice.binary_search(id).is_err());
        if !self.twice.is_empty() {
            self.skipped.insert(Skip::Twice, std::mem::take(&mut self.twice));
        }
    }

    /// Takes out what is listed at no credible price, for which `known` has none either; answers the ids.
    ///
    /// A list that does not know a price may write 0. genai-prices itself asks a person about less than these.
    pub fn take_unlikely(&mut self, known: impl Fn(&str) -> bool) -> Vec<String> {
        const LEAST_INPUT: u64 = 500_000;
        const LEAST_OUTPUT: u64 = 1_000_000;
        let unlikely = |id: &str, price: &Price| {
            let rates = price.rates;
            let little = rates.input < LEAST_INPUT || rates.output < LEAST_OUTPUT;
            little && price.per_request == 0 && !id.ends_with(":free") && !known(id)
        };
        let (out, kept) = std::mem::take(&mut self.models).into_iter().partition(|(id, m)| unlikely(id, &m.price));
        self.models = kept;
        let out: BTreeMap<String, ListedModel> = out;
        out.into_keys().collect()
    }

    /// The list as it is stored. A rule that only repeats names of a kept model says nothing further.
    pub fn file(&self) -> Outcome<PriceFile> {
        let mut rules = self.rules.clone();
        for (service, rules) in &mut rules {
            let kept = |name: &str| self.models.contains_key(&format!("{service}/{name}"));
            rules.retain(|(name, rule)| !clause::only_names(rule) || !kept(name));
        }
        rules.retain(|_, rules| !rules.is_empty());
        PriceFile::of(self.source, &self.read, &self.models, &rules)
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
    let not_json = |error: &serde_json::Error| {
        // Two prices of one name are well-formed JSON, but no list.
        let why = if error.is_data() { error.to_string() } else { format!("it is not JSON: {error}") };
        unknown(&why)
    };
    let value = strict::read(text).map_err(|error| not_json(&error))?;
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
    list.settle();
    if list.models.is_empty() {
        return Err(unknown(&format!("none of its {} models can be used", list.entries)));
    }
    list.source = source;
    today.clone_into(&mut list.read);
    Ok(list)
}

/// The providers of genai-prices: the whole value in its first form, a field in the later ones.
fn providers(value: &Value) -> Option<&Vec<Value>> {
    let providers = value.as_array().or_else(|| value.get("providers").and_then(Value::as_array))?;
    providers.iter().any(|provider| provider.get("models").is_some_and(Value::is_array)).then_some(providers)
}

fn unknown(why: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("this is no price list: {why}")).hint(format!("it reads {FORMS}"))
}

#[cfg(test)]
mod tests;

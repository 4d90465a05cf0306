//! What is known about a model without asking its provider: price, window and abilities, and where that comes from.
//!
//! The configuration is over the user's price file, that over the built-in table. Reading public price lists is the
//! business of `update`.

mod clause;
mod decimal;
mod genai;
mod litellm;
mod strict;
mod table;
pub mod update;

use crate::config::price_file::ListedModel;
use crate::config::price_keys::{PriceConfig, RateConfig};
use crate::config::settings::Settings;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::money::Money;
use crate::core::price::{Price, Rates, Tier};
use crate::core::text::{did_you_mean, nearest, nearest_by_a_letter};
use crate::registry::builtin::SERVERS;
use crate::registry::models::{Capabilities, ModelSpec};
use crate::registry::prices::table::{Known, MODELS, READ};
use serde::Serialize;
use std::fmt;

/// Where a price comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum PriceSource {
    /// The model runs here.
    Local,
    /// The table of this program.
    BuiltIn {
        /// The day on which it was read, `YYYY-MM-DD`.
        read: String,
        /// The entry, if it has another name than the model.
        #[serde(skip_serializing_if = "Option::is_none")]
        entry: Option<String>,
    },
    /// The user's price file.
    File {
        /// The public list: `genai-prices` or `litellm`.
        list: String,
        /// The day on which it was read.
        read: String,
        /// The entry, if it has another name than the model.
        #[serde(skip_serializing_if = "Option::is_none")]
        entry: Option<String>,
    },
    /// The model's own keys.
    Configuration,
}

impl fmt::Display for PriceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = match self {
            Self::Local => return f.write_str("runs here"),
            Self::Configuration => return f.write_str("configuration"),
            Self::BuiltIn { read, entry } => {
                write!(f, "built in, {read}")?;
                entry
            }
            Self::File { list, read, entry } => {
                write!(f, "{list}, {read}")?;
                entry
            }
        };
        entry.as_ref().map_or(Ok(()), |entry| write!(f, ", as {entry}"))
    }
}

/// What a list says about a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Tokens that fit into a prompt and its answer.
    pub window: Option<u64>,
    /// Tokens of an answer at most.
    pub max_output: Option<u64>,
    /// What it can do beyond text; only the built-in table says.
    pub capabilities: Capabilities,
    /// Its list price.
    pub price: Price,
    /// Where the price comes from.
    pub source: PriceSource,
}

/// What is known of the model `service/name`: exactly, or without the date at its end (providers sell a snapshot at the
/// price of its name, and one that is sold otherwise is listed), or by a rule of the price file.
pub fn listing(settings: &Settings, id: &str) -> Option<Listing> {
    let snapshot = || undated(id).and_then(|name| by_entry(settings, name));
    exactly(settings, id).or_else(snapshot).or_else(|| by_rule(settings, id))
}

/// A name of which no list has an entry is priced by the one model of the price file that it means, if that has a price.
fn by_rule(settings: &Settings, id: &str) -> Option<Listing> {
    let file = settings.prices.as_ref()?;
    let (service, name) = id.split_once('/')?;
    let rules = file.rules(service);
    let entry = format!("{service}/{}", clause::first(&rules, name)?);
    file.get(&entry).and_then(|_| by_entry(settings, &entry))
}

/// The listing of another name, with that name.
fn by_entry(settings: &Settings, name: &str) -> Option<Listing> {
    let mut listing = exactly(settings, name)?;
    if let PriceSource::BuiltIn { entry, .. } | PriceSource::File { entry, .. } = &mut listing.source {
        *entry = Some(name.to_owned());
    }
    Some(listing)
}

/// The listing that `models.NAME.priced_as` names; fails with `Config` if there is none.
pub fn named(settings: &Settings, name: &str, id: &str) -> Outcome<Listing> {
    listing(settings, id).ok_or_else(|| {
        let what = format!("models.{name}.priced_as is {id:?}, which has no list price");
        let hint = match nearest(id, MODELS.iter().map(|known| known.id)) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "`rhizo models prices` lists all of them".to_owned(),
        };
        Failure::new(FailureKind::Config, what).hint(hint).detail("keys", "priced_as")
    })
}

/// Takes the price from models whose `priced_as` names nothing that is listed: they are unpriced.
pub fn forget_unlisted(settings: &mut Settings) {
    let is_unlisted = |id: &String| listing(settings, id).is_none();
    let models = settings.models.iter().filter(|(_, config)| config.priced_as.as_ref().is_some_and(is_unlisted));
    let names: Vec<String> = models.map(|(name, _)| name.clone()).collect();
    for name in names {
        if let Some(config) = settings.models.get_mut(&name) {
            (config.priced_as, config.price) = (None, PriceConfig::default());
        }
    }
}

/// A note on a model that no list knows at its service, and that is called like a listed one but for a letter. It is no
/// error: a new model is in no list either, and one with another number in its name is taken for that.
pub fn slip(settings: &Settings, spec: &ModelSpec) -> Option<String> {
    // A shorter name is near to too many others.
    const LEAST: usize = 6;
    if spec.price.is_some() || spec.name.len() < LEAST {
        return None;
    }
    let service = SERVERS.iter().find(|server| server.base_url == spec.base_url)?.name;
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    let bare = ids(settings).filter_map(|id| id.strip_prefix(service)?.strip_prefix('/'));
    let near = nearest_by_a_letter(&spec.name, bare.filter(|name| digits(name) == digits(&spec.name)))?;
    let meant = did_you_mean(format_args!("{service}/{near}"));
    Some(format!("no price list has {service}/{}; if it is no new model, {meant}", spec.name))
}

/// The ids that the built-in table and the price file list, in this order.
pub fn ids(settings: &Settings) -> impl Iterator<Item = &str> {
    let file = settings.prices.iter().flat_map(|file| file.ids());
    let only = file.filter(|id| !MODELS.iter().any(|known| known.id == *id));
    built_in().map(|id| -> &str { id }).chain(only)
}

/// The ids of the built-in table.
pub fn built_in() -> impl Iterator<Item = &'static str> {
    MODELS.iter().map(|known| known.id)
}

/// The day on which the built-in table was read, `YYYY-MM-DD`.
pub const fn table_read() -> &'static str {
    READ
}

fn exactly(settings: &Settings, id: &str) -> Option<Listing> {
    let known = MODELS.iter().find(|known| known.id == id);
    let file = settings.prices.as_ref();
    let listed = file.and_then(|file| Some((file, file.get(id)?)));
    let Some((file, model)) = listed else {
        return known.map(Known::listing);
    };
    let ListedModel { window, max_output, price } = model;
    let source = PriceSource::File { list: file.source.clone(), read: file.read.clone(), entry: None };
    let below = known.map(Known::listing);
    Some(Listing {
        window: window.or(below.as_ref().and_then(|b| b.window)),
        max_output: max_output.or(below.as_ref().and_then(|b| b.max_output)),
        capabilities: below.map_or_else(Capabilities::default, |b| b.capabilities),
        price,
        source,
    })
}

impl Known {
    fn listing(&self) -> Listing {
        let tiers = self.long.map(|(above, rates)| Tier { above, rates });
        Listing {
            window: Some(self.window),
            max_output: (self.max_output > 0).then_some(self.max_output),
            capabilities: self.capabilities,
            price: Price { rates: self.rates, tiers: tiers.into_iter().collect(), per_image: 0, per_request: 0 },
            source: PriceSource::BuiltIn { read: READ.to_owned(), entry: None },
        }
    }
}

/// The id without a date at its end: `-20250929`, `@20250929` or `-2025-08-07`.
fn undated(id: &str) -> Option<&str> {
    const LONG: usize = "-2025-08-07".len();
    const SHORT: usize = "-20250929".len();
    let ends_in = |length: usize, shape: &[u8]| {
        let (head, tail) = id.split_at_checked(id.len().checked_sub(length)?)?;
        let fits = |(byte, form): (u8, &u8)| match form {
            b'0' => byte.is_ascii_digit(),
            b'-' => matches!(byte, b'-' | b'@'),
            other => byte == *other,
        };
        (tail.bytes().zip(shape).all(fits) && !head.is_empty()).then_some(head)
    };
    ends_in(LONG, b"-2000-00-00").or_else(|| ends_in(SHORT, b"-20000000"))
}

/// A model's price with its own keys over its list price; `None` if it has no such keys.
///
/// Whoever gives the price of a prompt or an answer has a price of their own: then nothing of the list price holds but
/// the other one of the two, so that what they do not say is billed as an ordinary token and never too low.
pub fn configured(name: &str, keys: &PriceConfig, listed: Option<&Price>) -> Outcome<Option<Price>> {
    if *keys == PriceConfig::default() {
        return Ok(None);
    }
    let own = keys.rates.input.is_some() || keys.rates.output.is_some();
    let list = listed.map(|price| price.rates);
    let pair = keys.rates.input.map(Money::nanos).or(list.map(|rates| rates.input));
    let Some((input, output)) = pair.zip(keys.rates.output.map(Money::nanos).or(list.map(|rates| rates.output))) else {
        return Err(Failure::new(
            FailureKind::Config,
            format!("models.{name} has only a part of its price: input_price and output_price are needed"),
        )
        .hint("give both, in USD per million tokens"));
    };
    let plain = Price::flat(input, output);
    let mut price = if own { plain } else { listed.cloned().unwrap_or(plain) };
    price.rates = over(&keys.rates, price.rates);
    price.per_image = keys.image.map_or(price.per_image, Money::nanos);
    price.per_request = keys.request.map_or(price.per_request, Money::nanos);
    if let Some(tier) = long(name, keys)? {
        price.tiers = vec![tier];
    }
    Ok(Some(price))
}

/// The configured rates of long prompts, which need their threshold and the price of a prompt and an answer.
fn long(name: &str, keys: &PriceConfig) -> Outcome<Option<Tier>> {
    let given = keys.long_rates != RateConfig::default();
    match (keys.long_prompt, keys.long_rates.input.zip(keys.long_rates.output)) {
        (None, _) if !given => Ok(None),
        (Some(above), Some((input, output))) => {
            let plain = Price::flat(input.nanos(), output.nanos()).rates;
            Ok(Some(Tier { above, rates: over(&keys.long_rates, plain) }))
        }
        _ => Err(Failure::new(
            FailureKind::Config,
            format!("models.{name} has only a part of its price of long prompts"),
        )
        .hint("give long_prompt in tokens, long_input_price and long_output_price together")
        .detail("keys", "long_")),
    }
}

fn over(keys: &RateConfig, rates: Rates) -> Rates {
    Rates {
        input: keys.input.map_or(rates.input, Money::nanos),
        cached_input: keys.cached_input.map(Money::nanos).or(rates.cached_input),
        cache_write: keys.cache_write.map(Money::nanos).or(rates.cache_write),
        output: keys.output.map_or(rates.output, Money::nanos),
        reasoning: keys.reasoning.map(Money::nanos).or(rates.reasoning),
    }
}

#[cfg(test)]
mod tests;

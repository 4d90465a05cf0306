//! The configuration against itself: names that nobody has, prices and numbers that cannot be meant.
//!
//! The form of each value is checked where it is read; here are the faults that show only when all layers are together.

use crate::config::environment::Environment;
use crate::config::fault::{self, Fault};
use crate::config::key;
use crate::config::layer::{Layer, Typed};
use crate::config::place::Place;
use crate::config::settings::Settings;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::money::Money;
use crate::core::text::{meant, one_line, without_secrets};
use crate::registry::builtin::SERVERS;
use crate::registry::capabilities::WORDS;
use crate::registry::{address, models, personas, prices, roles, services};
use serde_json::Value;
use std::collections::BTreeSet;

/// Reads all layers and checks them. Every fault of every source is told at once.
pub fn load(environment: Environment, flags: Layer) -> Outcome<Settings> {
    whole(Settings::read(environment, flags)?)
}

/// The same for the command that reads price lists: a price that no list has is none there, for it may be the next
/// list that has it.
pub fn load_for_prices(environment: Environment, flags: Layer) -> Outcome<Settings> {
    let (mut settings, faults) = Settings::read(environment, flags)?;
    prices::forget_unlisted(&mut settings);
    whole((settings, faults))
}

fn whole((settings, mut faults): (Settings, Vec<Fault>)) -> Outcome<Settings> {
    faults.extend(self::faults(&settings));
    if faults.is_empty() { Ok(settings) } else { Err(fault::failure(&faults)) }
}

/// The faults of settings whose every value is right by itself.
pub fn faults(settings: &Settings) -> Vec<Fault> {
    let mut check = Check { settings, faults: Vec::new() };
    check.defaults();
    check.models();
    check.addresses();
    check.services();
    check.roles();
    check.ladder();
    check.numbers();
    check.faults
}

/// What is wrong with a word that a model must have; `None` for a capability, and for a tag of some model.
pub fn required(settings: &Settings, word: &str) -> Option<String> {
    let tags: BTreeSet<&str> = settings.models.values().flat_map(|m| &m.tags).map(String::as_str).collect();
    if WORDS.contains(&word) || tags.contains(word) {
        return None;
    }
    let near = hint(word, WORDS.iter().chain(&tags).copied());
    Some(format!("no model has the capability or tag `{word}`{near}"))
}

/// Notes on models that the settings name and that are called almost like known ones. What is no model is a fault.
pub fn slips(settings: &Settings) -> BTreeSet<String> {
    let own = settings.models.iter().flat_map(|(name, config)| std::iter::once(name).chain(&config.fallback));
    let named = settings.roles.values().flat_map(|role| &role.models).chain(&settings.model).chain(own);
    let specs = named.filter_map(|name| models::resolve(settings, name).ok());
    specs.filter_map(|spec| prices::slip(settings, &spec)).collect()
}

/// No provider asks less for a million tokens, in nano-USD: genai-prices asks a person about less.
const LEAST_PRICE: u64 = 500_000;

struct Check<'a> {
    settings: &'a Settings,
    faults: Vec<Fault>,
}

impl Check<'_> {
    /// Tells a fault at the place of a setting, or of the table that it belongs to. What a flag names is wrong usage
    /// and is told by the command line.
    fn fault(&mut self, path: &str, message: impl Into<String>) {
        let merged = &self.settings.merged;
        let table = || merged.place(path.rsplit_once('.').map_or("", |(table, _)| table));
        let place = merged.place(path).or_else(table).cloned().unwrap_or(Place::BuiltIn);
        if !matches!(place, Place::Flag(_)) {
            self.faults.push(Fault::new(place, message));
        }
    }

    fn defaults(&mut self) {
        if let Some(name) = &self.settings.model {
            self.model_named("model", "model", name);
        }
        if let Some(failure) = self.settings.role.as_deref().and_then(|name| roles::find(self.settings, name).err()) {
            self.fault("role", with_hint("role", &failure));
        }
    }

    fn models(&mut self) {
        for (name, config) in &self.settings.models {
            let at = |field: &str| format!("models.{name}.{field}");
            if let Err(failure) = models::resolve(self.settings, name) {
                self.fault(&price_of(name, self.settings, &failure), with_hint(&format!("models.{name}"), &failure));
            }
            self.cached(name);
            self.per_token(name);
            for word in config.capabilities.iter().flatten().filter(|word| !WORDS.contains(&word.as_str())) {
                let near = hint(word, WORDS.iter().copied());
                self.fault(&at("capabilities"), format!("there is no capability `{word}`{near}"));
            }
            for other in &config.fallback {
                if other == name {
                    self.fault(&at("fallback"), format!("models.{name} cannot stand in for itself"));
                }
                self.model_named(&at("fallback"), &at("fallback"), other);
            }
            if config.key_env.as_deref().is_some_and(|variable| !is_variable(variable)) {
                // The text is not shown: it may be the key.
                let message = format!("{} must be the name of a variable, not the key itself", at("key_env"));
                self.fault(&at("key_env"), message);
            }
        }
    }

    /// An address without a scheme would be found by the first call only, after the work before it.
    fn addresses(&mut self) {
        let settings = self.settings;
        for (name, config) in &settings.models {
            if config.base_url.as_deref().is_some_and(|url| !is_address(url)) {
                let path = format!("models.{name}.base_url");
                self.fault(&path, format!("{path} {ADDRESS}"));
            }
        }
        for server in SERVERS {
            let set = server.address_variables.iter().find(|variable| settings.environment.get(variable).is_some());
            if let Some(variable) = set.filter(|_| !is_address(&address::base_url(settings, server))) {
                let place = Place::Variable((*variable).to_owned());
                self.faults.push(Fault::new(place, format!("the address of a server {ADDRESS}")));
            }
        }
    }

    /// A limit on a service at which no model is would hold nobody back.
    fn services(&mut self) {
        let settings = self.settings;
        let names = if settings.services.is_empty() { BTreeSet::new() } else { services::names(settings) };
        for name in settings.services.keys().filter(|name| !services::is_known(settings, &names, name)) {
            let near = hint(&services::plain(name), names.iter().map(String::as_str));
            let message = format!("there is no service `{}`{near}", one_line(&without_secrets(name), 80));
            self.fault(&format!("services.{name}"), message);
        }
    }

    /// A cache that makes a prompt dearer is a slip of the hand.
    fn cached(&mut self, name: &str) {
        let usd = |field: &str| match self.settings.merged.get(&format!("models.{name}.{field}")) {
            Some((Typed::Usd(money), _)) => Some(*money),
            _ => None,
        };
        if let (Some(cached), Some(input)) = (usd("cached_input_price"), usd("input_price"))
            && cached > input
        {
            let path = format!("models.{name}.cached_input_price");
            self.fault(&path, format!("{path} is {cached}, more than the {input} of input_price"));
        }
    }

    /// Whoever gives the price of one token where that of a million is meant has a budget that never ends.
    fn per_token(&mut self, name: &str) {
        for field in ["input_price", "output_price", "long_input_price", "long_output_price"] {
            let path = format!("models.{name}.{field}");
            if let Some((Typed::Usd(money), _)) = self.settings.merged.get(&path)
                && (1..LEAST_PRICE).contains(&money.nanos())
            {
                let million = Money::from_nanos(money.nanos().saturating_mul(1_000_000));
                let message = format!(
                    "{path} is {money} for a million tokens; if that is the price of one, write {million}, and 0 for nothing"
                );
                self.fault(&path, message);
            }
        }
    }

    fn roles(&mut self) {
        let settings = self.settings;
        for (name, config) in &settings.roles {
            let at = |field: &str| format!("roles.{name}.{field}");
            for model in &config.models {
                self.model_named(&at("models"), &at("models"), model);
            }
            for message in config.requires.iter().filter_map(|word| required(settings, word)) {
                self.fault(&at("requires"), message);
            }
            let persona = config.persona.as_deref().map(|given| personas::text(&settings.paths, given));
            if let Some(Err(failure)) = persona {
                self.fault(&at("persona"), with_hint(&at("persona"), &failure));
            }
        }
    }

    /// A name that no role has is no way up, so that nobody would ever take over.
    fn ladder(&mut self) {
        let settings = self.settings;
        for failure in settings.escalation.ladder.iter().filter_map(|name| roles::find(settings, name).err()) {
            self.fault("escalation.ladder", with_hint("escalation.ladder", &failure));
        }
    }

    /// Numbers that are in the right form and still cannot be meant.
    fn numbers(&mut self) {
        const MOST: &[(&str, f64)] = &[
            ("temperature", 2.0),
            ("monitor.repetition", 1.0),
            ("monitor.combined", 1.0),
            ("escalation.audit", 0.5),
            ("memory.off_share", 1.0),
        ];
        const POSITIVE: &[&str] = &[
            "max_tokens",
            "max_turns",
            "context_window",
            "image_tokens",
            "timeout",
            "first_token_timeout",
            "requests_per_minute",
            "tokens_per_minute",
            "concurrency",
        ];
        let is_bounded = |path: &str| path.starts_with("models.") || path == "limits.timeout";
        for path in self.settings.merged.paths() {
            let Some((typed, _)) = self.settings.merged.get(path) else { continue };
            let is =
                |field: &str| path.strip_suffix(field).is_some_and(|table| table.is_empty() || table.ends_with('.'));
            let most = MOST.iter().find(|(field, _)| is(field));
            match (typed, most) {
                (Typed::Number(number), Some((_, most))) if number > most => {
                    self.fault(path, format!("{path} must be at most {most}, not {number}"));
                }
                (Typed::Count(words), _) if is("monitor.ngram") && !(1..=8).contains(words) => {
                    self.fault(path, format!("{path} must be 1 to 8, not {words}"));
                }
                (Typed::Count(0), _) if POSITIVE.iter().any(|field| is(field)) => {
                    self.fault(path, format!("{path} must be more than 0"));
                }
                (Typed::Number(number), _) if *number <= 0.0 && is_bounded(path) && POSITIVE.iter().any(|f| is(f)) => {
                    self.fault(path, format!("{path} must be more than 0"));
                }
                _ => {}
            }
        }
    }

    fn model_named(&mut self, path: &str, what: &str, name: &str) {
        // A model that exists and is described wrongly has a fault of its own.
        let unknown = models::resolve(self.settings, name).err().filter(|f| f.kind == FailureKind::NotFound);
        if let Some(failure) = unknown {
            self.fault(path, with_hint(what, &failure));
        }
    }
}

/// What an address must be; the text itself is not shown, for it may hold a password.
const ADDRESS: &str = "must begin with http:// or https://, as in http://127.0.0.1:8080/v1";

/// Whether a text looks like the address of a server.
fn is_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = ["http://", "https://"].iter().find_map(|scheme| lower.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

/// The setting at which a wrong price stands: the first one that the model has, of those that the failure is about.
fn price_of(name: &str, settings: &Settings, failure: &Failure) -> String {
    let about = failure.details.get("keys").and_then(Value::as_str);
    let fields = key::KEYS.iter().filter_map(|key| key.path.strip_prefix("models.*."));
    let wrong = fields.filter(|field| about.map_or(field.ends_with("_price"), |start| field.starts_with(start)));
    let mut paths = wrong.map(|field| format!("models.{name}.{field}"));
    paths.find(|path| settings.merged.get(path).is_some()).unwrap_or_else(|| format!("models.{name}"))
}

fn with_hint(path: &str, failure: &Failure) -> String {
    let hint = failure.hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}"));
    let head = if failure.message.starts_with(path) { String::new() } else { format!("{path}: ") };
    format!("{head}{}{hint}", failure.message)
}

fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match meant(word, known.clone()) {
        Some(meant) => format!("; {meant}"),
        None => format!("; there are {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// Keys of providers have signs that no variable has, or are long and of both cases.
fn is_variable(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let both = name.contains(|c: char| c.is_ascii_uppercase()) && name.contains(|c: char| c.is_ascii_lowercase());
    let like_a_key = both && name.len() >= 20;
    !name.is_empty() && plain && !like_a_key && !name.starts_with(|c: char| c.is_ascii_digit())
}

//! From a model's name to everything that is needed to call it.

use crate::config::model::ModelConfig;
use crate::config::settings::Settings;
use crate::config::traffic::{RateLimits, Traffic};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::ModelId;
use crate::core::price::Price;
use crate::core::text::{did_you_mean, meant, nearest, one_line};
use crate::registry::builtin::{OFFLINE, SERVERS, Server};
use crate::registry::prices::{self, PriceSource};
use crate::registry::{access, address, capabilities, pictures};
use serde::Serialize;

/// Which protocol a model speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// OpenAI chat completions, as many servers speak them.
    OpenAi,
    /// OpenAI responses.
    Responses,
    /// Anthropic messages.
    Anthropic,
    /// The embedded extractive engine.
    Offline,
}

impl Provider {
    /// The protocol of a word of the configuration.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "openai" => Some(Self::OpenAi),
            "responses" => Some(Self::Responses),
            "anthropic" => Some(Self::Anthropic),
            "offline" => Some(Self::Offline),
            _ => None,
        }
    }
}

/// What a model can do beyond text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// Reads pictures.
    pub vision: bool,
    /// Calls functions.
    pub tools: bool,
    /// Can be held to a JSON Schema.
    pub json: bool,
    /// Gives the probabilities of its tokens.
    pub logprobs: bool,
}

/// A model, ready to be called.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelSpec {
    /// Its id.
    pub id: ModelId,
    /// Its protocol.
    pub provider: Provider,
    /// Address of the API; empty for the offline engine.
    pub base_url: String,
    /// The name sent to the provider.
    pub name: String,
    /// The variable that holds the key, if it needs one.
    pub key_variable: Option<String>,
    /// Tokens that fit into a prompt and its answer.
    pub window: u64,
    /// Whether somebody has told that window, and it is not merely assumed.
    #[serde(skip)]
    pub window_known: bool,
    /// Tokens of an answer at most; `None` if unknown.
    pub max_output: Option<u64>,
    /// Tokens that a picture counts at most; `None` if nobody says, and then `IMAGE_TOKENS` are assumed.
    pub image_tokens: Option<u64>,
    /// What its calls cost; `None` if unknown.
    pub price: Option<Price>,
    /// Where the price comes from.
    pub price_source: Option<PriceSource>,
    /// What it can do beyond text.
    pub capabilities: Capabilities,
    /// Headers beside those of the protocol, as name and value; not shown, because one may hold a key.
    #[serde(skip)]
    pub headers: Vec<(String, String)>,
    /// Words that a call may require.
    pub tags: Vec<String>,
    /// How good it is, as configured.
    pub rank: Option<f64>,
    /// Models that stand in when its provider fails, in this order.
    pub fallback: Vec<String>,
    /// Whether answers are streamed.
    pub stream: bool,
    /// Whether the server is asked to keep its answers.
    pub store: bool,
    /// Whether a root of this model is offered the function `rhai(code)` beside code blocks.
    pub functions: bool,
    /// Whether what becomes of its answers says anything of the ways and roles that led to them.
    #[serde(skip)]
    pub teaches: bool,
    /// Seconds of a whole call.
    pub timeout: f64,
    /// Seconds until the first token.
    pub first_token_timeout: f64,
    /// Further limits of time and number, as configured.
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// The window of a model about which nothing is known: small enough for any model of today.
const WINDOW: u64 = 32_768;

/// Everything that is needed to call the model of this name: one under `[models]`, `service/name`, or a known bare name.
pub fn resolve(settings: &Settings, name: &str) -> Outcome<ModelSpec> {
    if let Some(config) = settings.models.get(name) {
        return configured(settings, name, config);
    }
    if name == OFFLINE || name == "offline" {
        return Ok(offline());
    }
    if let Some((service, rest)) = name.split_once('/')
        && let Some(service) = SERVERS.iter().find(|s| s.name == service)
    {
        return Ok(at_service(settings, service, rest));
    }
    let bare = |id: &&str| id.split_once('/').is_some_and(|(_, bare)| bare == name);
    // A name that nobody lists without its service is no reason to pay a reseller.
    if let Some(id) = prices::ids(settings).filter(|id| !id.starts_with("openrouter/")).find(bare) {
        return resolve(settings, id);
    }
    // A server of one's own serves names that nobody else knows.
    let is_set = |s: &&Server| s.address_variables.iter().any(|v| settings.environment.get(v).is_some());
    let own = SERVERS.iter().filter(|s| s.provider == Provider::OpenAi).find(is_set);
    if let Some(service) = own
        && let Some(near) = nearest(name, settings.models.keys().map(String::as_str))
    {
        // A slip must not send a text meant for one server to another.
        let hint = format!("{} for the server's own model write `{}/{name}`", did_you_mean(near), service.name);
        return Err(unknown(name).hint(hint));
    }
    if let Some(service) = own {
        return Ok(at_service(settings, service, name));
    }
    let failure = unknown(name);
    let names = names(settings);
    let bare = |full: &str| full.rsplit('/').next().map(ToOwned::to_owned);
    let known: Vec<String> = names.iter().cloned().chain(names.iter().filter_map(|n| bare(n))).collect();
    Err(match meant(name, known.iter().map(String::as_str)) {
        Some(meant) => failure.hint(meant),
        None => failure.hint(
            "write service/name (openai/gpt-5-mini, ollama/llama3.2), or describe it under [models.NAME] in rhizo.toml",
        ),
    })
}

fn unknown(name: &str) -> Failure {
    Failure::new(FailureKind::NotFound, format!("there is no model `{}`", one_line(name, 80)))
}

/// How much may go out to a model: of several described models that are the same one at the same address the limits of all
/// hold.
pub fn limits(settings: &Settings, spec: &ModelSpec) -> RateLimits {
    // What is described wrongly is told where it is asked for.
    let described = settings.models.iter().filter_map(|(name, config)| configured(settings, name, config).ok());
    let same = described.filter(|other| (&other.base_url, &other.name) == (&spec.base_url, &spec.name));
    same.map(|other| other.traffic.rates).fold(spec.traffic.rates, RateLimits::and)
}

/// Every name that is known without asking a server.
pub fn names(settings: &Settings) -> Vec<String> {
    let configured = settings.models.keys().cloned();
    configured.chain(prices::built_in().map(ToOwned::to_owned)).chain([OFFLINE.to_owned()]).collect()
}

/// The embedded engine. It costs nothing, and that is known.
pub fn offline() -> ModelSpec {
    ModelSpec {
        id: ModelId::new(OFFLINE),
        provider: Provider::Offline,
        base_url: String::new(),
        name: "extract".to_owned(),
        key_variable: None,
        window: 1_000_000,
        window_known: true,
        max_output: None,
        image_tokens: None,
        price: Some(Price::FREE),
        price_source: Some(PriceSource::Local),
        capabilities: Capabilities::default(),
        headers: Vec::new(),
        tags: Vec::new(),
        rank: None,
        fallback: Vec::new(),
        stream: true,
        store: false,
        functions: false,
        // It goes the same way whatever it is asked, and never judges.
        teaches: false,
        timeout: 600.0,
        first_token_timeout: 600.0,
        traffic: Traffic::default(),
    }
}

fn at_service(settings: &Settings, service: &Server, name: &str) -> ModelSpec {
    let id = format!("{}/{name}", service.name);
    let listed = prices::listing(settings, &id);
    let base_url = address::base_url(settings, service);
    // The list price is the provider's own; another server behind the same protocol has prices of its own.
    let official = base_url == service.base_url;
    let priced = listed.as_ref().filter(|_| official);
    ModelSpec {
        id: ModelId::new(id),
        provider: service.provider,
        base_url,
        name: name.to_owned(),
        key_variable: (!service.key_variable.is_empty()).then(|| service.key_variable.to_owned()),
        window: listed.as_ref().and_then(|l| l.window).unwrap_or(WINDOW),
        window_known: listed.as_ref().is_some_and(|l| l.window.is_some()),
        max_output: listed.as_ref().and_then(|l| l.max_output),
        image_tokens: pictures::most_tokens(name),
        price: priced.map(|l| l.price.clone()),
        price_source: priced.map(|l| l.source.clone()),
        capabilities: listed.as_ref().map_or_else(Capabilities::default, |l| l.capabilities),
        headers: Vec::new(),
        tags: Vec::new(),
        rank: None,
        fallback: Vec::new(),
        stream: true,
        store: false,
        functions: false,
        teaches: true,
        timeout: 600.0,
        first_token_timeout: 120.0,
        traffic: Traffic::default(),
    }
}

fn configured(settings: &Settings, name: &str, config: &ModelConfig) -> Outcome<ModelSpec> {
    if config.provider.as_deref() == Some("offline") {
        return Ok(ModelSpec {
            id: ModelId::new(name),
            tags: config.tags.clone(),
            rank: config.rank,
            fallback: config.fallback.clone(),
            ..offline()
        });
    }
    let remote = config.name.clone().unwrap_or_else(|| name.rsplit('/').next().unwrap_or(name).to_owned());
    let service = name.split_once('/').and_then(|(service, _)| SERVERS.iter().find(|s| s.name == service));
    let spoken = config.provider.as_deref().and_then(Provider::parse);
    // Without a service in its name a model is at the first service that speaks its protocol.
    let speaks = |server: &&Server| spoken.is_some_and(|provider| server.provider == provider);
    let Some(base) = service.or_else(|| SERVERS.iter().find(speaks)).or_else(|| SERVERS.first()) else {
        return Err(Failure::new(FailureKind::Internal, "the table of services is empty"));
    };
    let mut spec = at_service(settings, base, &remote);
    spec.id = ModelId::new(name);
    spec.provider = spoken.unwrap_or(spec.provider);
    spec.headers = access::headers(name, config)?;
    if let Some(base_url) = &config.base_url {
        spec.base_url = base_url.trim_end_matches('/').to_owned();
        // A server of one's own needs no key unless its variable is named.
        spec.key_variable = None;
        spec.price = None;
        spec.price_source = None;
    }
    if let Some(variable) = &config.key_env {
        spec.key_variable = Some(variable.clone());
    }
    spec.capabilities = capabilities::configured(spec.capabilities, config);
    spec.tags.clone_from(&config.tags);
    spec.rank = config.rank;
    spec.fallback.clone_from(&config.fallback);
    spec.window = config.context_window.unwrap_or(spec.window);
    spec.window_known |= config.context_window.is_some();
    let like = config.priced_as.as_deref().and_then(pictures::most_tokens);
    spec.image_tokens = config.image_tokens.or(like).or(spec.image_tokens);
    spec.stream = config.stream.unwrap_or(true);
    spec.store = config.store.unwrap_or(false);
    spec.functions = config.functions.unwrap_or(false);
    spec.timeout = config.timeout.unwrap_or(spec.timeout);
    spec.first_token_timeout = config.first_token_timeout.unwrap_or(spec.first_token_timeout);
    spec.traffic = config.traffic;
    if let Some(id) = &config.priced_as {
        let listing = prices::named(settings, name, id)?;
        spec.price = Some(listing.price);
        spec.price_source = Some(listing.source);
    }
    if let Some(price) = prices::configured(name, &config.price, spec.price.as_ref())? {
        spec.price = Some(price);
        spec.price_source = Some(PriceSource::Configuration);
    }
    Ok(spec)
}

//! Models in use: built when first asked for, by role or by name.

pub mod choices;
pub mod choose;
pub(super) mod chosen;
pub(super) mod sized;

use crate::config::settings::Settings;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::ModelId;
use crate::core::price::Price;
use crate::host::models::choose::{Chosen, Wish};
use crate::host::models::sized::Windows;
use crate::model::anthropic::Anthropic;
use crate::model::breaker::Health;
use crate::model::chat::ChatModel;
use crate::model::client::HttpClient;
use crate::model::exchange::Timeouts;
use crate::model::lane::{Lane, Lanes};
use crate::model::offline::engine::OfflineEngine;
use crate::model::openai::OpenAi;
use crate::model::remote::RemoteSettings;
use crate::model::responses::OpenAiResponses;
use crate::model::retry::RetryPolicy;
use crate::registry::models::{self, ModelSpec, Provider};
use crate::registry::{prices, services};
use futures::future::BoxFuture;
use secrecy::SecretString;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// A model that can be called and paid.
#[derive(Clone)]
pub struct Served {
    /// What it is.
    pub spec: Arc<ModelSpec>,
    /// How to talk to it.
    pub model: Arc<dyn ChatModel>,
    /// What it costs; `None` if unknown.
    pub price: Option<Price>,
    /// Why it cannot be asked, if its key is missing: a call that the log of a run answers needs none.
    pub lacking: Option<Arc<Failure>>,
}

impl Served {
    /// A failure with the model that it came from, and for a refused key the variable that holds it.
    pub fn explained(&self, failure: Failure) -> Failure {
        let failure = failure.detail("model", self.spec.id.as_str());
        match (&self.spec.key_variable, failure.kind) {
            (Some(variable), FailureKind::Auth) => failure.hint(format!("check the key in {variable}")),
            (None, FailureKind::Auth) => {
                failure.hint("no key is sent to this model: name its variable by `key_env` in rhizo.toml")
            }
            _ => failure,
        }
    }
}

/// The model that is used where nothing else is said, and why it is that one.
#[derive(Clone, Debug)]
pub struct DefaultModel {
    /// The model.
    pub spec: ModelSpec,
    /// Why, for people.
    pub reason: String,
    /// Whether nothing is configured: it is nobody's choice.
    pub unasked: bool,
}

/// Decides the default model; asked at the first call, so that a program without one does not pay for it.
pub type Decide = Box<dyn Fn() -> BoxFuture<'static, Outcome<DefaultModel>> + Send + Sync>;

/// Models in use.
pub struct Models {
    pub(super) settings: Arc<Settings>,
    decide: Decide,
    default: OnceCell<DefaultModel>,
    pub(super) client: HttpClient,
    pub(super) windows: Windows,
    retry: RetryPolicy,
    lanes: Lanes,
    built: Mutex<HashMap<String, Served>>,
    /// The model that a person chose for everything while the program ran.
    switched: Mutex<Option<String>>,
    told: Mutex<HashMap<ModelId, Option<String>>>,
    /// The models of whose silence a person knows.
    silent: Mutex<HashSet<ModelId>>,
    /// The models of whose waits for budget a person knows.
    short: Mutex<HashSet<ModelId>>,
    /// Choices made so far: settings and keys do not change while the program runs.
    pub(super) chosen: Mutex<HashMap<Wish, Arc<Chosen>>>,
}

impl Models {
    /// Models over a default one that is still to be decided.
    pub fn new(settings: Arc<Settings>, decide: Decide, client: HttpClient) -> Self {
        Self {
            settings,
            decide,
            default: OnceCell::new(),
            client,
            windows: Windows::default(),
            retry: RetryPolicy::default(),
            lanes: Lanes::default(),
            built: Mutex::default(),
            switched: Mutex::default(),
            told: Mutex::default(),
            silent: Mutex::default(),
            short: Mutex::default(),
            chosen: Mutex::default(),
        }
    }

    /// The default model and the reason for it.
    pub async fn default_model(&self) -> Outcome<&DefaultModel> {
        self.default.get_or_try_init(|| self.decided()).await
    }

    async fn decided(&self) -> Outcome<DefaultModel> {
        let decided = (self.decide)().await?;
        Ok(DefaultModel { spec: self.sized(decided.spec).await, ..decided })
    }

    /// Uses this model for every role from now on; `None` goes back to the settings.
    ///
    /// Fails if there is no such model, or if its key is missing; then nothing changes.
    pub fn switch(&self, name: Option<&str>) -> Outcome<Option<ModelSpec>> {
        let spec = name.map(|name| self.known(name).map_or_else(|| models::resolve(&self.settings, name), Ok));
        let spec = spec.transpose()?;
        spec.as_ref().map(|spec| key(&self.settings, spec)).transpose()?;
        self.switch_back(name);
        Ok(spec)
    }

    /// The same for a session that goes on: whether the model can be asked shows when it is.
    pub fn switch_back(&self, name: Option<&str>) {
        *self.switched.lock().unwrap_or_else(PoisonError::into_inner) = name.map(str::to_owned);
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The model that `switch` chose.
    pub fn switched(&self) -> Option<String> {
        self.switched.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a person should know of this model, the first time it is asked for.
    pub fn first_notice(&self, served: &Served) -> Option<String> {
        match self.told.lock().unwrap_or_else(PoisonError::into_inner).entry(served.spec.id.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(new) => {
                let notice = served.model.notice().map(str::to_owned);
                new.insert(notice.or_else(|| prices::slip(&self.settings, &served.spec))).clone()
            }
        }
    }

    /// The same of a model that answers because nothing is configured, once it was asked for: who wants to hear of nothing
    /// else did not choose it either.
    pub fn unasked_notice(&self) -> Option<String> {
        let default = self.default.get().filter(|default| default.unasked)?;
        self.told.lock().unwrap_or_else(PoisonError::into_inner).get(&default.spec.id).cloned().flatten()
    }

    /// Whether nobody has been told yet that this model takes its time.
    pub fn first_silence(&self, id: &ModelId) -> bool {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone())
    }

    /// Whether nobody has been told yet that calls to this model wait for budget.
    pub fn first_shortage(&self, id: &ModelId) -> bool {
        self.short.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone())
    }

    /// What is known of the model of this name, if there is one.
    pub fn known(&self, name: &str) -> Option<ModelSpec> {
        match self.default.get() {
            Some(default) if default.spec.id.as_str() == name => Some(default.spec.clone()),
            _ => models::resolve(&self.settings, name).ok(),
        }
    }

    /// Whether what becomes of answers of the model of this name teaches anything; so it is of one that nobody knows.
    pub fn teaches(&self, name: &str) -> bool {
        self.known(name).is_none_or(|spec| spec.teaches)
    }

    /// How the breaker of a model stands; `None` for one that needs no connection.
    pub fn health(&self, spec: &ModelSpec) -> Option<Health> {
        let remote = spec.provider != Provider::Offline;
        remote.then(|| self.lane(spec).health())
    }

    fn lane(&self, spec: &ModelSpec) -> Arc<Lane> {
        let shared = services::shared(&self.settings, &spec.base_url);
        self.lanes.of(&spec.base_url, &spec.name, models::limits(&self.settings, spec), shared)
    }

    /// The model of this name, ready to be called.
    pub(super) fn serve(&self, name: &str, spec: impl FnOnce() -> Outcome<ModelSpec>) -> Outcome<Served> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(served) = built.get(name) {
            return Ok(served.clone());
        }
        let served = self.build(spec()?)?;
        built.insert(name.to_owned(), served.clone());
        Ok(served)
    }

    /// The same for a run that goes on, whose log may have the answers: a missing key is told by the first call that is to be
    /// sent.
    pub(super) fn serve_logged(&self, name: &str, spec: ModelSpec) -> Outcome<Served> {
        match key(&self.settings, &spec) {
            Ok(_) => self.serve(name, || Ok(spec)),
            Err(lacking) => Ok(Served { lacking: Some(Arc::new(lacking)), ..self.with_key(spec, None) }),
        }
    }

    /// The model of this name, to be asked about calls that it was sent.
    ///
    /// Fails if there is none, or if its key is missing.
    pub fn by_name(&self, name: &str) -> Outcome<Served> {
        self.serve(name, || self.known(name).map_or_else(|| models::resolve(&self.settings, name), Ok))
    }

    fn build(&self, spec: ModelSpec) -> Outcome<Served> {
        let key = key(&self.settings, &spec)?;
        Ok(self.with_key(spec, key))
    }

    fn with_key(&self, spec: ModelSpec, key: Option<SecretString>) -> Served {
        let (remote, client) = (|key| self.remote(&spec, key), || self.client.clone());
        let model: Arc<dyn ChatModel> = match spec.provider {
            Provider::Offline => Arc::new(OfflineEngine::new()),
            Provider::OpenAi => Arc::new(OpenAi::new(remote(key), client())),
            Provider::Responses => Arc::new(OpenAiResponses::new(remote(key), client())),
            Provider::Anthropic => Arc::new(Anthropic::new(remote(key), client())),
        };
        let price = spec.price.clone();
        Served { spec: Arc::new(spec), model, price, lacking: None }
    }

    fn remote(&self, spec: &ModelSpec, key: Option<SecretString>) -> RemoteSettings {
        RemoteSettings {
            id: spec.id.clone(),
            base_url: spec.base_url.clone(),
            key,
            headers: spec.headers.clone(),
            model_name: spec.name.clone(),
            image_tokens: spec.image_tokens,
            timeouts: timeouts(spec),
            retry: self.retry,
            stream: spec.stream,
            store: spec.store,
            lane: self.lane(spec),
        }
    }
}

fn timeouts(spec: &ModelSpec) -> Timeouts {
    let standard = Timeouts::default();
    Timeouts {
        connect: spec.traffic.connect_timeout.map_or(standard.connect, seconds),
        first_token: seconds(spec.first_token_timeout),
        between_tokens: spec.traffic.between_tokens_timeout.map_or(standard.between_tokens, seconds),
        total: seconds(spec.timeout),
    }
}

/// The key of a model. A service that needs one and has none is an error before anything is sent.
pub fn key(settings: &Settings, spec: &ModelSpec) -> Outcome<Option<SecretString>> {
    let Some(variable) = &spec.key_variable else {
        return Ok(None);
    };
    match settings.environment.get(variable) {
        Some(key) => Ok(Some(SecretString::from(key.to_owned()))),
        None if spec.missing_key(settings).is_none() => Ok(None),
        None => Err(Failure::new(FailureKind::Auth, format!("{} needs a key and {variable} is not set", spec.id))
            .hint(format!("export {variable}=..., or choose another model with --model (`offline` needs no key)"))),
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(600))
}

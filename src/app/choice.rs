//! Which model is used where nothing else is said: flag > variables > `model` of the configuration > the models that it
//! describes > an OpenAI key > a local server > offline.

use crate::config::settings::Settings;
use crate::core::failure::Outcome;
use crate::host::models::DefaultModel;
use crate::model::client::HttpClient;
use crate::model::locate::{self, Candidate};
use crate::registry::address;
use crate::registry::builtin::{OPENAI_DEFAULT, SERVERS, Server};
use crate::registry::models::{ModelSpec, Provider, offline, resolve};
use secrecy::SecretString;
use std::time::Duration;

/// How long a local server may take to answer, all candidates together.
const LOCAL: Duration = Duration::from_millis(150);

/// Decides. Only the last two steps touch the network, and only loopback.
pub async fn default_model(settings: &Settings, client: &HttpClient) -> Outcome<DefaultModel> {
    if let Some(name) = &settings.forced_model {
        let forced = |spec| DefaultModel { spec, reason: "named by --model or RHIZO_MODEL".to_owned(), unasked: false };
        return resolve(settings, name).map(forced);
    }
    if let Some(chosen) = by_address(settings, client).await? {
        return Ok(chosen);
    }
    if let Some(name) = &settings.model {
        let reason = "named by `model` in the configuration".to_owned();
        return resolve(settings, name).map(|spec| DefaultModel { spec, reason, unasked: false });
    }
    let described = described(settings)?;
    if let Some(spec) = described.iter().find(|spec| spec.missing_key(settings).is_none()) {
        return Ok(of_configuration(spec));
    }
    if settings.environment.get("OPENAI_API_KEY").is_some() {
        let reason = "OPENAI_API_KEY is set".to_owned();
        return resolve(settings, OPENAI_DEFAULT).map(|spec| DefaultModel { spec, reason, unasked: false });
    }
    if let Some(spec) = local_server(settings).await? {
        let reason = format!("a local server answers at {}", spec.base_url);
        return Ok(DefaultModel { spec, reason, unasked: false });
    }
    // A configured model that lacks its key says so when it is asked; an answer of the offline engine would hide it.
    if let Some(spec) = described.first() {
        return Ok(of_configuration(spec));
    }
    let reason = "no model is configured and no local server answers".to_owned();
    Ok(DefaultModel { spec: offline(), reason, unasked: true })
}

fn of_configuration(spec: &ModelSpec) -> DefaultModel {
    let reason = "the first model of the configuration that can be called; `model = ..` names another".to_owned();
    DefaultModel { spec: spec.clone(), reason, unasked: false }
}

/// The models that the configuration describes or lists for a role, in the order of its files. The offline engine is
/// used only where it is named.
fn described(settings: &Settings) -> Outcome<Vec<ModelSpec>> {
    let place = |name: &str| settings.merged.place(&format!("models.{name}"));
    let mut files: Vec<&str> = Vec::new();
    let mut names: Vec<(usize, (usize, usize), &String)> = Vec::new();
    for name in settings.models.keys() {
        let Some(place) = place(name) else { continue };
        let file = place.file().unwrap_or_default();
        let at = files.iter().position(|known| *known == file).unwrap_or_else(|| {
            files.push(file);
            files.len() - 1
        });
        names.push((at, place.position(), name));
    }
    names.sort();
    let listed = settings.roles.values().flat_map(|role| &role.models);
    let specs = names.into_iter().map(|(_, _, name)| name).chain(listed).map(|name| resolve(settings, name));
    let specs: Vec<ModelSpec> = specs.collect::<Outcome<_>>()?;
    Ok(specs.into_iter().filter(|spec| spec.provider != Provider::Offline).collect())
}

/// A server whose address stands in a variable, with the model that it serves first.
///
/// An address is a choice, so it wins over the configuration. A key alone is only a credential: where the
/// configuration names a model, a key for another provider that happens to be exported must not redirect paid calls.
async fn by_address(settings: &Settings, client: &HttpClient) -> Outcome<Option<DefaultModel>> {
    // Addresses of other protocols are meant for other programs as well, and only say where their services are.
    for service in SERVERS.iter().filter(|service| service.provider == Provider::OpenAi) {
        let Some(variable) = service.address_variables.iter().find(|v| settings.environment.get(v).is_some()) else {
            continue;
        };
        let reason = format!("{variable} is set");
        let name = match settings.model.as_deref().filter(|name| speaks(settings, name, service)) {
            Some(name) => name.to_owned(),
            None => format!("{}/{}", service.name, first_model(settings, service, client).await?),
        };
        let spec = resolve(settings, &name)?;
        return Ok(Some(DefaultModel { spec, reason, unasked: false }));
    }
    Ok(None)
}

/// Whether a configured name means a model of this service.
fn speaks(settings: &Settings, name: &str, service: &Server) -> bool {
    resolve(settings, name).is_ok_and(|spec| spec.base_url == address::base_url(settings, service))
}

/// The first model that a server lists; `OPENAI_MODEL` if it is set; `default` if the server lists none.
async fn first_model(settings: &Settings, service: &Server, client: &HttpClient) -> Outcome<String> {
    if let Some(name) = settings.environment.get("OPENAI_MODEL") {
        return Ok(name.to_owned());
    }
    let base_url = address::base_url(settings, service);
    if base_url == service.base_url && service.name == "openai" {
        return Ok(OPENAI_DEFAULT.trim_start_matches("openai/").to_owned());
    }
    let key = key_of(settings, service);
    let listing = locate::list_models(&base_url, key.as_ref(), client);
    // A server that lists nothing may still answer; the first call tells what is wrong with it.
    let models = tokio::time::timeout(Duration::from_secs(2), listing).await.ok().and_then(Result::ok);
    Ok(models.and_then(|names| names.into_iter().next()).unwrap_or_else(|| "default".to_owned()))
}

fn key_of(settings: &Settings, service: &Server) -> Option<SecretString> {
    settings.environment.get(service.key_variable).map(|key| SecretString::from(key.to_owned()))
}

/// A server on a usual port of this machine. Each is sent the key that its own variable holds, as every call will be.
async fn local_server(settings: &Settings) -> Outcome<Option<ModelSpec>> {
    let mut candidates = Candidate::usual();
    for candidate in &mut candidates {
        let service = SERVERS.iter().find(|service| service.base_url == candidate.base_url);
        candidate.key = service.and_then(|service| key_of(settings, service));
    }
    let Some(found) = locate::local_server(&candidates, LOCAL).await else {
        return Ok(None);
    };
    let Some(name) = found.models.first() else {
        return Ok(None);
    };
    let service = SERVERS.iter().find(|s| found.base_url == s.base_url).map_or("local", |s| s.name);
    let full = if service == "local" { name.clone() } else { format!("{service}/{name}") };
    let mut spec = resolve(settings, &full).or_else(|_| resolve(settings, &format!("ollama/{name}")))?;
    spec.base_url = found.base_url;
    Ok(Some(spec))
}

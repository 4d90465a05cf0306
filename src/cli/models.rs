//! `rhizo models`: which models there are, what a server offers, and which one is used.

pub mod explain;
pub mod page;
pub mod prices;
pub mod test;
pub mod troubles;

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::cli::verbs::Verbs;
use crate::config::settings::Settings;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::without_secrets;
use crate::host::models::key;
use crate::model::client::HttpClient;
use crate::model::locate::list_models;
use crate::registry::builtin::SERVERS;
use crate::registry::models::{ModelSpec, Provider, names, resolve};
use crate::registry::services;
use clap::Subcommand;
use indexmap::IndexSet;
use serde_json::{Value, json};

/// What `models` can do; `list` if nothing is named.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Lists models with their windows, prices and capabilities, and which of them can be called.
    List {
        /// Asks a server which models it offers: a service (openai, ollama, ...), a model of rhizo.toml, or if neither
        /// is named the server of the default model.
        #[arg(long, value_name = "SERVER", num_args = 0..=1, default_missing_value = "")]
        remote: Option<String>,
    },
    /// Shows everything about one model, and where its settings come from.
    Show {
        /// Its name.
        model: String,
    },
    /// Says which model is used for each role and why, or for a wish, with what became of the others.
    Explain(explain::Explain),
    /// Lists what models cost, and where each price comes from.
    Prices(prices::Prices),
    /// Makes a real, small call of each model and shows latency, cost and the state of its breaker. It costs money
    /// where the model does.
    Test {
        /// Their names; all configured models and the default one if none is named.
        #[arg(value_name = "MODEL")]
        names: Vec<String>,
    },
}

impl Verbs<Action> {
    /// Whether it is `models prices`.
    pub const fn is_of_prices(&self) -> bool {
        matches!(self.action, Some(Action::Prices(_)))
    }
}

/// Runs `models`.
pub async fn models(app: &App, printer: &Printer, args: &Verbs<Action>) -> Outcome<Exit> {
    let settings = &app.kit.settings;
    match args.action.as_ref().unwrap_or(&Action::List { remote: None }) {
        Action::List { remote: Some(server) } => remote(app, printer, server).await?,
        Action::List { remote: None } => {
            let specs = names(settings).iter().map(|name| resolve(settings, name)).collect::<Outcome<Vec<_>>>()?;
            let values: Vec<Value> = specs.iter().map(|spec| value(settings, spec)).collect();
            printer.rows(&Value::Array(values), || list(settings, &specs));
        }
        Action::Show { model } => show(settings, printer, model)?,
        Action::Explain(args) => return explain::explain(app, printer, args).await,
        Action::Prices(args) => prices::prices(app, printer, args)?,
        Action::Test { names } => return test::test(app, printer, names).await,
    }
    Ok(Exit::Ok)
}

/// A model as JSON. An address may hold a password, which is left out.
fn value(settings: &Settings, spec: &ModelSpec) -> Value {
    let mut value = json!(spec);
    let missing = spec.missing_key(settings);
    value["base_url"] = json!(without_secrets(&spec.base_url));
    value["usable"] = json!(missing.is_none());
    value["missing_key"] = json!(missing);
    value
}

fn list(settings: &Settings, specs: &[ModelSpec]) -> String {
    let usd = |nanos: u64| crate::core::money::Money::from_nanos(nanos).to_string();
    let line = |spec: &ModelSpec| {
        let rates = spec.price.as_ref().map(|price| price.rates);
        let (input, output) =
            rates.map_or_else(|| ("unpriced".into(), String::new()), |r| (usd(r.input), usd(r.output)));
        let can: Vec<&str> =
            spec.capabilities.words().into_iter().chain(spec.tags.iter().map(String::as_str)).collect();
        let ready = if spec.missing_key(settings).is_some() { "no" } else { "yes" };
        [spec.id.to_string(), spec.window.to_string(), input, output, can.join(" "), ready.to_owned()]
    };
    let head = ["model", "window", "in/M", "out/M", "can", "ready"];
    let table = table::render(head, specs.iter().map(line));
    let mut notes = vec!["in/M and out/M are USD per million tokens of prompt and answer".to_owned()];
    let missing: IndexSet<&str> = specs.iter().filter_map(|spec| spec.missing_key(settings)).collect();
    if !missing.is_empty() {
        let names = missing.into_iter().collect::<Vec<_>>().join(", ");
        notes.push(format!("keys that are not set: {names}"));
    }
    let notes: Vec<String> = notes.iter().map(|note| table::wrapped(note, 0)).collect();
    format!("{table}\n\n{}", notes.join("\n"))
}

/// Everything about a model, with the place of each of its settings.
fn show(settings: &Settings, printer: &Printer, name: &str) -> Outcome<()> {
    let spec = resolve(settings, name)?;
    let prefix = format!("models.{name}.");
    let tables = services::tables(settings, &spec.base_url).map(|(service, _)| format!("services.{service}."));
    let tables: Vec<String> = tables.collect();
    let own = settings.merged.paths().into_iter().filter_map(|path| {
        let place = settings.merged.place(path)?;
        let shared = tables.iter().any(|table| path.starts_with(table)).then_some(path);
        Some((path.strip_prefix(&prefix).or(shared)?.to_owned(), place.to_string()))
    });
    let own: Vec<(String, String)> = own.collect();
    let mut whole = value(settings, &spec);
    if let Some(shared) = services::shared(settings, &spec.base_url) {
        whole["service"] = json!(shared.limits);
    }
    whole["origins"] = own.iter().cloned().map(|(field, place)| (field, Value::String(place))).collect();
    printer.rows(&whole, || page::page(settings, &spec, &own));
    Ok(())
}

/// Asks a server for its models.
async fn remote(app: &App, printer: &Printer, server: &str) -> Outcome<()> {
    let settings = &app.kit.settings;
    let spec = match SERVERS.iter().find(|service| service.name == server) {
        Some(service) => resolve(settings, &format!("{}/any", service.name))?,
        None if server.is_empty() => app.kit.models.default_model().await?.spec.clone(),
        None => resolve(settings, server)?,
    };
    if spec.provider == Provider::Offline {
        return Err(Failure::new(FailureKind::Invalid, format!("{} is no server", spec.id))
            .hint("name a service or a model: rhizo models list --remote ollama"));
    }
    let offered = list_models(&spec.base_url, key(settings, &spec)?.as_ref(), &HttpClient::new()).await?;
    let address = without_secrets(&spec.base_url);
    let values: Vec<Value> = offered.iter().map(|name| json!({"name": name, "base_url": address})).collect();
    printer.rows(&Value::Array(values), || match offered.as_slice() {
        [] => format!("{address} offers no models"),
        _ => offered.join("\n"),
    });
    Ok(())
}

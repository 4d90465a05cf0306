//! `rhizo models prices`: what models cost, and reading a public price list over the built-in table.

mod update;

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::config::settings::Settings;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::money::Money;
use crate::core::price::Rates;
use crate::registry::models::{ModelSpec, resolve};
use crate::registry::prices::{ids, table_read};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `models prices`.
#[derive(Debug, Args)]
pub struct Prices {
    /// Only models with this in their name.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Reads prices/data.json of genai-prices or litellm's model_prices_and_context_window.json, and uses its prices
    /// instead of the built-in ones.
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub update: Option<PathBuf>,
    /// Takes a list also where a price falls to nothing or below a tenth, and models at no price of which none is known.
    #[arg(long, requires = "update")]
    pub allow_cheaper: bool,
}

/// Runs `models prices`.
pub fn prices(app: &App, printer: &Printer, args: &Prices) -> Outcome<()> {
    let settings = &app.kit.settings;
    if let Some(file) = &args.update {
        return update::update(settings, printer, &settings.environment.folder.join(file), args.allow_cheaper);
    }
    let wanted = |id: &&str| args.name.as_deref().is_none_or(|part| id.contains(part));
    let configured = settings.models.keys().map(String::as_str);
    let listed = ids(settings).filter(|id| !settings.models.contains_key(*id));
    let specs: Vec<ModelSpec> =
        configured.chain(listed).filter(wanted).map(|id| resolve(settings, id)).collect::<Outcome<_>>()?;
    if let (true, Some(part)) = (specs.is_empty(), &args.name) {
        return Err(Failure::new(FailureKind::NotFound, format!("no known model has `{part}` in its name"))
            .hint("`rhizo models prices` lists all of them; `--update FILE` reads a newer list"));
    }
    let rows = json!(specs.iter().map(document).collect::<Vec<Value>>());
    printer.rows(&rows, || list(&specs));
    if !printer.quiet {
        printer.err(&format!("note: {}", state(settings)));
    }
    Ok(())
}

/// Where the prices are from and how old they are.
fn state(settings: &Settings) -> String {
    let path = settings.paths.prices.display();
    match &settings.prices {
        Some(file) => format!(
            "the list of {}, read on {}, has {} of these prices and lies over the built-in ones of {}: {path}",
            file.source,
            file.read,
            file.count,
            table_read()
        ),
        None => format!("built-in prices of {}; `--update FILE` reads a newer list into {path}", table_read()),
    }
}

fn document(spec: &ModelSpec) -> Value {
    json!({
        "id": spec.id, "window": spec.window, "max_output": spec.max_output,
        "price": spec.price, "price_source": spec.price_source,
    })
}

fn list(specs: &[ModelSpec]) -> String {
    let head = ["model", "in per M tokens", "cached", "cache write", "out per M tokens", "price from"];
    table::render(head, specs.iter().flat_map(rows))
}

/// A row for the model and one for each tier of long prompts.
fn rows(spec: &ModelSpec) -> Vec<[String; 6]> {
    let Some(price) = &spec.price else {
        return vec![[
            spec.id.to_string(),
            "unpriced".to_owned(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ]];
    };
    let source = spec.price_source.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut beside = Vec::new();
    if price.per_image > 0 {
        beside.push(format!("{} per picture", Money::from_nanos(price.per_image)));
    }
    if price.per_request > 0 {
        beside.push(format!("{} per call", Money::from_nanos(price.per_request)));
    }
    beside.insert(0, source);
    let base = row(spec.id.to_string(), price.rates, beside.join("; "));
    let tiers = price.tiers.iter();
    std::iter::once(base)
        .chain(tiers.map(|t| row(format!("  above {} prompt tokens", t.above), t.rates, String::new())))
        .collect()
}

fn row(name: String, rates: Rates, source: String) -> [String; 6] {
    let usd = |nanos: u64| Money::from_nanos(nanos).to_string();
    let cached = usd(rates.cached_input.unwrap_or(rates.input));
    let write = usd(rates.cache_write.unwrap_or(rates.input));
    [name, usd(rates.input), cached, write, usd(rates.output), source]
}

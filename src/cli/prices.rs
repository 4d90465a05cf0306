//! `rhizo models prices`: what models cost, and reading a public price list over the built-in table.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::config::price_file::ListedModel;
use crate::config::settings::Settings;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::money::Money;
use crate::core::price::Rates;
use crate::registry::models::{ModelSpec, resolve};
use crate::registry::prices::update::{self, PriceList};
use crate::registry::prices::{self, ids};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

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
}

/// A list that is larger is none: litellm's has 2 MB.
const LARGEST: u64 = 64 * 1024 * 1024;

/// How many names of models that are left out are told for each reason.
const TOLD: usize = 3;

/// Runs `models prices`.
pub fn prices(app: &App, printer: &Printer, args: &Prices) -> Outcome<()> {
    let settings = &app.kit.settings;
    if let Some(file) = &args.update {
        return update(settings, printer, &settings.environment.folder.join(file));
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
    Ok(())
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

fn update(settings: &Settings, printer: &Printer, path: &Path) -> Outcome<()> {
    let text = read(path)?;
    let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
    let list = update::read(&text, &today).map_err(|failure| {
        let message = format!("{}: {}", path.display(), failure.message);
        Failure { message, ..failure }
    })?;
    let changes = Changes::between(settings, &list);
    list.file.save(&settings.paths.prices)?;
    let told = json!({
        "list": list.file.source, "read": list.file.read, "stored": settings.paths.prices,
        "entries": list.entries, "models": list.file.models.len(),
        "new": changes.new, "changed": changes.changed, "unchanged": changes.same,
        "skipped": list.skipped.iter().map(|(skip, ids)| (skip.reason(), ids.len())).collect::<Vec<_>>(),
        "next_change": list.next_change,
    });
    printer.rows(&told, || summary(settings, &list, &changes));
    Ok(())
}

fn read(path: &Path) -> Outcome<String> {
    let failed =
        |error: std::io::Error| Failure::new(FailureKind::Io, format!("cannot read {}: {error}", path.display()));
    if std::fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(Failure::new(FailureKind::Invalid, format!("{} is too large for a price list", path.display())));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::new(FailureKind::Invalid, format!("{} is not a text in UTF-8", path.display())))
}

/// How a list differs from what was known before it.
#[derive(Debug, Default)]
struct Changes {
    new: usize,
    same: usize,
    /// Ids whose price was another.
    changed: Vec<String>,
}

impl Changes {
    fn between(settings: &Settings, list: &PriceList) -> Self {
        let mut changes = Self::default();
        for (id, model) in &list.file.models {
            match prices::listing(settings, id) {
                None => changes.new += 1,
                Some(before) if before.price.bills_as(&model.price) => changes.same += 1,
                Some(_) => changes.changed.push(id.clone()),
            }
        }
        changes
    }
}

fn summary(settings: &Settings, list: &PriceList, changes: &Changes) -> String {
    let file = &list.file;
    let mut lines = vec![format!(
        "{} prices read from {}: {} new, {} changed, {} as before",
        file.models.len(),
        file.source,
        changes.new,
        changes.changed.len(),
        changes.same,
    )];
    lines.extend(changes.changed.iter().map(|id| format!("  changed: {}", change(settings, file.models.get(id), id))));
    for (skip, ids) in &list.skipped {
        let some = ids.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if ids.len() > TOLD { ", .." } else { "" };
        lines.push(format!("{} of {} left out, {}: {some}{more}", ids.len(), list.entries, skip.reason()));
    }
    if let Some(day) = &list.next_change {
        lines.push(format!("some of these prices change on {day}: read the list again then"));
    }
    lines.push(format!("stored in {}", settings.paths.prices.display()));
    lines.join("\n")
}

fn change(settings: &Settings, after: Option<&ListedModel>, id: &str) -> String {
    let usd = |rates: Rates| format!("{} in + {} out", Money::from_nanos(rates.input), Money::from_nanos(rates.output));
    let before = prices::listing(settings, id).map(|listing| usd(listing.price.rates)).unwrap_or_default();
    let after = after.map(|model| usd(model.price.rates)).unwrap_or_default();
    if before == after { format!("{id} (cache or long prompts)") } else { format!("{id} from {before} to {after}") }
}

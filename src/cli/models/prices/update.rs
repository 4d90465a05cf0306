//! `rhizo models prices --update`: reads a public price list, tells what it changes, and stores it.
//!
//! A price that falls far is not taken unasked: a slip in a list would turn a budget into none.

use crate::cli::printer::Printer;
use crate::config::price_file::{LARGEST, ListedModel};
use crate::config::settings::Settings;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::money::Money;
use crate::core::price::Price;
use crate::registry::prices;
use crate::registry::prices::update::{self, PriceList};
use jiff::Timestamp;
use serde_json::json;
use std::io::Read;
use std::path::Path;

/// How many names of models that are left out are told for each reason.
const TOLD: usize = 3;

/// How many falling prices are told.
const FALLS: usize = 10;

/// Reads a list and stores it; `cheaper` takes whatever it says.
///
/// # Errors
/// `invalid` for a text that is no list, and for one by which a price falls far, unless `cheaper`.
pub(super) fn update(settings: &Settings, printer: &Printer, path: &Path, cheaper: bool) -> Outcome<()> {
    let text = read(path)?;
    let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
    let mut list = update::read(&text, &today).map_err(|failure| {
        let message = format!("{}: {}", path.display(), failure.message);
        Failure { message, ..failure }
    })?;
    let unlikely = if cheaper { Vec::new() } else { list.take_unlikely(|id| prices::listing(settings, id).is_some()) };
    let changes = Changes::between(settings, &list, unlikely);
    if !cheaper && !changes.fallen.is_empty() {
        return Err(refusal(settings, &list, &changes, path));
    }
    list.file()?.save(&settings.paths.prices)?;
    let skipped = list.skipped.iter().map(|(skip, ids)| (skip.reason(), ids.len()));
    let told = json!({
        "list": list.source, "read": list.read, "stored": settings.paths.prices,
        "entries": list.entries, "models": list.models.len(),
        "new": changes.new, "changed": changes.changed, "unchanged": changes.same, "cheaper": changes.fallen,
        "gone": changes.gone, "unlikely": changes.unlikely, "skipped": skipped.collect::<Vec<_>>(),
        "rules_read_in_part": list.half_read(), "next_change": list.next_change,
    });
    printer.rows(&told, || summary(settings, &list, &changes));
    Ok(())
}

fn read(path: &Path) -> Outcome<String> {
    let failed = |error: std::io::Error| {
        let failure = Failure::new(FailureKind::Io, format!("cannot read {}: {error}", path.display()));
        failure.hint(format!("name the list that you downloaded: {}", update::FORMS))
    };
    // It may be a pipe, whose size nobody knows before its end.
    let file = std::fs::File::open(path).map_err(&failed)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(&failed)?;
    if bytes.len() as u64 > LARGEST {
        let most = LARGEST / (1024 * 1024);
        let what = format!("{} has more than the {most} MiB of a price list", path.display());
        return Err(Failure::new(FailureKind::Invalid, what).hint(format!("name {}", update::FORMS)));
    }
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
    /// Those of them whose price falls far.
    fallen: Vec<String>,
    /// Ids at no credible price, which are not taken.
    unlikely: Vec<String>,
    /// Ids of the list before it that it has not.
    gone: Vec<String>,
}

impl Changes {
    fn between(settings: &Settings, list: &PriceList, unlikely: Vec<String>) -> Self {
        let before = settings.prices.iter().flat_map(|file| file.ids());
        let gone = before.filter(|id| !list.models.contains_key(*id)).map(ToOwned::to_owned).collect();
        let mut changes = Self { unlikely, gone, ..Self::default() };
        for (id, model) in &list.models {
            match prices::listing(settings, id) {
                None => changes.new += 1,
                Some(before) if before.price.bills_as(&model.price) => changes.same += 1,
                Some(before) => {
                    changes.changed.push(id.clone());
                    if model.price.is_far_below(&before.price) {
                        changes.fallen.push(id.clone());
                    }
                }
            }
        }
        changes
    }
}

fn refusal(settings: &Settings, list: &PriceList, changes: &Changes, path: &Path) -> Failure {
    let fallen = &changes.fallen;
    let mut lines: Vec<String> =
        fallen.iter().take(FALLS).map(|id| format!("  {}", change(settings, list.models.get(id), id))).collect();
    if fallen.len() > FALLS {
        lines.push(format!("  and {} more", fallen.len() - FALLS));
    }
    let count = if fallen.len() == 1 { "a price falls".to_owned() } else { format!("{} prices fall", fallen.len()) };
    let what =
        format!("{} is not read: {count} to nothing or to less than a tenth\n{}", path.display(), lines.join("\n"));
    Failure::new(FailureKind::Invalid, what)
        .hint("compare with the provider's own page; --allow-cheaper takes the list as it is")
        .detail("cheaper", fallen.clone())
}

fn summary(settings: &Settings, list: &PriceList, changes: &Changes) -> String {
    let mut lines = vec![format!(
        "{} prices read from {}: {} new, {} changed, {} as before",
        list.models.len(),
        list.source,
        changes.new,
        changes.changed.len(),
        changes.same,
    )];
    lines.extend(changes.changed.iter().map(|id| format!("  changed: {}", change(settings, list.models.get(id), id))));
    let some = |ids: &[String]| {
        let some = ids.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if ids.len() > TOLD { ", .." } else { "" };
        format!("{some}{more}")
    };
    if !changes.gone.is_empty() {
        let (count, which) = (changes.gone.len(), some(&changes.gone));
        lines.push(format!("not in it, but in the list before it: {count} ({which})"));
    }
    let left_out =
        |ids: &[String], reason: &str| format!("{} of {} left out, {reason}: {}", ids.len(), list.entries, some(ids));
    lines.extend(list.skipped.iter().map(|(skip, ids)| left_out(ids, skip.reason())));
    if !changes.unlikely.is_empty() {
        lines.push(left_out(&changes.unlikely, "listed at next to no price, which --allow-cheaper takes"));
    }
    let half_read = list.half_read();
    if !half_read.is_empty() {
        let (count, which) = (half_read.len(), some(&half_read));
        lines.push(format!("names that only a regular expression tells stay unpriced, of {count} models: {which}"));
    }
    if let Some(day) = &list.next_change {
        lines.push(format!("some of these prices change on {day}: read the list again then"));
    }
    lines.push(format!("stored in {}", settings.paths.prices.display()));
    lines.join("\n")
}

fn change(settings: &Settings, after: Option<&ListedModel>, id: &str) -> String {
    let usd = |price: &Price| {
        format!("{} in + {} out", Money::from_nanos(price.rates.input), Money::from_nanos(price.rates.output))
    };
    let before = prices::listing(settings, id).map(|listing| usd(&listing.price)).unwrap_or_default();
    let after = after.map(|model| usd(&model.price)).unwrap_or_default();
    if before == after {
        format!("{id} (cache, reasoning, pictures or long prompts)")
    } else {
        format!("{id} from {before} to {after}")
    }
}

//! `rhizo memory forget`.

use crate::app::build::{App, now};
use crate::cli::memory::episodes;
use crate::cli::printer::Printer;
use crate::core::episode::Namespace;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::store::forgetting::Selection;
use clap::{ArgGroup, Args};
use serde_json::json;

/// Arguments of `memory forget`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").args(["ids", "older_than", "duplicates", "namespace"]).required(true).multiple(true))]
pub struct Forget {
    /// The episodes with these ids.
    #[arg(conflicts_with_all = ["older_than", "duplicates", "namespace"])]
    pub ids: Vec<String>,
    /// Those older than this: 90d, 12w, 36h.
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub older_than: Option<u64>,
    /// Those of which a newer one tells the same of the same task.
    #[arg(long)]
    pub duplicates: bool,
    /// Those of a namespace: prod, eval or seed.
    #[arg(long, value_parser = ["prod", "eval", "seed"])]
    pub namespace: Option<String>,
    /// Only says how many they are.
    #[arg(long)]
    pub dry_run: bool,
}

/// An age in milliseconds.
fn age(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no age; write 90d, 12w, 36h or 1y");
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 24 * 7,
        "y" => 24 * 365,
        _ => return Err(wrong()),
    };
    number.parse::<u64>().ok().and_then(|n| n.checked_mul(hours * 3_600_000)).ok_or_else(wrong)
}

/// Forgets episodes for good, or says how many would go.
pub(super) async fn forget(app: &App, printer: &Printer, args: &Forget) -> Outcome<()> {
    let store = &app.kit.store;
    let ids = if args.ids.is_empty() {
        store.select_episodes(&Selection {
            before: args.older_than.map(|age| now().saturating_sub(age)),
            namespace: args.namespace.as_deref().and_then(Namespace::parse),
            doubles: args.duplicates,
        })?
    } else {
        let known: Vec<String> = store.episodes_by_ids(&args.ids)?.into_iter().map(|episode| episode.id).collect();
        if let Some(unknown) = args.ids.iter().find(|id| !known.contains(id)) {
            return Err(Failure::new(
                FailureKind::NotFound,
                format!("there is no episode `{unknown}`; nothing was forgotten"),
            )
            .hint("`rhizo memory recall WORDS` and `rhizo memory export -` show ids"));
        }
        known
    };
    let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    let forgotten = if args.dry_run { 0 } else { app.kit.memory.forget(ids, now()).await? };
    let left = store.episode_count()?;
    printer.rows(&json!({"chosen": count, "forgotten": forgotten, "left": left}), || {
        if args.dry_run {
            format!("{} would be forgotten, {} kept", episodes(count), left.saturating_sub(count))
        } else {
            format!("{} forgotten, {left} kept", episodes(forgotten))
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages_are_a_number_and_a_unit() {
        for (text, hours) in [("36h", 36), ("90d", 2160), ("2w", 336), ("1y", 8760), ("0d", 0)] {
            assert_eq!(age(text), Ok(hours * 3_600_000), "{text}");
        }
        for text in ["", "90", "d", "-1d", "1.5d", "9 d", "99999999999999999y"] {
            assert!(age(text).is_err_and(|why| why.contains("90d")), "{text}");
        }
    }
}

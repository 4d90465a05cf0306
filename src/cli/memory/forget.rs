//! `rhizo memory forget`.

use crate::app::build::{App, now};
use crate::cli::age::age;
use crate::cli::printer::Printer;
use crate::core::episode::Namespace;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::counted;
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
    /// Those older than this: 10m (minutes), 36h, 90d, 12w, 1y.
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
            format!("{} would be forgotten, {} kept", counted(count, "episode"), left.saturating_sub(count))
        } else {
            format!("{} forgotten, {left} kept", counted(forgotten, "episode"))
        }
    });
    Ok(())
}

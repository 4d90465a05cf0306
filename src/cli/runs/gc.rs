//! `rhizo runs gc`: removes old runs and what only they hold.

use crate::app::build::App;
use crate::cli::age::age;
use crate::cli::printer::Printer;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::core::text::counted;
use crate::store::sweep::Sweep;
use clap::Args;
use serde_json::json;

/// Arguments of `gc`.
#[derive(Debug, Args)]
pub struct Gc {
    /// Runs that ended at least so long ago: 10m (minutes), 36h, 90d, 12w, 1y.
    #[arg(long, value_name = "SPAN", default_value = "30d", value_parser = age)]
    pub older_than: u64,
    /// How many of the newest stay in any case.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub keep: u64,
    /// Also runs that could be resumed.
    #[arg(long)]
    pub unfinished: bool,
    /// Only says what would go.
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs `gc`. What was learned from the runs stays in the memory.
pub async fn gc(app: &App, printer: &Printer, args: &Gc) -> Outcome<Exit> {
    let before = (app.kit.clock)().saturating_sub(args.older_than);
    let sweep = Sweep { before, keep: args.keep, unfinished: args.unfinished };
    let store = &app.kit.store;
    let going = store.sweepable(&sweep)?;
    super::note(printer, store);
    if args.dry_run {
        printer.rows(&json!({"would_remove": going}), || {
            let ids: Vec<&str> = going.iter().map(|id| id.as_str()).collect();
            let listed = if ids.is_empty() { String::new() } else { format!(": {}", ids.join(" ")) };
            format!("{} would go{listed}", counted(going.len(), "run"))
        });
        return Ok(Exit::Ok);
    }
    let swept = store.remove_runs(going).await?;
    if swept.runs > 0 {
        store.compact()?;
    }
    printer.rows(&json!(swept), || {
        format!("{} and {} are gone", counted(swept.runs, "run"), counted(swept.blobs, "large value"))
    });
    Ok(Exit::Ok)
}

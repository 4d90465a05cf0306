//! `rhizo memory export` and `import`: episodes as JSON lines.

use crate::app::build::{App, now};
use crate::app::intake::{Batch, Intake, read};
use crate::cli::printer::Printer;
use crate::context::discover::unreadable;
use crate::core::episode::{Episode, Namespace};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::counted;
use crate::store::forgetting::Selection;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Episodes that are written or printed at once.
const STEP: usize = 1_000;

/// Arguments of `memory export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The file; - or nothing for standard output.
    #[arg(default_value = "-")]
    pub file: PathBuf,
    /// Only those of a namespace: prod, eval or seed.
    #[arg(long, value_parser = ["prod", "eval", "seed"])]
    pub namespace: Option<String>,
}

/// Arguments of `memory import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The file; - for standard input.
    pub file: PathBuf,
    /// Vouches for the file. Without it episodes of real runs are hearsay: believed once a second task agrees, and
    /// without their lessons, since models read those.
    #[arg(long)]
    pub own: bool,
    /// Brings back what was forgotten.
    #[arg(long)]
    pub again: bool,
}

/// How episodes are stored and told of.
pub(super) struct Way {
    /// Whether forgotten ones come back.
    pub(super) again: bool,
    /// What is done to them.
    pub(super) verb: &'static str,
}

/// Writes episodes as JSON lines, oldest first.
pub(super) fn export(app: &App, printer: &Printer, args: &Export) -> Outcome<()> {
    let store = &app.kit.store;
    let namespace = args.namespace.as_deref().and_then(Namespace::parse);
    let ids = store.select_episodes(&Selection { namespace, ..Selection::default() })?;
    let to_screen = args.file == Path::new("-");
    let failed =
        |error: std::io::Error| Failure::new(FailureKind::Io, format!("cannot write {}: {error}", args.file.display()));
    let mut file = if to_screen { None } else { Some(File::create(&args.file).map_err(failed)?) };
    let mut written = 0;
    for some in ids.chunks(STEP) {
        let mut lines = String::new();
        for episode in store.episodes_by_ids(some)? {
            lines.push_str(&line(&episode)?);
            written += 1;
        }
        match &mut file {
            Some(file) => file.write_all(lines.as_bytes()).map_err(failed)?,
            None => printer.raw(&lines),
        }
    }
    if let Some(file) = file {
        file.sync_all().map_err(failed)?;
        printer.rows(&json!({"exported": written}), || format!("{} written", counted(written, "episode")));
    }
    Ok(())
}

fn line(episode: &Episode) -> Outcome<String> {
    let text = serde_json::to_string(episode)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("an episode has no form as JSON: {error}")))?;
    Ok(format!("{text}\n"))
}

/// Reads episodes from JSON lines; those that are there already stay as they are.
pub(super) async fn import(app: &App, printer: &Printer, args: &Import) -> Outcome<()> {
    let (name, source) = open(&args.file)?;
    let batch = read(&name, source, &Intake { now: now(), own: args.own, roles: None })?;
    store(app, printer, batch, Way { again: args.again, verb: "imported" }).await
}

/// A file with its name, or standard input.
pub(super) fn open(file: &Path) -> Outcome<(String, Box<dyn BufRead>)> {
    if file == Path::new("-") {
        return Ok(("standard input".to_owned(), Box::new(BufReader::new(std::io::stdin()))));
    }
    let takes = "it takes JSON lines, as `rhizo memory export FILE` writes them";
    let failed = |error: std::io::Error| unreadable(file, &error, Some(takes));
    Ok((file.display().to_string(), Box::new(BufReader::new(File::open(file).map_err(failed)?))))
}

/// Stores a batch in steps and tells what became of it. Stopped half-way it can be repeated.
pub(super) async fn store(app: &App, printer: &Printer, batch: Batch, way: Way) -> Outcome<()> {
    let Batch { episodes: all, lowered, hearsay, .. } = batch;
    let ids: Vec<String> = all.iter().map(|episode| episode.id.clone()).collect();
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    if way.again {
        app.kit.store.unforget_episodes(ids.clone()).await?;
    }
    let gone = app.kit.store.forgotten_among(&ids)?;
    let bar = bar(total);
    let mut added = 0;
    let mut rest = all;
    while !rest.is_empty() {
        let later = rest.split_off(rest.len().min(STEP));
        bar.inc(u64::try_from(rest.len()).unwrap_or_default());
        added += app.kit.memory.add_all(std::mem::replace(&mut rest, later)).await?;
    }
    bar.finish_and_clear();
    let known = total.saturating_sub(added + gone);
    let value = json!({"read": total, "added": added, "known": known, "forgotten": gone, "lowered": lowered, "hearsay": hearsay});
    printer.rows(&value, || {
        let mut text = format!("{} {}, {known} known already", counted(added, "episode"), way.verb);
        if gone > 0 {
            text.push_str(&format!("\n{gone} were forgotten before and stay so; --again brings them back"));
        }
        if lowered > 0 {
            text.push_str(&format!("\n{lowered} claimed more trust than their verifier gives, and got that"));
        }
        if hearsay > 0 {
            text.push_str(&format!(
                "\n{hearsay} of real runs are hearsay until a second task agrees; --own vouches for them"
            ));
        }
        text
    });
    Ok(())
}

/// A bar on standard error, which draws nothing if that is no terminal.
fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} episodes") {
        bar.set_style(style);
    }
    bar
}

//! `rhizo doctor`: checks settings, store, models and memory, and lists every setting.

use crate::app::build::{self, App};
use crate::cli::models::test::{self, Tested};
use crate::cli::printer::Printer;
use crate::cli::{scripts, table, tools};
use crate::config::environment::Environment;
use crate::config::key;
use crate::config::layer::Layer;
use crate::config::paths::Paths;
use crate::config::settings::Settings;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::host::models::choose::Wish;
use crate::host::models::key;
use crate::registry::{check, programs};
use crate::script::help;
use crate::store::open::Store;
use crate::tools::person::Nobody;
use clap::Args;
use serde_json::json;
use std::sync::Arc;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
    /// Lists every setting with its type and variable; `rhizo config show --origin` has the values.
    #[arg(long)]
    pub settings: bool,
    /// Makes no call of the default model, which costs money where the model does.
    #[arg(long)]
    pub no_call: bool,
    /// Takes damaged and ownerless records of the store out of the way, into its table `quarantine`.
    #[arg(long)]
    pub repair: bool,
    /// Prints the table of primitives, as the README has it.
    #[arg(long)]
    pub primitives: bool,
}

/// What was looked at, and what was found.
type Checks = Vec<(&'static str, Outcome<String>)>;

/// Runs `doctor`: every check is made, whatever the others say; without right settings those that need none.
pub async fn doctor(printer: &Printer, environment: Environment, args: &Doctor) -> Outcome<Exit> {
    if args.primitives {
        printer.raw(&help::markdown());
        return Ok(Exit::Ok);
    }
    if args.settings {
        list_settings(printer);
        return Ok(Exit::Ok);
    }
    let loaded = check::load(environment.clone(), Layer::default());
    if loaded.is_err() {
        printer.dim("models and the memory are looked at once the settings are right");
    }
    let mut checks: Checks = vec![("settings", loaded.as_ref().map(sources).map_err(Clone::clone))];
    checks.extend(loaded.iter().flat_map(check::slips).map(|slip| ("name", Ok(slip))));
    // They rest on variables alone. Where these name no folder, the settings have failed for that reason.
    if let Ok(paths) = Paths::decide(&environment) {
        if args.repair {
            checks.push(("repair", repaired(&paths).await));
        }
        checks.extend(front_matter(&paths).into_iter().map(|found| ("programs", found)));
        match loaded {
            Ok(settings) => whole(settings, !args.no_call, &mut checks).await,
            Err(_) => checks.push(("store", Store::open(&paths.store).and_then(|store| sound(&store)))),
        }
    }
    let value: Vec<_> =
        checks.iter().map(|(what, found)| json!({"check": what, "ok": found.is_ok(), "found": text(found)})).collect();
    let line = |(what, found): &(&str, Outcome<String>)| [mark(found).to_owned(), (*what).to_owned(), text(found)];
    printer.rows(&json!(value), || table::render(["", "check", "found"], checks.iter().map(line)));
    let worst = checks.iter().filter_map(|(_, found)| found.as_ref().err()).map(|f| f.kind.exit()).next();
    Ok(worst.unwrap_or(Exit::Ok))
}

/// Every setting, with its type, its variable and its meaning.
fn list_settings(printer: &Printer) {
    let row = |k: &key::Key| {
        let (kind, variable) = (k.kind.describe(), key::variable(k));
        json!({"setting": k.path, "type": kind, "variable": variable, "does": k.about})
    };
    let line =
        |k: &key::Key| [k.path.to_owned(), k.kind.describe(), key::variable(k).unwrap_or_default(), k.about.to_owned()];
    let value: Vec<_> = key::KEYS.iter().map(row).collect();
    let head = ["setting", "type", "variable", "does"];
    printer.rows(&json!(value), || table::render(head, key::KEYS.iter().map(line)));
}

/// The checks that need right settings: with wrong ones another model than the one that is meant might be called.
async fn whole(settings: Settings, calls: bool, checks: &mut Checks) {
    let app = match build::build(settings, Arc::new(Nobody)) {
        Ok(app) => app,
        Err(failure) => {
            checks.push(("store", Err(failure)));
            return;
        }
    };
    let (list, _) = programs::all(&app.kit.settings.paths);
    checks.extend(scripts::unparsed(&app, &list).into_iter().map(|fault| ("programs", Err(fault))));
    let left_out = app.kit.tools.get().map_or_else(|failure| vec![failure], tools::left_out);
    checks.extend(left_out.into_iter().map(|fault| ("pipelines", Err(fault))));
    checks.push(("store", sound(&app.kit.store)));
    checks.extend(crowded(&app).map(|told| ("workspace", Ok(told))));
    let model = app.kit.models.default_model().await;
    // Without its key it cannot be called, which no call is needed to find.
    let model = model.and_then(|default| key(&app.kit.settings, &default.spec).map(|_| default));
    checks.push(("model", model.clone().map(|m| format!("{}: {}", m.spec.id, m.reason))));
    if let Ok(chosen) = app.kit.models.choose(&Wish::default()).await {
        let price =
            if chosen.served.price.is_some() { "known" } else { "unknown: a money budget needs --allow-unpriced" };
        checks.push(("price", Ok(price.to_owned())));
    }
    if calls && let Ok(default) = model {
        checks.push(("call", call(&app, default.spec.id.as_str()).await));
    }
    let stats = app.kit.memory.stats().await;
    checks.push((
        "memory",
        stats.and_then(|s| match s.fault {
            Some(fault) => Err(fault),
            None => Ok(format!("{} episodes, {} indexed, {}", s.episodes, s.indexed, s.embedder)),
        }),
    ));
}

/// What stands in the way of commands, if files of the program itself lie where they work.
fn crowded(app: &App) -> Option<String> {
    let workspace = &app.kit.tool_context.workspace;
    let root = workspace.root();
    let closed = "commands make, rename and remove nothing directly in the folders that hold them";
    workspace.closes_below(root).then(|| format!("{} holds files of rhizo itself: {closed}", root.display()))
}

fn front_matter(paths: &Paths) -> Vec<Outcome<String>> {
    let (_, faults) = programs::all(paths);
    if faults.is_empty() { vec![Ok("front matter is right".to_owned())] } else { faults.into_iter().map(Err).collect() }
}

/// A real call of the default model, and the state of its breaker.
async fn call(app: &App, name: &str) -> Outcome<String> {
    let tests = test::all(app, &[name.to_owned()]).await?;
    tests.first().map_or_else(|| Ok("nothing was tested".to_owned()), Tested::found)
}

fn sound(store: &Store) -> Outcome<String> {
    let faults = store.check()?;
    let path = store.path().display();
    if faults.is_empty() {
        let aside = match store.quarantined()? {
            0 => String::new(),
            records => format!(", {records} records in quarantine"),
        };
        return Ok(format!("{path}{aside}"));
    }
    Err(Failure::new(FailureKind::Io, format!("{path} is damaged: {}", faults.join("; "))).hint(
        "`rhizo doctor --repair` takes damaged records out of the way; if the file itself is broken, move it away",
    ))
}

/// What was taken out of the way.
async fn repaired(paths: &Paths) -> Outcome<String> {
    let done = Store::open(&paths.store)?.repair(build::now()).await?;
    Ok(if done.is_empty() { "nothing to repair".to_owned() } else { done.join(", ") })
}

/// The files that settings came from.
fn sources(settings: &Settings) -> String {
    let user = Some(&settings.paths.user_config).filter(|file| file.is_file());
    let files: Vec<String> =
        settings.paths.project_config.iter().chain(user).map(|f| f.display().to_string()).collect();
    if files.is_empty() { "no file: standard settings; `rhizo init` writes one".to_owned() } else { files.join(", ") }
}

fn mark(found: &Outcome<String>) -> &'static str {
    if found.is_ok() { "ok" } else { "FAULT" }
}

fn text(found: &Outcome<String>) -> String {
    match found {
        Ok(text) => text.clone(),
        Err(failure) => failure.to_string(),
    }
}

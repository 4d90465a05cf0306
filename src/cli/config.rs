//! `rhizo config`: the settings in force and where each came from. Secrets are never shown: a setting holds at most the
//! name of the variable that has one.

use crate::cli::printer::Printer;
use crate::cli::table;
use crate::config::key;
use crate::config::layer::Typed;
use crate::config::place::Place;
use crate::config::settings::Settings;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::{nearest, one_line, without_secrets};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct ConfigCommand {
    /// What to do; `show` if nothing is named.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// Prints JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What `config` can do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Shows the settings in force: flags over variables over ./rhizo.toml over the user's file over what is built in.
    Show {
        /// A setting or a group of them, such as `limits` or `roles.worker`; everything if absent.
        setting: Option<String>,
        /// Shows where each value came from: file:line:column, variable, flag or built in.
        #[arg(long)]
        origin: bool,
    },
}

/// One setting with its value.
struct Row<'a> {
    path: &'a str,
    /// Nothing for a setting that nobody has set.
    value: Option<(Value, &'a Place)>,
}

/// Runs `config`.
pub fn config(settings: &Settings, printer: &Printer, args: &ConfigCommand) -> Outcome<Exit> {
    let all = Action::Show { setting: None, origin: false };
    let Action::Show { setting, origin } = args.action.as_ref().unwrap_or(&all);
    let rows = rows(settings, setting.as_deref())?;
    let json: Vec<Value> = rows.iter().map(Row::json).collect();
    let from = |row: &Row<'_>| row.value.as_ref().map_or_else(|| "not set".to_owned(), |(_, place)| place.to_string());
    printer.rows(&Value::Array(json), || {
        if *origin {
            table::render(
                ["setting", "value", "from"],
                rows.iter().map(|row| [row.path.to_owned(), row.text(), from(row)]),
            )
        } else {
            table::render(["setting", "value"], rows.iter().map(|row| [row.path.to_owned(), row.text()]))
        }
    });
    Ok(Exit::Ok)
}

/// Every setting without a chosen name, set or not, and those of models, services and roles that are set.
fn rows<'a>(settings: &'a Settings, wanted: Option<&str>) -> Outcome<Vec<Row<'a>>> {
    let merged = &settings.merged;
    let unset = key::KEYS.iter().map(|key| key.path).filter(|path| !path.contains('*') && merged.get(path).is_none());
    let set = merged.paths();
    let mut rows: Vec<Row<'_>> = unset.map(|path| Row { path, value: None }).collect();
    rows.extend(
        set.iter().map(|path| Row { path, value: merged.get(path).map(|(typed, place)| (shown(path, typed), place)) }),
    );
    // Stable: models, services and roles stay in the order of their names, after all plain settings.
    rows.sort_by_key(|row| key::KEYS.iter().position(|key| key.path == row.path).unwrap_or(usize::MAX));
    let Some(wanted) = wanted else {
        return Ok(rows);
    };
    let below = |path: &str| path == wanted || path.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'));
    let paths: Vec<&str> = rows.iter().map(|row| row.path).collect();
    rows.retain(|row| below(row.path));
    if rows.is_empty() {
        let groups = paths.iter().flat_map(|path| [*path, path.rsplit_once('.').map_or(*path, |(group, _)| group)]);
        let failure = Failure::new(FailureKind::NotFound, format!("there is no setting {wanted}"));
        return Err(match nearest(wanted, groups) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`rhizo doctor --settings` lists every setting with its type"),
        });
    }
    Ok(rows)
}

/// A value as it may be shown: addresses without passwords, headers by their names alone.
fn shown(path: &str, typed: &Typed) -> Value {
    let hidden = |line: &String| line.split_once(':').map_or("...", |(name, _)| name).to_owned() + ": ...";
    match typed {
        Typed::Texts(lines) if path.ends_with(".headers") => json!(lines.iter().map(hidden).collect::<Vec<_>>()),
        Typed::Text(text) if text.contains("://") => Value::String(without_secrets(text)),
        other => other.to_value(),
    }
}

impl Row<'_> {
    fn text(&self) -> String {
        self.value.as_ref().map_or_else(String::new, |(value, _)| one_line(&value.to_string(), 60))
    }

    fn json(&self) -> Value {
        let (value, place) = self.value.as_ref().map_or((&Value::Null, None), |(value, place)| (value, Some(*place)));
        json!({
            "setting": self.path, "value": value, "source": place.map(Place::source),
            "origin": place.map(ToString::to_string),
        })
    }
}

//! `rhizo config`: the settings in force and where each came from. Secrets are never shown: a setting holds at most the
//! name of the variable that has one.

mod standard;

use crate::cli::config::standard::Standard;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::cli::verbs::Verbs;
use crate::config::key;
use crate::config::layer::Typed;
use crate::config::place::Place;
use crate::config::settings::Settings;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::{meant, one_line, without_secrets};
use clap::Subcommand;
use serde_json::{Value, json};
use std::borrow::Cow;

/// What `config` can do; `show` if nothing is named.
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
    path: Cow<'a, str>,
    /// Nothing for a setting that nobody has set.
    value: Option<(Value, &'a Place)>,
}

/// Runs `config`.
pub fn config(settings: &Settings, printer: &Printer, args: &Verbs<Action>) -> Outcome<Exit> {
    let all = Action::Show { setting: None, origin: false };
    let Action::Show { setting, origin } = args.action.as_ref().unwrap_or(&all);
    let rows = rows(settings, setting.as_deref())?;
    let json: Vec<Value> = rows.iter().map(Row::json).collect();
    let from = |row: &Row<'_>| row.value.as_ref().map_or_else(|| "not set".to_owned(), |(_, place)| place.to_string());
    printer.rows(&Value::Array(json), || {
        if *origin {
            table::render(
                ["setting", "value", "from"],
                rows.iter().map(|row| [row.path.to_string(), row.text(), from(row)]),
            )
        } else {
            table::render(["setting", "value"], rows.iter().map(|row| [row.path.to_string(), row.text()]))
        }
    });
    Ok(Exit::Ok)
}

/// The place of what no layer sets and holds all the same.
static BUILT_IN: Place = Place::BuiltIn;

/// Whether a path is the wanted one or below it.
fn is_below(path: &str, wanted: &str) -> bool {
    path == wanted || path.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
}

/// Every setting of one model, service or role, set or not, as far as it is wanted; nothing if no such one is.
fn named<'a>(settings: &'a Settings, wanted: &str) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for group in ["models", "services", "roles"] {
        for name in settings.merged.names(group).iter().filter(|name| is_below(wanted, &format!("{group}.{name}"))) {
            let start = format!("{group}.*.");
            let standard = Standard::of(settings, group, name);
            for field in key::KEYS.iter().filter_map(|key| key.path.strip_prefix(&start)) {
                let path = format!("{group}.{name}.{field}");
                if is_below(&path, wanted) {
                    let set = settings.merged.get(&path).map(|(typed, place)| (shown(&path, typed), place));
                    let value = set.or_else(|| Some((standard.get(field)?, &BUILT_IN)));
                    rows.push(Row { path: Cow::Owned(path), value });
                }
            }
        }
    }
    rows
}

/// Every setting without a chosen name, set or not, and those of models, services and roles that are set; of one of
/// these that is wanted by its name all.
fn rows<'a>(settings: &'a Settings, wanted: Option<&str>) -> Outcome<Vec<Row<'a>>> {
    let named = wanted.map(|wanted| named(settings, wanted)).unwrap_or_default();
    if !named.is_empty() {
        return Ok(named);
    }
    let merged = &settings.merged;
    let unset = key::KEYS.iter().map(|key| key.path).filter(|path| !path.contains('*') && merged.get(path).is_none());
    let set = merged.paths();
    let mut rows: Vec<Row<'_>> = unset.map(|path| Row { path: path.into(), value: None }).collect();
    rows.extend(set.into_iter().map(|path| Row {
        path: path.into(),
        value: merged.get(path).map(|(typed, place)| (shown(path, typed), place)),
    }));
    // Stable: models, services and roles stay in the order of their names, after all plain settings.
    rows.sort_by_key(|row| key::KEYS.iter().position(|key| key.path == row.path).unwrap_or(usize::MAX));
    let Some(wanted) = wanted else {
        return Ok(rows);
    };
    let paths: Vec<String> = rows.iter().map(|row| row.path.to_string()).collect();
    rows.retain(|row| is_below(&row.path, wanted));
    if rows.is_empty() {
        let paths = paths.iter().map(String::as_str);
        let groups = paths.flat_map(|path| [path, path.rsplit_once('.').map_or(path, |(group, _)| group)]);
        let failure = Failure::new(FailureKind::NotFound, format!("there is no setting {wanted}"));
        return Err(match meant(wanted, groups) {
            Some(meant) => failure.hint(meant),
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

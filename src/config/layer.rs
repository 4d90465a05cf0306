//! One source of settings as typed: a file, the environment, or the flags. Values are checked where they stand.

use crate::config::environment::Environment;
use crate::config::fault::Fault;
use crate::config::key::{self, Kind};
use crate::core::money::Money;
use crate::core::text::nearest;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// A value as typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Typed {
    /// Text or word.
    Text(String),
    /// List of texts.
    Texts(Vec<String>),
    /// Yes or no.
    Flag(bool),
    /// Whole number.
    Count(u64),
    /// Number.
    Number(f64),
    /// Money.
    Usd(Money),
}

/// One source of settings.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// Dotted path to value and place.
    pub entries: BTreeMap<String, (Typed, String)>,
}

impl Layer {
    /// Reads a file's text; `file` names it in places. Faults are collected, the rest is kept.
    pub fn from_toml(text: &str, file: &str, faults: &mut Vec<Fault>) -> Self {
        let mut layer = Self::default();
        let mut found = Vec::new();
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().lines().next().unwrap_or("syntax error").to_owned();
            found.push((at, Fault { place: place(file, text, at), message }));
        }
        let mut walk = Walk { text, file, faults: &mut found, layer: &mut layer };
        walk.table(table.get_ref(), "");
        // In the order of the file, not of the alphabet: that is how a person mends them.
        found.sort_by_key(|(at, _)| *at);
        faults.extend(found.into_iter().map(|(_, fault)| fault));
        layer
    }

    /// Reads `RHIZO_*` variables. One that means nothing is a fault, because it was meant to change something.
    pub fn from_environment(environment: &Environment, faults: &mut Vec<Fault>) -> Self {
        const OTHER: &[&str] = &["RHIZO_HOME", "RHIZO_LOG"];
        let mut layer = Self::default();
        for (name, text) in environment.variables.iter().filter(|(n, v)| n.starts_with("RHIZO_") && !v.is_empty()) {
            let known = key::KEYS.iter().find(|k| key::variable(k).as_deref() == Some(name));
            match known {
                Some(key) => layer.add_text(key.path, key.kind, text, name, faults),
                None if OTHER.contains(&name.as_str()) => {}
                None => {
                    let names: Vec<String> = key::KEYS.iter().filter_map(key::variable).collect();
                    let near = nearest(name, names.iter().map(String::as_str));
                    let hint = near.map_or(String::new(), |n| format!("; did you mean {n}?"));
                    faults.push(Fault { place: name.clone(), message: format!("no setting has this variable{hint}") });
                }
            }
        }
        layer
    }

    /// Adds a value given as text, by a variable or a flag.
    pub fn add_text(&mut self, path: &str, kind: Kind, text: &str, place: &str, faults: &mut Vec<Fault>) {
        let typed = match kind {
            Kind::Text => Some(Typed::Text(text.to_owned())),
            Kind::Texts => Some(Typed::Texts(text.split(',').map(|t| t.trim().to_owned()).collect())),
            Kind::Flag => match text {
                "1" | "true" | "yes" => Some(Typed::Flag(true)),
                "0" | "false" | "no" => Some(Typed::Flag(false)),
                _ => None,
            },
            Kind::Count => text.parse().ok().map(Typed::Count),
            Kind::Number => text.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0).map(Typed::Number),
            Kind::Usd => Money::parse_usd(text).map(Typed::Usd),
            Kind::Word(words) => words.contains(&text).then(|| Typed::Text(text.to_owned())),
        };
        match typed {
            Some(typed) => {
                self.entries.insert(path.to_owned(), (typed, place.to_owned()));
            }
            None => faults.push(Fault {
                place: place.to_owned(),
                message: format!("{path} must be {}, not {text:?}", kind.describe()),
            }),
        }
    }
}

struct Walk<'a> {
    text: &'a str,
    file: &'a str,
    faults: &'a mut Vec<(usize, Fault)>,
    layer: &'a mut Layer,
}

impl Walk<'_> {
    fn table(&mut self, table: &DeTable<'_>, prefix: &str) {
        for (name, value) in table {
            let start = name.span().start;
            let path =
                if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            let at = place(self.file, self.text, start);
            match (key::find(&path), value.get_ref()) {
                (Some(key), value) => match typed(key.kind, value) {
                    Some(typed) => {
                        self.layer.entries.insert(path, (typed, at));
                    }
                    None => {
                        let message = format!("{path} must be {}", key.kind.describe());
                        self.faults.push((start, Fault { place: at, message }));
                    }
                },
                (None, DeValue::Table(inner)) if is_group(&path) => self.table(inner, &path),
                (None, _) => self.faults.push((start, Fault { place: at, message: unknown(&path) })),
            }
        }
    }
}

/// Whether some setting lies below `path`.
fn is_group(path: &str) -> bool {
    let parts = path.split('.').count();
    key::KEYS.iter().any(|key| {
        let head = key.path.split('.').next();
        head == path.split('.').next() && (parts == 1 || key.path.contains('*'))
    }) && key::KEYS.iter().any(|key| key.path.starts_with(&format!("{}.", path.split('.').next().unwrap_or(path))))
}

fn unknown(path: &str) -> String {
    let name = path.rsplit('.').next().unwrap_or(path);
    let last = |key: &'static key::Key| key.path.rsplit('.').next().unwrap_or(key.path);
    let near = nearest(name, key::KEYS.iter().map(last));
    near.map_or_else(
        || format!("there is no setting {path}"),
        |n| format!("there is no setting {path}; did you mean `{n}`?"),
    )
}

fn typed(kind: Kind, value: &DeValue<'_>) -> Option<Typed> {
    let number = || match value {
        DeValue::Integer(n) => n.to_string().parse::<f64>().ok(),
        DeValue::Float(n) => n.to_string().parse::<f64>().ok(),
        _ => None,
    };
    match (kind, value) {
        (Kind::Text, DeValue::String(text)) => Some(Typed::Text(text.to_string())),
        (Kind::Word(words), DeValue::String(text)) if words.contains(&text.as_ref()) => {
            Some(Typed::Text(text.to_string()))
        }
        (Kind::Flag, DeValue::Boolean(flag)) => Some(Typed::Flag(*flag)),
        (Kind::Count, DeValue::Integer(n)) => n.to_string().parse().ok().map(Typed::Count),
        (Kind::Number, _) => number().filter(|n| n.is_finite() && *n >= 0.0).map(Typed::Number),
        (Kind::Usd, DeValue::String(text)) => Money::parse_usd(text).map(Typed::Usd),
        (Kind::Usd, DeValue::Integer(n)) => Money::parse_usd(&n.to_string()).map(Typed::Usd),
        (Kind::Usd, DeValue::Float(n)) => Money::parse_usd(&n.to_string()).map(Typed::Usd),
        (Kind::Texts, DeValue::Array(items)) => items
            .iter()
            .map(|item| if let DeValue::String(text) = item.get_ref() { Some(text.to_string()) } else { None })
            .collect::<Option<Vec<_>>>()
            .map(Typed::Texts),
        (Kind::Texts, DeValue::String(text)) => Some(Typed::Texts(vec![text.to_string()])),
        _ => None,
    }
}

/// `file:line:column` of a byte offset.
fn place(file: &str, text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    format!("{file}:{line}:{column}")
}

//! One source of settings as typed: a file, the environment, or the flags. Values are checked where they stand.

use crate::config::environment::Environment;
use crate::config::fault::Fault;
use crate::config::key::{self, Kind};
use crate::config::place::{Place, Source};
use crate::core::money::Money;
use crate::core::text::{did_you_mean, nearest};
use serde_json::{Value, json};
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

impl Typed {
    /// The value as JSON, money in USD.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Texts(texts) => json!(texts),
            Self::Flag(flag) => json!(flag),
            Self::Count(count) => json!(count),
            Self::Number(number) => json!(number),
            Self::Usd(money) => json!(money.usd()),
        }
    }
}

/// One source of settings.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// Dotted path to value and place.
    pub entries: BTreeMap<String, (Typed, Place)>,
    /// The tables with names of the user's choice (`models.big`), also those without a right entry.
    pub tables: BTreeMap<String, Place>,
}

/// What is set where nobody says otherwise.
const BUILT_IN: &str = include_str!("builtin.toml");

impl Layer {
    /// The lowest layer. Its faults are faults of this program, which a test finds.
    pub fn built_in(faults: &mut Vec<Fault>) -> Self {
        let mut layer = Self::from_toml(BUILT_IN, "builtin.toml", faults);
        let places = layer.entries.values_mut().map(|(_, place)| place).chain(layer.tables.values_mut());
        places.for_each(|place| *place = Place::BuiltIn);
        layer
    }

    /// Reads a file's text; `file` names it in places. Faults are collected, the rest is kept.
    pub fn from_toml(text: &str, file: &str, faults: &mut Vec<Fault>) -> Self {
        let mut layer = Self::default();
        let source = Source::new(file, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().lines().next().unwrap_or("syntax error").to_owned();
            faults.push(Fault::new(source.place(at), message));
        }
        let mut walk = Walk { source: &source, faults, layer: &mut layer };
        walk.table(table.get_ref(), "");
        layer
    }

    /// Reads `RHIZO_*` variables. One that means nothing is a fault, because it was meant to change something.
    pub fn from_environment(environment: &Environment, faults: &mut Vec<Fault>) -> Self {
        const OTHER: &[&str] = &["RHIZO_HOME", "RHIZO_LOG"];
        let mut layer = Self::default();
        for (name, text) in environment.variables.iter().filter(|(n, v)| n.starts_with("RHIZO_") && !v.is_empty()) {
            let known = key::KEYS.iter().find(|k| key::variable(k).as_deref() == Some(name));
            match known {
                Some(key) => layer.add_text(key.path, key.kind, text, &Place::Variable(name.clone()), faults),
                None if OTHER.contains(&name.as_str()) => {}
                None => {
                    let hint = variable(name).map_or(String::new(), |n| format!("; did you mean {n}?"));
                    let place = Place::Variable(name.clone());
                    faults.push(Fault::new(place, format!("no setting has this variable{hint}")));
                }
            }
        }
        layer
    }

    /// Adds a value given as text, by a variable or a flag.
    pub fn add_text(&mut self, path: &str, kind: Kind, text: &str, place: &Place, faults: &mut Vec<Fault>) {
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
                self.entries.insert(path.to_owned(), (typed, place.clone()));
            }
            None => {
                let (what, near) = (kind.describe(), meant(kind, text));
                faults.push(Fault::new(place.clone(), format!("{path} must be {what}, not {text:?}{near}")));
            }
        }
    }
}

struct Walk<'a> {
    source: &'a Source<'a>,
    faults: &'a mut Vec<Fault>,
    layer: &'a mut Layer,
}

impl Walk<'_> {
    fn table(&mut self, table: &DeTable<'_>, prefix: &str) {
        for (name, value) in table {
            let path =
                if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            let place = self.source.place(name.span().start);
            match (key::find(key::plain(&path).as_ref()), value.get_ref()) {
                (Some(key), value) => self.entry(key.kind, &path, value, place),
                (None, DeValue::Table(inner)) if is_group(&path) => {
                    if matches!(prefix, "models" | "services" | "roles") {
                        self.layer.tables.entry(path.clone()).or_insert(place);
                    }
                    self.table(inner, &path);
                }
                (None, _) => self.faults.push(Fault::new(place, unknown(&path))),
            }
        }
    }

    fn entry(&mut self, kind: Kind, path: &str, value: &DeValue<'_>, place: Place) {
        let plain = key::plain(path).into_owned();
        let Some(typed) = typed(kind, value) else {
            let near = if let DeValue::String(text) = value { meant(kind, text) } else { String::new() };
            self.faults.push(Fault::new(place, format!("{path} must be {}{near}", kind.describe())));
            return;
        };
        if let Some((_, before)) = self.layer.entries.get(&plain) {
            self.faults.push(Fault::new(place, format!("{path} is given already at {before}")));
            return;
        }
        self.layer.entries.insert(plain, (typed, place));
    }
}

/// The word that a text was probably meant to be, or the bound that it is beyond, as an addition to a fault.
fn meant(kind: Kind, text: &str) -> String {
    let most = Money::from_nanos(u64::MAX).usd().trunc();
    if matches!(kind, Kind::Usd) && text.parse::<f64>().is_ok_and(|usd| usd > most) {
        return format!("; the most is {most:.0}");
    }
    let near = if let Kind::Word(words) = kind { nearest(text, words.iter().copied()) } else { None };
    near.map_or_else(String::new, |near| format!("; {}", did_you_mean(near)))
}

/// Whether some setting lies below `path`.
fn is_group(path: &str) -> bool {
    let (group, inner) = path.split_once('.').map_or((path, false), |(group, _)| (group, true));
    let below = |key: &key::Key| key.path.strip_prefix(group).is_some_and(|rest| rest.starts_with('.'));
    key::KEYS.iter().any(|key| below(key) && (!inner || key.path.contains('*')))
}

/// The variable that one without a meaning may have meant: that of the setting whose path it spells, or of the only one whose
/// path ends so, or the nearest.
fn variable(name: &str) -> Option<String> {
    let path = name.strip_prefix("RHIZO_").unwrap_or(name);
    let spelt = |key: &&key::Key| path == key.path.replace('.', "_").to_uppercase();
    let ends = |key: &&key::Key| key.path.rsplit('.').next().is_some_and(|last| path == last.to_uppercase());
    let mut ending = key::KEYS.iter().filter(ends).filter_map(key::variable);
    let only = ending.next().filter(|_| ending.next().is_none());
    let names: Vec<String> = key::KEYS.iter().filter_map(key::variable).collect();
    let near = || nearest(name, names.iter().map(String::as_str)).map(ToOwned::to_owned);
    key::KEYS.iter().find(spelt).and_then(key::variable).or(only).or_else(near)
}

fn unknown(path: &str) -> String {
    let (group, name) = path.rsplit_once('.').unwrap_or(("", path));
    let head = |path: &'static str| path.split('.').next().unwrap_or(path);
    let last = |key: &'static key::Key| key.path.rsplit('.').next().unwrap_or(key.path);
    let within = |key: &&key::Key| group.is_empty() || head(key.path) == group.split('.').next().unwrap_or(group);
    let heads = key::KEYS.iter().filter(|_| group.is_empty()).map(|key| head(key.path));
    let near = nearest(name, heads.chain(key::KEYS.iter().filter(within).map(last)));
    near.map_or_else(
        || format!("there is no setting {path}"),
        |near| format!("there is no setting {path}; {}", did_you_mean(near)),
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

//! What is known of a value before it is computed: its form, what stands in it, and why it may be `()`. How an
//! expression makes one of others is `forms`.

use crate::core::text::meant;
use std::sync::Arc;

/// How deep the forms of maps and lists nest; steps that gather each other's values would make them as deep as there
/// are steps.
const DEEPEST: usize = 64;

/// What texts answer without being called.
const OF_TEXTS: &[&str] = &["len", "is_empty", "chars", "bytes"];

/// What lists answer.
const OF_LISTS: &[&str] = &["len", "is_empty"];

/// What numbers answer.
const OF_NUMBERS: &[&str] = &[
    "is_odd",
    "is_even",
    "is_zero",
    "is_nan",
    "is_finite",
    "is_infinite",
    "floor",
    "ceiling",
    "round",
    "int",
    "fraction",
];

/// The form of a value that is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Anything.
    Any,
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A list.
    List(Arc<Items>),
    /// A map with these fields.
    Map(Arc<Fields>),
}

/// The items of a list.
#[derive(Debug, PartialEq)]
pub struct Items {
    /// What is known of all of them.
    pub each: Made,
    /// How deep lists and maps nest in it, itself included.
    depth: usize,
}

/// The fields of a map.
#[derive(Debug, PartialEq)]
pub struct Fields {
    /// Those that are known by name.
    pub all: Vec<Field>,
    /// What is known of others; nothing if there are none.
    pub rest: Option<Made>,
    /// How deep lists and maps nest in it, itself included.
    depth: usize,
}

/// A field of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What is known of its value.
    pub made: Made,
    /// Whether it is always there.
    pub sure: bool,
}

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Its form where it is there.
    pub form: Form,
    /// Why it may be `()`, as far as that is known.
    pub lack: Option<Arc<Lack>>,
}

/// Why a value may be `()`.
#[derive(Debug, PartialEq)]
pub struct Lack {
    /// The file whose names the origin and the ways are.
    pub file: Arc<str>,
    /// What it was taken from and may be absent; nothing if it is so by itself.
    pub origin: Vec<String>,
    /// The names and fields by which it was handed on since.
    pub ways: Vec<Vec<String>>,
    /// Why, as a part of a sentence.
    pub why: String,
}

impl Form {
    pub(super) const TEXT: &'static str = "a text";
    pub(super) const NUMBER: &'static str = "a number";
    pub(super) const FLAG: &'static str = "true or false";
    pub(super) const LIST: &'static str = "a list";
    pub(super) const MAP: &'static str = "a map";

    /// A list of what is one of these.
    pub fn list(items: impl IntoIterator<Item = Made>) -> Self {
        let each = items.into_iter().reduce(Made::or).unwrap_or_else(Made::unknown);
        let depth = 1 + each.form.depth();
        if depth > DEEPEST { Self::Any } else { Self::List(Arc::new(Items { each, depth })) }
    }

    /// A map with these fields, and no others.
    pub fn map(fields: impl Iterator<Item = Field>) -> Self {
        Self::fields(fields.collect(), None)
    }

    /// A map of whose fields no name is known.
    pub fn open(rest: Made) -> Self {
        Self::fields(Vec::new(), Some(rest))
    }

    /// A map with these fields, and with others if something is said of them.
    pub fn fields(all: Vec<Field>, rest: Option<Made>) -> Self {
        let inner = all.iter().map(|field| &field.made).chain(&rest).map(|made| made.form.depth());
        let depth = 1 + inner.max().unwrap_or(0);
        if depth > DEEPEST { Self::Any } else { Self::Map(Arc::new(Fields { all, rest, depth })) }
    }

    fn depth(&self) -> usize {
        match self {
            Self::List(items) => items.depth,
            Self::Map(fields) => fields.depth,
            _ => 0,
        }
    }

    /// What it is, in words.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Text => Self::TEXT,
            Self::Number => Self::NUMBER,
            Self::Flag => Self::FLAG,
            Self::List(_) => Self::LIST,
            Self::Map(_) => Self::MAP,
        }
    }

    /// What is known of the value of a field; nothing of one that need not be there.
    pub fn field(&self, name: &str) -> Option<Made> {
        match (self, name) {
            (Self::Map(fields), name) => fields.get(name).cloned(),
            (Self::Text | Self::List(_), "len") => Some(Self::Number.into()),
            (Self::Text | Self::List(_), "is_empty") => Some(Self::Flag.into()),
            _ => None,
        }
    }

    /// That no value of this form has a field, if it is so; `way` is how the value is read.
    pub fn lacking(&self, way: &str, field: &str) -> Option<String> {
        let known = match self {
            Self::Any => return None,
            Self::Map(fields) => return fields.lacking(way, field),
            Self::Text => OF_TEXTS,
            Self::Number => OF_NUMBERS,
            Self::Flag => &[],
            Self::List(_) => OF_LISTS,
        };
        (!known.contains(&field)).then(|| format!("`{way}` is {}, and has no field `{field}`", self.kind()))
    }

    /// The form of what is this or the other.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Text, Self::Text) => Self::Text,
            (Self::Number, Self::Number) => Self::Number,
            (Self::Flag, Self::Flag) => Self::Flag,
            (Self::List(one), Self::List(other)) => Self::list([one.each.clone(), other.each.clone()]),
            (Self::Map(one), Self::Map(other)) if Arc::ptr_eq(&one, &other) => Self::Map(one),
            _ => Self::Any,
        }
    }

    /// The form of a sum.
    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Text, _) | (_, Self::Text) => Self::Text,
            (Self::Number, Self::Number) => Self::Number,
            (one @ Self::List(_), other @ Self::List(_)) => one.or(other),
            (Self::Map(left), Self::Map(right)) => left.with(&right),
            _ => Self::Any,
        }
    }
}

impl Fields {
    /// What is known of the value of a field; nothing of one that need not be there.
    pub fn get(&self, name: &str) -> Option<&Made> {
        match self.all.iter().find(|field| field.name == name) {
            Some(field) => Some(&field.made).filter(|_| field.sure),
            None => self.rest.as_ref(),
        }
    }

    fn lacking(&self, way: &str, field: &str) -> Option<String> {
        let names: Vec<&str> = self.all.iter().map(|known| known.name.as_str()).collect();
        if self.rest.is_some() || names.contains(&field) {
            return None;
        }
        Some(match meant(field, names.iter().copied()) {
            Some(meant) => format!("`{way}` has no field `{field}`; {meant}"),
            None if names.is_empty() => format!("`{way}` has no fields, so not `{field}` either"),
            None => format!("`{way}` has no field `{field}`; it has {}", names.join(", ")),
        })
    }

    /// What is known of all values.
    pub fn any(&self) -> Made {
        let all = self.all.iter().map(|field| &field.made).chain(&self.rest);
        all.cloned().reduce(Made::or).unwrap_or_else(Made::unknown)
    }

    /// The fields of this map and of one that is added to it, which goes before.
    fn with(&self, right: &Self) -> Form {
        let in_right = |name: &str| right.all.iter().find(|field| field.name == name);
        let kept = self.all.iter().filter_map(|field| match in_right(&field.name) {
            Some(other) if other.sure => None,
            None if right.rest.is_none() => Some(field.clone()),
            // Which of them it is shows when it is there.
            _ => Some(Field { made: Made::unknown(), ..field.clone() }),
        });
        let new = right.all.iter().filter(|field| field.sure || !self.all.iter().any(|known| known.name == field.name));
        let rest = self.rest.iter().chain(&right.rest).cloned().reduce(Made::or);
        Form::fields(kept.chain(new.cloned()).collect(), rest)
    }
}

impl Made {
    /// A value of which nothing is known.
    pub const fn unknown() -> Self {
        Self { form: Form::Any, lack: None }
    }

    /// What is known of what is this or the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { form: self.form.or(other.form), lack: self.lack.or(other.lack) }
    }
}

impl From<Form> for Made {
    fn from(form: Form) -> Self {
        Self { form, lack: None }
    }
}

impl Lack {
    /// One that is so by itself.
    pub fn plain(why: &str) -> Arc<Self> {
        Arc::new(Self { file: Arc::from(""), origin: Vec::new(), ways: Vec::new(), why: why.to_owned() })
    }
}

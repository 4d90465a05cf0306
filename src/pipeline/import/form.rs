//! What is known of a value's form, which decides how it is shown inside a text.

use crate::pipeline::import::filters;
use crate::pipeline::import::jinja::Expr;
use crate::pipeline::import::rhai::is_moment;
use crate::pipeline::import::template::listed;
use crate::pipeline::import::{Importer, Kind};
use crate::pipeline::plan::kind_of;
use crate::pipeline::tree::{Data, Node};
use serde_json::Value;

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A text.
    Text,
    /// What Python shows as it is shown here: a whole number, or a value of a step.
    Plain,
    /// True or false.
    Flag,
    /// A list of what is shown as it is here.
    Plains,
    /// A map whose keys have another order than that of the alphabet.
    UnsortedMap,
    /// What has such a map in it.
    Unsorted,
    /// Anything else.
    Any,
}

impl Form {
    /// The form of what is one or the other.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Text | Self::Plain, Self::Text | Self::Plain) => Self::Plain,
            (Self::UnsortedMap, _) | (_, Self::UnsortedMap) => Self::UnsortedMap,
            (Self::Unsorted, _) | (_, Self::Unsorted) => Self::Unsorted,
            _ => Self::Any,
        }
    }

    /// The form of the items of a list.
    fn of_items(self) -> Self {
        if self == Self::Plains { Self::Plain } else { Self::Any }
    }

    /// The form of a value that is written out.
    fn of_value(value: &Value) -> Self {
        match value {
            Value::String(_) => Self::Text,
            Value::Bool(_) => Self::Flag,
            Value::Number(number) if !number.is_f64() => Self::Plain,
            Value::Array(items) if !items.is_empty() && items.iter().all(is_plain) => Self::Plains,
            other if is_sorted(other) => Self::Any,
            Value::Object(map) if !map.keys().is_sorted() => Self::UnsortedMap,
            _ => Self::Unsorted,
        }
    }

    /// The form of an input by what is said of it.
    pub(super) fn of_input(input: &Value) -> Self {
        let default = input.get("default");
        let absent = default.map_or(input["required"] == false, Value::is_null);
        let kind = input["type"].as_str().unwrap_or_else(|| default.map_or("string", kind_of));
        match (kind, default) {
            _ if absent => Self::Any,
            _ if input.get("schema").is_some() => Self::of_value(&input["schema"]["enum"]).of_items(),
            ("string", _) => Self::Text,
            ("boolean", _) => Self::Flag,
            ("integer", _) => Self::Plain,
            (kind, Some(default)) if kind == kind_of(default) => Self::of_value(default),
            _ => Self::Any,
        }
    }
}

fn is_plain(value: &Value) -> bool {
    value.is_string() || value.is_i64()
}

/// Whether the keys of all maps in it have the order in which they are read here.
fn is_sorted(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_sorted),
        Value::Object(map) => map.keys().is_sorted() && map.values().all(is_sorted),
        _ => true,
    }
}

impl Importer {
    /// A value as the text that Python makes of it.
    pub(super) fn in_text(&self, expr: &Expr) -> Result<String, String> {
        let value = self.rhai(expr)?;
        match self.form(expr) {
            Form::Text => Ok(value),
            Form::Unsorted | Form::UnsortedMap => {
                Err("a map as text: here its keys have the order of the alphabet".to_owned())
            }
            _ => Ok(format!("python_text({value})")),
        }
    }

    /// What Python goes through in a value.
    pub(super) fn listed(&self, expr: &Expr) -> Result<String, String> {
        match self.form(expr) {
            Form::Plains => self.rhai(expr),
            Form::UnsortedMap => Err("a map as a list: here its keys have the order of the alphabet".to_owned()),
            _ => Ok(filters::listed(&self.rhai(expr)?)),
        }
    }

    /// Whether one is a text and the other is written out as something else.
    pub(super) fn are_unlike(&self, one: &Expr, other: &Expr) -> bool {
        let is_other = |text: &str| !text.starts_with('"') && text != "()";
        self.form(one) == Form::Text && matches!(other, Expr::Literal(text) if is_other(text))
    }

    /// The form of an expression's value.
    pub(super) fn form(&self, expr: &Expr) -> Form {
        match expr {
            Expr::Literal(text) => literal(text),
            Expr::Path(path) => self.form_of_path(expr, path),
            Expr::List(items) if items.iter().all(|item| matches!(self.form(item), Form::Text | Form::Plain)) => {
                Form::Plains
            }
            Expr::Prefix("!", _) | Expr::Defined(..) => Form::Flag,
            Expr::Prefix(_, value) if self.form(value) == Form::Plain => Form::Plain,
            Expr::Infix(left, operator, right) => infix(self.form(left), operator, self.form(right)),
            Expr::Index(list, _) => self.form_of_items(list),
            Expr::Choice(yes, _, no) => self.form(yes).or(self.form(no)),
            Expr::Filter(value, name, arguments) if name == "default" || name == "d" => {
                self.form(value).or(arguments.first().map_or(Form::Text, |other| self.form(other)))
            }
            Expr::Filter(value, name, _) if name == "safe" => self.form(value),
            Expr::Filter(_, name, others) if name == "int" => {
                others.iter().fold(Form::Plain, |form, other| form.or(self.form(other)))
            }
            Expr::Filter(_, name, _) | Expr::Method(_, name, _) | Expr::Call(name, _) => called(name),
            _ => Form::Any,
        }
    }

    fn form_of_path(&self, expr: &Expr, path: &[String]) -> Form {
        let Some((first, fields)) = path.split_first() else { return Form::Any };
        let whole = path.join(".");
        if let Some(local) = self.local(whole.trim_start_matches('$')) {
            return local.form;
        }
        if let Some(name) = self.input_of(expr) {
            return self.forms.get(name).copied().unwrap_or(Form::Any);
        }
        let hidden = self.local(first.trim_start_matches('$')).is_some();
        match self.step_of(first, fields).filter(|_| !hidden) {
            Some((_, [field])) if field == "success" => Form::Flag,
            Some((known, fields)) => {
                let plain = fields.iter().all(|field| ["result", "content", "text"].contains(&field.as_str()));
                if plain && matches!(known.kind, Kind::Text | Kind::File) { Form::Text } else { Form::Plain }
            }
            None if is_moment(&whole) => Form::Text,
            None => Form::Any,
        }
    }

    /// The form of the items of a list that an expression is.
    pub(super) fn form_of_items(&self, list: &Expr) -> Form {
        self.form(list).of_items()
    }

    /// The form of the items that a loop is told.
    pub(super) fn form_of_nodes(&self, list: &Node) -> Form {
        match &list.data {
            Data::Text(text) => listed(text).map_or(Form::Any, |list| self.form_of_items(&list)),
            Data::List(items) if items.iter().all(|item| item.text().is_none_or(|text| !text.contains('{'))) => {
                Form::of_value(&list.value()).of_items()
            }
            _ => Form::Any,
        }
    }

    /// The parameter that an expression is.
    fn input_of<'e>(&self, expr: &'e Expr) -> Option<&'e str> {
        let Expr::Path(path) = expr else { return None };
        let name = match path.as_slice() {
            [name] => name,
            [around, name] if around == "inputs" || around == "parameters" => name,
            _ => return None,
        };
        let hidden = self.steps.contains_key(name) || self.local(name).is_some();
        (!hidden && self.inputs.contains(name)).then_some(name.as_str())
    }
}

fn literal(text: &str) -> Form {
    match text {
        "true" | "false" => Form::Flag,
        text if text.starts_with('"') => Form::Text,
        number if number.chars().all(|c| c.is_ascii_digit()) => Form::Plain,
        _ => Form::Any,
    }
}

fn infix(left: Form, operator: &str, right: Form) -> Form {
    match operator {
        "==" | "!=" | "<" | ">" | "<=" | ">=" | "in" => Form::Flag,
        "and" | "or" => left.or(right),
        "~" => Form::Text,
        "/" => Form::Any,
        // What one side is not, the whole is not.
        _ => match left.or(right) {
            Form::Text => Form::Text,
            Form::Plain => Form::Plain,
            _ => Form::Any,
        },
    }
}

/// The form of what a filter, a method or a function comes to.
fn called(name: &str) -> Form {
    match name {
        "startswith" | "endswith" => Form::Flag,
        "length" | "count" | "len" | "int" => Form::Plain,
        "upper" | "lower" | "capitalize" | "title" | "trim" | "strip" | "join" | "to_json" | "json" | "json_encode"
        | "tojson" | "replace" | "basename" | "slugify" | "truncate" | "string" | "str" | "now" => Form::Text,
        "split" | "range" => Form::Plains,
        _ => Form::Any,
    }
}

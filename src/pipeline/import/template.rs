//! Texts with `{{ }}` and `{% %}` as texts with `{{ }}` alone.

use crate::pipeline::import::form::Form;
use crate::pipeline::import::jinja::{self, Expr};
use crate::pipeline::import::pieces::{Piece, pieces};
use crate::pipeline::import::{Importer, Local, words};
use crate::pipeline::tree::{Data, Node};
use serde_json::Value;

impl Importer {
    /// A value whose texts are templates.
    pub(super) fn value(&mut self, node: &Node) -> Value {
        match &node.data {
            Data::Text(text) => Value::String(self.text(node, text)),
            Data::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Data::Map(entries) => {
                let entries = entries.iter().map(|entry| (entry.key.clone(), self.value(&entry.value)));
                Value::Object(entries.collect())
            }
            _ => node.value(),
        }
    }

    /// A value that is a text, whatever it is made of.
    pub(super) fn words(&mut self, node: &Node) -> Value {
        let Data::Text(text) = &node.data else { return Value::String(words(&node.value())) };
        let pieces = pieces(text);
        let [Piece::Hole(source)] = pieces.as_slice() else { return self.value(node) };
        let read = jinja::parse(source).and_then(|expr| {
            Ok(hole(if self.form(&expr) == Form::Flag { self.shown(&expr)? } else { self.in_text(&expr)? }))
        });
        Value::String(self.or_fault(node, read))
    }

    /// A value that is an expression here.
    pub(super) fn computed(&mut self, node: &Node) -> Value {
        expression(self.value(node))
    }

    /// A condition as an expression.
    pub(super) fn condition(&mut self, node: &Node) -> String {
        let read = match &node.data {
            Data::Text(text) if text.contains("<AUTO") => {
                Err("a condition that a model decides: ask the model in a step of its own".to_owned())
            }
            Data::Text(text) => jinja::parse(&condition_text(text.trim())).and_then(|expr| self.truth(&expr)),
            Data::Bool(flag) => Ok(flag.to_string()),
            _ => Err("a condition that is no text".to_owned()),
        };
        self.or_fault(node, read)
    }

    /// A text.
    pub(super) fn text(&mut self, node: &Node, text: &str) -> String {
        if text.contains("<AUTO") {
            let what = "a value that a model decides: ask the model in a step of its own";
            return self.or_fault(node, Err(what.to_owned()));
        }
        let pieces = pieces(text);
        // A value that is one hole stays what it is: a list, a number.
        let read = match pieces.as_slice() {
            [Piece::Hole(source)] => jinja::parse(source).and_then(|expr| self.rhai(&expr)).map(hole),
            pieces => self.whole(pieces),
        };
        self.or_fault(node, read)
    }

    /// What was read, or nothing where that has no counterpart: what else has none is told with it.
    fn or_fault(&mut self, node: &Node, read: Result<String, String>) -> String {
        let read = self.or_wrong(read).unwrap_or_default();
        let wrong = std::mem::take(&mut self.wrong);
        wrong.into_iter().for_each(|what| self.fault(node.at, what));
        read
    }

    /// What was read; what is wrong with it is told with the whole text.
    fn or_wrong<T>(&mut self, read: Result<T, String>) -> Option<T> {
        if let Err(what) = &read
            && !self.wrong.contains(what)
        {
            self.wrong.push(what.clone());
        }
        read.ok()
    }

    fn whole(&mut self, pieces: &[Piece<'_>]) -> Result<String, String> {
        let mut at = 0;
        let parts = self.parts(pieces, &mut at)?;
        if pieces.get(at).is_some() {
            return Err("a `{% %}` that closes nothing".to_owned());
        }
        let blanks = parts.iter().filter(|part| matches!(part, Part::Text(text) if text.trim().is_empty())).count();
        if blanks > 0 && blanks + 1 == parts.len() {
            // A hole with nothing but blanks around it is a value here, and the blanks are no part of it.
            return Ok(hole(together(parts)));
        }
        let written = parts.into_iter().map(|part| match part {
            Part::Text(text) => text,
            Part::Value(value) => hole(value),
        });
        Ok(written.collect())
    }

    /// The pieces up to a tag that ends them.
    fn parts(&mut self, pieces: &[Piece<'_>], at: &mut usize) -> Result<Vec<Part>, String> {
        let mut parts = Vec::new();
        while let Some(piece) = pieces.get(*at) {
            parts.push(match piece {
                Piece::Text(text) => Part::Text((*text).to_owned()),
                Piece::Hole(source) => {
                    let read = jinja::parse(source).and_then(|expr| self.shown(&expr));
                    Part::Value(self.or_wrong(read).unwrap_or_default())
                }
                Piece::Tag(tag) => match tag.split_whitespace().next().unwrap_or_default() {
                    "if" => Part::Value(self.branch(pieces, at, tag)?),
                    "for" => Part::Value(self.repeated(pieces, at, tag)?),
                    "elif" | "else" | "endif" | "endfor" => break,
                    _ => Part::Value(self.or_wrong(Err(format!("`{{% {tag} %}}`"))).unwrap_or_default()),
                },
            });
            *at += 1;
        }
        Ok(parts)
    }

    /// The same as one expression.
    fn joined(&mut self, pieces: &[Piece<'_>], at: &mut usize) -> Result<String, String> {
        self.parts(pieces, at).map(together)
    }

    /// An expression as Python shows it.
    fn shown(&self, expr: &Expr) -> Result<String, String> {
        match self.form(expr) {
            Form::Flag => Ok(format!("if {} {{ \"True\" }} else {{ \"False\" }}", self.rhai(expr)?)),
            Form::Plain => self.rhai(expr),
            _ => self.in_text(expr),
        }
    }

    fn branch(&mut self, pieces: &[Piece<'_>], at: &mut usize, tag: &str) -> Result<String, String> {
        let source = tag.split_once(' ').map_or("", |(_, rest)| rest);
        let read = jinja::parse(source).and_then(|expr| self.truth(&expr));
        let condition = self.or_wrong(read).unwrap_or_default();
        *at += 1;
        let yes = self.joined(pieces, at)?;
        let no = match pieces.get(*at) {
            Some(Piece::Tag(tag)) if tag.starts_with("elif ") => {
                // The inner branch ends both at the same `endif`.
                return Ok(format!("if {condition} {{ {yes} }} else {{ {} }}", self.branch(pieces, at, tag)?));
            }
            Some(Piece::Tag("else")) => {
                *at += 1;
                self.joined(pieces, at)?
            }
            _ => "\"\"".to_owned(),
        };
        match pieces.get(*at) {
            Some(Piece::Tag("endif")) => Ok(format!("if {condition} {{ {yes} }} else {{ {no} }}")),
            _ => Err("an `{% if %}` without its end".to_owned()),
        }
    }

    fn repeated(&mut self, pieces: &[Piece<'_>], at: &mut usize, tag: &str) -> Result<String, String> {
        let (names, source) = tag.strip_prefix("for ").and_then(|rest| rest.split_once(" in ")).unwrap_or_default();
        let is_name = !names.is_empty() && names.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
        let read = if is_name { self.gone_through(source) } else { Err(format!("`{{% {tag} %}}`")) };
        let ((list, all), form) = self.or_wrong(read).unwrap_or((Default::default(), Form::Any));
        *at += 1;
        let before = self.locals.len();
        // As they stand, they might be names of steps, or words of Rhai.
        let (item, index) = (format!("_each_{}", names.trim()), format!("_at_{}", names.trim()));
        // Several names have no counterpart, which is told once and not for each that reads one of them.
        self.locals.extend(names.split(',').map(|name| Local::new(name.trim(), &item, form)));
        self.locals.extend(Local::positions("loop", &index, &list));
        let body = self.joined(pieces, at);
        self.locals.truncate(before);
        let body = body?;
        match pieces.get(*at) {
            Some(Piece::Tag("endfor")) => Ok(format!("{all}.map(|{item}, {index}| {body}).join(\"\")")),
            _ => Err("a `{% for %}` without its end".to_owned()),
        }
    }

    /// The list of a `{% for %}`, what Python goes through in it, and the form of its items.
    fn gone_through(&self, source: &str) -> Result<((String, String), Form), String> {
        let items = jinja::parse(source)?;
        Ok(((self.rhai(&items)?, self.listed(&items)?), self.form_of_items(&items)))
    }
}

/// A part of a text as it is written here.
enum Part {
    Text(String),
    Value(String),
}

/// The parts as one expression.
fn together(parts: Vec<Part>) -> String {
    let texts: Vec<String> = parts
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => Value::from(text).to_string(),
            Part::Value(value) => value,
        })
        .collect();
    match texts.as_slice() {
        [] => "\"\"".to_owned(),
        [one] => one.clone(),
        // A chain of `+` would nest as deep as it is long.
        many => format!("[{}].join(\"\")", many.join(", ")),
    }
}

/// The list that a text stands for: its only hole, or a list that is written out.
pub(super) fn listed(text: &str) -> Option<Expr> {
    let is_plain = |items: &[Expr]| items.iter().all(|item| matches!(item, Expr::Literal(_)));
    match pieces(text.trim()).as_slice() {
        [Piece::Hole(source)] => jinja::parse(source).ok(),
        [Piece::Text(text)] => jinja::parse(text).ok().filter(|read| matches!(read, Expr::List(all) if is_plain(all))),
        _ => None,
    }
}

fn hole(value: String) -> String {
    format!("{{{{ {value} }}}}")
}

/// A value as an expression: what has no hole in it is written as data.
pub(super) fn expression(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains("{{") => Value::String(text),
        Value::String(text) => Value::String(Value::from(text).to_string()),
        other => other,
    }
}

/// `{{ a }}` is `a`, and so are the holes in `{{ a }} > {{ b }}`.
fn condition_text(text: &str) -> String {
    let holes = pieces(text).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Hole(source) => format!("({source})"),
        Piece::Tag(tag) => format!("{{% {tag} %}}"),
    });
    holes.collect()
}

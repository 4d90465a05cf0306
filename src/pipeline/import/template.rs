//! Texts with `{{ }}` and `{% %}` as texts with `{{ }}` alone.

use crate::pipeline::import::{Importer, jinja};
use crate::pipeline::tree::{Data, Node};
use serde_json::{Map, Value};

/// A piece of a text.
enum Piece<'t> {
    Text(&'t str),
    Hole(&'t str),
    Tag(&'t str),
}

impl Importer {
    /// A value whose texts are templates.
    pub(super) fn value(&mut self, node: &Node) -> Option<Value> {
        match &node.data {
            Data::Text(text) => self.text(node, text).map(Value::String),
            Data::List(items) => {
                items.iter().map(|item| self.value(item)).collect::<Option<Vec<_>>>().map(Value::Array)
            }
            Data::Map(entries) => {
                let entries = entries.iter().map(|entry| Some((entry.key.clone(), self.value(&entry.value)?)));
                entries.collect::<Option<Map<_, _>>>().map(Value::Object)
            }
            _ => Some(node.value()),
        }
    }

    /// A value that is an expression here.
    pub(super) fn computed(&mut self, node: &Node) -> Option<Value> {
        match self.value(node)? {
            Value::String(text) if text.contains("{{") => Some(Value::String(text)),
            Value::String(text) => Some(Value::String(Value::from(text).to_string())),
            other => Some(other),
        }
    }

    /// A condition as an expression.
    pub(super) fn condition(&mut self, node: &Node) -> Option<String> {
        let text = match &node.data {
            Data::Text(text) => text.trim().to_owned(),
            Data::Bool(flag) => return Some(flag.to_string()),
            _ => {
                self.fault(node.at, "a condition that is no text");
                return None;
            }
        };
        if text.contains("<AUTO") {
            self.fault(node.at, "a condition that a model decides: ask the model in a step of its own");
            return None;
        }
        let inner = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(&text);
        let read = jinja::parse(inner).and_then(|expr| self.truth(&expr));
        read.map_err(|what| self.fault(node.at, what)).ok()
    }

    /// A text.
    pub(super) fn text(&mut self, node: &Node, text: &str) -> Option<String> {
        if text.contains("<AUTO") {
            self.fault(node.at, "a value that a model decides: ask the model in a step of its own");
            return None;
        }
        let pieces = pieces(text);
        let tagged = pieces.iter().any(|piece| matches!(piece, Piece::Tag(_)));
        let read = if tagged { self.tagged(&pieces) } else { self.plain(&pieces) };
        read.map_err(|what| self.fault(node.at, what)).ok()
    }

    fn plain(&self, pieces: &[Piece<'_>]) -> Result<String, String> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Hole(source) => text.push_str(&format!("{{{{ {} }}}}", self.rhai(&jinja::parse(source)?)?)),
                Piece::Tag(tag) => return Err(format!("`{{% {tag} %}}`")),
            }
        }
        Ok(text)
    }

    /// With tags the whole text is one expression.
    fn tagged(&self, pieces: &[Piece<'_>]) -> Result<String, String> {
        let mut at = 0;
        let whole = self.joined(pieces, &mut at, None)?;
        match pieces.get(at) {
            None => Ok(format!("{{{{ {whole} }}}}")),
            Some(_) => Err("a `{% %}` that closes nothing".to_owned()),
        }
    }

    /// The pieces up to a tag that ends them, as an expression; `item` is the name of a loop around.
    fn joined(&self, pieces: &[Piece<'_>], at: &mut usize, item: Option<&str>) -> Result<String, String> {
        let mut parts = vec!["\"\"".to_owned()];
        while let Some(piece) = pieces.get(*at) {
            match piece {
                Piece::Text(text) => parts.push(Value::from(*text).to_string()),
                Piece::Hole(source) => {
                    let source = source.trim();
                    let own = item.filter(|item| source == *item || source.starts_with(&format!("{item}.")));
                    let value = match own {
                        Some(_) => source.to_owned(),
                        None => self.rhai(&jinja::parse(source)?)?,
                    };
                    parts.push(format!("{{ let shown = {value}; if type_of(shown) == \"string\" {{ shown }} else {{ json_text(shown) }} }}"));
                }
                Piece::Tag(tag) => match tag.split_whitespace().next().unwrap_or_default() {
                    "if" => parts.push(self.branch(pieces, at, item, tag)?),
                    "for" => parts.push(self.repeated(pieces, at, tag)?),
                    "elif" | "else" | "endif" | "endfor" => break,
                    _ => return Err(format!("`{{% {tag} %}}`")),
                },
            }
            *at += 1;
        }
        Ok(parts.join(" + "))
    }

    fn branch(&self, pieces: &[Piece<'_>], at: &mut usize, item: Option<&str>, tag: &str) -> Result<String, String> {
        let source = tag.split_once(' ').map_or("", |(_, rest)| rest);
        let condition = self.truth(&jinja::parse(source)?)?;
        *at += 1;
        let yes = self.joined(pieces, at, item)?;
        let no = match pieces.get(*at) {
            Some(Piece::Tag(tag)) if tag.starts_with("elif ") => {
                // The inner branch ends both at the same `endif`.
                return Ok(format!("if {condition} {{ {yes} }} else {{ {} }}", self.branch(pieces, at, item, tag)?));
            }
            Some(Piece::Tag("else")) => {
                *at += 1;
                self.joined(pieces, at, item)?
            }
            _ => "\"\"".to_owned(),
        };
        match pieces.get(*at) {
            Some(Piece::Tag("endif")) => Ok(format!("(if {condition} {{ {yes} }} else {{ {no} }})")),
            _ => Err("an `{% if %}` without its end".to_owned()),
        }
    }

    fn repeated(&self, pieces: &[Piece<'_>], at: &mut usize, tag: &str) -> Result<String, String> {
        let (name, source) = tag
            .strip_prefix("for ")
            .and_then(|rest| rest.split_once(" in "))
            .ok_or_else(|| format!("`{{% {tag} %}}`"))?;
        let list = self.rhai(&jinja::parse(source)?)?;
        *at += 1;
        let body = self.joined(pieces, at, Some(name.trim()))?;
        match pieces.get(*at) {
            Some(Piece::Tag("endfor")) => {
                Ok(format!("{list}.map(|{}| {body}).reduce(|all, one| all + one, \"\")", name.trim()))
            }
            _ => Err("a `{% for %}` without its end".to_owned()),
        }
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let (hole, tag) = (rest.find("{{"), rest.find("{%"));
        let (begin, close) = match (hole, tag) {
            (Some(hole), Some(tag)) if tag < hole => (tag, "%}"),
            (Some(hole), _) => (hole, "}}"),
            (None, Some(tag)) => (tag, "%}"),
            (None, None) => break,
        };
        let inner = rest.get(begin + 2..).unwrap_or_default();
        let Some(end) = inner.find(close) else { break };
        if begin > 0 {
            pieces.push(Piece::Text(rest.get(..begin).unwrap_or_default()));
        }
        let source = inner.get(..end).unwrap_or_default().trim_matches('-').trim();
        pieces.push(if close == "}}" { Piece::Hole(source) } else { Piece::Tag(source) });
        rest = inner.get(end + 2..).unwrap_or_default();
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

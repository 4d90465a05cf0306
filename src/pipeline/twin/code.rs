//! Rhai as text: literals, templates, lines.

use crate::pipeline::plan::{Part, Template};
use crate::pipeline::twin::Twin;
use crate::script::expression::{Expression, Form, Reference};
use serde_json::Value;

/// Lines of a script at their depth.
#[derive(Default)]
pub(super) struct Lines {
    lines: Vec<String>,
    depth: usize,
}

impl Lines {
    /// Adds a line.
    pub(super) fn add(&mut self, line: &str) {
        self.lines.push(format!("{}{line}", "    ".repeat(self.depth)));
    }

    /// Adds lines, if there are any.
    pub(super) fn extend(&mut self, lines: impl IntoIterator<Item = String>) {
        lines.into_iter().for_each(|line| self.add(&line));
    }

    /// Adds a statement of several lines.
    pub(super) fn assign(&mut self, head: &str, value: &[String]) {
        let last = value.len().saturating_sub(1);
        for (at, line) in value.iter().enumerate() {
            let (begin, end) = (if at == 0 { head } else { "" }, if at == last { ";" } else { "" });
            self.add(&format!("{begin}{line}{end}"));
        }
    }

    /// Further lines stand deeper.
    pub(super) const fn deeper(&mut self) {
        self.depth += 1;
    }

    /// Further lines stand less deep.
    pub(super) const fn shallower(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The lines alone.
    pub(super) fn list(self) -> Vec<String> {
        self.lines
    }

    /// The whole text.
    pub(super) fn whole(self) -> String {
        self.lines.join("\n") + "\n"
    }
}

/// A text as a literal.
pub(super) fn text(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if c.is_control() => literal.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// The statement that says which step follows.
pub(super) fn in_step(step: &str) -> String {
    format!("in_step({});", text(step))
}

/// A value as a literal.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Null => "()".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => {
            let whole = number.is_i64() || number.is_u64();
            if whole { number.to_string() } else { format!("{:?}", number.as_f64().unwrap_or_default()) }
        }
        Value::String(string) => text(string),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", text(key), literal(value))).collect();
            format!("#{{{}}}", entries.join(", "))
        }
    }
}

/// An expression where another one goes on: in brackets unless it is plain.
pub(super) fn branch(source: &str) -> String {
    let plain = source.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '?'));
    // Rhai takes no block for a condition, but one in brackets.
    if plain { source.to_owned() } else { format!("({})", whole(source.to_owned())) }
}

/// Where a place of an expression stands in its text, in bytes.
fn offset(source: &str, place: &Reference) -> Option<usize> {
    let before: usize = source.split_inclusive('\n').take(place.line.saturating_sub(1)).map(str::len).sum();
    let line = source.get(before..)?;
    let column = place.column.saturating_sub(1);
    line.char_indices().nth(column).map(|(byte, _)| before + byte)
}

/// Several statements are a block.
fn whole(source: String) -> String {
    if source.contains(';') || source.contains('\n') { format!("{{ {source} }}") } else { source }
}

impl Twin {
    /// The text of an expression. A closure in it may read the value on which it is called, which a script locks
    /// meanwhile: it is called on a copy.
    pub(super) fn source(&mut self, expression: &Expression) -> String {
        let source = expression.source();
        let references = expression.references();
        let twice = |name: &String| references.iter().filter(|other| other.path.first() == Some(name)).count() > 1;
        let read = references.iter().filter(|reference| reference.path.first().is_some_and(twice));
        let closures = source.replace("||", "").contains('|');
        let mut read: Vec<&Reference> = read.filter(|_| closures).collect();
        // From behind, so that the places before it stay what they are.
        read.sort_by_key(|reference| std::cmp::Reverse((reference.line, reference.column)));
        let mut text = source.to_owned();
        for reference in read {
            let Some(name) = reference.path.first() else { continue };
            let Some(at) = offset(source, reference).filter(|at| text.get(*at..).is_some_and(|t| t.starts_with(name)))
            else {
                continue;
            };
            text.replace_range(at..at + name.len(), &format!("{}({name})", self.call("copied")));
        }
        // A comment must not go on into what is written behind; a line that only looks like one is still the same.
        if text.lines().next_back().is_some_and(|last| last.contains("//")) {
            text.push('\n');
        }
        text
    }

    /// A condition; one that is neither true nor false is told as such.
    pub(super) fn condition(&mut self, condition: &Expression) -> String {
        let source = self.source(condition);
        if matches!(condition.form(&|_| Form::Any), Form::Flag) {
            return branch(&source);
        }
        format!("{}({}, {})", self.call("holds"), whole(source), text(condition.source()))
    }

    /// What a check says, in the same way.
    pub(super) fn verdict(&mut self, check: &Expression) -> String {
        let source = self.source(check);
        if matches!(check.form(&|_| Form::Any), Form::Flag | Form::Text) {
            return branch(&source);
        }
        format!("{}({})", self.call("verdict"), whole(source))
    }

    /// A value with its holes.
    pub(super) fn value(&mut self, template: &Template) -> String {
        match template {
            Template::Plain(value) => literal(value),
            Template::Value(expression) => whole(self.source(expression)),
            Template::Text(parts) => self.joined(parts, Self::hole),
            Template::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Template::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(name, value)| format!("{}: {}", text(name), self.value(value))).collect();
                format!("#{{{}}}", entries.join(", "))
            }
        }
    }

    /// The same as text.
    pub(super) fn text(&mut self, template: &Template) -> String {
        match template {
            Template::Plain(Value::String(_)) | Template::Text(_) => self.value(template),
            _ => format!("{}({})", self.call("as_text"), self.value(template)),
        }
    }

    /// The same for a question: what is absent says nothing to a person.
    pub(super) fn question(&mut self, template: &Template) -> String {
        match template {
            Template::Text(parts) => self.joined(parts, Self::shown),
            Template::Value(expression) => self.shown(expression),
            _ => self.text(template),
        }
    }

    fn joined(&mut self, parts: &[Part], hole: fn(&mut Self, &Expression) -> String) -> String {
        let mut pieces = Vec::new();
        for part in parts {
            pieces.push(match part {
                Part::Literal(literal) => text(literal),
                Part::Hole(expression) => hole(self, expression),
            });
        }
        pieces.join(" + ")
    }

    fn hole(&mut self, expression: &Expression) -> String {
        let source = whole(self.source(expression));
        format!("{}({source})", self.call("as_text"))
    }

    fn shown(&mut self, expression: &Expression) -> String {
        let source = branch(&self.source(expression));
        format!("{}({source} ?? \"\")", self.call("as_text"))
    }
}

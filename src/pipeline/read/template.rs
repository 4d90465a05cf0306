//! Expressions, and texts with `{{ }}` in them.

mod holes;

use crate::core::failure::Failure;
use crate::core::text::guess;
use crate::pipeline::plan::{Part as Piece, Template};
use crate::pipeline::read::template::holes::{closing, whole_hole};
use crate::pipeline::read::{Part, Reader, Scope, Use, User, told};
use crate::pipeline::tree::{Data, Node, Spot};
use crate::script::expression::{Expression, Form, Reference};
use serde_json::Value;
use std::collections::BTreeSet;

/// Where expressions are read: the names, those among them that are no steps, and who reads.
#[derive(Clone)]
pub(in crate::pipeline) struct Reading<'s> {
    /// The names.
    pub scope: &'s Scope<'s>,
    /// Names of this step's own, as its vars.
    pub own: Vec<String>,
    /// Who reads.
    pub user: User,
}

impl<'s> Reading<'s> {
    /// A reading without names of its own.
    pub(crate) const fn new(scope: &'s Scope<'s>, user: User) -> Self {
        Self { scope, own: Vec::new(), user }
    }

    /// The same with names of its own.
    pub(crate) fn with(&self, own: &[&str]) -> Self {
        let own = own.iter().map(|name| (*name).to_owned());
        Self { own: self.own.iter().cloned().chain(own).collect(), ..self.clone() }
    }

    /// All names.
    fn names(&self) -> Vec<&str> {
        let mut names = self.scope.names();
        names.extend(self.own.iter().map(String::as_str));
        names
    }

    /// The names among the words of a source.
    fn named_in<'t>(&self, source: &'t str) -> Vec<&'t str> {
        let words: BTreeSet<&str> = source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        words.into_iter().filter(|word| self.scope.has(word) || self.own.iter().any(|own| own == word)).collect()
    }
}

impl Reader<'_, '_> {
    /// The whole node as one expression; numbers and the like stand for themselves.
    pub(crate) fn expression(&mut self, node: &Node, what: &str, reading: &Reading<'_>) -> Option<Expression> {
        let source = match &node.data {
            Data::Text(text) => text.clone(),
            Data::Bool(_) | Data::Int(_) | Data::Float(_) => node.value().to_string(),
            _ => {
                self.mistaken(node, what, "an expression");
                return None;
            }
        };
        let source = source.trim();
        if source.is_empty() {
            self.fault(node.at, format!("{what} is empty"));
            return None;
        }
        // People write the braces of texts here too.
        let bare = whole_hole(source).unwrap_or(source).trim();
        self.compile(bare, node, &mut node.range.0.clone(), reading)
    }

    /// A value whose texts are expressions, unless they have holes.
    pub(crate) fn computed(&mut self, node: &Node, reading: &Reading<'_>) -> Template {
        match &node.data {
            Data::Text(text) if !text.contains("{{") => {
                let what = "a value";
                self.expression(node, what, reading).map_or_else(|| self.unread(), Template::Value)
            }
            Data::List(items) => gathered_list(items.iter().map(|item| self.computed(item, reading)).collect()),
            Data::Map(entries) => {
                gathered_map(entries.iter().map(|e| (e.key.clone(), self.computed(&e.value, reading))).collect())
            }
            _ => self.template(node, reading),
        }
    }

    /// What stands for an expression that could not be read: anything may come of it, so its readers are not at fault.
    fn unread(&self) -> Template {
        let any = self.loader.compiler.compile("parse_json(\"\")", &[]);
        any.map_or(Template::Plain(Value::Null), Template::Value)
    }

    /// A value whose texts stand for themselves, but for the holes in them.
    pub(crate) fn template(&mut self, node: &Node, reading: &Reading<'_>) -> Template {
        match &node.data {
            Data::Text(text) => self.text_template(text, node, reading),
            Data::List(items) => gathered_list(items.iter().map(|item| self.template(item, reading)).collect()),
            Data::Map(entries) => {
                gathered_map(entries.iter().map(|e| (e.key.clone(), self.template(&e.value, reading))).collect())
            }
            _ => Template::Plain(node.value()),
        }
    }

    fn text_template(&mut self, text: &str, node: &Node, reading: &Reading<'_>) -> Template {
        let mut from = node.range.0;
        if let Some(source) = whole_hole(text.trim()) {
            let hole = self.compile(source.trim(), node, &mut from, reading);
            return hole.map_or(Template::Plain(Value::Null), Template::Value);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let inner = rest.get(start + 2..).unwrap_or_default();
            let Some(end) = closing(inner) else {
                let line = text.len() - rest.len() + start;
                let at = self.spot_of(node, &mut from, inner.lines().next().unwrap_or_default());
                let shown = crate::core::text::one_line(text.get(line..).unwrap_or_default(), 40);
                self.fault(
                    at,
                    format!("`{{{{` is not closed by `}}}}` in {shown:?}; a literal one is `{{{{ \"{{{{\" }}}}`"),
                );
                return Template::Plain(Value::Null);
            };
            pieces.push(Piece::Literal(rest.get(..start).unwrap_or_default().to_owned()));
            let source = inner.get(..end).unwrap_or_default().trim();
            pieces.extend(self.compile(source, node, &mut from, reading).map(Piece::Hole));
            rest = inner.get(end + 2..).unwrap_or_default();
        }
        if pieces.is_empty() {
            return Template::Plain(Value::String(text.to_owned()));
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        pieces.retain(|piece| !matches!(piece, Piece::Literal(text) if text.is_empty()));
        Template::Text(pieces)
    }

    /// Compiles an expression of a node, from this byte of the file on, and keeps what it reads.
    fn compile(&mut self, source: &str, node: &Node, from: &mut usize, reading: &Reading<'_>) -> Option<Expression> {
        let at = self.spot_of(node, from, source.lines().next().unwrap_or_default());
        if source.is_empty() {
            self.fault(at, "there is no expression between `{{` and `}}`");
            return None;
        }
        // A file may have thousands of names, of which an expression reads few; why it is refused is told by all of them.
        let compile = |names: &[&str]| self.loader.compiler.compile(source, names);
        match compile(&reading.named_in(source)).or_else(|_| compile(&reading.names())) {
            Ok(expression) => {
                for reference in expression.references() {
                    let local = reference.path.first().is_some_and(|name| reading.own.contains(name));
                    let at = self.within(at, source, reference);
                    if !local {
                        self.watched(at, reference, reading.scope);
                    }
                    self.uses.push(Use {
                        user: reading.user.clone(),
                        at,
                        reference: reference.clone(),
                        local,
                        expression: Some(expression.clone()),
                    });
                }
                if expression.references().is_empty() {
                    // What others take is seen once the forms of what they read are known.
                    expression.clash(&|_| Form::Any).into_iter().for_each(|clash| self.fault(at, clash));
                }
                Some(expression)
            }
            Err(failure) => {
                let detail = |name: &str| {
                    failure.details.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())
                };
                let (line, column) = (detail("line").unwrap_or(1), detail("column").unwrap_or(1));
                let here = Reference { line, column, ..Reference::plain(Vec::new()) };
                let at = self.within(at, source, &here);
                let told = self.refusal(&failure, source, node, reading);
                self.fault(at, told);
                None
            }
        }
    }

    /// What is told of an expression that does not compile.
    fn refusal(&self, failure: &Failure, source: &str, node: &Node, reading: &Reading<'_>) -> String {
        let bare = node.text().is_some_and(|text| !text.contains("{{"));
        if failure.message.starts_with("there is no variable") {
            let checks = reading.user.part == Part::Act && reading.own.iter().any(|own| own == "answer");
            return unknown(failure, bare && is_prose(source), &reading.names(), checks);
        }
        let wrong = bare && failure.message.contains("syntax error");
        let why = match wrong {
            true if self.is_cut(node) => COMMENT,
            true if several(source) => QUOTES,
            _ => "",
        };
        format!("{}{why}", told(failure))
    }

    /// Whether YAML took what stands behind a text on its line for a comment.
    fn is_cut(&self, node: &Node) -> bool {
        let own = self.text.get(node.range.0..node.range.1).unwrap_or_default();
        let behind = self.text.get(node.range.1..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        !own.starts_with(['"', '\'']) && !own.contains('\n') && behind.trim_start().starts_with('#')
    }

    /// Refuses outcomes and errors of what is no step.
    fn watched(&mut self, at: Spot, reference: &Reference, scope: &Scope<'_>) {
        let Some(of) = reference.path.first().filter(|of| ["outcomes", "errors"].contains(&of.as_str())) else {
            return;
        };
        match reference.path.get(1) {
            None => self.fault(at, format!("`{of}` is read with the name of a step: `{of}.NAME`")),
            Some(name) if !self.is_step(name, scope) => {
                let known = self.visible(scope);
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                self.unknown(at, "there is no step", name, &known);
            }
            Some(_) => {}
        }
    }

    /// Where a piece of a node's text stands in the file; the node's own place where it is not written like that.
    fn spot_of(&self, node: &Node, from: &mut usize, piece: &str) -> Spot {
        let whole = self.text.get(*from..node.range.1).unwrap_or_default();
        let Some(found) = whole.find(piece).filter(|_| !piece.is_empty()) else {
            return node.at;
        };
        let at = *from + found;
        *from = at + piece.len();
        let (line, column) = self.source.place(at).position();
        Spot { line, column }
    }

    /// Where a place of an expression stands, which begins at `at`; later lines are indented by the file.
    fn within(&self, at: Spot, source: &str, place: &Reference) -> Spot {
        if place.line <= 1 {
            return Spot { line: at.line, column: at.column + place.column.saturating_sub(1) };
        }
        let line = at.line + place.line - 1;
        let indent = |text: &str| text.len() - text.trim_start().len();
        let own = source.lines().nth(place.line - 1).map_or(0, indent);
        let written = self.source.line(line).1.lines().next().map_or(0, indent);
        Spot { line, column: place.column + written.saturating_sub(own) }
    }
}

/// What is told where an expression looks like a text.
const QUOTES: &str = "; this is an expression: a text needs quotes of its own, as in '\"some text\"'";

/// What is told where a comment took a part of an expression.
const COMMENT: &str = "; for YAML a comment begins at ` #`: put the whole into quotes, as in '(found ?? #{}).keys()'";

/// What is told of a name that is not in scope; `prose` is whether the expression may be meant as a text, `checks` is
/// whether it checks an answer. Nothing is declared here: what may be read is known.
fn unknown(failure: &Failure, prose: bool, names: &[&str], checks: bool) -> String {
    let hint = failure.hint.as_deref().unwrap_or_default();
    let guess = guess(hint);
    let near = guess.is_some_and(|guess| names.contains(&guess));
    if checks && !near {
        return format!("{}; a check reads `answer`", failure.message);
    }
    // Where the nearest name is that of a function, a text is meant sooner than that.
    let function = prose && !near && guess.is_some();
    if function || hint.starts_with("declare") {
        let quotes = if prose { QUOTES } else { "" };
        return format!("{}; in scope are {}{quotes}", failure.message, names.join(", "));
    }
    told(failure)
}

/// Whether a source may be a text that lost its quotes to YAML: one word, or several without anything between them.
fn is_prose(source: &str) -> bool {
    let marks = if several(source) { ".,:;!?'-_/" } else { "" };
    let is_word = |word: &str| {
        word.starts_with(char::is_alphanumeric) && word.chars().all(|c| c.is_alphanumeric() || marks.contains(c))
    };
    source.split_whitespace().all(is_word)
}

fn several(source: &str) -> bool {
    source.split_whitespace().nth(1).is_some()
}

fn gathered_list(items: Vec<Template>) -> Template {
    let plain: Option<Vec<Value>> = items.iter().map(|item| item.constant().cloned()).collect();
    plain.map_or(Template::List(items), |plain| Template::Plain(Value::Array(plain)))
}

fn gathered_map(entries: Vec<(String, Template)>) -> Template {
    let plain: Option<serde_json::Map<String, Value>> =
        entries.iter().map(|(key, value)| Some((key.clone(), value.constant()?.clone()))).collect();
    plain.map_or(Template::Map(entries), |plain| Template::Plain(Value::Object(plain)))
}

//! Expressions of pipelines: Rhai without any effect, compiled once, with the values of steps in scope.
//!
//! They follow the rules of sessions, so that an expression means the same in both; but nothing is declared in them that
//! outlives them, and no primitive can be called. What an expression reads is known from its text.

mod asked;
mod chain;
mod changes;
mod closures;
mod compiler;
mod deeds;
mod form;
mod forms;
mod functions;
mod handed;
mod operands;
mod questions;
mod reductions;
mod references;
mod repetition;
mod tried;

pub use compiler::Compiler;
pub use deeds::Deed;
pub use form::{Field, Fields, Form, Items, Lack, Made};
pub use questions::{Constant, Question};

use crate::core::failure::Outcome;
use crate::script::convert::{to_dynamic, to_value};
use crate::script::errors::{from_expression, panics};
use crate::script::expression::forms::Names;
use crate::script::expression::functions::Functions;
use crate::script::limits::gate::{self, Gate};
use crate::script::limits::growth;
use crate::script::worker;
use rhai::{AST, Dynamic, Engine, EvalAltResult, Scope, Token};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The longest time of one evaluation.
const COMPUTE: Duration = Duration::from_secs(2);

thread_local! {
    /// Whether the values in scope are read as copies.
    static COPIES: Cell<bool> = const { Cell::new(false) };
}

/// What an expression reads: a name in its scope, and the fields behind it as far as they are written out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The name, then the fields: `["draft", "score"]`.
    pub path: Vec<String>,
    /// Which parts of the path are read with `?.`, so that what stands before each of them may be absent.
    pub optional: Vec<usize>,
    /// Whether nothing but these fields stands behind the name.
    pub whole: bool,
    /// Whether it is read in some runs only: in a branch, or behind what may decide alone.
    pub sometimes: bool,
    /// The method that is called on the name itself.
    pub method: Option<String>,
    /// What is done with the value at the end of the path, as far as `()` may not bear it.
    pub deed: Option<Deed>,
    /// The line within the expression, from 1.
    pub line: usize,
    /// The column within it, from 1.
    pub column: usize,
}

impl Reference {
    /// A value as it stands.
    pub const fn plain(path: Vec<String>) -> Self {
        let optional = Vec::new();
        Self { path, optional, whole: true, sometimes: false, method: None, deed: None, line: 1, column: 1 }
    }
}

/// A compiled expression; equal if its text is.
#[derive(Clone)]
pub struct Expression(Arc<Compiled>);

struct Compiled {
    engine: Arc<Engine>,
    functions: Arc<Functions>,
    ast: AST,
    source: String,
    references: Vec<Reference>,
    questions: Vec<Question>,
    sole: Option<Vec<String>>,
    repeats: bool,
}

impl Expression {
    /// What it reads, in the order of its text.
    pub fn references(&self) -> &[Reference] {
        &self.0.references
    }

    /// What it compares with `()` or a text, in the order of its text.
    pub fn questions(&self) -> &[Question] {
        &self.0.questions
    }

    /// The name and fields that are all of it: `draft.score`, but not `draft.score + 1`.
    pub fn sole(&self) -> Option<&[String]> {
        self.0.sole.as_deref()
    }

    /// Whether its own value may be this one that it reads, or `()` because this one is.
    pub fn hands_on(&self, read: &Reference) -> bool {
        handed::of(&self.0.ast).contains(&(read.line, read.column))
    }

    /// Whether another value stands behind this one by `??`.
    pub fn replaces(&self, read: &Reference) -> bool {
        handed::replaced(&self.0.ast).contains(&(read.line, read.column))
    }

    /// Whether the other is this one, at the same place.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether the other says the same, blanks and comments aside.
    pub fn says_the_same(&self, other: &Self) -> bool {
        // The stream of words does not end by itself.
        let words = |of: &Self| -> Vec<Token> {
            let text = [of.source()];
            let words = of.0.engine.lex(&text).0.map(|(word, _)| word);
            words.take_while(|word| *word != Token::EOF).collect()
        };
        self.0.source == other.0.source || words(self) == words(other)
    }

    /// Whether a text stands in it as a value, and not as the field that it reads by a bracket.
    pub fn says(&self, text: &str) -> bool {
        questions::says(&self.0.ast, text)
    }

    /// What is known of the form of its value, by the forms of the names that it reads.
    pub fn form(&self, names: &dyn Fn(&str) -> Form) -> Form {
        forms::of(&self.0.ast, Names::of(&|name, _| self.read(name, names)))
    }

    /// The form of what it reads by a name; nothing is known of what it declares itself, as parameters of closures.
    fn read(&self, name: &str, names: &dyn Fn(&str) -> Form) -> Form {
        if self.reads(name) { names(name) } else { Form::Any }
    }

    fn reads(&self, name: &str) -> bool {
        self.references().iter().any(|read| read.path.first().is_some_and(|first| first == name))
    }

    /// What is known of its value, with why it may be `()`: `names` has the form of what is read where it is there, or
    /// whatever becomes of it, `lacks` why it may not be there.
    pub fn made(&self, names: &dyn Fn(&str, bool) -> Form, lacks: &dyn Fn(&Reference) -> Option<Arc<Lack>>) -> Made {
        let at = |place: (usize, usize)| {
            let mut references = self.references().iter();
            references.find(|read| (read.line, read.column) == place).and_then(lacks)
        };
        forms::made(&self.0.ast, Names::of(&|name, there| self.read(name, &|name| names(name, there))).with(&at))
    }

    /// What is known of the form of what an operator combines with a value that it reads.
    pub fn beside(&self, read: &Reference, names: &dyn Fn(&str) -> Form) -> Form {
        operands::beside(&self.0.ast, (read.line, read.column), Names::of(&|name, _| self.read(name, names)))
    }

    /// What is wrong with an operator, a function or a chain in it that never takes, or has, what is asked of it, by the
    /// forms of the names that it reads.
    pub fn clash(&self, names: &dyn Fn(&str) -> Form) -> Option<String> {
        let (forms, has) = (|name: &str, _: bool| self.read(name, names), |name: &str| self.reads(name));
        let scope = operands::Scope { forms: &forms, has: &has, functions: &self.0.functions };
        let what = operands::clash(&self.0.ast, &scope)?;
        Some(format!("{what}: `{}`", self.source()))
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Its value, with these values in scope; one that it reads and that is not there is `()`.
    ///
    /// Takes two seconds at most, on the caller's thread or while that waits.
    ///
    /// # Errors
    /// What a script's evaluation fails with, and `deadline` and `limit` for what takes too long or grows too large.
    pub fn evaluate(&self, values: &Map<String, Value>) -> Outcome<Value> {
        self.evaluate_with(|name| values.get(name).map(Cow::Borrowed))
    }

    /// The same with values that are looked up when they are needed.
    ///
    /// # Errors
    /// As `evaluate`.
    pub fn evaluate_with<'a>(&self, find: impl Fn(&str) -> Option<Cow<'a, Value>> + Sync) -> Outcome<Value> {
        if !self.0.repeats {
            return self.answer(&find);
        }
        // What is repeated can make a value as deep as memory allows; only a large stack drops that.
        worker::apart("expression", || self.answer(&find))
            .unwrap_or_else(|error| Err(worker::no_thread("the expression", &error)))
    }

    fn answer<'a>(&self, find: &impl Fn(&str) -> Option<Cow<'a, Value>>) -> Outcome<Value> {
        let Compiled { engine, ast, source, references, .. } = &*self.0;
        let read: BTreeSet<&str> = references.iter().filter_map(|r| r.path.first()).map(String::as_str).collect();
        gated(|| {
            let evaluate = || {
                let mut scope = Scope::new();
                for name in &read {
                    let value = find(name).map_or(Dynamic::UNIT, |value| to_dynamic(&value));
                    scope.push_constant_dynamic((*name).to_owned(), value);
                }
                engine.eval_ast_with_scope::<Dynamic>(&mut scope, ast)
            };
            panics::caught("expression", || {
                let result = match evaluate() {
                    // A closure reads the value on which it is called. Rhai locks the one for the other; copies need no
                    // lock, and without effects a second evaluation is the first one.
                    Err(error) if matches!(*error, EvalAltResult::ErrorDataRace(..)) => copied(evaluate),
                    result => result,
                };
                growth::settled(result.map_err(|error| from_expression(&error, source)))
                    .and_then(|value| to_value(&value))
            })
        })
    }
}

/// Runs `work` with the limits of one evaluation on this thread.
fn gated<T>(work: impl FnOnce() -> T) -> T {
    COPIES.set(false);
    gate::under(Arc::new(Gate::new(CancellationToken::new(), COMPUTE)), work)
}

/// Runs `work` with copies of the values in scope.
fn copied<T>(work: impl FnOnce() -> T) -> T {
    COPIES.set(true);
    let answer = work();
    COPIES.set(false);
    answer
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.source == other.0.source
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.0.source).finish()
    }
}

#[cfg(test)]
mod tests;

//! An index on a number, which Rhai takes for a question about one of its bits and answers with `false`: refused where
//! the text of a program shows that it is one. What a value is that comes from elsewhere is not looked into.

use crate::core::failure::{Failure, FailureKind};
use crate::script::handle::Context;
use rhai::{AST, ASTFlags, ASTNode, Dynamic, Expr, Position, Scope, Stmt};
use std::collections::{HashMap, HashSet};

/// The refusal of the first index on a number, and its place.
pub fn refused(ast: &AST, scope: &Scope<'_>) -> Option<(Failure, Position)> {
    let names = Names::of(ast, scope);
    let mut first = None;
    ast.walk(&mut |path: &[ASTNode]| {
        first = names.refusal(path);
        first.is_none()
    });
    first
}

/// What is known of the names of a program.
struct Names<'a, 's> {
    scope: &'a Scope<'s>,
    /// How often each is bound or assigned.
    bound: HashMap<String, usize>,
    /// Those that some `let` binds to a number.
    numbers: HashSet<String>,
    /// Those that some `let` binds to a measure of what is called `context`.
    measured: HashSet<String>,
}

impl<'a, 's> Names<'a, 's> {
    fn of(ast: &AST, scope: &'a Scope<'s>) -> Self {
        let (bound, numbers, measured) = (HashMap::new(), HashSet::new(), HashSet::new());
        let mut names = Self { scope, bound, numbers, measured };
        for function in ast.iter_functions() {
            for name in &function.params {
                names.bind(name);
            }
        }
        ast.walk(&mut |path: &[ASTNode]| {
            if let [.., ASTNode::Stmt(statement)] = path {
                names.read(statement);
            }
            true
        });
        names
    }

    fn bind(&mut self, name: &str) {
        *self.bound.entry(name.to_owned()).or_default() += 1;
    }

    fn read(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Var(declared, ..) => {
                self.bind(&declared.0.name);
                let name = || declared.0.name.to_string();
                match &declared.1 {
                    Expr::IntegerConstant(..) => self.numbers.extend([name()]),
                    Expr::Dot(dot, ..) if of_context(&dot.lhs, &dot.rhs) => self.measured.extend([name()]),
                    _ => {}
                }
            }
            Stmt::For(looped, _) => {
                self.bind(&looped.0.name);
                if let Some(counter) = &looped.1 {
                    self.bind(&counter.name);
                }
            }
            Stmt::TryCatch(tried, _) => self.bind(variable(&tried.expr).unwrap_or_default()),
            Stmt::Assignment(assigned) => self.bind(variable(&assigned.1.lhs).unwrap_or_default()),
            _ => {}
        }
    }

    /// The refusal of what ends a path, if it is an index on a number.
    fn refusal(&self, path: &[ASTNode<'_>]) -> Option<(Failure, Position)> {
        let [around @ .., ASTNode::Expr(Expr::Index(index, _, position))] = path else { return None };
        let failure = match around.last() {
            // What stands first in the second index of `a[n][0]` is the first one, not what is indexed.
            Some(ASTNode::Expr(Expr::Index(_, flags, _))) if !flags.contains(ASTFlags::BREAK) => None,
            Some(ASTNode::Expr(Expr::Dot(dot, ..))) if self.has_context() && of_context(&dot.lhs, &index.lhs) => {
                Some(of_text(&index.lhs))
            }
            _ => variable(&index.lhs).filter(|name| self.is_number(name)).map(of_variable),
        };
        failure.map(|failure| (failure, *position))
    }

    /// Whether a name is that of a number wherever it stands.
    fn is_number(&self, name: &str) -> bool {
        match self.bound.get(name) {
            None => self.scope.get(name).is_some_and(Dynamic::is_int),
            // One that the session has may be meant where a function binds the same name.
            Some(1) if self.scope.get(name).is_some_and(|value| !value.is_int()) => false,
            Some(1) => self.numbers.contains(name) || (self.measured.contains(name) && self.has_context()),
            Some(_) => false,
        }
    }

    /// Whether `context` is the context.
    fn has_context(&self) -> bool {
        !self.bound.contains_key("context") && self.scope.get("context").is_none_or(Dynamic::is::<Context>)
    }
}

/// The name of a variable.
fn variable(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Variable(variable, ..) => Some(variable.1.as_str()),
        _ => None,
    }
}

/// Whether a property or a method of the context is one that has a number.
fn of_context(of: &Expr, what: &Expr) -> bool {
    variable(of) == Some("context") && matches!(measure(what), "lines" | "len" | "count")
}

/// The name of a property or of a call that may measure a text; `lines(1, 9)` is no measure.
fn measure(what: &Expr) -> &str {
    match what {
        Expr::Property(property, _) => property.2.as_str(),
        Expr::MethodCall(call, _) if call.args.is_empty() || call.name.as_str() == "count" => call.name.as_str(),
        _ => "",
    }
}

fn of_text(what: &Expr) -> Failure {
    let (number, hint) = match measure(what) {
        "lines" => ("of lines", "the first line is `context.line(1)`, and an array of ten `context.lines(1, 10)`"),
        "len" => ("of bytes", "the first hundred are `context.slice(0, 100)`"),
        _ => ("of matches", "they themselves are in `context.grep(pattern)`"),
    };
    let message = format!("`context.{}` is the number {number}, which has no index", measure(what));
    Failure::new(FailureKind::Script, message).hint(hint)
}

fn of_variable(name: &str) -> Failure {
    Failure::new(FailureKind::Script, format!("`{name}` is a number, which has no index"))
        .hint(format!("its first digit is `{name}.to_string()[0]`, and its lowest bit `{name}.get_bit(0)`"))
}

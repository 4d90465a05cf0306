//! What an expression reads and calls, from its syntax tree.

use super::Reference;
use super::chain::{Chain, method};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::nearest;
use crate::script::python;
use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, FnPtr, Position, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// Functions that are part of the language and stand in no list.
const LANGUAGE: &[&str] = &["type_of", "is_shared", "curry", "is_def_var"];

/// The names of all functions of an engine.
pub(super) fn functions(engine: &Engine) -> BTreeSet<String> {
    let signatures = engine.gen_fn_signatures(true);
    let name = |signature: &String| signature.split('(').next().map(|name| name.trim().to_owned());
    let own = LANGUAGE.iter().map(|name| (*name).to_owned());
    signatures.iter().filter_map(name).filter(|name| !name.is_empty()).chain(own).collect()
}

/// The references of an expression in the order of its text.
///
/// # Errors
/// `script` if a function does not exist, or a name of the scope is taken for something else.
pub(super) fn of(ast: &AST, names: &[&str], functions: &BTreeSet<String>) -> Outcome<Vec<Reference>> {
    let mut seen = Seen { names, functions, found: BTreeMap::new(), captures: BTreeMap::new(), fault: None };
    ast.walk(&mut |path: &[ASTNode]| {
        match path {
            [.., parent, ASTNode::Expr(Expr::Variable(variable, _, position))] => {
                seen.variable(&variable.1, *position, Some(parent));
            }
            [ASTNode::Expr(Expr::Variable(variable, _, position))] => seen.variable(&variable.1, *position, None),
            [.., ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))]
            | [.., ASTNode::Stmt(Stmt::FnCall(call, position))] => seen.call(call, *position),
            [.., ASTNode::Stmt(Stmt::Var(variable, ..))] => seen.declared(&variable.0.name, variable.0.pos),
            [.., ASTNode::Stmt(Stmt::For(looped, _))] => seen.declared(&looped.0.name, looped.0.pos),
            _ => {}
        }
        true
    });
    seen.parameters(ast);
    match seen.fault {
        Some(failure) => Err(failure),
        None => Ok(seen.found.into_iter().map(|((line, column), r)| Reference { line, column, ..r }).collect()),
    }
}

struct Seen<'a> {
    names: &'a [&'a str],
    functions: &'a BTreeSet<String>,
    /// By place: a capture of a closure is seen again where it is handed over.
    found: BTreeMap<(usize, usize), Reference>,
    /// How many names each closure takes from around it; they are its first parameters.
    captures: BTreeMap<String, usize>,
    fault: Option<Failure>,
}

impl Seen<'_> {
    fn variable(&mut self, name: &str, position: Position, parent: Option<&ASTNode<'_>>) {
        if !self.names.contains(&name) {
            return;
        }
        let mut chain = Chain::new(name);
        let mut called = None;
        if let Some(ASTNode::Expr(around)) = parent
            && let Expr::Dot(parts, ..) | Expr::Index(parts, ..) = around
            && stands_at(&parts.lhs, position)
        {
            chain.follow(around);
            called = matches!(around, Expr::Dot(..)).then(|| method(&parts.rhs)).flatten();
        }
        let Chain { path, optional, .. } = chain;
        let reference = Reference { path, optional, method: called, line: 0, column: 0 };
        let place = place(position);
        let longer = self.found.get(&place).is_none_or(|known| known.path.len() < reference.path.len());
        if longer {
            self.found.insert(place, reference);
        }
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) {
        let name = call.name.as_str();
        if let ("curry", [Expr::DynamicConstant(closure, _), captured @ ..]) = (name, &*call.args)
            && let Some(closure) = closure.read_lock::<FnPtr>()
        {
            self.captures.insert(closure.fn_name().to_owned(), captured.len());
        }
        if call.op_token.is_some() || self.functions.contains(name) || self.fault.is_some() {
            return;
        }
        let failure = at(position, format!("there is no function `{name}` in an expression"));
        let known = self.functions.iter().map(String::as_str);
        self.fault = Some(match (python::function_hint(name), nearest(name, known)) {
            (Some(habit), _) => failure.hint(habit),
            (None, Some(near)) => failure.hint(format!("did you mean `{near}`?")),
            (None, None) => failure.hint("effects are steps: `llm`, `tool`, `script`; an expression only computes"),
        });
    }

    /// A parameter of a closure must not hide a value: whoever reads it would seem to need that value.
    fn parameters(&mut self, ast: &AST) {
        for function in ast.iter_functions() {
            let captured = self.captures.get(function.name).copied().unwrap_or(0);
            for name in function.params.iter().skip(captured) {
                self.declared(name, Position::START);
            }
        }
    }

    fn declared(&mut self, name: &str, position: Position) {
        if self.names.contains(&name) && self.fault.is_none() {
            let failure = at(position, format!("`{name}` is the name of a value already"));
            self.fault = Some(failure.hint("choose another name for what the expression declares"));
        }
    }
}

fn at(position: Position, message: String) -> Failure {
    let (line, column) = place(position);
    Failure::new(FailureKind::Script, message).detail("line", line).detail("column", column)
}

fn place(position: Position) -> (usize, usize) {
    (position.line().unwrap_or(1), position.position().unwrap_or(1))
}

/// Whether this is the variable that stands there: it may also be part of an index or an argument of the chain.
fn stands_at(expr: &Expr, position: Position) -> bool {
    matches!(expr, Expr::Variable(_, _, at) if *at == position)
}

//! What an expression reads and calls, from its syntax tree.

use super::Reference;
use super::chain::{Behind, Chain, method, stands_at};
use super::changes;
use super::deeds::{self, Deed};
use super::functions::{Functions, effect};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::meant;
use crate::script::language::python;
use rhai::{AST, ASTNode, Expr, FnCallExpr, FnPtr, Position, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// The references of an expression in the order of its text.
///
/// # Errors
/// `script` if a function does not exist or takes another number of arguments, or a name of the scope is taken for
/// something else.
pub(super) fn of(ast: &AST, names: &[&str], functions: &Functions) -> Outcome<Vec<Reference>> {
    let mut seen = Seen { ast, names, functions, found: BTreeMap::new(), captures: BTreeMap::new(), fault: None };
    ast.walk(&mut |path: &[ASTNode]| {
        if seen.fault.is_none() {
            seen.fault = changes::refused(path, names);
        }
        match path {
            [.., ASTNode::Expr(Expr::Variable(variable, _, position))] => {
                seen.variable(&variable.1, *position, path);
            }
            [.., ASTNode::Expr(Expr::FnCall(call, position))] | [.., ASTNode::Stmt(Stmt::FnCall(call, position))] => {
                seen.call(call, *position, 0);
            }
            [.., ASTNode::Expr(Expr::MethodCall(call, position))] => seen.call(call, *position, 1),
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
    ast: &'a AST,
    names: &'a [&'a str],
    functions: &'a Functions,
    /// By place: a capture of a closure is seen again where it is handed over.
    found: BTreeMap<(usize, usize), Reference>,
    /// How many names each closure takes from around it; they are its first parameters.
    captures: BTreeMap<String, usize>,
    fault: Option<Failure>,
}

impl Seen<'_> {
    /// Sees a variable, which is the end of a path.
    fn variable(&mut self, name: &str, position: Position, way: &[ASTNode<'_>]) {
        let [around @ .., _] = way else { return };
        if !self.names.contains(&name) {
            return;
        }
        let mut chain = Chain::new(name);
        let mut called = None;
        let mut outside = around;
        if let [further @ .., ASTNode::Expr(fields)] = around
            && let Expr::Dot(parts, ..) | Expr::Index(parts, ..) = fields
            && stands_at(&parts.lhs, position)
        {
            chain.follow(fields);
            called = matches!(fields, Expr::Dot(..)).then(|| method(&parts.rhs)).flatten();
            outside = further;
        }
        let mut deed = self.deed(&chain, outside.last(), position);
        let Chain { path, mut optional, whole, .. } = chain;
        if is_tried(way) {
            (optional, deed) = ((1..=path.len()).collect(), None);
        }
        let sometimes = in_some_runs(way);
        let reference = Reference { path, optional, whole, sometimes, method: called, deed, line: 0, column: 0 };
        let place = place(position);
        let longer = self.found.get(&place).is_none_or(|known| known.path.len() < reference.path.len());
        if longer {
            self.found.insert(place, reference);
        }
    }

    /// What is done with the value at the end of the fields.
    fn deed(&self, chain: &Chain, outside: Option<&ASTNode<'_>>, position: Position) -> Option<Deed> {
        match &chain.behind {
            Some(Behind::Method(name)) => deeds::of_call(name, self.functions),
            Some(Behind::Index) => Some(Deed::Index),
            None if chain.whole => outside.and_then(|node| deeds::of_parent(node, position, self.functions)),
            None => None,
        }
    }

    /// Sees a call; `before` is how many of the function's arguments stand before the dot.
    fn call(&mut self, call: &FnCallExpr, position: Position, before: usize) {
        let name = call.name.as_str();
        if let ("curry", [Expr::DynamicConstant(closure, _), captured @ ..]) = (name, &*call.args)
            && let Some(closure) = closure.read_lock::<FnPtr>()
        {
            self.captures.insert(closure.fn_name().to_owned(), captured.len());
        }
        if call.op_token.is_some() || self.fault.is_some() {
            return;
        }
        let given = call.args.len();
        let fits = |takes: &BTreeSet<usize>| takes.is_empty() || takes.contains(&(given + before));
        self.fault = match self.functions.counts(name) {
            None => Some(self.unknown(name, position)),
            Some(takes) if fits(takes) || (before > 0 && self.is_field(name)) => None,
            Some(takes) => Some(at(position, miscounted(name, takes, given, before))),
        };
    }

    fn unknown(&self, name: &str, position: Position) -> Failure {
        let failure = at(position, format!("there is no function `{name}` in an expression"));
        let known = self.functions.names().map(String::as_str);
        match (effect(name).or_else(|| python::function_hint(name)), meant(name, known)) {
            (Some(instead), _) => failure.hint(instead),
            (None, Some(meant)) => failure.hint(meant),
            (None, None) => failure.hint("effects are steps: `llm`, `tool`, `script`; an expression only computes"),
        }
    }

    /// Whether a map of the expression may have a field of this name, which may hold a function of any form.
    fn is_field(&self, name: &str) -> bool {
        let mut found = false;
        self.ast.walk(&mut |path: &[ASTNode]| {
            if let [.., ASTNode::Expr(expr)] = path {
                found |= match expr {
                    Expr::Map(map, _) => map.0.iter().any(|(key, _)| key.name.as_str() == name),
                    Expr::Property(property, _) => property.2.as_str() == name,
                    Expr::StringConstant(text, _) => text.as_str() == name,
                    _ => false,
                };
            }
            true
        });
        found
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

/// Whether what stands at the end of a path is computed in some runs only: in a branch, or behind what may decide alone.
pub(super) fn in_some_runs(path: &[ASTNode<'_>]) -> bool {
    let is = |node: &ASTNode<'_>, first: &Expr| matches!(node, ASTNode::Expr(expr) if std::ptr::eq(*expr, first));
    path.windows(2).any(|pair| match pair {
        [ASTNode::Stmt(Stmt::If(flow, _)), inner] => !is(inner, &flow.expr),
        [ASTNode::Stmt(Stmt::Switch(switch, _)), inner] => !is(inner, &switch.0),
        [ASTNode::Expr(Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _)), inner] => {
            parts.first().is_some_and(|first| !is(inner, first))
        }
        _ => false,
    })
}

/// Whether what stands at the end of a path is tried, so that whatever is absent is caught.
pub(super) fn is_tried(path: &[ASTNode<'_>]) -> bool {
    path.windows(2).any(|pair| match pair {
        [ASTNode::Stmt(Stmt::TryCatch(flow, _)), ASTNode::Stmt(inner)] => {
            flow.body.iter().any(|first| std::ptr::eq(first, *inner))
        }
        _ => false,
    })
}

/// That a function takes another number of arguments than it is given, without those before the dot.
fn miscounted(name: &str, takes: &BTreeSet<usize>, given: usize, before: usize) -> String {
    let behind = takes.iter().filter_map(|count| count.checked_sub(before));
    let numbers: Vec<String> = behind.map(|count| count.to_string()).collect();
    if numbers.is_empty() {
        return format!("`{name}` is no method: write `{name}()`");
    }
    let what = if numbers == ["1"] { "argument" } else { "arguments" };
    format!("`{name}` takes {} {what}, not {given}", numbers.join(" or "))
}

/// A fault at a place.
pub(super) fn at(position: Position, message: String) -> Failure {
    let (line, column) = place(position);
    Failure::new(FailureKind::Script, message).detail("line", line).detail("column", column)
}

/// Line and column, from 1.
pub(super) fn place(position: Position) -> (usize, usize) {
    (position.line().unwrap_or(1), position.position().unwrap_or(1))
}

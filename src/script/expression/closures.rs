//! What is known of the parameters of closures: a function of lists gives them the items.

use super::chain::Part;
use super::form::Form;
use super::forms::{Names, expression, walked};
use super::reductions::{named, only_computes};
use rhai::{AST, ASTNode, Expr, Stmt};
use std::collections::BTreeMap;

/// Functions of lists that give their closure each item, and its place.
const OF_ITEMS: &[&str] = &["all", "filter", "find", "find_map", "map", "some"];
/// Methods by which a value may get other parts than it had.
const MAY_ADD: &[&str] = &["append", "fill_with", "insert", "mixin", "pad", "push", "set", "splice", "take"];

/// The forms of the parameters of a closure.
type Known = Vec<(String, Form)>;

/// The parameters of which something is known, by the name of the closure.
pub(super) struct Parameters<'a> {
    ast: &'a AST,
    /// Whether every name of the expression keeps the value that it has.
    settled: bool,
    known: BTreeMap<String, Known>,
}

impl<'a> Parameters<'a> {
    /// Those of an expression, before anything is known of them.
    pub(super) fn of(ast: &'a AST) -> Self {
        let mut settled = true;
        ast.walk(&mut |path: &[ASTNode]| {
            settled = settled && path.last().is_none_or(keeps_values);
            settled
        });
        Self { ast, settled, known: BTreeMap::new() }
    }

    /// The form of a parameter of a closure.
    pub(super) fn form(&self, closure: Option<&str>, name: &str) -> Option<Form> {
        let known = self.known.get(closure?)?;
        known.iter().find(|(own, _)| own == name).map(|(_, form)| form.clone())
    }

    /// What the functions of a node give to closures.
    pub(super) fn given(&self, node: &ASTNode<'_>, names: Names<'_>) -> Vec<(String, Known)> {
        match node {
            _ if !self.settled => Vec::new(),
            ASTNode::Expr(chain @ (Expr::Dot(..) | Expr::Index(..))) => {
                let calls = walked(chain, names).0.into_iter();
                calls.filter_map(|(base, part)| self.by_part(&base, &part, names)).collect()
            }
            ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => {
                let [list, closure] = &*call.args else { return Vec::new() };
                self.by(call.name.as_str(), &expression(list, names), closure, names).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Keeps what is given, before the closures themselves are looked at.
    pub(super) fn keep(&mut self, given: Vec<(String, Known)>) {
        self.known.extend(given);
    }

    fn by_part(&self, base: &Form, part: &Part<'_>, names: Names<'_>) -> Option<(String, Known)> {
        let Part::Call(call) = part else { return None };
        self.by(call.name.as_str(), base, call.args.first()?, names)
    }

    fn by(&self, name: &str, base: &Form, closure: &Expr, names: Names<'_>) -> Option<(String, Known)> {
        let Form::List(items) = base else { return None };
        let (closure, captured) = named(closure).filter(|_| OF_ITEMS.contains(&name))?;
        let function = self.ast.iter_fn_def().find(|function| function.name.as_str() == closure)?;
        let item = if items.each.lack.is_none() { items.each.form.clone() } else { Form::Any };
        let forms = captured.iter().map(|own| expression(own, names)).chain([item, Form::Number]);
        let known = function.params.iter().map(ToString::to_string).zip(forms).collect();
        Some((closure, known))
    }
}

/// Whether no name has another value, or one with other parts, after this than before.
fn keeps_values(node: &ASTNode<'_>) -> bool {
    let keeps = |name: &str| !MAY_ADD.contains(&name);
    match node {
        ASTNode::Stmt(Stmt::Share(_)) => true,
        ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => {
            keeps(call.name.as_str())
        }
        node => only_computes(node),
    }
}

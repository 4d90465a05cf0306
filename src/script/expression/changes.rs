//! What an expression would change of the values that it reads: they are constants, as nobody else would see it.

use super::chain::{Behind, Chain};
use super::references::at;
use crate::core::failure::Failure;
use crate::script::captures::CHANGES;
use rhai::{ASTFlags, ASTNode, Expr, FnCallExpr, Position, Stmt};

/// Methods that may change what stands before the dot, beside those that do nothing else.
const MAY_CHANGE: &[&str] = &["for_each", "set_bit", "set_bits", "set_tag", "take"];
/// Methods whose answer is what they take away.
const TAKING: &[&str] = &["drain", "pop", "remove", "shift", "take"];

/// What is wrong with the end of a path of the syntax tree, if it would change what it reads by one of these names.
pub(super) fn refused(path: &[ASTNode<'_>], names: &[&str]) -> Option<Failure> {
    match path {
        [around @ .., ASTNode::Expr(chain)] if !is_behind_bracket(around, chain) => called(chain, names),
        [.., ASTNode::Stmt(Stmt::Assignment(assignment))] => {
            assigned(&assignment.1.lhs, assignment.0.position(), names)
        }
        _ => None,
    }
}

fn called(chain: &Expr, names: &[&str]) -> Option<Failure> {
    let way = way(chain, names)?;
    let (call, position) = method(chain)?;
    let name = call.name.as_str();
    if !CHANGES.contains(&name) && !MAY_CHANGE.contains(&name) {
        return None;
    }
    let (own, given) = (copy(names), if call.args.is_empty() { "" } else { ".." });
    let rest = if TAKING.contains(&name) { String::new() } else { format!("; {own}") };
    let what = format!("`{name}` changes what it is called on, and `{way}` is a constant");
    Some(at(position, what).hint(format!("change a copy: `let {own} = {way}; {own}.{name}({given}){rest}`")))
}

fn assigned(to: &Expr, position: Position, names: &[&str]) -> Option<Failure> {
    let (way, own) = (way(to, names)?, copy(names));
    let (name, fields) = way.split_once('.').unwrap_or((way.trim_end_matches("[..]"), "[..]"));
    let dot = if fields.starts_with('[') { "" } else { "." };
    let what = format!("`{way}` is a constant, and cannot be assigned to");
    Some(at(position, what).hint(format!("change a copy: `let {own} = {name}; {own}{dot}{fields} = ..; {own}`")))
}

/// What a chain reads that begins with one of these names, as far as nothing is called.
fn way(chain: &Expr, names: &[&str]) -> Option<String> {
    let (Expr::Dot(parts, ..) | Expr::Index(parts, ..)) = chain else { return None };
    let Expr::Variable(variable, ..) = &parts.lhs else { return None };
    let name = names.iter().find(|name| **name == variable.1.as_str())?;
    let mut read = Chain::new(name);
    read.follow(chain);
    let part = if matches!(read.behind, Some(Behind::Index)) { "[..]" } else { "" };
    Some(format!("{}{part}", read.path.join(".")))
}

/// A name for a copy.
fn copy(names: &[&str]) -> &'static str {
    if names.contains(&"own") { "own_copy" } else { "own" }
}

/// The first method of a chain: what that answers is no value of the scope.
fn method(chain: &Expr) -> Option<(&FnCallExpr, Position)> {
    match chain {
        Expr::Dot(parts, ..) => match &parts.rhs {
            Expr::MethodCall(call, position) => Some((&**call, *position)),
            Expr::Dot(inner, ..) | Expr::Index(inner, ..) => match &inner.lhs {
                Expr::MethodCall(call, position) => Some((&**call, *position)),
                _ => method(&parts.rhs),
            },
            _ => None,
        },
        Expr::Index(parts, flags, _) if !flags.intersects(ASTFlags::BREAK) => method(&parts.rhs),
        _ => None,
    }
}

/// Whether this begins with what stands in a bracket, so that it is the rest of the chain around it.
pub(super) fn is_behind_bracket(around: &[ASTNode<'_>], chain: &Expr) -> bool {
    let Some(ASTNode::Expr(Expr::Index(parts, flags, _))) = around.last() else { return false };
    !flags.intersects(ASTFlags::BREAK) && std::ptr::eq(&parts.rhs, chain)
}

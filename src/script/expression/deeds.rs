//! What is done with a value that an expression reads, as far as `()` does not bear it.

use super::chain::head;
use super::functions::Functions;
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt, Token};

/// What is done with a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// A function of this name is called on it, by a dot or with it as its first argument, and takes no `()`, nor what
    /// `Form::kind` calls so.
    Call(String, Vec<&'static str>),
    /// Something is read from it by a bracket.
    Index,
    /// It stands beside an operator that takes no `()`.
    Operator,
    /// It is compared by order; only with lists, maps and `()` is that no error.
    Order,
    /// It is an end of a range, which is a whole number.
    Range,
}

/// What is called on a value, unless `()` takes it too.
pub(super) fn of_call(name: &str, functions: &Functions) -> Option<Deed> {
    (!functions.take_nothing(name)).then(|| Deed::Call(name.to_owned(), functions.refused(name)))
}

/// What the node around a value, which begins at `at`, does with it.
pub(super) fn of_parent(node: &ASTNode<'_>, at: Position, functions: &Functions) -> Option<Deed> {
    match node {
        ASTNode::Expr(Expr::And(..) | Expr::Or(..)) => Some(Deed::Operator),
        ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => of_function(call, at, functions),
        _ => None,
    }
}

fn of_function(call: &FnCallExpr, at: Position, functions: &Functions) -> Option<Deed> {
    let is_first = call.args.first().is_some_and(|first| head(first) == Some(at));
    match (&call.op_token, call.args.len()) {
        (None, _) if is_first => of_call(call.name.as_str(), functions),
        (Some(Token::Bang | Token::Minus), 1) => Some(Deed::Operator),
        (Some(Token::ExclusiveRange | Token::InclusiveRange), 2) => Some(Deed::Range),
        (Some(token), 2) if computes(token) => Some(Deed::Operator),
        (Some(token), 2) if is_order(token) => Some(Deed::Order),
        _ => None,
    }
}

/// Whether an operator computes another value of its sides, and takes no `()`.
pub(super) const fn computes(token: &Token) -> bool {
    use Token::{Divide, Minus, Modulo, Multiply, Plus, PowerOf};
    matches!(token, Plus | Minus | Multiply | Divide | Modulo | PowerOf)
}

/// Whether an operator compares by order.
pub(super) const fn is_order(token: &Token) -> bool {
    matches!(token, Token::LessThan | Token::LessThanEqualsTo | Token::GreaterThan | Token::GreaterThanEqualsTo)
}

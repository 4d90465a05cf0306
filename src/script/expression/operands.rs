//! What stands at the sides of operators, and which pairs of forms no operator takes.
//!
//! The table is that of the engine (`guards`, `mixed`, and what Rhai has built in): a pair that fails for some values only
//! is none of its rows.

use super::chain::head;
use super::deeds::is_order;
use super::forms::{Form, expression};
use super::references::place;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt, Token};

/// An operator between values that it never takes.
#[derive(Clone, Debug)]
pub struct Clash {
    /// The operator, as it is written.
    pub operator: String,
    /// What stands on its left.
    pub left: Form,
    /// What stands on its right.
    pub right: Form,
}

/// The form of what an operator combines with the value that begins at this line and column.
pub(super) fn beside(ast: &AST, at: (usize, usize), names: &dyn Fn(&str) -> Form) -> Form {
    let begins = |expr: &Expr| head(expr).is_some_and(|position| place(position) == at);
    let mut found = Form::Any;
    operators(ast, &mut |_, left, right| {
        if begins(left) {
            found = expression(right, names);
        } else if begins(right) {
            found = expression(left, names);
        }
    });
    found
}

/// The first operator between values that it never takes.
pub(super) fn clash(ast: &AST, names: &dyn Fn(&str) -> Form) -> Option<Clash> {
    let mut first = None;
    operators(ast, &mut |call, left, right| {
        let (left, right) = (expression(left, names), expression(right, names));
        if first.is_none() && call.op_token.as_ref().is_some_and(|token| !takes(token, &left, &right)) {
            first = Some(Clash { operator: call.name.to_string(), left, right });
        }
    });
    first
}

/// Sees every operator between two values.
fn operators(ast: &AST, see: &mut dyn FnMut(&FnCallExpr, &Expr, &Expr)) {
    ast.walk(&mut |path: &[ASTNode]| {
        if let [.., ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))] = path
            && call.op_token.is_some()
            && let [left, right] = &*call.args
        {
            see(call, left, right);
        }
        true
    });
}

/// Whether an operator may take values of these forms.
const fn takes(token: &Token, left: &Form, right: &Form) -> bool {
    if matches!(left, Form::Any) || matches!(right, Form::Any) {
        return true;
    }
    let numbers = matches!((left, right), (Form::Number, Form::Number));
    let texts = matches!((left, right), (Form::Text, Form::Text));
    let flags = matches!((left, right), (Form::Flag, Form::Flag));
    let gathered = matches!((left, right), (Form::List, Form::List) | (Form::Map(_), Form::Map(_)));
    match token {
        Token::Plus => numbers || gathered || matches!(left, Form::Text) || matches!(right, Form::Text),
        Token::Minus => numbers || texts,
        Token::Multiply | Token::Divide | Token::Modulo | Token::PowerOf => numbers,
        Token::EqualsTo | Token::NotEqualsTo => numbers || texts || flags || gathered,
        _ if is_order(token) => numbers || texts || flags,
        _ => true,
    }
}

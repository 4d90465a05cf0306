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

/// What two values are together, of whose forms something is known.
enum Pair {
    Numbers,
    Texts,
    /// A text and something else.
    WithText,
    Flags,
    /// Two lists or two maps.
    Gathered,
    Mixed,
}

const fn pair(left: &Form, right: &Form) -> Option<Pair> {
    Some(match (left, right) {
        (Form::Any, _) | (_, Form::Any) => return None,
        (Form::Number, Form::Number) => Pair::Numbers,
        (Form::Text, Form::Text) => Pair::Texts,
        (Form::Text, _) | (_, Form::Text) => Pair::WithText,
        (Form::Flag, Form::Flag) => Pair::Flags,
        (Form::List, Form::List) | (Form::Map(_), Form::Map(_)) => Pair::Gathered,
        _ => Pair::Mixed,
    })
}

/// Whether an operator may take values of these forms.
const fn takes(token: &Token, left: &Form, right: &Form) -> bool {
    use Pair::{Flags, Gathered, Mixed, Numbers, Texts, WithText};
    let Some(pair) = pair(left, right) else { return true };
    match token {
        Token::Plus => !matches!(pair, Flags | Mixed),
        Token::Minus => matches!(pair, Numbers | Texts),
        Token::Multiply | Token::Divide | Token::Modulo | Token::PowerOf => matches!(pair, Numbers),
        Token::EqualsTo | Token::NotEqualsTo => !matches!(pair, WithText | Mixed),
        _ if is_order(token) => !matches!(pair, Gathered | WithText | Mixed),
        _ => true,
    }
}

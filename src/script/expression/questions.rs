//! What an expression compares, from its syntax tree: `draft != ()` asks whether there is a draft.

use super::chain::Chain;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt, Token};

/// A comparison of a value with a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name and its fields: `["outcomes", "draft"]`.
    pub path: Vec<String>,
    /// Which parts of the path are read with `?.`.
    pub optional: Vec<usize>,
    /// Whether it asks for being equal, or for being unequal.
    pub equal: bool,
    /// With what.
    pub with: Constant,
    /// Whether the whole expression is true only if the comparison is.
    pub demanded: bool,
}

/// What something is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constant {
    /// `()`.
    Nothing,
    /// A text.
    Text(String),
    /// Something else that is there: a number, true or false, the name of a type.
    Other,
}

/// The questions of an expression.
pub(super) fn of(ast: &AST) -> Vec<Question> {
    let mut found = Vec::new();
    let alone = ast.statements().len() == 1;
    ast.walk(&mut |path: &[ASTNode]| {
        if let [around @ .., ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))] = path
            && let Some(mut question) = question(call)
        {
            let (around, is_turned) = turned(around);
            question.equal ^= is_turned;
            question.demanded = alone && around.iter().all(demands);
            found.push(question);
        }
        if let [.., ASTNode::Stmt(Stmt::Switch(switch, _))] = path {
            found.extend(chosen(&switch.0));
        }
        true
    });
    found
}

/// What stands around a comparison, without the `!` in front of it, and whether these turn it round.
fn turned<'p, 'a>(around: &'p [ASTNode<'a>]) -> (&'p [ASTNode<'a>], bool) {
    match around {
        [outer @ .., ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))]
            if matches!(call.op_token, Some(Token::Bang)) =>
        {
            let (outer, is_turned) = turned(outer);
            (outer, !is_turned)
        }
        _ => (around, false),
    }
}

/// Whether a text is one of the values of an expression: those in brackets behind a name are fields that it reads.
pub(super) fn says(ast: &AST, text: &str) -> bool {
    let mut found = false;
    ast.walk(&mut |path: &[ASTNode]| {
        if let [around @ .., ASTNode::Expr(Expr::StringConstant(value, _))] = path {
            let is_field = matches!(
                around,
                [.., ASTNode::Expr(Expr::Index(..))]
                    | [.., ASTNode::Expr(Expr::Index(..)), ASTNode::Expr(Expr::Dot(..))]
            );
            found |= !is_field && value.as_str() == text;
        }
        !found
    });
    found
}

/// The one chain of fields that the whole expression is.
pub(super) fn sole(ast: &AST) -> Option<Vec<String>> {
    let [Stmt::Expr(expr)] = ast.statements() else { return None };
    Chain::of(expr).map(|chain| chain.path)
}

fn question(call: &FnCallExpr) -> Option<Question> {
    let equal = match call.op_token {
        Some(Token::EqualsTo) => true,
        Some(Token::NotEqualsTo) => false,
        _ => return None,
    };
    let [left, right] = &*call.args else { return None };
    let (subject, with) = match (constant(left), constant(right)) {
        (None, Some(with)) => (left, with),
        (Some(with), None) => (right, with),
        _ => return None,
    };
    let (subject, with) = match (typed(subject), with) {
        (Some(value), Constant::Text(name)) if name == "()" => (value, Constant::Nothing),
        (Some(value), Constant::Text(_)) => (value, Constant::Other),
        (_, with) => (subject, with),
    };
    let Chain { path, optional, .. } = Chain::of(subject)?;
    Some(Question { path, optional, equal, with, demanded: false })
}

/// The question of a `switch`, whose cases the syntax tree does not keep as they are written.
fn chosen(subject: &Expr) -> Option<Question> {
    let Chain { path, optional, .. } = Chain::of(typed(subject).unwrap_or(subject))?;
    Some(Question { path, optional, equal: true, with: Constant::Other, demanded: false })
}

/// The value whose type is asked for.
fn typed(expr: &Expr) -> Option<&Expr> {
    let Expr::FnCall(call, _) = expr else { return None };
    if let ("type_of", [value]) = (call.name.as_str(), &*call.args) { Some(value) } else { None }
}

fn constant(expr: &Expr) -> Option<Constant> {
    match expr {
        Expr::Unit(_) => Some(Constant::Nothing),
        Expr::StringConstant(text, _) => Some(Constant::Text(text.to_string())),
        Expr::IntegerConstant(..) | Expr::FloatConstant(..) | Expr::BoolConstant(..) => Some(Constant::Other),
        _ => None,
    }
}

/// Whether what stands in this must be true for it to be true.
const fn demands(around: &ASTNode<'_>) -> bool {
    matches!(around, ASTNode::Stmt(Stmt::Expr(_)) | ASTNode::Expr(Expr::And(..)))
}

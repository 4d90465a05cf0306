//! What an expression compares, from its syntax tree: `draft != ()` asks whether there is a draft.

use super::chain::Chain;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt, Token};

/// A comparison of a value with a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name and its fields: `["outcomes", "draft"]`.
    pub path: Vec<String>,
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
}

/// The questions of an expression.
pub(super) fn of(ast: &AST) -> Vec<Question> {
    let mut found = Vec::new();
    let alone = ast.statements().len() == 1;
    ast.walk(&mut |path: &[ASTNode]| {
        if let [around @ .., ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))] = path
            && let Some(mut question) = question(call)
        {
            question.demanded = alone && around.iter().all(demands);
            found.push(question);
        }
        true
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
    let (chain, with) = match (constant(left), constant(right)) {
        (None, Some(with)) => (Chain::of(left)?, with),
        (Some(with), None) => (Chain::of(right)?, with),
        _ => return None,
    };
    Some(Question { path: chain.path, equal, with, demanded: false })
}

fn constant(expr: &Expr) -> Option<Constant> {
    match expr {
        Expr::Unit(_) => Some(Constant::Nothing),
        Expr::StringConstant(text, _) => Some(Constant::Text(text.to_string())),
        _ => None,
    }
}

/// Whether what stands in this must be true for it to be true.
const fn demands(around: &ASTNode<'_>) -> bool {
    matches!(around, ASTNode::Stmt(Stmt::Expr(_)) | ASTNode::Expr(Expr::And(..)))
}

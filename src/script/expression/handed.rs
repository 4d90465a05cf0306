//! Which of the values that an expression reads its own value may be, from its syntax tree.

use super::chain::{Chain, head};
use super::references::place;
use rhai::{AST, ASTNode, Expr, Stmt};

/// The lines and columns of the readings whose value, or whose absence, may be that of the whole: it is nothing else, or
/// they stand at the end of a branch or behind the last `??`.
pub(super) fn of(ast: &AST) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    block(ast.statements(), &mut found);
    found
}

/// The line and column of the reading that a part of an expression is, if it is nothing else, or what follows is passed
/// over where that is absent. Where another value may take its place nobody knows which of them is there.
pub(super) fn alone(part: &Expr) -> Option<(usize, usize)> {
    head(part).filter(|_| is_handed_on(part)).map(place)
}

/// The lines and columns of the readings behind which another value stands by `??`.
pub(super) fn replaced(ast: &AST) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let [.., ASTNode::Expr(Expr::Coalesce(parts, _))] = path
            && let Some((_, first)) = parts.split_last()
        {
            found.extend(first.iter().filter_map(alone));
        }
        true
    });
    found
}

fn block(statements: &[Stmt], found: &mut Vec<(usize, usize)>) {
    match statements.last() {
        Some(Stmt::Expr(expr)) => expression(expr, found),
        Some(Stmt::If(flow, _)) => {
            block(flow.body.statements(), found);
            block(flow.branch.statements(), found);
        }
        Some(Stmt::Block(inner)) => block(inner.statements(), found),
        _ => {}
    }
}

fn expression(expr: &Expr, found: &mut Vec<(usize, usize)>) {
    match expr {
        Expr::Stmt(inner) => block(inner.statements(), found),
        Expr::Coalesce(parts, _) => parts.last().into_iter().for_each(|last| expression(last, found)),
        read if is_handed_on(read) => found.extend(head(read).map(place)),
        _ => {}
    }
}

/// Whether nothing but fields stands behind a name, or what does is passed over where the value is absent.
fn is_handed_on(expr: &Expr) -> bool {
    let (Expr::Dot(parts, ..) | Expr::Index(parts, ..)) = expr else { return matches!(expr, Expr::Variable(..)) };
    let Expr::Variable(variable, ..) = &parts.lhs else { return false };
    let mut chain = Chain::new(&variable.1);
    chain.follow(expr);
    chain.whole || !chain.optional.is_empty()
}

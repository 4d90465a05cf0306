//! Texts in three double quotes, which Python has. Rhai reads two quotes within a text as one, so that such a text would
//! begin and end with a quote.

use crate::core::failure::{Failure, FailureKind};
use rhai::{AST, ASTNode, Expr, Position};

const QUOTES: &str = "\"\"\"";

/// The refusal of the first text in three double quotes, and its place.
pub fn tripled(ast: &AST, source: &str) -> Option<(Failure, Position)> {
    let mut first = None;
    if source.contains(QUOTES) {
        ast.walk(&mut |path: &[ASTNode]| {
            if let [.., ASTNode::Expr(Expr::StringConstant(text, position))] = path
                && text.len() > 1
                && text.starts_with('"')
                && text.ends_with('"')
                && begins(source, *position)
            {
                first = Some(*position);
            }
            first.is_none()
        });
    }
    let what = "a text does not stand in three double quotes";
    let hint = "text of several lines stands in back-ticks; a quote within double quotes is `\\\"`";
    first.map(|position| (Failure::new(FailureKind::Script, what).hint(hint), position))
}

/// Whether three quotes stand at a place.
fn begins(source: &str, position: Position) -> bool {
    let row = position.line().unwrap_or(1).saturating_sub(1);
    let column = position.position().unwrap_or(1).saturating_sub(1);
    source.lines().nth(row).is_some_and(|line| line.chars().skip(column).take(3).eq(QUOTES.chars()))
}

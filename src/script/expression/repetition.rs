//! Whether an expression does anything more than once, from its syntax tree.

use rhai::{AST, ASTNode, Stmt};

/// Whether there is a loop or a closure in it, which functions such as `reduce` call again and again. Without one its
/// values nest no deeper than what it reads and its text together.
pub(super) fn is_in(ast: &AST) -> bool {
    let mut found = ast.iter_functions().next().is_some();
    ast.walk(&mut |path: &[ASTNode]| {
        found |= matches!(path, [.., ASTNode::Stmt(Stmt::While(..) | Stmt::Do(..) | Stmt::For(..))]);
        true
    });
    found
}

//! What of an expression is not tried: only that can fail so that nobody catches it.

use super::references::is_tried;
use rhai::{AST, ASTNode, Expr, FnPtr, Module, Shared};

/// Looks at the end of every path of nodes, and the closure that it is in.
type Look<'l> = &'l mut dyn FnMut(&[ASTNode<'_>], Option<&str>);

/// Looks at every node that is not tried, at those of a closure after those that hand it over. They are tried if it stands
/// nowhere but in what is.
pub(super) fn untried(ast: &AST, look: Look<'_>) {
    let mut reached = Vec::new();
    for statement in ast.statements() {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode]| visited(path, None, &mut reached, look));
    }
    let mut next = 0;
    while let Some(name) = reached.get(next).cloned() {
        next += 1;
        let Some(closure) = ast.iter_fn_def().find(|function| function.name.as_str() == name) else { continue };
        let mut alone = Module::new();
        alone.set_script_fn(Shared::clone(closure));
        AST::new_from_module(alone).walk(&mut |path: &[ASTNode]| visited(path, Some(&name), &mut reached, look));
    }
}

/// Looks at the end of a path, and notes the closure that it is.
fn visited(path: &[ASTNode<'_>], within: Option<&str>, reached: &mut Vec<String>, look: Look<'_>) -> bool {
    let Some(node) = path.last().filter(|_| !is_tried(path)) else { return true };
    look(path, within);
    if let ASTNode::Expr(Expr::DynamicConstant(value, _)) = node
        && let Some(closure) = value.read_lock::<FnPtr>()
        && !reached.iter().any(|name| name == closure.fn_name())
    {
        reached.push(closure.fn_name().to_owned());
    }
    true
}

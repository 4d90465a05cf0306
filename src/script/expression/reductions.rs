//! What `reduce` begins with where it is given no start: `()`, which its closure may pass over, but not combine with
//! anything.

use super::chain::method;
use super::deeds;
use super::functions::Functions;
use super::references::in_some_runs;
use rhai::{AST, ASTFlags, ASTNode, Expr, FnCallExpr, FnPtr, Module, Shared, Stmt};

/// What is wrong with a call of `reduce` that begins with `()`, if its closure gives that to an operator or a function in
/// any run.
pub(super) fn unstarted(ast: &AST, node: &ASTNode<'_>, functions: &Functions) -> Option<String> {
    let (call, before) = match node {
        ASTNode::Expr(Expr::MethodCall(call, _)) => (call, 0),
        ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => (call, 1),
        _ => return None,
    };
    let name = ["reduce", "reduce_rev"].into_iter().find(|name| *name == call.name.as_str())?;
    let closure = call.args.get(before).filter(|_| call.args.len() == before + 1)?;
    let taker = beginning(ast, closure, functions)?;
    let begins = format!("the `()` with which `{name}` begins, unless it is given a start as in `{name}(.., 0)`");
    Some(format!("`{taker}` does not take {begins}"))
}

/// The operator or function to which a closure gives its first parameter in any run, if it takes no `()`. One that declares
/// or assigns anything may have put another value in its place.
fn beginning(ast: &AST, closure: &Expr, functions: &Functions) -> Option<String> {
    let (name, captured) = named(closure)?;
    let function = ast.iter_fn_def().find(|function| function.name.as_str() == name)?;
    let first = function.params.get(captured.len())?.as_str();
    let mut alone = Module::new();
    alone.set_script_fn(Shared::clone(function));
    let (mut statements, mut computes, mut found) = (0, true, None);
    AST::new_from_module(alone).walk(&mut |path: &[ASTNode]| {
        statements += usize::from(path.len() == 1);
        let Some(node) = path.last() else { return true };
        computes = computes && only_computes(node);
        if found.is_none() && !in_some_runs(path) {
            found = taker(node, first, functions);
        }
        true
    });
    found.filter(|_| computes && statements == 1)
}

/// The name of a closure as it is written down, and what it takes from around it, which are its first parameters.
pub(super) fn named(closure: &Expr) -> Option<(String, &[Expr])> {
    match closure {
        Expr::DynamicConstant(value, _) => Some((value.read_lock::<FnPtr>()?.fn_name().to_owned(), &[])),
        Expr::FnCall(call, _) => curried(call),
        Expr::Stmt(inner) => match inner.statements().last()? {
            Stmt::Expr(last) => named(last),
            Stmt::FnCall(call, _) => curried(call),
            _ => None,
        },
        _ => None,
    }
}

fn curried(call: &FnCallExpr) -> Option<(String, &[Expr])> {
    let ("curry", [closure, captured @ ..]) = (call.name.as_str(), &*call.args) else { return None };
    named(closure).map(|(name, _)| (name, captured))
}

/// Whether nothing is declared, assigned or repeated here.
pub(super) fn only_computes(node: &ASTNode<'_>) -> bool {
    match node {
        ASTNode::Expr(_) => true,
        ASTNode::Stmt(statement) => matches!(
            statement,
            Stmt::Noop(_) | Stmt::Expr(_) | Stmt::FnCall(..) | Stmt::If(..) | Stmt::Switch(..) | Stmt::Block(_)
        ),
        _ => false,
    }
}

/// The operator that this is, if it takes no `()` and this name stands beside it, or the function, if the name is what it
/// is called on, or given first.
fn taker(node: &ASTNode<'_>, name: &str, functions: &Functions) -> Option<String> {
    let is_named = |side: &Expr| matches!(side, Expr::Variable(variable, ..) if variable.1.as_str() == name);
    match node {
        ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => {
            let fails = match &call.op_token {
                Some(token) => deeds::computes(token) && call.args.iter().any(is_named),
                None => call.args.first().is_some_and(is_named) && !functions.take_nothing(call.name.as_str()),
            };
            fails.then(|| call.name.to_string())
        }
        ASTNode::Expr(Expr::Dot(parts, flags, _)) if is_named(&parts.lhs) && !flags.intersects(ASTFlags::NEGATED) => {
            method(&parts.rhs).filter(|name| !functions.take_nothing(name))
        }
        ASTNode::Expr(Expr::And(parts, _)) => parts.first().is_some_and(is_named).then(|| "&&".to_owned()),
        ASTNode::Expr(Expr::Or(parts, _)) => parts.first().is_some_and(is_named).then(|| "||".to_owned()),
        _ => None,
    }
}

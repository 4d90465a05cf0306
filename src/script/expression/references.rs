//! What an expression reads and calls, from its syntax tree.

use super::Reference;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::nearest;
use crate::script::python;
use rhai::{AST, ASTFlags, ASTNode, Engine, Expr, FnCallExpr, FnPtr, Position, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// Functions that are part of the language and stand in no list.
const LANGUAGE: &[&str] = &["type_of", "is_shared", "curry", "is_def_var"];

/// The names of all functions of an engine.
pub(super) fn functions(engine: &Engine) -> BTreeSet<String> {
    let signatures = engine.gen_fn_signatures(true);
    let name = |signature: &String| signature.split('(').next().map(|name| name.trim().to_owned());
    let own = LANGUAGE.iter().map(|name| (*name).to_owned());
    signatures.iter().filter_map(name).filter(|name| !name.is_empty()).chain(own).collect()
}

/// The references of an expression in the order of its text.
///
/// # Errors
/// `script` if a function does not exist, or a name of the scope is taken for something else.
pub(super) fn of(ast: &AST, names: &[&str], functions: &BTreeSet<String>) -> Outcome<Vec<Reference>> {
    let mut seen = Seen { names, functions, found: BTreeMap::new(), captures: BTreeMap::new(), fault: None };
    ast.walk(&mut |path: &[ASTNode]| {
        match path {
            [.., parent, ASTNode::Expr(Expr::Variable(variable, _, position))] => {
                seen.variable(&variable.1, *position, Some(parent));
            }
            [ASTNode::Expr(Expr::Variable(variable, _, position))] => seen.variable(&variable.1, *position, None),
            [.., ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))]
            | [.., ASTNode::Stmt(Stmt::FnCall(call, position))] => seen.call(call, *position),
            [.., ASTNode::Stmt(Stmt::Var(variable, ..))] => seen.declared(&variable.0.name, variable.0.pos),
            [.., ASTNode::Stmt(Stmt::For(looped, _))] => seen.declared(&looped.0.name, looped.0.pos),
            _ => {}
        }
        true
    });
    seen.parameters(ast);
    match seen.fault {
        Some(failure) => Err(failure),
        None => Ok(seen.found.into_iter().map(|((line, column), r)| Reference { line, column, ..r }).collect()),
    }
}

struct Seen<'a> {
    names: &'a [&'a str],
    functions: &'a BTreeSet<String>,
    /// By place: a capture of a closure is seen again where it is handed over.
    found: BTreeMap<(usize, usize), Reference>,
    /// How many names each closure takes from around it; they are its first parameters.
    captures: BTreeMap<String, usize>,
    fault: Option<Failure>,
}

impl Seen<'_> {
    fn variable(&mut self, name: &str, position: Position, parent: Option<&ASTNode<'_>>) {
        if !self.names.contains(&name) {
            return;
        }
        let mut reference =
            Reference { path: vec![name.to_owned()], optional: false, method: None, line: 0, column: 0 };
        if let Some(ASTNode::Expr(Expr::Dot(chain, flags, _))) = parent
            && stands_at(&chain.lhs, position)
        {
            reference.optional = flags.intersects(ASTFlags::NEGATED);
            reference.method = method(&chain.rhs);
            fields(&chain.rhs, &mut reference.path);
        }
        if let Some(ASTNode::Expr(Expr::Index(chain, flags, _))) = parent
            && stands_at(&chain.lhs, position)
        {
            reference.optional = flags.intersects(ASTFlags::NEGATED);
            keys(&chain.rhs, *flags, &mut reference.path);
        }
        let place = place(position);
        let longer = self.found.get(&place).is_none_or(|known| known.path.len() < reference.path.len());
        if longer {
            self.found.insert(place, reference);
        }
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) {
        let name = call.name.as_str();
        if let ("curry", [Expr::DynamicConstant(closure, _), captured @ ..]) = (name, &*call.args)
            && let Some(closure) = closure.read_lock::<FnPtr>()
        {
            self.captures.insert(closure.fn_name().to_owned(), captured.len());
        }
        if call.op_token.is_some() || self.functions.contains(name) || self.fault.is_some() {
            return;
        }
        let failure = at(position, format!("there is no function `{name}` in an expression"));
        let known = self.functions.iter().map(String::as_str);
        self.fault = Some(match (python::function_hint(name), nearest(name, known)) {
            (Some(habit), _) => failure.hint(habit),
            (None, Some(near)) => failure.hint(format!("did you mean `{near}`?")),
            (None, None) => failure.hint("effects are steps: `llm`, `tool`, `script`; an expression only computes"),
        });
    }

    /// A parameter of a closure must not hide a value: whoever reads it would seem to need that value.
    fn parameters(&mut self, ast: &AST) {
        for function in ast.iter_functions() {
            let captured = self.captures.get(function.name).copied().unwrap_or(0);
            for name in function.params.iter().skip(captured) {
                self.declared(name, Position::START);
            }
        }
    }

    fn declared(&mut self, name: &str, position: Position) {
        if self.names.contains(&name) && self.fault.is_none() {
            let failure = at(position, format!("`{name}` is the name of a value already"));
            self.fault = Some(failure.hint("choose another name for what the expression declares"));
        }
    }
}

fn at(position: Position, message: String) -> Failure {
    let (line, column) = place(position);
    Failure::new(FailureKind::Script, message).detail("line", line).detail("column", column)
}

fn place(position: Position) -> (usize, usize) {
    (position.line().unwrap_or(1), position.position().unwrap_or(1))
}

/// Whether this is the variable that stands there: it may also be part of an index or an argument of the chain.
fn stands_at(expr: &Expr, position: Position) -> bool {
    matches!(expr, Expr::Variable(_, _, at) if *at == position)
}

/// The method that is called behind a dot.
fn method(behind: &Expr) -> Option<String> {
    match behind {
        Expr::MethodCall(call, _) => Some(call.name.to_string()),
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => method(&chain.lhs),
        _ => None,
    }
}

/// The fields behind a dot.
fn fields(behind: &Expr, path: &mut Vec<String>) {
    match behind {
        Expr::Property(property, _) => path.push(property.2.to_string()),
        Expr::Dot(chain, ..) => {
            if let Expr::Property(property, _) = &chain.lhs {
                path.push(property.2.to_string());
                fields(&chain.rhs, path);
            }
        }
        Expr::Index(chain, flags, _) => {
            if let Expr::Property(property, _) = &chain.lhs {
                path.push(property.2.to_string());
                keys(&chain.rhs, *flags, path);
            }
        }
        _ => {}
    }
}

/// The fields behind a bracket, as long as they are written out as text.
fn keys(behind: &Expr, flags: ASTFlags, path: &mut Vec<String>) {
    let (key, rest) = match behind {
        Expr::Dot(chain, ..) if !flags.intersects(ASTFlags::BREAK) => (&chain.lhs, Some((true, &chain.rhs, flags))),
        Expr::Index(chain, inner, _) if !flags.intersects(ASTFlags::BREAK) => {
            (&chain.lhs, Some((false, &chain.rhs, *inner)))
        }
        plain => (plain, None),
    };
    let Expr::StringConstant(text, _) = key else { return };
    path.push(text.to_string());
    match rest {
        Some((true, rest, _)) => fields(rest, path),
        Some((false, rest, flags)) => keys(rest, flags, path),
        None => {}
    }
}

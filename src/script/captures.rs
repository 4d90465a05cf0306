//! What a closure takes, and what it changes of the variables that it captured, as far as its text says so.

use rhai::{
    AST, ASTFlags, ASTNode, Array, Dynamic, Expr, FnCallExpr, FnPtr, Map, Module, NativeCallContext, Shared, Stmt,
};
use std::collections::BTreeSet;

/// Methods that change what stands before the dot, and that are called for nothing else.
pub(super) const CHANGES: &[&str] = &[
    "append",
    "chop",
    "clear",
    "crop",
    "dedup",
    "drain",
    "fill_with",
    "insert",
    "make_lower",
    "make_upper",
    "mixin",
    "pad",
    "pop",
    "push",
    "remove",
    "replace",
    "retain",
    "reverse",
    "set",
    "shift",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "trim",
    "truncate",
];

/// A captured variable that a closure changes, itself or in a closure within it.
pub fn changed(context: &NativeCallContext, closure: &FnPtr) -> Option<String> {
    let text = Text::of(context, closure.fn_name())?;
    // Captured variables are the first parameters, and lie in cells; what `curry` binds does not.
    let bound = text.params.iter().zip(closure.iter_curry());
    let captured = bound.filter(|(_, value)| value.is_shared()).map(|(name, _)| name.clone());
    text.changes(context, &captured.collect::<BTreeSet<String>>())
}

/// How many values a closure of the program is called with, without those that it captured; `None` of other functions.
pub fn taken(context: &NativeCallContext, closure: &FnPtr) -> Option<usize> {
    Text::of(context, closure.fn_name())?.params.len().checked_sub(closure.iter_curry().count())
}

/// Whether a closure may change what it captured although its text does not say so for certain: by a name that it declares
/// too, in a function that it calls as a method, or by a closure that it captured.
pub fn may_change(context: &NativeCallContext, closure: &FnPtr) -> bool {
    let Some(text) = Text::of(context, closure.fn_name()) else { return false };
    let captured: BTreeSet<String> = text.params.iter().take(closure.iter_curry().count()).cloned().collect();
    closure.iter_curry().any(holds_closure) || text.may_change(context, &captured)
}

fn holds_closure(value: &Dynamic) -> bool {
    value.is_fnptr()
        || value.read_lock::<Array>().is_some_and(|items| items.iter().any(holds_closure))
        || value.read_lock::<Map>().is_some_and(|map| map.values().any(holds_closure))
}

/// What the text of a function says.
#[derive(Default)]
struct Text {
    params: Vec<String>,
    /// Names that it declares; which variable is meant behind that is not looked at.
    declared: BTreeSet<String>,
    /// Names that it assigns to, or of which it calls what changes them.
    changed: BTreeSet<String>,
    /// The methods that it calls.
    methods: BTreeSet<String>,
    /// The closures in it, with the names that they capture.
    within: Vec<(String, BTreeSet<String>)>,
}

impl Text {
    /// The text of an anonymous function of the program.
    fn of(context: &NativeCallContext, name: &str) -> Option<Self> {
        if !name.starts_with("anon$") {
            return None;
        }
        let mut functions = context.iter_namespaces().flat_map(Module::iter_script_fn_info);
        let (.., function) = functions.find(|(_, _, known, ..)| *known == name)?;
        let mut alone = Module::new();
        alone.set_script_fn(Shared::clone(function));
        let params = function.params.iter().map(ToString::to_string).collect();
        let mut text = Self { params, ..Self::default() };
        AST::new_from_module(alone).walk(&mut |path: &[ASTNode]| {
            match path {
                [.., ASTNode::Stmt(statement)] => text.statement(statement),
                [.., ASTNode::Expr(expression)] => text.expression(expression),
                _ => {}
            }
            true
        });
        Some(text)
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Assignment(assignment) => self.changed.extend(root(&assignment.1.lhs)),
            Stmt::Var(variable, ..) => self.declared.extend([variable.0.name.to_string()]),
            Stmt::For(looped, _) => {
                self.declared.extend([looped.0.name.to_string()]);
                self.declared.extend(looped.1.as_ref().map(|counter| counter.name.to_string()));
            }
            Stmt::TryCatch(tried, _) => self.declared.extend(root(&tried.expr)),
            Stmt::FnCall(call, _) => self.captures(call),
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::FnCall(call, _) => self.captures(call),
            Expr::MethodCall(call, _) => drop(self.methods.insert(call.name.to_string())),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..)
                if matches!(parts.lhs, Expr::Variable(..)) && leads_to_change(expression) =>
            {
                self.changed.extend(root(&parts.lhs));
            }
            _ => {}
        }
    }

    /// Notes a closure with what it captures: the parser writes it as a function that is curried.
    fn captures(&mut self, call: &FnCallExpr) {
        if let ("curry", [Expr::DynamicConstant(closure, _), captured @ ..]) = (call.name.as_str(), &*call.args)
            && let Some(closure) = closure.read_lock::<FnPtr>()
        {
            self.within.push((closure.fn_name().to_owned(), captured.iter().filter_map(root).collect()));
        }
    }

    fn may_change(&self, context: &NativeCallContext, captured: &BTreeSet<String>) -> bool {
        let is_script = |name: &String| {
            let mut functions = context.iter_namespaces().flat_map(Module::iter_script_fn_info);
            functions.any(|(_, _, known, ..)| known == name)
        };
        let within = |(name, taken): &(String, BTreeSet<String>)| {
            let both = captured & taken;
            !both.is_empty() && Self::of(context, name).is_none_or(|inner| inner.may_change(context, &both))
        };
        !captured.is_disjoint(&self.changed) || self.methods.iter().any(is_script) || self.within.iter().any(within)
    }

    fn changes(&self, context: &NativeCallContext, captured: &BTreeSet<String>) -> Option<String> {
        let captured = captured - &self.declared;
        let own = captured.intersection(&self.changed).next().cloned();
        own.or_else(|| {
            self.within.iter().find_map(|(name, taken)| {
                let both = &captured & taken;
                if both.is_empty() { None } else { Self::of(context, name)?.changes(context, &both) }
            })
        })
    }
}

/// The variable with which a chain of dots and brackets begins.
fn root(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Variable(variable, ..) => Some(variable.1.to_string()),
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => root(&parts.lhs),
        _ => None,
    }
}

/// Whether a chain goes over fields and keys alone to a method that changes.
fn leads_to_change(chain: &Expr) -> bool {
    match chain {
        Expr::Index(parts, flags, _) => !flags.intersects(ASTFlags::BREAK) && leads_to_change(&parts.rhs),
        Expr::Dot(parts, ..) => match &parts.rhs {
            Expr::MethodCall(call, _) => CHANGES.contains(&call.name.as_str()),
            Expr::Dot(next, ..) | Expr::Index(next, ..) => {
                matches!(next.lhs, Expr::Property(..)) && leads_to_change(&parts.rhs)
            }
            _ => false,
        },
        _ => false,
    }
}

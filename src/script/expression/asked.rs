//! What an expression asks of values that never have it: fields behind brackets, methods and closures, and what functions
//! are given. What is read of a name of the scope by fields alone is told where it is read.

use super::chain::{Chain, Part};
use super::form::Form;
use super::forms::{Names, expression, walked};
use super::functions::Functions;
use super::questions;
use rhai::{AST, Expr, FnCallExpr};

/// What is known where a part of an expression stands.
pub(super) struct Place<'p> {
    /// The whole expression.
    pub ast: &'p AST,
    /// The forms of names.
    pub names: Names<'p>,
    /// Whether a name is one of the scope.
    pub in_scope: &'p dyn Fn(&str) -> bool,
    /// What can be called.
    pub functions: &'p Functions,
}

impl Place<'_> {
    /// What the first part of a chain asks in vain.
    pub(super) fn of_chain(&self, chain: &Expr) -> Option<String> {
        let (Expr::Dot(pair, ..) | Expr::Index(pair, ..)) = chain else { return None };
        let (mut way, mut told) = match &pair.lhs {
            Expr::Variable(variable, ..) => (variable.1.to_string(), (self.in_scope)(variable.1.as_str())),
            _ => ("(..)".to_owned(), false),
        };
        for (base, part) in walked(chain, self.names).0 {
            let fault = self.of_part(&base, &part, &way, told);
            if fault.is_some() {
                return fault;
            }
            told = told && field(&part).is_some();
            way.push_str(&written(&part));
        }
        None
    }

    /// What a function is given that it does not take.
    pub(super) fn of_call(&self, call: &FnCallExpr) -> Option<String> {
        let told = call.args.first().and_then(Chain::of).is_some_and(|first| self.is_told(&first));
        let forms: Vec<Form> = call.args.iter().map(|given| expression(given, self.names)).collect();
        self.unfit(call.name.as_str(), &forms, told)
    }

    fn is_told(&self, chain: &Chain) -> bool {
        chain.path.first().is_some_and(|name| (self.in_scope)(name))
    }

    fn of_part(&self, base: &Form, part: &Part<'_>, way: &str, told: bool) -> Option<String> {
        if let Part::Call(call) = part {
            let given = call.args.iter().map(|given| expression(given, self.names));
            let forms: Vec<Form> = std::iter::once(base.clone()).chain(given).collect();
            return self.unfit(call.name.as_str(), &forms, told);
        }
        if told {
            return None;
        }
        match field(part) {
            // Whoever asks for a field may know more.
            Some(field) => base.lacking(way, field).filter(|_| !questions::says(self.ast, field)),
            None if *base == Form::Flag => Some(format!("`{way}` is {}, and has no parts", Form::FLAG)),
            None => None,
        }
    }

    /// That a function takes no values of these forms; `told` is whether that is told of the first where it is read.
    fn unfit(&self, name: &str, forms: &[Form], told: bool) -> Option<String> {
        let first = forms.first()?;
        // A map may have a function of its own.
        if matches!(first, Form::Map(fields) if fields.all.iter().any(|field| field.name == name)) {
            return None;
        }
        if self.functions.refused(name).contains(&first.kind()) {
            return (!told).then(|| refusal(name, std::slice::from_ref(first)));
        }
        (!self.functions.may_take(name, forms)).then(|| refusal(name, forms))
    }
}

/// That an operator or a function does not take these.
pub(super) fn refusal(name: &str, given: &[Form]) -> String {
    let given: Vec<&str> = given.iter().map(Form::kind).collect();
    format!("`{name}` does not take {}", given.join(" and "))
}

/// The field that a part of a chain reads, if it is written out.
fn field<'e>(part: &Part<'e>) -> Option<&'e str> {
    match part {
        Part::Field(name) => Some(*name),
        Part::Key(Expr::StringConstant(name, _)) => Some(name.as_str()),
        _ => None,
    }
}

/// A part of a chain in the words of a message.
fn written(part: &Part<'_>) -> String {
    match part {
        Part::Call(call) => format!(".{}(..)", call.name),
        part => field(part).map_or_else(|| "[..]".to_owned(), |name| format!(".{name}")),
    }
}

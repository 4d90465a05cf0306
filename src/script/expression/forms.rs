//! What is known of the value of an expression before it is computed, from the syntax tree and what is known of what it
//! reads.
//!
//! What is not known for certain is `Any`: whatever rests on a form may refuse an expression, and must not be wrong.

use super::chain::{Part, parts};
use super::form::{Field, Form, Lack, Made};
use super::handed;
use rhai::{AST, Expr, FnCallExpr, Stmt, StmtBlock, Token};
use std::sync::Arc;

/// What makes a number of a number.
const TO_NUMBERS: &[&str] =
    &["abs", "ceiling", "floor", "fraction", "int", "max", "min", "round", "sqrt", "to_float", "to_int"];

/// The form of what is read by a name: where it is there, or whatever becomes of it.
type Forms<'n> = &'n dyn Fn(&str, bool) -> Form;
/// Why what is read at a line and column may be `()`.
type Lacks<'n> = &'n dyn Fn((usize, usize)) -> Option<Arc<Lack>>;

/// What is known of what an expression reads.
#[derive(Clone, Copy)]
pub(super) struct Names<'n> {
    forms: Forms<'n>,
    /// Nothing where that is not asked.
    lacks: Option<Lacks<'n>>,
    /// Whether why the value may be `()` is told beside its form; else that holds whatever becomes of what is read.
    there: bool,
}

impl<'n> Names<'n> {
    /// For forms alone.
    pub(super) fn of(forms: Forms<'n>) -> Self {
        Self { forms, lacks: None, there: false }
    }

    /// The same with why the values may be `()`.
    pub(super) fn with(self, lacks: Lacks<'n>) -> Self {
        Self { lacks: Some(lacks), ..self }
    }

    /// What is known of a part that is kept as it is.
    fn part(self, part: &Expr) -> Made {
        let read = self.lacks.zip(handed::alone(part));
        let form = expression(part, Self { there: read.is_some(), ..self });
        Made { form, lack: read.and_then(|(lacks, at)| lacks(at)) }
    }

    /// What is known of what stands behind a dot.
    fn field(self, base: &Form, name: &str) -> Form {
        let found = base.field(name).filter(|made| self.there || made.lack.is_none());
        found.map_or(Form::Any, |made| made.form)
    }

    /// What is known of a part of a chain.
    fn read(self, base: &Form, part: &Part<'_>) -> Form {
        match part {
            Part::Field(name) => self.field(base, name),
            Part::Key(Expr::StringConstant(name, _)) if matches!(base, Form::Map(_)) => self.field(base, name.as_str()),
            Part::Key(key) => self.item(base, key),
            Part::Call(call) => method(base, call.name.as_str(), call.args.len()),
            Part::Other => Form::Any,
        }
    }

    /// What is known of what a computed place of a list has, or a computed name of a map.
    fn item(self, base: &Form, key: &Expr) -> Form {
        let made = match (base, expression(key, self)) {
            (Form::List(items), Form::Number) => items.each.clone(),
            (Form::Map(fields), Form::Text) => fields.any(),
            _ => Made::unknown(),
        };
        if made.lack.is_none() { made.form } else { Form::Any }
    }
}

/// What is known of the value of an expression.
pub(super) fn made(ast: &AST, names: Names<'_>) -> Made {
    match ast.statements() {
        [Stmt::Expr(whole)] => names.part(whole),
        _ => of(ast, names).into(),
    }
}

/// The form of an expression.
pub(super) fn of(ast: &AST, names: Names<'_>) -> Form {
    match ast.statements() {
        [only] => statement(only, names),
        _ => Form::Any,
    }
}

fn statement(only: &Stmt, names: Names<'_>) -> Form {
    match only {
        Stmt::Expr(expr) => expression(expr, names),
        Stmt::FnCall(call, _) => called(call, names),
        Stmt::If(flow, _) => block(&flow.body, names).or(block(&flow.branch, names)),
        Stmt::Block(inner) => block(inner, names),
        _ => Form::Any,
    }
}

fn block(inner: &StmtBlock, names: Names<'_>) -> Form {
    match inner.statements() {
        [only] => statement(only, names),
        _ => Form::Any,
    }
}

/// The form of a part of an expression.
pub(super) fn expression(expr: &Expr, names: Names<'_>) -> Form {
    match expr {
        Expr::StringConstant(..) | Expr::InterpolatedString(..) => Form::Text,
        Expr::IntegerConstant(..) | Expr::FloatConstant(..) => Form::Number,
        Expr::BoolConstant(..) | Expr::And(..) | Expr::Or(..) => Form::Flag,
        Expr::Array(items, _) => Form::list(items.iter().map(|item| names.part(item))),
        Expr::Map(map, _) => Form::map(map.0.iter().map(|(name, value)| Field {
            name: name.name.to_string(),
            made: names.part(value),
            sure: true,
        })),
        Expr::Variable(variable, ..) => (names.forms)(variable.1.as_str(), names.there),
        Expr::Stmt(inner) => block(inner, names),
        Expr::FnCall(call, _) => called(call, names),
        Expr::Coalesce(parts, _) => {
            parts.iter().map(|part| expression(part, names)).reduce(Form::or).unwrap_or(Form::Any)
        }
        Expr::Dot(..) | Expr::Index(..) => walked(expr, names).1,
        _ => Form::Any,
    }
}

/// What stands before each part of a chain, and the form of the whole.
pub(super) fn walked<'e>(chain: &'e Expr, mut names: Names<'_>) -> (Vec<(Form, Part<'e>)>, Form) {
    let (Expr::Dot(pair, ..) | Expr::Index(pair, ..)) = chain else { return (Vec::new(), Form::Any) };
    let (mut form, mut walked) = (expression(&pair.lhs, names), Vec::new());
    for (part, passes) in parts(chain) {
        let next = if passes && !names.there { Form::Any } else { names.read(&form, &part) };
        // Why what is read further may be `()` is not told of a chain of more than names.
        names.there = names.there && matches!(part, Part::Field(_) | Part::Key(Expr::StringConstant(..)));
        walked.push((std::mem::replace(&mut form, next), part));
    }
    (walked, form)
}

/// What a method gives whatever it is called on, if it gives anything; a map may have a function of that name.
fn method(base: &Form, name: &str, arguments: usize) -> Form {
    match (base, name, arguments) {
        (Form::Map(fields), "values", 0) => Form::list([fields.any()]),
        (_, "keys", 0) => Form::list([Made::from(Form::Text)]),
        (Form::Map(_), ..) => Form::Any,
        (_, "values", 0) | (Form::List(_), "map", 1) => Form::list([Made::unknown()]),
        (_, "len", 0) | (Form::List(_), "sum" | "mean", 0) => Form::Number,
        (_, "is_empty", 0) | (_, "contains" | "starts_with" | "ends_with", 1) => Form::Flag,
        (_, "to_string", 0) => Form::Text,
        (Form::Text, "split", _) => Form::list([Made::from(Form::Text)]),
        (_, "json_text", _) => Form::Text,
        (Form::Text, "to_lower" | "to_upper" | "sub_string" | "trim" | "replace", _) => Form::Text,
        (Form::List(_), "join", _) => Form::Text,
        (Form::Text, "parse_int" | "parse_float", _) | (Form::Text | Form::List(_), "index_of", _) => Form::Number,
        (Form::Number, name, _) if TO_NUMBERS.contains(&name) => Form::Number,
        (Form::List(_), "all" | "some", 1) => Form::Flag,
        (Form::List(_), "extract" | "order" | "order_by" | "order_desc", _) => base.clone(),
        // Most of them leave out what is absent.
        (Form::List(items), "filter", 1) => Form::list([Made::from(items.each.form.clone())]),
        _ => Form::Any,
    }
}

fn called(call: &FnCallExpr, names: Names<'_>) -> Form {
    let form = |at: usize| call.args.get(at).map_or(Form::Any, |expr| expression(expr, names));
    match (&call.op_token, call.args.len()) {
        (None, 1 | 2) if call.name.as_str() == "json_text" => Form::Text,
        (None, count) if count > 0 => method(&form(0), call.name.as_str(), count - 1),
        (Some(token), 2) if is_comparison(token) => Form::Flag,
        (Some(Token::Bang), 1) => Form::Flag,
        (Some(Token::Plus), 2) => form(0).plus(form(1)),
        (Some(Token::Minus | Token::Multiply | Token::Divide | Token::Modulo), 2) => match (form(0), form(1)) {
            (Form::Number, Form::Number) => Form::Number,
            _ => Form::Any,
        },
        _ => Form::Any,
    }
}

const fn is_comparison(token: &Token) -> bool {
    matches!(
        token,
        Token::EqualsTo
            | Token::NotEqualsTo
            | Token::LessThan
            | Token::LessThanEqualsTo
            | Token::GreaterThan
            | Token::GreaterThanEqualsTo
    )
}

//! What is known of the form of a value before it is computed, from the syntax tree and the forms of what it reads.
//!
//! What is not known for certain is `Any`: whatever rests on a form may refuse an expression, and must not be wrong.

use rhai::{AST, ASTFlags, Expr, FnCallExpr, Stmt, StmtBlock, Token};
use std::sync::Arc;

/// How deep the forms of maps nest; steps that gather each other's values would make them as deep as there are steps.
const DEEPEST: usize = 64;

/// The form of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Anything.
    Any,
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A list.
    List,
    /// A map with these fields.
    Map(Arc<Fields>),
}

/// The fields of a map.
#[derive(Debug, PartialEq)]
pub struct Fields {
    /// The fields.
    pub all: Vec<Field>,
    /// How deep maps nest in it, itself included.
    depth: usize,
}

/// A field of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its form.
    pub form: Form,
    /// Whether it is always there.
    pub sure: bool,
}

impl Form {
    /// A map with these fields.
    pub fn map(fields: impl Iterator<Item = Field>) -> Self {
        let all: Vec<Field> = fields.collect();
        let inner = |field: &Field| if let Self::Map(fields) = &field.form { fields.depth } else { 0 };
        let depth = 1 + all.iter().map(inner).max().unwrap_or(0);
        if depth > DEEPEST { Self::Any } else { Self::Map(Arc::new(Fields { all, depth })) }
    }

    /// What it is, in words.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::List => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// The form of a field; `Any` for one that need not be there.
    fn field(&self, name: &str) -> Self {
        match (self, name) {
            (Self::Map(fields), name) => {
                let field = fields.all.iter().find(|field| field.name == name && field.sure);
                field.map_or(Self::Any, |field| field.form.clone())
            }
            (Self::Text | Self::List, "len") => Self::Number,
            (Self::Text | Self::List, "is_empty") => Self::Flag,
            _ => Self::Any,
        }
    }

    /// The form of what is this or the other.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Text, Self::Text) => Self::Text,
            (Self::Number, Self::Number) => Self::Number,
            (Self::Flag, Self::Flag) => Self::Flag,
            (Self::List, Self::List) => Self::List,
            (Self::Map(one), Self::Map(other)) if Arc::ptr_eq(&one, &other) => Self::Map(one),
            _ => Self::Any,
        }
    }

    /// The form of a sum.
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Text, _) | (_, Self::Text) => Self::Text,
            (Self::Number, Self::Number) => Self::Number,
            (Self::List, Self::List) => Self::List,
            (Self::Map(left), Self::Map(right)) => merged(&left, &right),
            _ => Self::Any,
        }
    }
}

/// The fields of two maps; those of the right one go before.
fn merged(left: &Fields, right: &Fields) -> Form {
    let in_right = |name: &str| right.all.iter().find(|field| field.name == name);
    let kept = left.all.iter().filter_map(|field| match in_right(&field.name) {
        None => Some(field.clone()),
        // Which of them it is shows when it is there.
        Some(other) if !other.sure => Some(Field { form: Form::Any, ..field.clone() }),
        Some(_) => None,
    });
    let new = right.all.iter().filter(|field| field.sure || !left.all.iter().any(|known| known.name == field.name));
    Form::map(kept.chain(new.cloned()))
}

/// The forms of names.
type Names<'n> = &'n dyn Fn(&str) -> Form;

/// The form of an expression that reads these names.
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
        Expr::Array(..) => Form::List,
        Expr::Map(map, _) => Form::map(map.0.iter().map(|(name, value)| Field {
            name: name.name.to_string(),
            form: expression(value, names),
            sure: true,
        })),
        Expr::Variable(variable, ..) => names(variable.1.as_str()),
        Expr::Stmt(inner) => block(inner, names),
        Expr::FnCall(call, _) => called(call, names),
        Expr::Coalesce(parts, _) => {
            parts.iter().map(|part| expression(part, names)).reduce(Form::or).unwrap_or(Form::Any)
        }
        Expr::Dot(parts, flags, _) if !flags.intersects(ASTFlags::NEGATED) => {
            behind(expression(&parts.lhs, names), &parts.rhs)
        }
        _ => Form::Any,
    }
}

/// The form of what stands behind a dot.
fn behind(base: Form, rest: &Expr) -> Form {
    match rest {
        Expr::Property(property, _) => base.field(property.2.as_str()),
        Expr::MethodCall(call, _) => method(&base, call.name.as_str(), call.args.len()),
        Expr::Dot(parts, flags, _) if !flags.intersects(ASTFlags::NEGATED) => {
            behind(behind(base, &parts.lhs), &parts.rhs)
        }
        _ => Form::Any,
    }
}

/// What a method gives whatever it is called on, if it gives anything; a map may have a function of that name.
fn method(base: &Form, name: &str, arguments: usize) -> Form {
    match (name, arguments) {
        _ if matches!(base, Form::Map(_)) && !["keys", "values"].contains(&name) => Form::Any,
        ("len", 0) => Form::Number,
        ("is_empty", 0) | ("contains" | "starts_with" | "ends_with", 1) => Form::Flag,
        ("to_string", 0) => Form::Text,
        ("split", _) if matches!(base, Form::Text) => Form::List,
        ("keys" | "values", 0) => Form::List,
        ("map" | "filter", 1) if matches!(base, Form::List) => Form::List,
        _ => Form::Any,
    }
}

fn called(call: &FnCallExpr, names: Names<'_>) -> Form {
    let form = |at: usize| call.args.get(at).map_or(Form::Any, |expr| expression(expr, names));
    match (&call.op_token, call.args.len()) {
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

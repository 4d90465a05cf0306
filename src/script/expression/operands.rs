//! What stands at the sides of operators, and which forms no operator takes.
//!
//! The table is that of the engine (`guards`, `mixed`, and what Rhai has built in): a pair that fails for some values only
//! is none of its rows.

use super::asked::{Place, refusal};
use super::chain::head;
use super::changes::is_behind_bracket;
use super::closures::Parameters;
use super::deeds::{computes, is_order};
use super::form::Form;
use super::forms::{Names, expression};
use super::functions::Functions;
use super::reductions::unstarted;
use super::references::place;
use super::tried::untried;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt, Token};

/// The form of what an operator combines with the value that begins at this line and column.
pub(super) fn beside(ast: &AST, at: (usize, usize), names: Names<'_>) -> Form {
    let begins = |expr: &Expr| head(expr).is_some_and(|position| place(position) == at);
    let mut found = Form::Any;
    ast.walk(&mut |path: &[ASTNode]| {
        if let [.., ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))] = path
            && call.op_token.is_some()
            && let [left, right] = &*call.args
        {
            if begins(left) {
                found = expression(right, names);
            } else if begins(right) {
                found = expression(left, names);
            }
        }
        true
    });
    found
}

/// The scope of an expression.
pub(super) struct Scope<'s> {
    /// The form of what is read by a name, where it is there.
    pub forms: &'s dyn Fn(&str, bool) -> Form,
    /// Whether a name is one of the scope.
    pub has: &'s dyn Fn(&str) -> bool,
    /// What can be called.
    pub functions: &'s Functions,
}

/// What the first operator, function, `if` or chain never takes, or has not, as far as nobody catches the failure.
pub(super) fn clash(ast: &AST, scope: &Scope<'_>) -> Option<String> {
    let (mut first, mut parameters) = (None, Parameters::of(ast));
    untried(ast, &mut |path: &[ASTNode<'_>], within: Option<&str>| {
        let Some(node) = path.last().filter(|_| first.is_none()) else { return };
        let forms =
            |name: &str, there: bool| parameters.form(within, name).unwrap_or_else(|| (scope.forms)(name, there));
        let place = Place { ast, names: Names::of(&forms), in_scope: scope.has, functions: scope.functions };
        let fault = at_node(path, node, &place).or_else(|| unstarted(ast, node, scope.functions));
        let given = parameters.given(node, place.names);
        first = fault;
        parameters.keep(given);
    });
    first
}

fn at_node(path: &[ASTNode<'_>], node: &ASTNode<'_>, place: &Place<'_>) -> Option<String> {
    let names = place.names;
    match node {
        ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => {
            let is_function = matches!(call.op_token, None | Some(Token::NotIn));
            if is_function { place.of_call(call) } else { at_operator(call, names) }
        }
        ASTNode::Expr(Expr::And(parts, _)) => no_flag("&&", parts, names),
        ASTNode::Expr(Expr::Or(parts, _)) => no_flag("||", parts, names),
        ASTNode::Stmt(Stmt::If(flow, _)) => no_flag("if", std::slice::from_ref(&flow.expr), names),
        ASTNode::Expr(chain @ (Expr::Dot(..) | Expr::Index(..))) if !is_rest(path, chain) => place.of_chain(chain),
        _ => None,
    }
}

/// Whether a chain is the rest of the one around it, behind a bracket.
fn is_rest(path: &[ASTNode<'_>], chain: &Expr) -> bool {
    path.split_last().is_some_and(|(_, around)| is_behind_bracket(around, chain))
}

fn at_operator(call: &FnCallExpr, names: Names<'_>) -> Option<String> {
    let token = call.op_token.as_ref()?;
    if computes(token) && call.args.iter().any(|side| matches!(side, Expr::Unit(_))) {
        return Some(format!("`{}` does not take `()`", call.name));
    }
    let sides: Vec<Form> = call.args.iter().map(|side| expression(side, names)).collect();
    let takes = match sides.as_slice() {
        [only] => takes_alone(token, only),
        [left, right] => takes(token, left, right),
        _ => true,
    };
    (!takes).then(|| refusal(call.name.as_str(), &sides))
}

/// What must be true or false, if one of these is something else.
fn no_flag(operator: &str, parts: &[Expr], names: Names<'_>) -> Option<String> {
    let mut forms = parts.iter().map(|part| expression(part, names));
    let other = forms.find(|form| !matches!(form, Form::Any | Form::Flag))?;
    Some(refusal(operator, &[other]))
}

/// Whether an operator may take a value of this form alone.
const fn takes_alone(token: &Token, only: &Form) -> bool {
    match token {
        Token::Bang => matches!(only, Form::Any | Form::Flag),
        Token::Minus => matches!(only, Form::Any | Form::Number),
        _ => true,
    }
}

/// What two values are together, of whose forms something is known.
enum Pair {
    Numbers,
    Texts,
    /// A text and something else.
    WithText,
    Flags,
    /// Two lists or two maps.
    Gathered,
    Mixed,
}

const fn pair(left: &Form, right: &Form) -> Option<Pair> {
    Some(match (left, right) {
        (Form::Any, _) | (_, Form::Any) => return None,
        (Form::Number, Form::Number) => Pair::Numbers,
        (Form::Text, Form::Text) => Pair::Texts,
        (Form::Text, _) | (_, Form::Text) => Pair::WithText,
        (Form::Flag, Form::Flag) => Pair::Flags,
        (Form::List(_), Form::List(_)) | (Form::Map(_), Form::Map(_)) => Pair::Gathered,
        _ => Pair::Mixed,
    })
}

/// Whether an operator may take values of these forms.
const fn takes(token: &Token, left: &Form, right: &Form) -> bool {
    use Pair::{Flags, Gathered, Mixed, Numbers, Texts, WithText};
    let Some(pair) = pair(left, right) else { return true };
    match token {
        Token::Plus => !matches!(pair, Flags | Mixed),
        Token::Minus => matches!(pair, Numbers | Texts),
        Token::Multiply | Token::Divide | Token::Modulo | Token::PowerOf => matches!(pair, Numbers),
        Token::ExclusiveRange | Token::InclusiveRange | Token::LeftShift | Token::RightShift => matches!(pair, Numbers),
        Token::Ampersand | Token::Pipe | Token::XOr => matches!(pair, Numbers | Flags),
        Token::EqualsTo | Token::NotEqualsTo => !matches!(pair, WithText | Mixed),
        _ if is_order(token) => !matches!(pair, Gathered | WithText | Mixed),
        _ => true,
    }
}

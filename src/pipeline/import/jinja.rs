//! Expressions of Jinja (<https://jinja.palletsprojects.com/en/stable/templates/#expressions>), as far as they are used.

use crate::pipeline::import::tokens::tokens;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// A literal, as Rhai writes it too.
    Literal(String),
    /// A name and the fields behind it.
    Path(Vec<String>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `a[b]`.
    Index(Box<Expr>, Box<Expr>),
    /// `not a`, `-a`.
    Prefix(&'static str, Box<Expr>),
    /// `a op b`, the operator as Jinja writes it.
    Infix(Box<Expr>, String, Box<Expr>),
    /// `a if c else b`.
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a | filter(..)`.
    Filter(Box<Expr>, String, Vec<Expr>),
    /// `a is defined`.
    Defined(Box<Expr>, bool),
    /// `a[b:c]`.
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// `f(..)`.
    Call(String, Vec<Expr>),
    /// `a.f(..)`.
    Method(Box<Expr>, String, Vec<Expr>),
}

/// Reads an expression; fails with what cannot be read.
pub(super) fn parse(source: &str) -> Result<Expr, String> {
    let tokens = tokens(source)?;
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let whole = parser.choice()?;
    match parser.peek() {
        None => Ok(whole),
        Some(rest) => Err(format!("`{rest}` in the expression `{source}`")),
    }
}

struct Parser {
    tokens: Vec<String>,
    at: usize,
    depth: usize,
}

/// The operators by how tightly they bind, the loosest first.
const LEVELS: &[&[&str]] =
    &[&["or"], &["and"], &["==", "!=", "<", ">", "<=", ">=", "in"], &["~"], &["+", "-"], &["*", "/", "//", "%"]];

impl Parser {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn demand(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(format!("an expression without `{word}`")) }
    }

    fn choice(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > 32 {
            return Err("an expression that nests deeper than 32".to_owned());
        }
        let value = self.level(0)?;
        let whole = if self.take("if") {
            let condition = self.level(0)?;
            let otherwise = if self.take("else") { self.choice()? } else { Expr::Literal("\"\"".to_owned()) };
            Expr::Choice(Box::new(value), Box::new(condition), Box::new(otherwise))
        } else if self.take("?") {
            let yes = self.choice()?;
            self.demand(":")?;
            let no = self.choice()?;
            Expr::Choice(Box::new(yes), Box::new(value), Box::new(no))
        } else {
            value
        };
        self.depth -= 1;
        Ok(whole)
    }

    fn level(&mut self, level: usize) -> Result<Expr, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        if level == 1 && self.peek() == Some("not") {
            self.at += 1;
            let negated = Expr::Prefix("!", Box::new(self.level(2)?));
            return self.infix(negated, level, operators);
        }
        let left = self.level(level + 1)?;
        self.infix(left, level, operators)
    }

    fn infix(&mut self, mut left: Expr, level: usize, operators: &[&str]) -> Result<Expr, String> {
        loop {
            let negated = self.peek() == Some("not") && self.tokens.get(self.at + 1).is_some_and(|next| next == "in");
            if negated && operators.contains(&"in") {
                self.at += 2;
                let found = Expr::Infix(Box::new(left), "in".to_owned(), Box::new(self.level(level + 1)?));
                left = Expr::Prefix("!", Box::new(found));
                continue;
            }
            let Some(operator) = self.peek().filter(|token| operators.contains(token)).map(ToOwned::to_owned) else {
                return Ok(left);
            };
            self.at += 1;
            let right = if level < 2 && self.take("not") {
                Expr::Prefix("!", Box::new(self.level(2)?))
            } else {
                self.level(level + 1)?
            };
            left = Expr::Infix(Box::new(left), operator, Box::new(right));
        }
    }

    /// A sign binds closer than a filter: `-7 | abs` is 7.
    fn unary(&mut self) -> Result<Expr, String> {
        let value = self.signed()?;
        self.postfix(value, true)
    }

    fn signed(&mut self) -> Result<Expr, String> {
        if self.take("-") {
            return Ok(Expr::Prefix("-", Box::new(self.signed()?)));
        }
        let value = self.primary()?;
        self.postfix(value, false)
    }

    fn postfix(&mut self, mut value: Expr, filtered: bool) -> Result<Expr, String> {
        loop {
            value = match self.peek() {
                Some("|") if filtered => self.filter(value)?,
                Some("is") if filtered => self.test(value)?,
                Some("[") => self.index(value)?,
                Some(".") => self.field(value)?,
                Some("(") => match value {
                    Expr::Path(path) => self.call(path)?,
                    _ => return Err("a call of what is no name".to_owned()),
                },
                _ => return Ok(value),
            };
        }
    }

    fn filter(&mut self, value: Expr) -> Result<Expr, String> {
        self.at += 1;
        let name = self.next().ok_or("a filter without a name")?;
        let arguments = if self.take("(") { self.list(")")? } else { Vec::new() };
        Ok(Expr::Filter(Box::new(value), name, arguments))
    }

    fn test(&mut self, value: Expr) -> Result<Expr, String> {
        self.at += 1;
        let negated = self.take("not");
        let test = self.next().unwrap_or_default();
        if !["defined", "none", "undefined"].contains(&test.as_str()) {
            return Err(format!("the test `is {test}`"));
        }
        Ok(Expr::Defined(Box::new(value), (test == "defined") != negated))
    }

    fn index(&mut self, value: Expr) -> Result<Expr, String> {
        self.at += 1;
        let from = if self.peek() == Some(":") { None } else { Some(Box::new(self.choice()?)) };
        if self.take(":") {
            let to = if self.peek() == Some("]") { None } else { Some(Box::new(self.choice()?)) };
            self.demand("]")?;
            return Ok(Expr::Slice(Box::new(value), from, to));
        }
        self.demand("]")?;
        Ok(match (value, from.map(|index| *index)) {
            (Expr::Path(mut path), Some(Expr::Literal(text))) if text.starts_with('"') => {
                path.push(text.trim_matches('"').to_owned());
                Expr::Path(path)
            }
            (value, index) => Expr::Index(Box::new(value), Box::new(index.unwrap_or(Expr::List(Vec::new())))),
        })
    }

    fn field(&mut self, value: Expr) -> Result<Expr, String> {
        self.at += 1;
        let name = self.next().ok_or("a path that ends with a point")?;
        if self.take("(") {
            return Ok(Expr::Method(Box::new(value), name, self.list(")")?));
        }
        Ok(match value {
            Expr::Path(mut path) => {
                path.push(name);
                Expr::Path(path)
            }
            other => Expr::Index(Box::new(other), Box::new(Expr::Literal(format!("\"{name}\"")))),
        })
    }

    fn call(&mut self, path: Vec<String>) -> Result<Expr, String> {
        self.at += 1;
        Ok(Expr::Call(path.join("."), self.list(")")?))
    }

    fn list(&mut self, close: &str) -> Result<Vec<Expr>, String> {
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.choice()?);
            if !self.take(",") && self.peek() != Some(close) {
                return Err(format!("a list without `{close}`"));
            }
        }
        Ok(items)
    }

    fn primary(&mut self) -> Result<Expr, String> {
        let token = self.next().ok_or("an expression that ends too early")?;
        match token.as_str() {
            "(" => {
                let inner = self.choice()?;
                self.demand(")")?;
                Ok(inner)
            }
            "[" => self.list("]").map(Expr::List),
            "true" | "True" => Ok(Expr::Literal("true".to_owned())),
            "false" | "False" => Ok(Expr::Literal("false".to_owned())),
            "none" | "None" | "null" => Ok(Expr::Literal("()".to_owned())),
            text if text.starts_with(['"', '\'']) => {
                let inner = text.get(1..text.len() - 1).unwrap_or_default();
                Ok(Expr::Literal(format!(
                    "\"{}\"",
                    inner.replace("\\'", "'").replace('"', "\\\"").replace("\\\\\"", "\\\"")
                )))
            }
            number if number.starts_with(|c: char| c.is_ascii_digit()) => Ok(Expr::Literal(number.to_owned())),
            name if name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$') => {
                Ok(Expr::Path(vec![name.to_owned()]))
            }
            other => Err(format!("`{other}`")),
        }
    }
}

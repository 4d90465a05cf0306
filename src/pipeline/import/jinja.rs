//! Expressions of Jinja (<https://jinja.palletsprojects.com/en/stable/templates/#expressions>), as far as they are used.

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

fn tokens(source: &str) -> Result<Vec<String>, String> {
    let chars: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        let begin = at;
        at += 1;
        let take = |at: &mut usize, fits: fn(char) -> bool| {
            while chars.get(*at).copied().is_some_and(fits) {
                *at += 1;
            }
        };
        match c {
            c if c.is_whitespace() => continue,
            '"' | '\'' => {
                while chars.get(at).is_some_and(|next| *next != c) {
                    at += if chars.get(at) == Some(&'\\') { 2 } else { 1 };
                }
                if chars.get(at).is_none() {
                    return Err(format!("a text that is not closed in `{source}`"));
                }
                at += 1;
            }
            c if c.is_ascii_digit() => take(&mut at, |c| c.is_ascii_digit() || c == '.'),
            c if c.is_alphabetic() || c == '_' || c == '$' => {
                take(&mut at, |c| c.is_alphanumeric() || c == '_' || c == '-')
            }
            '=' | '!' | '<' | '>' if chars.get(at) == Some(&'=') => at += 1,
            '/' | '*' if chars.get(at) == Some(&c) => at += 1,
            _ => {}
        }
        tokens.push(chars.get(begin..at).unwrap_or_default().iter().collect());
    }
    Ok(tokens)
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

    fn unary(&mut self) -> Result<Expr, String> {
        if self.take("-") {
            return Ok(Expr::Prefix("-", Box::new(self.unary()?)));
        }
        let mut value = self.primary()?;
        loop {
            if self.take("|") {
                let name = self.next().ok_or("a filter without a name")?;
                let arguments = if self.take("(") { self.list(")")? } else { Vec::new() };
                value = Expr::Filter(Box::new(value), name, arguments);
            } else if self.take("is") {
                let negated = self.take("not");
                let test = self.next().unwrap_or_default();
                if !["defined", "none", "undefined"].contains(&test.as_str()) {
                    return Err(format!("the test `is {test}`"));
                }
                value = Expr::Defined(Box::new(value), (test == "defined") != negated);
            } else if self.take("[") {
                let index = self.choice()?;
                self.demand("]")?;
                value = match (value, &index) {
                    (Expr::Path(mut path), Expr::Literal(text)) if text.starts_with('"') => {
                        path.push(text.trim_matches('"').to_owned());
                        Expr::Path(path)
                    }
                    (value, _) => Expr::Index(Box::new(value), Box::new(index)),
                };
            } else {
                return Ok(value);
            }
        }
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
                let mut path = vec![name.to_owned()];
                while self.take(".") {
                    path.push(self.next().ok_or("a path that ends with a point")?);
                }
                if self.peek() == Some("(") {
                    return Err(format!("the function `{}`", path.join(".")));
                }
                Ok(Expr::Path(path))
            }
            other => Err(format!("`{other}`")),
        }
    }
}

//! The grammar of `calculate`, evaluated while it is read. Signs bind weaker than powers and powers group from the
//! right, as in mathematics and Python: `-2^2` is -4, `2^3^2` is 512.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text;
use crate::tools::builtin::calculate::function;
use std::collections::BTreeMap;

/// How deep parentheses, signs and powers may nest; reading recurses.
const MAX_DEPTH: usize = 200;

/// The value of an expression; fails with `Invalid`, saying where and what was expected.
pub fn evaluate(source: &str, variables: &BTreeMap<String, f64>) -> Outcome<f64> {
    let mut reader = Reader { source, at: 0, depth: 0, variables };
    let value = reader.sum()?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.unexpected("an operator")),
    }
}

struct Reader<'a> {
    source: &'a str,
    /// The next byte, on a character boundary.
    at: usize,
    depth: usize,
    variables: &'a BTreeMap<String, f64>,
}

impl Reader<'_> {
    fn sum(&mut self) -> Outcome<f64> {
        let mut value = self.product()?;
        loop {
            if self.eat("+") {
                value += self.product()?;
            } else if self.eat("-") || self.eat("\u{2212}") {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Outcome<f64> {
        let mut value = self.signed()?;
        loop {
            if self.eat("*") || self.eat("×") || self.eat("·") {
                value *= self.signed()?;
            } else if self.eat("//") {
                value = (value / self.signed()?).floor();
            } else if self.eat("/") || self.eat("÷") {
                value /= self.signed()?;
            } else if self.eat("%") {
                value = function::remainder(value, self.signed()?);
            } else {
                return Ok(value);
            }
        }
    }

    fn signed(&mut self) -> Outcome<f64> {
        if self.depth == MAX_DEPTH {
            return Err(Failure::new(FailureKind::Invalid, format!("the expression nests deeper than {MAX_DEPTH}")));
        }
        self.depth += 1;
        let value = if self.eat("-") || self.eat("\u{2212}") {
            self.signed().map(|value| -value)
        } else if self.eat("+") {
            self.signed()
        } else {
            self.power()
        };
        self.depth -= 1;
        value
    }

    fn power(&mut self) -> Outcome<f64> {
        let base = self.atom()?;
        if self.eat("^") || self.eat("**") {
            return Ok(base.powf(self.signed()?));
        }
        Ok(base)
    }

    fn atom(&mut self) -> Outcome<f64> {
        match self.peek() {
            Some('(') => {
                self.eat("(");
                let value = self.sum()?;
                self.close()?;
                Ok(value)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.name(),
            _ => Err(self.unexpected("a number, a name or `(`")),
        }
    }

    /// Digits with `_` between them, a fraction, an exponent.
    fn number(&mut self) -> Outcome<f64> {
        let rest = &self.source[self.at..];
        let mut end = 0;
        let mut previous = ' ';
        for c in rest.chars() {
            let exponent_sign = matches!(c, '+' | '-') && matches!(previous, 'e' | 'E');
            if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || exponent_sign) {
                break;
            }
            end += c.len_utf8();
            previous = c;
        }
        let typed = &rest[..end];
        let value = typed.replace('_', "").parse::<f64>().ok().filter(|value| value.is_finite());
        let Some(value) = value else {
            return Err(self.wrong(&format!("`{typed}` is not a number")).hint("write products with `*`, as in 2 * x"));
        };
        self.at += end;
        Ok(value)
    }

    fn name(&mut self) -> Outcome<f64> {
        let rest = &self.source[self.at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = &rest[..end];
        let start = self.at;
        self.at += end;
        if self.eat("(") {
            return self.call(name, start);
        }
        let value = self.variables.get(name).copied().or_else(|| function::constant(name));
        value.ok_or_else(|| {
            self.at = start;
            self.wrong(&format!("unknown name `{name}`")).hint(match function::NAMES.contains(&name) {
                true => format!("`{name}` is a function: {name}(...)"),
                false => format!("known are pi, e, tau and the variables given{}", self.given()),
            })
        })
    }

    fn given(&self) -> String {
        match self.variables.is_empty() {
            true => " (none were)".to_owned(),
            false => format!(": {}", self.variables.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
        }
    }

    fn call(&mut self, name: &str, start: usize) -> Outcome<f64> {
        let mut values = Vec::new();
        if self.peek() != Some(')') {
            values.push(self.sum()?);
            while self.eat(",") {
                values.push(self.sum()?);
            }
        }
        self.close()?;
        let value = match values.as_slice() {
            [] => None,
            [a] => function::unary(name).map(|f| f(*a)),
            [a, b] => function::binary(name).map(|f| f(*a, *b)),
            _ => None,
        };
        let value = value.or_else(|| function::many(name).filter(|_| !values.is_empty()).map(|f| f(&values)));
        value.ok_or_else(|| {
            self.at = start;
            if function::NAMES.contains(&name) {
                return self.wrong(&format!("`{name}` does not take {} arguments", values.len()));
            }
            let meant = text::meant(name, function::NAMES);
            self.wrong(&format!("unknown function `{name}`"))
                .hint(meant.unwrap_or_else(|| format!("known are {}", function::NAMES.join(", "))))
        })
    }

    fn close(&mut self) -> Outcome<()> {
        if self.eat(")") { Ok(()) } else { Err(self.unexpected("`)` or an operator")) }
    }

    fn peek(&mut self) -> Option<char> {
        let rest = &self.source[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.source[self.at..].chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        self.peek();
        let rest = &self.source[self.at..];
        // `**` is a power and `//` a floor division, so neither is two products or quotients.
        let longer = matches!(token, "*" if rest.starts_with("**"));
        let found = rest.starts_with(token) && !longer;
        if found {
            self.at += token.len();
        }
        found
    }

    fn unexpected(&mut self, wanted: &str) -> Failure {
        match self.peek() {
            None => self.wrong(&format!("the expression ends where {wanted} was expected")),
            Some(',') => self.wrong("unexpected `,`").hint("write 1000 or 1_000, not 1,000"),
            Some('!') => self.wrong("unexpected `!`").hint("there is no factorial"),
            Some(c) => self.wrong(&format!("unexpected `{c}` where {wanted} was expected")),
        }
    }

    fn wrong(&self, what: &str) -> Failure {
        let place = self.source[..self.at].chars().count() + 1;
        Failure::new(
            FailureKind::Invalid,
            format!("{what}, at character {place} of `{}`", text::one_line(self.source, 200)),
        )
    }
}

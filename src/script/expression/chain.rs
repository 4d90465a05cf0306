//! The fields behind a name, as far as they are written out.

use rhai::{ASTFlags, Expr, FnCallExpr, Position};

/// A name and the fields that are read behind it.
pub(super) struct Chain {
    /// The name, then the fields.
    pub path: Vec<String>,
    /// Which parts of the path are read with `?.` or `?[`.
    pub optional: Vec<usize>,
    /// Whether nothing but fields stands behind the name.
    pub whole: bool,
    /// What follows the fields.
    pub behind: Option<Behind>,
}

/// What follows the fields behind a name.
pub(super) enum Behind {
    /// A method.
    Method(String),
    /// A bracket.
    Index,
}

impl Chain {
    /// A name alone.
    pub(super) fn new(name: &str) -> Self {
        Self { path: vec![name.to_owned()], optional: Vec::new(), whole: true, behind: None }
    }

    /// An expression that is a name and fields, and nothing else.
    pub(super) fn of(expr: &Expr) -> Option<Self> {
        let name = match expr {
            Expr::Variable(variable, ..) => return Some(Self::new(&variable.1)),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => &parts.lhs,
            _ => return None,
        };
        let Expr::Variable(variable, ..) = name else { return None };
        let mut chain = Self::new(&variable.1);
        chain.follow(expr);
        chain.whole.then_some(chain)
    }

    /// Adds the fields behind the name of this dot or bracket.
    pub(super) fn follow(&mut self, around: &Expr) {
        match around {
            Expr::Dot(parts, flags, _) => {
                self.asked(*flags);
                self.fields(&parts.rhs);
            }
            Expr::Index(parts, flags, _) => {
                self.asked(*flags);
                self.keys(&parts.rhs, *flags);
            }
            _ => self.whole = false,
        }
    }

    /// Notes that the next part is read only if there is something to read it from.
    fn asked(&mut self, flags: ASTFlags) {
        if flags.intersects(ASTFlags::NEGATED) {
            self.optional.push(self.path.len());
        }
    }

    /// The fields behind a dot.
    fn fields(&mut self, behind: &Expr) {
        let (first, rest) = match behind {
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => (&parts.lhs, Some(behind)),
            plain => (plain, None),
        };
        let Expr::Property(property, _) = first else {
            self.whole = false;
            self.behind = method(first).map(Behind::Method);
            return;
        };
        self.path.push(property.2.to_string());
        if let Some(rest) = rest {
            self.follow(rest);
        }
    }

    /// The fields behind a bracket, as long as they are written out as text.
    fn keys(&mut self, behind: &Expr, flags: ASTFlags) {
        let goes_on = matches!(behind, Expr::Dot(..) | Expr::Index(..)) && !flags.intersects(ASTFlags::BREAK);
        let key = match behind {
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) if goes_on => &parts.lhs,
            plain => plain,
        };
        let Expr::StringConstant(text, _) = key else {
            self.whole = false;
            self.behind = Some(Behind::Index);
            return;
        };
        self.path.push(text.to_string());
        if goes_on {
            self.follow(behind);
        }
    }
}

/// One part of a chain.
pub(super) enum Part<'e> {
    /// A field behind a dot.
    Field(&'e str),
    /// What stands in a bracket.
    Key(&'e Expr),
    /// A method.
    Call(&'e FnCallExpr),
    /// Anything else.
    Other,
}

/// The parts of a chain behind what it begins with, each with whether it is passed over where there is nothing to read
/// it from.
pub(super) fn parts(chain: &Expr) -> Vec<(Part<'_>, bool)> {
    let (mut found, mut next) = (Vec::new(), Some(chain));
    while let Some(around @ (Expr::Dot(pair, flags, _) | Expr::Index(pair, flags, _))) = next {
        let is_dot = matches!(around, Expr::Dot(..));
        let goes_on = is_dot || !flags.intersects(ASTFlags::BREAK);
        let (first, rest) = match &pair.rhs {
            behind @ (Expr::Dot(inner, ..) | Expr::Index(inner, ..)) if goes_on => (&inner.lhs, Some(behind)),
            plain => (plain, None),
        };
        let part = match first {
            key if !is_dot => Part::Key(key),
            Expr::Property(property, _) => Part::Field(property.2.as_str()),
            Expr::MethodCall(call, _) => Part::Call(call),
            _ => Part::Other,
        };
        found.push((part, flags.intersects(ASTFlags::NEGATED)));
        next = rest;
    }
    found
}

/// The method that is called behind a dot.
pub(super) fn method(behind: &Expr) -> Option<String> {
    match behind {
        Expr::MethodCall(call, _) => Some(call.name.to_string()),
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => method(&chain.lhs),
        _ => None,
    }
}

/// Whether this is the variable that stands there: it may also be part of an index or an argument of the chain.
pub(super) fn stands_at(expr: &Expr, position: Position) -> bool {
    matches!(expr, Expr::Variable(_, _, at) if *at == position)
}

/// Where the name stands that a chain of fields begins with.
pub(super) fn head(expr: &Expr) -> Option<Position> {
    match expr {
        Expr::Variable(_, _, at) => Some(*at),
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => match &parts.lhs {
            Expr::Variable(_, _, at) => Some(*at),
            _ => None,
        },
        _ => None,
    }
}

//! The way of an error: through which functions it came, and which place in the evaluated text is shown for it.

use rhai::{Dynamic, EvalAltResult, Position};

/// In whose text a function stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In the one that was evaluated.
    Program,
    /// In one that was evaluated before it.
    Earlier,
    /// In none: it is native.
    Native,
}

/// From the evaluated program to where an error happened.
pub struct Way<'e> {
    /// The functions and modules that it passes, outermost first.
    pub within: Vec<String>,
    /// What happened at its end.
    pub inner: &'e EvalAltResult,
    /// The last place in the evaluated text: the snippet stays there, because no other source is at hand.
    pub position: Position,
    /// Where it happened in another text.
    pub elsewhere: Option<String>,
}

/// The way of an error. `home` tells of a function by its name.
pub fn of<'e>(error: &'e EvalAltResult, home: &dyn Fn(&str) -> Home) -> Way<'e> {
    use EvalAltResult as E;
    let mut way = Way { within: Vec::new(), inner: error, position: error.position(), elsewhere: None };
    loop {
        let (name, stands, cause) = match way.inner {
            E::ErrorInFunctionCall(name, module, cause, _) => (called(name), stands(name, module, home), cause),
            E::ErrorInModule(name, cause, _) => (name.as_str(), Stands::In(format!("module `{name}`")), cause),
            _ => return way,
        };
        way.within.push(name.to_owned());
        way.inner = cause;
        way.passes(cause.position(), stands);
    }
}

/// The value with which the program ended, if this is no error but its end, however many functions passed it on.
pub fn end(error: &EvalAltResult) -> Option<&Dynamic> {
    use EvalAltResult as E;
    match error {
        E::Exit(value, _) => Some(value),
        E::ErrorInFunctionCall(_, _, cause, _) | E::ErrorInModule(_, cause, _) => end(cause),
        _ => None,
    }
}

/// Where a data race happened, for which Rhai has no place: at the method that `what` names in quotes, if the text calls it
/// only once.
pub fn sole_call(source: &str, what: &str) -> Position {
    let call = format!(".{}(", what.split('\'').nth(1).unwrap_or_default());
    let mut calls = source.match_indices(&call);
    let (Some((at, _)), None) = (calls.next(), calls.next()) else { return Position::NONE };
    let before = source.get(..=at).unwrap_or_default();
    let column = before.lines().next_back().map_or(0, |line| line.chars().count()) + 1;
    match (u16::try_from(before.lines().count()), u16::try_from(column)) {
        (Ok(line @ 1..), Ok(column)) => Position::new(line, column),
        _ => Position::NONE,
    }
}

/// Where what a function does is written.
enum Stands {
    Here,
    /// Where it is called.
    Nowhere,
    In(String),
}

fn stands(name: &str, module: &str, home: &dyn Fn(&str) -> Home) -> Stands {
    if !module.is_empty() {
        return Stands::In(format!("module `{module}`"));
    }
    match home(name) {
        Home::Program => Stands::Here,
        Home::Earlier => Stands::In(format!("`{}`, defined earlier", called(name))),
        Home::Native => Stands::Nowhere,
    }
}

impl Way<'_> {
    fn passes(&mut self, place: Position, stands: Stands) {
        let Some(line) = place.line() else { return };
        match stands {
            Stands::Here => {
                self.position = place;
                self.elsewhere = None;
            }
            Stands::Nowhere if self.elsewhere.is_none() => self.position = place,
            Stands::Nowhere => {}
            Stands::In(text) => self.elsewhere = Some(format!("line {line} of {text}")),
        }
    }
}

/// The name of a function as people know it: closures have none.
fn called(name: &str) -> &str {
    if name.starts_with("anon$") { "a closure" } else { name }
}

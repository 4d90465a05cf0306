//! How much a JSONPath may look at, told before it runs, because the library cannot be stopped once it has begun. It
//! reads a query only as far as that takes; what is wrong with one is the library's to say.

use crate::core::failure::{Failure, FailureKind, Outcome};
use serde_json::Value;

/// The longest query, in bytes.
const QUERY: usize = 4_000;
/// How deep brackets and parentheses may nest: the library reads what is in one twice, for each level again.
const NESTING: usize = 8;
/// How often a query may look at a value, all values together: some seconds.
const LOOKS: u64 = 100_000_000;
/// What making a pattern of `match` or `search` takes, in looks; it is made anew for every value.
const PATTERN: u64 = 1_000;
/// How much larger a pattern may be that stands in the values and not in the query.
const UNSEEN: u64 = 1_000;
/// Bytes of a value in memory beside its texts, about.
const VALUE: usize = 64;

/// How much a value is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    /// Values in it, itself included.
    values: u64,
    /// How deep they nest; 1 for a number.
    depth: u64,
    /// Bytes that a copy takes, about.
    pub(super) bytes: usize,
}

impl Size {
    /// The size of one value.
    pub(super) fn of(value: &Value) -> Self {
        let mut size = Self::default();
        size.add(value, 1);
        size
    }

    fn add(&mut self, value: &Value, depth: u64) {
        self.values += 1;
        self.depth = self.depth.max(depth);
        self.bytes += VALUE;
        match value {
            Value::String(text) => self.bytes += text.len(),
            Value::Array(items) => items.iter().for_each(|item| self.add(item, depth + 1)),
            Value::Object(map) => {
                for (name, item) in map {
                    self.bytes += name.len();
                    self.add(item, depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// Fails with `Invalid` if the query is too much for the library to read, or for a value of this size.
pub(super) fn check(query: &str, size: Size) -> Outcome<()> {
    if query.len() > QUERY {
        let message = format!("the JSONPath has {} bytes, at most {QUERY}", query.len());
        return Err(Failure::new(FailureKind::Invalid, message).hint("pick with several queries, one after the other"));
    }
    let steps = Scan { rest: query.strip_prefix('$').unwrap_or(query), size, nesting: 0 }.steps()?;
    if steps.looks.saturating_mul(size.values) > LOOKS {
        let message = format!("the JSONPath could look at more than {LOOKS} values");
        return Err(Failure::new(FailureKind::Invalid, message)
            .hint("use fewer `..`, selectors and filters in one query, or look into a part of the value first"));
    }
    Ok(())
}

/// Reads a query from left to right.
struct Scan<'a> {
    rest: &'a str,
    size: Size,
    /// Brackets and parentheses that are open.
    nesting: usize,
}

/// What follows a `$` or `@`.
struct Steps {
    /// How often they look at each of the values that they begin above.
    looks: u64,
    /// Whether they lead to one value at most.
    single: bool,
}

/// One of them: `.name`, `.*` or `[..]`.
struct Step {
    /// How many selectors it has: as often it may pick the same value.
    choices: u64,
    /// How often its filters look at values, for each value that they judge.
    filters: u64,
    single: bool,
}

impl Scan<'_> {
    fn steps(&mut self) -> Outcome<Steps> {
        let (mut looks, mut times) = (0_u64, 1_u64);
        let (mut single, mut spread) = (true, false);
        loop {
            self.rest = self.rest.trim_start();
            let descends = self.eat("..");
            let Some(step) = self.step(descends)? else {
                return Ok(Steps { looks, single });
            };
            // Behind the first `..` a value may have been reached already together with each of those around it.
            let again = if descends && spread { self.size.depth } else { 1 };
            times = times.saturating_mul(again);
            looks = looks.saturating_add(times.saturating_mul(step.choices.saturating_add(step.filters)));
            times = times.saturating_mul(step.choices);
            single &= step.single && !descends;
            spread |= descends;
        }
    }

    fn step(&mut self, descends: bool) -> Outcome<Option<Step>> {
        if self.rest.starts_with('[') {
            return self.selectors().map(Some);
        }
        if !descends && !self.eat(".") {
            return Ok(None);
        }
        let single = !self.eat("*");
        self.rest = self.rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii());
        Ok(Some(Step { choices: 1, filters: 0, single }))
    }

    fn selectors(&mut self) -> Outcome<Step> {
        self.take();
        self.enter()?;
        let mut step = Step { choices: 1, filters: 0, single: true };
        while let Some(c) = self.take().filter(|c| *c != ']') {
            step.single &= !matches!(c, ',' | '*' | ':' | '?');
            match c {
                ',' => step.choices += 1,
                '?' => step.filters = step.filters.saturating_add(self.filter()?),
                '\'' | '"' => {
                    self.text(c);
                }
                _ => {}
            }
        }
        self.nesting -= 1;
        Ok(step)
    }

    /// How often a filter looks at values, for each value that it judges.
    fn filter(&mut self) -> Outcome<u64> {
        let (mut looks, mut patterns, mut sizes) = (1_u64, false, 0_u64);
        let around = self.nesting;
        while !self.rest.is_empty() && (self.nesting > around || !self.rest.starts_with([',', ']'])) {
            patterns |= self.rest.starts_with("match(") || self.rest.starts_with("search(");
            match self.take() {
                Some('(') => self.enter()?,
                Some(')') => self.nesting = around.max(self.nesting - 1),
                Some(quote @ ('\'' | '"')) => sizes = sizes.saturating_add(self.text(quote)),
                Some(from @ ('$' | '@')) => looks = looks.saturating_add(self.query(from)?),
                _ => {}
            }
        }
        self.nesting = around;
        let pattern = if sizes == 0 { UNSEEN } else { sizes };
        let made = if patterns { PATTERN.saturating_mul(pattern) } else { 0 };
        Ok(looks.saturating_add(made))
    }

    /// A query in a filter. All values that are judged look at one of another at most as often as values nest.
    fn query(&mut self, from: char) -> Outcome<u64> {
        let steps = self.steps()?;
        let values = if from == '@' || steps.single { self.size.depth } else { self.size.values };
        Ok(steps.looks.max(1).saturating_mul(values))
    }

    /// The rest of a text in quotes; how much larger it is, as a pattern, by its counted repetitions.
    fn text(&mut self, quote: char) -> u64 {
        let (mut size, mut number, mut most) = (1_u64, 0_u64, 0_u64);
        while let Some(c) = self.take().filter(|c| *c != quote) {
            number = c.to_digit(10).map_or(0, |digit| number.saturating_mul(10).saturating_add(digit.into()));
            most = most.max(number);
            match c {
                '\\' => {
                    self.take();
                }
                '{' => most = 0,
                '}' => size = size.saturating_mul(most.max(1)),
                _ => {}
            }
        }
        size
    }

    fn enter(&mut self) -> Outcome<()> {
        self.nesting += 1;
        if self.nesting <= NESTING {
            return Ok(());
        }
        Err(Failure::new(FailureKind::Invalid, format!("the JSONPath nests deeper than {NESTING}"))
            .hint("pick with several queries, one after the other"))
    }

    fn take(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let first = chars.next();
        self.rest = chars.as_str();
        first
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

//! What a script may search for: a regular expression, compiled with limits. It searches nothing.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::one_line;
use regex::bytes::{Regex, RegexBuilder};

/// The longest pattern, in bytes: reading one takes some hundred bytes of memory for each, before it is compiled.
const PATTERN_BYTES: usize = 1 << 20;
/// Bytes that a compiled pattern may take.
const PROGRAM_BYTES: usize = 8 << 20;
/// Bytes that the cache of its lazy automaton may take.
const CACHE_BYTES: usize = 16 << 20;
const NESTING: u32 = 200;

/// A compiled regular expression. `^` and `$` are the ends of lines, `.` is no line end.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(crate) regex: Regex,
    /// Whether a match may cross from one line to the next.
    pub(crate) across: bool,
}

impl Pattern {
    /// Compiles it. A match stays within a line unless the pattern names `\n` or sets the flag `s`.
    ///
    /// Fails with `Invalid` and what is wrong with it.
    pub fn new(pattern: &str) -> Outcome<Self> {
        if pattern.len() > PATTERN_BYTES {
            let message = format!("the pattern has {} bytes, at most {PATTERN_BYTES}", pattern.len());
            return Err(Failure::new(FailureKind::Invalid, message).hint("search for a part of it at a time"));
        }
        let regex = RegexBuilder::new(pattern)
            .multi_line(true)
            .crlf(true)
            .size_limit(PROGRAM_BYTES)
            .dfa_size_limit(CACHE_BYTES)
            .nest_limit(NESTING)
            .build()
            .map_err(|error| explain(pattern, &error))?;
        Ok(Self { regex, across: names_line_end(pattern) })
    }
}

fn names_line_end(pattern: &str) -> bool {
    let flags = |group: &str| {
        let letters = group.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        letters.starts_with([')', ':', '-']) && group[..group.len() - letters.len()].contains('s')
    };
    pattern.contains('\n') || pattern.contains("\\n") || pattern.split("(?").skip(1).any(flags)
}

fn explain(pattern: &str, error: &regex::Error) -> Failure {
    let shown = one_line(pattern, 80);
    let failure = |what: &str| {
        Failure::new(FailureKind::Invalid, format!("the pattern {shown:?} is not a regular expression: {what}"))
    };
    let regex::Error::Syntax(text) = error else {
        return Failure::new(FailureKind::Invalid, format!("the pattern {shown:?} is too large once compiled"))
            .hint("use smaller repetitions, or [0-9] and [A-Za-z0-9_] instead of \\d and \\w");
    };
    let what = text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it does not parse");
    let what = what.trim().trim_end_matches('.');
    if what.contains("look-around") || what.contains("backreferences") {
        return failure(what).hint("find the lines with a simpler pattern, then filter them in the script");
    }
    failure(what).hint("to find ( ) [ ] { } . * + ? ^ $ | or \\ as they are, put a backslash before each")
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn wrong_patterns_are_explained() {
        let check = |pattern: &str, expect: &str| {
            let failure = Pattern::new(pattern).expect_err(pattern);
            assert_eq!(failure.message, expect);
            assert!(failure.hint.is_some());
        };
        check("(abc", "the pattern \"(abc\" is not a regular expression: unclosed group");
        check("a{2", "the pattern \"a{2\" is not a regular expression: unclosed counted repetition");
        check(
            "(?=x)",
            "the pattern \"(?=x)\" is not a regular expression: look-around, including look-ahead and look-behind, is not supported",
        );
        check(&"x".repeat((1 << 20) + 1), "the pattern has 1048577 bytes, at most 1048576");
        check("\\w{5000}", "the pattern \"\\\\w{5000}\" is too large once compiled");
    }

    #[test]
    fn only_some_patterns_cross_lines() {
        let check = |pattern: &str, expect: bool| {
            assert_eq!(Pattern::new(pattern).map(|p| p.across), Ok(expect), "{pattern}");
        };
        check("a.b", false);
        check("(?i)s+", false);
        check("a\\s+b", false);
        check("a\\nb", true);
        check("(?s)a.*b", true);
        check("(?is:a.*b)", true);
        check("(?P<name>s)", false);
    }
}

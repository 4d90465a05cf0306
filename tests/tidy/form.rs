//! Rules on the form of single files: length, header, unsafe code, silenced lints, panics, discarded values.

use super::attributes::{Attribute, attributes};
use super::lexer::{Kind, Token};
use super::paths::Paths;
use super::source::{Source, Tree, Violation};
use super::{RUNNER_LINES, SOURCE_LINES, TEST_LINES};

/// How many lines above `unsafe` its reason may stand.
const SAFETY_REACH: usize = 6;
/// The fewest characters that say what a file is.
const HEADER_LENGTH: usize = 20;

/// No file is longer than its kind may be.
pub(super) fn lengths(tree: &Tree) -> Vec<Violation> {
    let too_long = |source: &&Source| source.text.lines().count() > most_lines(tree, source);
    let judge = |source: &Source| {
        let (lines, most) = (source.text.lines().count(), most_lines(tree, source));
        source.violation(lines, format!("{lines} lines, at most {most}: split it by noun, unit tests into `tests.rs`"))
    };
    tree.rust("").filter(too_long).map(judge).collect()
}

fn most_lines(tree: &Tree, source: &Source) -> usize {
    match source.path.as_str() {
        "src/turn/runner.rs" => RUNNER_LINES,
        path if tree.is_test_file(path) => TEST_LINES,
        _ => SOURCE_LINES,
    }
}

/// Every file begins with `//!`, and one that is not for tests says what it is.
pub(super) fn headers(tree: &Tree) -> Vec<Violation> {
    let says_enough = |source: &Source| {
        let header = source.text.lines().next().and_then(|line| line.strip_prefix("//!"));
        let least = if tree.is_test_file(&source.path) { 1 } else { HEADER_LENGTH };
        header.is_some_and(|text| text.trim().len() >= least)
    };
    tree.rust("")
        .filter(|source| !says_enough(source))
        .map(|source| source.violation(1, "begin with `//!` and a sentence that says what the file is and does not do"))
        .collect()
}

/// `unsafe` stands on the smallest item, with its reason.
pub(super) fn unsafe_code(tree: &Tree) -> Vec<Violation> {
    tree.rust("").flat_map(unsafe_in).collect()
}

fn unsafe_in(source: &Source) -> Vec<Violation> {
    let allowed = attributes(&source.tokens);
    let allowed_before = |index: usize| {
        allowed.iter().any(|attribute| allows_unsafe(attribute) && !attribute.inner && attribute.range.end <= index)
    };
    let mut found = Vec::new();
    for (index, token) in source.tokens.iter().enumerate().filter(|(index, _)| is_unsafe_code(&source.tokens, *index)) {
        let reach = token.line.saturating_sub(SAFETY_REACH)..token.line + 1;
        if !source.comment_on(reach, "SAFETY:") {
            found.push(source.violation(token.line, "unsafe without a `// SAFETY:` comment in the 6 lines above it"));
        }
        if !allowed_before(index) {
            found.push(
                source.violation(token.line, "unsafe without `#[allow(unsafe_code)]` on the smallest item around it"),
            );
        }
    }
    found
}

/// The type of a function pointer (`unsafe extern "C" fn(..)`) is no unsafe code.
fn is_unsafe_code(tokens: &[Token], index: usize) -> bool {
    let after = tokens.iter().skip(index + 1).filter(|token| !token.is("extern") && token.kind != Kind::Literal);
    let mut after = after.take(2);
    let pointer = after.next().is_some_and(|token| token.is("fn")) && after.next().is_some_and(|token| token.is("("));
    tokens[index].is("unsafe") && !pointer
}

fn allows_unsafe(attribute: &Attribute<'_>) -> bool {
    attribute.is("allow") && attribute.words().any(|word| word == "unsafe_code")
}

/// A lint is silenced with a reason, or for unsafe code, which has its own rule.
pub(super) fn silenced_lints(tree: &Tree) -> Vec<Violation> {
    let message = "say why: `#[allow(.., reason = \"..\")]`, or mend what the lint found";
    let unexplained = |attribute: &Attribute<'_>| {
        let silences =
            attribute.words().any(|word| word == "allow" || word == "expect") && is_lint_attribute(attribute);
        let reason = attribute.tokens.windows(2).any(|pair| pair[0].is("reason") && pair[1].is("="));
        let only_unsafe = attribute.is("allow") && !attribute.inner && attribute.words().skip(1).eq(["unsafe_code"]);
        silences && !reason && !only_unsafe
    };
    let judge = |source: &Source| -> Vec<Violation> {
        let found = attributes(&source.tokens).into_iter().filter(unexplained);
        found.map(|attribute| source.violation(attribute.line, message)).collect()
    };
    tree.rust("").flat_map(judge).collect()
}

fn is_lint_attribute(attribute: &Attribute<'_>) -> bool {
    attribute.is("allow") || attribute.is("expect") || attribute.is("cfg_attr")
}

/// Outside tests nothing panics on purpose.
pub(super) fn panics(tree: &Tree) -> Vec<Violation> {
    let judge = |source: &Source| -> Vec<Violation> {
        let indexes = (0..source.tokens.len()).filter(|index| !tree.in_test(source, *index));
        let found = indexes.filter_map(|index| panicking(&source.tokens, index).map(|name| (index, name)));
        let message = |name: &str| format!("`{name}` panics: return a `Failure`, or give the type no such case");
        found.map(|(index, name)| source.violation(source.tokens[index].line, message(name))).collect()
    };
    tree.rust("src/").flat_map(judge).collect()
}

fn panicking(tokens: &[Token], index: usize) -> Option<&str> {
    let token = &tokens[index];
    let called = index > 0 && (tokens[index - 1].is(".") || tokens[index - 1].is("::"));
    let next = tokens.get(index + 1)?;
    let method =
        called && next.is("(") && ["unwrap", "expect", "unwrap_err", "expect_err"].iter().any(|name| token.is(name));
    let bang = next.is("!") && ["panic", "unreachable", "todo", "unimplemented"].iter().any(|name| token.is(name));
    (method || bang).then_some(token.text.as_str())
}

/// `let _ =` has its reason beside it.
pub(super) fn discards(tree: &Tree) -> Vec<Violation> {
    let judge = |source: &Source| -> Vec<Violation> {
        let windows = source.tokens.windows(3);
        let found =
            windows.filter(|three| three[0].is("let") && three[1].is("_") && (three[2].is("=") || three[2].is(":")));
        let lines = found.map(|three| three[0].line).filter(|line| !source.comment_on(line - 1..line + 1, ""));
        lines
            .map(|line| {
                source
                    .violation(line, "`let _ =` drops a value: handle it, or say on this line or the one above why not")
            })
            .collect()
    };
    tree.rust("src/").flat_map(judge).collect()
}

/// Outside tests no import is a glob.
pub(super) fn globs(tree: &Tree) -> Vec<Violation> {
    let judge = |source: &Source| -> Vec<Violation> {
        let mentions = Paths::of(source).mentions.into_iter();
        let found = mentions.filter(|mention| mention.is_glob() && !tree.in_test(source, mention.token));
        found
            .map(|mention| source.violation(mention.line, "a glob import hides what is used: name each item"))
            .collect()
    };
    tree.rust("src/").flat_map(judge).collect()
}

/// Tests run, and say what they expect instead of any panic.
pub(super) fn switched_off_tests(tree: &Tree) -> Vec<Violation> {
    let message = "every test runs and asserts a value: make it pass, or delete it with what it tests";
    let switched_off = |attribute: &Attribute<'_>| {
        let off = |word: &str| word == "ignore" || word == concat!("should", "_panic");
        let test_attribute = attribute.tokens.first().is_some_and(|token| off(&token.text) || token.is("cfg_attr"));
        test_attribute && attribute.words().any(off)
    };
    let judge = |source: &Source| -> Vec<Violation> {
        let found = attributes(&source.tokens).into_iter().filter(switched_off);
        found.map(|attribute| source.violation(attribute.line, message)).collect()
    };
    tree.rust("").flat_map(judge).collect()
}

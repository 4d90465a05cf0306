//! How a block of code looks at a context, as a template: the calls that look or hand pieces to models, with numbers kept
//! and everything else as `_`, so that equal ways of looking at different inputs have one name.
//!
//! It knows tokens and brackets, no grammar: what does not compile has a template too.

/// The most calls of a template; the rest of a long block says little about how it looked.
const MOST: usize = 4;
/// Methods that look into a context.
const LOOKS: &[&str] = &[
    "between",
    "chunks",
    "count",
    "csv",
    "doc",
    "docs",
    "grep",
    "head",
    "json",
    "line",
    "lines",
    "paragraphs",
    "search",
    "slice",
    "tail",
    "text",
    "words",
];
/// Those that no other value has, so that they are known without the word `context` before them.
const OWN: &[&str] = &["between", "chunks", "csv", "grep", "paragraphs", "search"];
/// Methods whose numbers are places and lengths in one input and not a way of looking.
const PLACES: &[&str] = &["head", "line", "lines", "slice", "tail"];
/// Functions that hand pieces to models or child runs.
const HANDS: &[&str] = &["delegate", "llm", "llm_batch", "par_map", "rlm", "rlm_batch"];

/// The template of a block, such as `context.chunks(20000, 500) + llm_batch`; nothing if it does not look.
pub fn template(source: &str) -> Option<String> {
    let tokens = tokens(source);
    let (mut looks, mut hands): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    // Behind a chain the search goes on inside of its brackets; its own later links are not looked at again.
    let (mut at, mut linked) = (0, Vec::new());
    while let Some(token) = tokens.get(at) {
        let after_dot = at > 0 && tokens.get(at - 1) == Some(&Token::Sign('.'));
        match token {
            Token::Word("context") if !after_dot => {
                let (call, next) = chain(&tokens, "context".to_owned(), at + 1, &mut linked);
                looks.extend(call);
                at = next;
                continue;
            }
            Token::Word(name) if after_dot && OWN.contains(name) && !linked.contains(&at) => {
                let (call, next) = chain(&tokens, "_".to_owned(), at - 1, &mut linked);
                looks.extend(call);
                at = next.max(at + 1);
                continue;
            }
            Token::Word(name) if !after_dot && HANDS.contains(name) && calls(&tokens, at) => {
                hands.push((*name).to_owned());
            }
            _ => {}
        }
        at += 1;
    }
    let mut parts: Vec<String> = Vec::new();
    for part in looks.into_iter().chain(hands) {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.truncate(MOST);
    (!parts.is_empty()).then(|| parts.join(" + "))
}

/// Whether a block of template `look` does all that `hint` names.
pub fn follows(look: &str, hint: &str) -> bool {
    hint.split(" + ").all(|part| look.split(" + ").any(|done| done == part))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Number(&'a str),
    Text,
    Sign(char),
}

/// The chain of looks that begins with the dot at `at`, and where the search goes on: inside of its brackets, where other
/// calls may stand.
fn chain(tokens: &[Token<'_>], mut call: String, mut at: usize, linked: &mut Vec<usize>) -> (Option<String>, usize) {
    let (mut found, mut inside) = (false, at);
    while let (Some(Token::Sign('.')), Some(Token::Word(method))) = (tokens.get(at), tokens.get(at + 1)) {
        if !LOOKS.contains(method) || !calls(tokens, at + 1) {
            break;
        }
        let (arguments, end) = arguments(tokens, at + 3);
        let places = PLACES.contains(method);
        let shown = arguments.iter().map(|argument| argument.filter(|_| !places).map_or("_".to_owned(), plain));
        call.push_str(&format!(".{method}({})", shown.collect::<Vec<_>>().join(", ")));
        if !found {
            inside = at + 3;
        }
        found = true;
        linked.push(at + 1);
        at = end;
    }
    (found.then_some(call), if found { inside } else { at })
}

/// Whether the word at `at` is called.
fn calls(tokens: &[Token<'_>], at: usize) -> bool {
    let defined = at > 0 && tokens.get(at - 1) == Some(&Token::Word("fn"));
    !defined && tokens.get(at + 1) == Some(&Token::Sign('('))
}

/// The arguments behind an opening bracket, each with its number if it is one, and the place behind the closing bracket.
fn arguments<'a>(tokens: &[Token<'a>], from: usize) -> (Vec<Option<&'a str>>, usize) {
    let (mut all, mut depth, mut begun, mut at) = (Vec::new(), 0_u32, from, from);
    let one = |range: &[Token<'a>]| match range {
        [Token::Number(number)] => Some(*number),
        _ => None,
    };
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') if depth == 0 => {
                if at > begun {
                    all.push(one(&tokens[begun..at]));
                }
                return (all, at + 1);
            }
            Token::Sign(')' | ']' | '}') => depth -= 1,
            Token::Sign(',') if depth == 0 => {
                all.push(one(&tokens[begun..at]));
                begun = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    (all, at)
}

fn plain(number: &str) -> String {
    number.replace('_', "")
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if matches!(first, '"' | '`' | '\'') {
            found.push(Token::Text);
            quoted(rest, first)
        } else if first.is_ascii_digit() {
            let length = number(rest);
            found.push(Token::Number(&rest[..length]));
            length
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(Token::Word(&rest[..length]));
            length
        } else {
            if !first.is_whitespace() {
                found.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// The length of a number; the dots of a range are not its own.
fn number(text: &str) -> usize {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let whole = digits(text);
    match text[whole..].strip_prefix('.') {
        Some(part) if part.starts_with(|c: char| c.is_ascii_digit()) => whole + 1 + digits(part),
        _ => whole,
    }
}

/// The length of a quoted text that `text` begins with, to the end if it is not closed.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped && quote != '`';
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{follows, template};

    #[test]
    fn texts_are_left_out_and_numbers_are_kept() {
        for (source, expect) in [
            ("context.search(\"total of March\", 8)", "context.search(_, 8)"),
            ("let hits = context.grep(`a(${n})b`);", "context.grep(_)"),
            ("llm_batch(context.chunks(20_000, 500).map(|c| #{prompt: c}))", "context.chunks(20000, 500) + llm_batch"),
            ("let c = context.chunks(20000, 500);\nllm_batch(c, 8)", "context.chunks(20000, 500) + llm_batch"),
            ("context.doc(\"a.csv\").csv()", "context.doc(_).csv()"),
            ("let d = context.doc(\"a\"); d.grep(\"x\").len()", "context.doc(_) + _.grep(_)"),
            ("context.slice(1200, 4000)", "context.slice(_, _)"),
            ("context.search(words(1, 2), size)", "context.search(_, _)"),
            ("for p in 0..8 { context.grep(\"x\"); context.grep(\"y\") }", "context.grep(_)"),
            ("rlm_batch(context.docs().map(|d| #{task: \"t\", context: d}))", "context.docs() + rlm_batch"),
            ("context.grep(llm(\"a pattern\"))", "context.grep(_) + llm"),
        ] {
            assert_eq!(template(source).as_deref(), Some(expect), "{source}");
        }
    }

    #[test]
    fn what_does_not_look_has_no_template() {
        for source in [
            "",
            "FINAL(42)",
            "print(\"context.grep(x)\")",
            "// context.grep(\"x\")\nlet a = 1;",
            "/* llm(\"q\") */ 1 + 1",
            "fn llm_batch(a) { a }",
            "other.llm(1)",
            "context.len()",
            "let context_text = 5; context_text.head",
        ] {
            assert_eq!(template(source), None, "{source}");
        }
    }

    #[test]
    fn a_hint_is_followed_by_whoever_does_all_of_it() {
        for (look, hint, expect) in [
            ("context.grep(_)", "context.grep(_)", true),
            ("context.chunks(20000, 500) + llm_batch", "llm_batch", true),
            ("context.grep(_)", "context.grep(_) + llm_batch", false),
            ("context.search(_, 8)", "context.search(_, 5)", false),
        ] {
            assert_eq!(follows(look, hint), expect, "{look} / {hint}");
        }
    }
}

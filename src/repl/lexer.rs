//! Cuts Rhai source into pieces for colouring, completion and rewriting. It accepts any text, also half-typed code,
//! and judges nothing: whether code is complete or right is the parser's business.

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword, `_` included.
    Word,
    /// A number.
    Number,
    /// A string or character, or the literal part of an interpolated one.
    Text,
    /// A comment.
    Comment,
    /// Anything else that is visible.
    Symbol,
    /// White space.
    Space,
}

/// A piece of source. The pieces of a source cover it without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'s> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'s str,
    /// Its first byte.
    pub start: usize,
    /// Whether a string or comment was ended; true for everything else.
    pub closed: bool,
}

impl Piece<'_> {
    /// One past its last byte.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it means something to the parser.
    pub fn is_code(&self) -> bool {
        !matches!(self.kind, Kind::Space | Kind::Comment)
    }
}

/// Symbols of more than one character that must not be taken apart.
const LONG: &[&str] = &["=>", "==", ">=", "<=", "!=", "||", "&&", "::", "..", "?.", "??", "#{"];

/// Cuts `source` into pieces.
pub fn pieces(source: &str) -> Vec<Piece<'_>> {
    let mut lexer = Lexer { source, at: 0, nests: Vec::new(), pieces: Vec::new() };
    while lexer.at < source.len() {
        lexer.step();
    }
    lexer.pieces
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    /// For each open `${`, how many braces are open inside it.
    nests: Vec<usize>,
    pieces: Vec<Piece<'s>>,
}

impl<'s> Lexer<'s> {
    fn step(&mut self) {
        let rest = &self.source[self.at..];
        let Some(first) = rest.chars().next() else { return };
        match first {
            c if c.is_whitespace() => self.take(Kind::Space, run(rest, char::is_whitespace), true),
            '/' if rest.starts_with("//") => self.take(Kind::Comment, rest.find('\n').unwrap_or(rest.len()), true),
            '/' if rest.starts_with("/*") => {
                let (length, closed) = block_comment(rest);
                self.take(Kind::Comment, length, closed);
            }
            '"' | '\'' => {
                let (length, closed) = quoted(rest, first);
                self.take(Kind::Text, length, closed);
            }
            '#' if raw_hashes(rest) > 0 => {
                let (length, closed) = raw(rest, raw_hashes(rest));
                self.take(Kind::Text, length, closed);
            }
            '`' => self.template(1),
            c if c.is_ascii_digit() => self.take(Kind::Number, number(rest), true),
            c if is_name(c) => self.take(Kind::Word, run(rest, is_name), true),
            _ => self.symbol(rest, first),
        }
    }

    fn symbol(&mut self, rest: &str, first: char) {
        let symbol = LONG.iter().copied().find(|long| rest.starts_with(long)).unwrap_or(&rest[..first.len_utf8()]);
        self.take(Kind::Symbol, symbol.len(), true);
        match (symbol, self.nests.last_mut()) {
            ("{" | "#{", Some(depth)) => *depth += 1,
            ("}", Some(0)) => {
                self.nests.pop();
                self.template(0);
            }
            ("}", Some(depth)) => *depth -= 1,
            _ => {}
        }
    }

    /// Takes the literal part of an interpolated string, up to its end or to the next `${`; a `\${` opens nothing. `skip` is 1
    /// at its opening quote.
    fn template(&mut self, skip: usize) {
        let rest = &self.source[self.at..];
        let inner = &rest[skip..];
        let mut opens = inner.match_indices("${").map(|(at, _)| at);
        let open = opens.find(|at| !inner[..*at].ends_with('\\'));
        match (inner.find('`'), open) {
            (end, Some(open)) if end.is_none_or(|end| open < end) => {
                if skip + open > 0 {
                    self.take(Kind::Text, skip + open, true);
                }
                self.take(Kind::Symbol, 2, true);
                self.nests.push(0);
            }
            (Some(end), _) => self.take(Kind::Text, skip + end + 1, true),
            (None, _) => self.take(Kind::Text, rest.len(), false),
        }
    }

    fn take(&mut self, kind: Kind, length: usize, closed: bool) {
        let start = self.at;
        self.at += length;
        if length > 0 {
            self.pieces.push(Piece { kind, text: &self.source[start..self.at], start, closed });
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// `1`, `1_000`, `0xff`, `2.5`, `1e-3`; the range `1..2` and the call `1.abs()` end at the point.
fn number(text: &str) -> usize {
    let whole = run(text, is_name);
    let fraction = text[whole..].strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let end = whole + fraction.map_or(0, |rest| 1 + run(rest, is_name));
    let decimal = !text.starts_with("0x");
    let signed = text[..end].ends_with(['e', 'E']) && text[end..].starts_with(['-', '+']);
    if decimal && signed { end + 1 + run(&text[end + 1..], |c| c.is_ascii_digit()) } else { end }
}

/// A string with escapes ends at its quote, or where its line ends without a `\`.
fn quoted(text: &str, quote: char) -> (usize, bool) {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return (at, false),
            c if c == quote => return (at + 1, true),
            _ => {}
        }
    }
    (text.len(), false)
}

/// How many `#` open a raw string here; 0 if none does.
fn raw_hashes(text: &str) -> usize {
    let hashes = run(text, |c| c == '#');
    if text[hashes..].starts_with('"') { hashes } else { 0 }
}

fn raw(text: &str, hashes: usize) -> (usize, bool) {
    let close = format!("\"{}", "#".repeat(hashes));
    match text[hashes + 1..].find(&close) {
        Some(at) => (hashes + 1 + at + close.len(), true),
        None => (text.len(), false),
    }
}

fn block_comment(text: &str) -> (usize, bool) {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(step) = text[at..].find(['/', '*']) {
        at += step;
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return (at, true);
            }
        } else {
            at += 1;
        }
    }
    (text.len(), false)
}

#[cfg(test)]
mod tests {
    use super::{Kind, pieces};

    /// The visible pieces, each with the first letter of its kind; an unclosed one with `!`.
    fn check(source: &str, expect: &[&str]) {
        let list = pieces(source);
        assert_eq!(list.iter().map(|p| p.text).collect::<String>(), source);
        let shown = |p: &super::Piece<'_>| {
            let kind = format!("{:?}", p.kind);
            format!("{}{}{}", kind[..1].to_lowercase(), if p.closed { ":" } else { "!" }, p.text)
        };
        let shown: Vec<String> = list.iter().filter(|p| p.kind != Kind::Space).map(shown).collect();
        assert_eq!(shown, expect, "{source}");
    }

    #[test]
    fn source_is_cut_where_rhai_cuts_it() {
        check("let x = 1.5e-3;", &["w:let", "w:x", "s:=", "n:1.5e-3", "s:;"]);
        check("0..10", &["n:0", "s:..", "n:10"]);
        check("1.abs()", &["n:1", "s:.", "w:abs", "s:(", "s:)"]);
        check(r#"f("a\"b", 'c') // d"#, &["w:f", "s:(", r#"t:"a\"b""#, "s:,", "t:'c'", "s:)", "c:// d"]);
        check("\"open", &["t!\"open"]);
        check("#\"a\"b\"# #{}", &["t:#\"a\"b\"#", "s:#{", "s:}"]);
        check("a /* b /* c */ d */ e", &["w:a", "c:/* b /* c */ d */", "w:e"]);
        check("/* b", &["c!/* b"]);
        check("_ => _x", &["w:_", "s:=>", "w:_x"]);
        check("größe≤1", &["w:größe", "s:≤", "n:1"]);
    }

    #[test]
    fn code_inside_interpolation_is_code() {
        check("`a${x}b`", &["t:`a", "s:${", "w:x", "s:}", "t:b`"]);
        check(
            "`${#{a: `${1}`}}`",
            &["t:`", "s:${", "s:#{", "w:a", "s::", "t:`", "s:${", "n:1", "s:}", "t:`", "s:}", "s:}", "t:`"],
        );
        check("`a${x", &["t:`a", "s:${", "w:x"]);
        check("`a\nb", &["t!`a\nb"]);
        check(r"`\${a}${b}\\${c}`", &[r"t:`\${a}", "s:${", "w:b", "s:}", r"t:\\${c}`"]);
    }
}

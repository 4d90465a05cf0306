//! What stands in front of the cursor: which value a point belongs to, of what call a map gives the options, and which
//! names are declared.

use crate::repl::lexer::{Kind, Piece};

/// The names of `a.b.c`, which these pieces of code end with; none if a part of it is no name.
pub fn path<'s>(mut code: &[&Piece<'s>]) -> Vec<&'s str> {
    let mut names = Vec::new();
    while let [before @ .., word] = code
        && word.kind == Kind::Word
    {
        names.insert(0, word.text);
        match before {
            [further @ .., point] if matches!(point.text, "." | "?.") => code = further,
            [.., colons] if colons.text == "::" => break,
            _ => return names,
        }
    }
    Vec::new()
}

/// The call whose options are being named, and its first argument.
pub fn options<'s>(code: &[&Piece<'s>]) -> Option<(&'s str, &'s str)> {
    code.last().filter(|p| matches!(p.text, "#{" | ","))?;
    let map = open(code).filter(|at| code[*at].text == "#{")?;
    let call = open(&code[..map]).filter(|at| code[*at].text == "(")?;
    let name = call.checked_sub(1).map(|at| code[at]).filter(|p| p.kind == Kind::Word)?;
    Some((name.text, code.get(call + 1)?.text))
}

/// The last bracket that is not closed.
fn open(code: &[&Piece<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, piece) in code.iter().enumerate().rev().filter(|(_, p)| p.kind == Kind::Symbol) {
        match piece.text {
            ")" | "]" | "}" => depth += 1,
            "(" | "[" | "{" | "#{" | "${" if depth == 0 => return Some(at),
            "(" | "[" | "{" | "#{" | "${" => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The names that these pieces of code declare: variables, parameters, and what loops and `catch` give.
pub fn declared<'s>(code: &[&Piece<'s>]) -> Vec<&'s str> {
    let mut names = Vec::new();
    // What ends the list of names that is read.
    let mut end = None;
    let mut before = "";
    for piece in code {
        match (end, piece.text) {
            (Some(end_of_list), text) if text == end_of_list => end = None,
            (Some(_), name) => names.extend((piece.kind == Kind::Word).then_some(name)),
            (None, text) => {
                names.extend((matches!(before, "let" | "const") && piece.kind == Kind::Word).then_some(text));
                end = list(before, text);
            }
        }
        before = piece.text;
    }
    names
}

/// What ends the list of names that begins at a piece, if one does.
fn list(before: &str, text: &str) -> Option<&'static str> {
    match text {
        "for" => Some("in"),
        "fn" | "catch" => Some(")"),
        // Behind a value it is an operator.
        "|" if matches!(before, "" | "(" | "," | "=" | "=>" | ":" | "{" | ";" | "[" | "return") => Some("|"),
        _ => None,
    }
}

//! `_`, the last value: a lone `_` in typed code becomes a call of `out`. It changes nothing inside strings and
//! comments, and none of the places where Rhai itself gives `_` a meaning.

use crate::repl::lexer::{Kind, Piece, pieces};

/// `source` with every lone `_` replaced by `last`, for example `out(-1)`.
pub fn rewrite(source: &str, last: &str) -> String {
    let (mut text, mut from) = (String::with_capacity(source.len()), 0);
    for at in places(source) {
        text.push_str(&source[from..at]);
        text.push_str(last);
        from = at + 1;
    }
    text + &source[from..]
}

/// The column of `source` that stands for a column of a line of what `rewrite` has made of it; both count from 1.
pub fn column(source: &str, last: &str, line: usize, column: usize) -> usize {
    let (wide, mut grown) = (last.chars().count(), 0);
    for at in places(source) {
        let before = &source[..at];
        if before.matches('\n').count() + 1 != line {
            continue;
        }
        let own = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        if column < own + grown {
            break;
        }
        if column < own + grown + wide {
            return own;
        }
        grown += wide - 1;
    }
    column - grown
}

/// Where a lone `_` is the last value.
fn places(source: &str) -> Vec<usize> {
    let list = pieces(source);
    let code: Vec<&Piece<'_>> = list.iter().filter(|p| p.is_code()).collect();
    (0..code.len()).filter(|index| is_last_value(&code, *index)).map(|index| code[index].start).collect()
}

/// The default arm of a `switch`, a name being declared, the parameter of a closure and the part of a path keep it.
fn is_last_value(code: &[&Piece<'_>], index: usize) -> bool {
    let piece = code[index];
    if piece.kind != Kind::Word || piece.text != "_" {
        return false;
    }
    let before = index.checked_sub(1).map_or("", |i| code[i].text);
    let after = code.get(index + 1).map_or("", |p| p.text);
    let declared = matches!(before, "let" | "const" | "for" | "fn");
    let closure = before == "|" && after == "|";
    let part = matches!(before, "." | "?." | "::") || after == "::";
    after != "=>" && !declared && !closure && !part
}

#[cfg(test)]
mod tests {
    use super::{column, rewrite};

    fn check(source: &str, expect: &str) {
        assert_eq!(rewrite(source, "out(-1)"), expect);
    }

    #[test]
    fn a_lone_underscore_is_the_last_value() {
        check("_", "out(-1)");
        check("_ + 1", "out(-1) + 1");
        check("let x = _;", "let x = out(-1);");
        check("f(_, _.len())", "f(out(-1), out(-1).len())");
        check("for x in _ { print(x) }", "for x in out(-1) { print(x) }");
        check("`got ${_} of _`", "`got ${out(-1)} of _`");
        check("[_][0]", "[out(-1)][0]");
        check("_ // the _", "out(-1) // the _");
    }

    #[test]
    fn other_underscores_stay() {
        for source in [
            "",
            "x_y + _z + _1",
            "\"_\" + '_'",
            "/* _ */ 1 // _",
            "switch x { 1 => 2, _ => 3 }",
            "switch x { _=>3 }",
            "items.map(|_| 1)",
            "let _ = 1;",
            "`_`",
            r"`\${_}`",
            "1_000",
        ] {
            check(source, source);
        }
    }
    #[test]
    fn places_of_what_was_rewritten_are_those_of_what_was_typed() {
        let source = "let ä = 1;\n_ + ä + _ + 1";
        for (line, at, expect) in
            [(1, 5, 5), (2, 1, 1), (2, 7, 1), (2, 8, 2), (2, 12, 6), (2, 15, 9), (2, 22, 10), (2, 25, 13)]
        {
            assert_eq!(column(source, "out(-1)", line, at), expect, "{line}:{at}");
        }
    }
}

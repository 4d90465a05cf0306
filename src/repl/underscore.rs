//! `_`, the last value: a lone `_` in typed code becomes a call of `out`. It changes nothing inside strings and
//! comments, and none of the places where Rhai itself gives `_` a meaning.

use crate::repl::lexer::{Kind, Piece, pieces};

/// `source` with every lone `_` replaced by `last`, for example `out(-1)`.
pub fn rewrite(source: &str, last: &str) -> String {
    let list = pieces(source);
    let code: Vec<&Piece<'_>> = list.iter().filter(|p| p.is_code()).collect();
    let means_last: Vec<usize> =
        (0..code.len()).filter(|index| is_last_value(&code, *index)).map(|i| code[i].start).collect();
    if means_last.is_empty() {
        return source.to_owned();
    }
    list.iter().map(|p| if means_last.contains(&p.start) { last } else { p.text }).collect()
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
    use super::rewrite;

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
}

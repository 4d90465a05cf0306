//! The sources of the functions that a person typed, so that they can be shown, saved and carried into another
//! session. The engine keeps only their compiled form.

use crate::repl::lexer::{Kind, Piece, pieces};
use crate::script::errors::members::imported;
use indexmap::IndexMap;

/// A function as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// How many parameters it takes.
    pub parameters: usize,
    /// Its source, from `fn` to the closing brace.
    pub source: String,
}

/// The newest source of each function, and the programs that import modules under names of their own.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    functions: IndexMap<(String, usize), String>,
    /// Newest first.
    imports: String,
}

impl Sources {
    /// Keeps the functions and imports of a program, over older ones of the same name and number of parameters.
    pub fn keep(&mut self, program: &str) {
        for function in functions(program) {
            self.functions.insert((function.name, function.parameters), function.source);
        }
        if program.contains("import \"") {
            self.imports.insert_str(0, &format!("{program}\n"));
        }
    }

    /// What a name means whose first part a program has given to a module: `text::trimmed` of `t::trimmed`.
    pub fn imported(&self, name: &str) -> Option<String> {
        let (alias, member) = name.split_once("::").map_or((name, None), |(alias, member)| (alias, Some(member)));
        let module = imported(alias, &self.imports)?;
        Some(member.map_or_else(|| module.to_owned(), |member| format!("{module}::{member}")))
    }

    /// The sources of all functions of this name; empty if there is none.
    pub fn of(&self, name: &str) -> String {
        let own = self.functions.iter().filter(|((known, _), _)| known == name);
        own.map(|(_, source)| source.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The sources of all functions, in the order in which they were first typed.
    pub fn all(&self) -> String {
        self.functions.values().map(String::as_str).collect::<Vec<_>>().join("\n\n")
    }
}

/// The functions that a program defines at its top level.
pub fn functions(program: &str) -> Vec<Function> {
    let list = pieces(program);
    let code: Vec<&Piece<'_>> = list.iter().filter(|p| p.is_code()).collect();
    let mut found = Vec::new();
    let (mut index, mut depth) = (0, 0_usize);
    while let Some(piece) = code.get(index) {
        match piece.text {
            "fn" if depth == 0 && piece.kind == Kind::Word => {
                if let Some((function, next)) = function(program, &code, index) {
                    found.push(function);
                    index = next;
                    continue;
                }
            }
            "{" | "#{" | "${" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        index += 1;
    }
    found
}

/// The function whose `fn` stands at `index`, and the index behind its body.
fn function(program: &str, code: &[&Piece<'_>], index: usize) -> Option<(Function, usize)> {
    let name = code.get(index + 1).filter(|p| p.kind == Kind::Word)?;
    let list = code.get(index + 2..)?;
    let close = list.iter().position(|p| p.text == ")").filter(|_| list.first().is_some_and(|p| p.text == "("))?;
    let parameters = list[..close].iter().filter(|p| p.kind == Kind::Word).count();
    let (mut depth, mut at) = (0_usize, index + 2 + close + 1);
    while let Some(piece) = code.get(at) {
        match piece.text {
            "{" | "#{" | "${" => depth += 1,
            "}" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            let source = program.get(code[index].start..code[at - 1].end())?.to_owned();
            return Some((Function { name: name.text.to_owned(), parameters, source }, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Sources, functions};

    fn check(program: &str, expect: &[(&str, usize, &str)]) {
        let found = functions(program);
        let found: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.parameters, f.source.as_str())).collect();
        assert_eq!(found, expect, "{program}");
    }

    #[test]
    fn functions_are_found_with_their_bodies() {
        check("let x = 1;", &[]);
        check("fn f() { 1 } f()", &[("f", 0, "fn f() { 1 }")]);
        check("fn f(a, b) {\n  #{x: `${a}`} // }\n}\nlet y = 2;", &[("f", 2, "fn f(a, b) {\n  #{x: `${a}`} // }\n}")]);
        check("fn f(a) { 1 }\nfn g() { 2 }", &[("f", 1, "fn f(a) { 1 }"), ("g", 0, "fn g() { 2 }")]);
        check("fn f(a) { 1", &[]);
        check("\"fn f() { 1 }\"", &[]);
    }

    #[test]
    fn the_newest_source_is_kept() {
        let mut sources = Sources::default();
        sources.keep("fn f(a) { 1 }");
        sources.keep("fn f(a) { 2 } fn f() { 3 }");
        assert_eq!(sources.of("f"), "fn f(a) { 2 }\nfn f() { 3 }");
        assert_eq!(sources.of("g"), "");
        assert_eq!(sources.all(), "fn f(a) { 2 }\n\nfn f() { 3 }");
    }
}

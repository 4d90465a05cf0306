//! Every path that a Rust file writes, in `use` trees and elsewhere, and what it means once imports, `self` and
//! `super` are taken into account.
//!
//! Scopes are not modelled: an import counts for its whole file.

use super::lexer::{Kind, Token};
use super::source::Source;
use std::collections::{BTreeMap, BTreeSet};

/// One path as written.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    /// Its names; without the `*` of a glob.
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
    /// The index of its first token.
    pub(super) token: usize,
    /// The module it stands in, from `crate` on.
    module: Vec<String>,
    /// Whether an `!` follows.
    pub(super) is_macro: bool,
    /// Whether it stands in a `use`, and what that binds.
    import: Option<Bound>,
}

/// What an import brings into scope.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bound {
    Name(String),
    Nothing,
    Everything,
}

impl Mention {
    /// Whether it is `use ..::*`.
    pub(super) fn is_glob(&self) -> bool {
        self.import == Some(Bound::Everything)
    }

    /// The path from `crate` on, if it is written as a path into this package.
    pub(super) fn inside(&self) -> Option<Vec<String>> {
        let (first, rest) = self.segments.split_first()?;
        let mut base = match first.as_str() {
            "crate" | "rhizo" => vec!["crate".to_owned()],
            "self" => self.module.clone(),
            "super" => self.module[..self.module.len().saturating_sub(1).max(1)].to_vec(),
            _ => return None,
        };
        for segment in rest {
            match segment.as_str() {
                "super" if base.len() > 1 => drop(base.pop()),
                _ => base.push(segment.clone()),
            }
        }
        Some(base)
    }
}

/// All paths of a file, with what its imports bind.
pub(super) struct Paths {
    pub(super) mentions: Vec<Mention>,
    imports: BTreeMap<String, Vec<String>>,
    modules: BTreeSet<String>,
}

impl Paths {
    /// The paths of a source.
    pub(super) fn of(source: &Source) -> Self {
        let mentions = Reader { tokens: &source.tokens, at: 0, found: Vec::new() }.read(&file_module(&source.path));
        let imports = mentions.iter().filter_map(|mention| match &mention.import {
            Some(Bound::Name(name)) => Some((name.clone(), mention.inside().unwrap_or(mention.segments.clone()))),
            _ => None,
        });
        let modules = source.tokens.windows(2).filter(|pair| pair[0].is("mod") && pair[1].kind == Kind::Word);
        Self { imports: imports.collect(), modules: modules.map(|pair| pair[1].text.clone()).collect(), mentions }
    }

    /// The full path of a mention, and the full path of the import it begins with, if any.
    pub(super) fn resolve(&self, mention: &Mention) -> (Vec<String>, Option<&Vec<String>>) {
        if let Some(inside) = mention.inside() {
            return (inside, None);
        }
        let first = mention.segments.first().cloned().unwrap_or_default();
        if self.modules.contains(&first) {
            return ([mention.module.as_slice(), &mention.segments].concat(), None);
        }
        match self.imports.get(&first) {
            Some(import) if mention.import.is_none() || import.len() > 1 && import != &mention.segments => {
                ([import.as_slice(), &mention.segments[1..]].concat(), Some(import))
            }
            _ => (mention.segments.clone(), None),
        }
    }
}

/// The inline modules (`mod name { .. }`) around a place, kept while passing over tokens in order.
#[derive(Default)]
pub(super) struct InlineModules {
    open: Vec<Option<String>>,
}

impl InlineModules {
    /// Passes over one token.
    pub(super) fn pass(&mut self, tokens: &[Token], at: usize) {
        if tokens[at].is("{") {
            let module = at >= 2 && tokens[at - 2].is("mod");
            self.open.push(module.then(|| tokens[at - 1].text.clone()));
        } else if tokens[at].is("}") {
            self.open.pop();
        }
    }

    /// Their names, outermost first.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.open.iter().flatten()
    }
}

/// The module that a file of src/ is: `crate`, then its folders and name.
fn file_module(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let names = inner.split('/').filter(|name| !matches!(*name, "lib" | "main" | "mod"));
    std::iter::once("crate").chain(names).map(str::to_owned).collect()
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    found: Vec<Mention>,
}

impl Reader<'_> {
    fn read(mut self, file: &[String]) -> Vec<Mention> {
        let mut inline = InlineModules::default();
        while self.at < self.tokens.len() {
            let (from, known) = (self.at, self.found.len());
            if self.is("use") && !self.next_is("<") {
                self.at += 1;
                self.tree(Vec::new(), self.at);
            } else if self.begins_path() {
                self.path();
            } else {
                self.at += 1;
                inline.pass(self.tokens, from);
            }
            let module: Vec<String> = file.iter().chain(inline.names()).cloned().collect();
            self.found[known..].iter_mut().for_each(|mention| mention.module.clone_from(&module));
        }
        self.found
    }

    fn is(&self, text: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.is(text))
    }

    fn next_is(&self, text: &str) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|token| token.is(text))
    }

    fn word(&self) -> Option<String> {
        self.tokens.get(self.at).filter(|token| token.kind == Kind::Word).map(|token| token.text.clone())
    }

    /// Whether a word stands here that continues neither a path nor a method call.
    fn begins_path(&self) -> bool {
        let before = |back: usize| self.at.checked_sub(back).and_then(|at| self.tokens.get(at));
        let is_dot = |token: Option<&Token>| token.is_some_and(|token| token.is("."));
        let after_path = before(1).is_some_and(|token| token.is("::")) && before(2).is_some_and(ends_path);
        self.word().is_some() && !after_path && (!is_dot(before(1)) || is_dot(before(2)))
    }

    /// Reads `a::b::c` or `a!`; a single name alone is no path.
    fn path(&mut self) {
        let start = self.at;
        let mut segments = Vec::new();
        while let Some(word) = self.word() {
            segments.push(word);
            self.at += 1;
            if !self.is("::") {
                break;
            }
            self.at += 1;
        }
        let is_macro = self.is("!") && !self.next_is("=");
        if segments.len() > 1 || is_macro {
            self.found.push(self.mention(segments, start, is_macro, None));
        }
    }

    /// Reads one branch of a `use` tree; `start` is the token that a violation points to.
    fn tree(&mut self, mut segments: Vec<String>, mut start: usize) {
        loop {
            if self.is("::") {
                self.at += 1;
            } else if self.is("{") {
                return self.branches(&segments);
            } else if self.is("*") {
                self.at += 1;
                self.found.push(self.mention(segments, start, false, Some(Bound::Everything)));
                return;
            } else if let Some(word) = self.word() {
                start = self.at;
                segments.push(word);
                self.at += 1;
                if !self.is("::") {
                    return self.leaf(segments, start);
                }
            } else {
                return;
            }
        }
    }

    fn branches(&mut self, segments: &[String]) {
        self.at += 1;
        while self.at < self.tokens.len() && !self.is("}") {
            let from = self.at;
            self.tree(segments.to_vec(), from);
            if self.is(",") || self.at == from {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn leaf(&mut self, mut segments: Vec<String>, start: usize) {
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let mut name = segments.last().cloned();
        if self.is("as") {
            self.at += 1;
            name = self.word().filter(|alias| alias != "_");
            self.at += 1;
        }
        let bound = name.map_or(Bound::Nothing, Bound::Name);
        self.found.push(self.mention(segments, start, false, Some(bound)));
    }

    fn mention(&self, segments: Vec<String>, token: usize, is_macro: bool, import: Option<Bound>) -> Mention {
        let line = self.tokens.get(token).map_or(0, |token| token.line);
        Mention { segments, line, token, module: Vec::new(), is_macro, import }
    }
}

/// Whether a path may go on after this token: `Vec<T>::new`, `a::b`.
fn ends_path(token: &Token) -> bool {
    token.kind == Kind::Word || token.is(">")
}

//! What a session has from one evaluation to the next: its variables and functions.

use crate::script::errors::Names;
use crate::script::prims::table;
use crate::script::{natives, show};
use rhai::{AST, Dynamic, Scope};
use std::collections::HashSet;

/// Variables and functions.
pub struct State {
    /// The variables.
    pub scope: Scope<'static>,
    /// The functions defined so far.
    pub functions: AST,
}

/// A variable as listings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Type and size or content, on one line.
    pub brief: String,
    /// Whether it can be assigned.
    pub constant: bool,
}

impl State {
    /// Drops the variables that later ones of the same name have hidden.
    pub fn settle(&mut self) {
        let all: Vec<_> = std::mem::replace(&mut self.scope, Scope::new()).into_iter().collect();
        let mut seen = HashSet::new();
        let newest = all.into_iter().rev().filter(|(name, ..)| seen.insert(name.clone()));
        let mut kept: Vec<_> = newest.map(|(name, value, _)| (name, value.is_read_only(), value)).collect();
        kept.reverse();
        self.scope = kept.into_iter().collect();
    }

    /// The variables whose names are wanted, oldest first.
    pub fn variables(&self, wanted: impl Fn(&str) -> bool) -> Vec<Variable> {
        let rows = self.scope.iter_raw().filter(|(name, ..)| wanted(name));
        let brief = |(name, constant, value): (&str, bool, &Dynamic)| Variable {
            name: name.to_owned(),
            brief: show::brief(value),
            constant,
        };
        let mut variables: Vec<Variable> = rows.map(brief).collect();
        variables.reverse();
        variables
    }

    /// The names that hints choose from.
    pub fn names(&self) -> Names {
        let variables = self.scope.iter_raw().map(|(name, ..)| name.to_owned()).collect();
        let mut functions: Vec<String> = self.functions.iter_functions().map(|f| f.name.to_owned()).collect();
        functions.extend(table::ALL.iter().map(|p| p.name.trim_start_matches("context.").to_owned()));
        functions.extend(natives::BUILT_IN.iter().map(|name| (*name).to_owned()));
        Names { variables, functions }
    }
}

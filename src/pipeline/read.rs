//! From the tree to the plan, one file per noun. Every fault is kept with its place, and reading goes on.
//!
//! What needs the whole file, as fields that are read and jumps, is left to `check`.

mod act;
mod blocks;
mod calls;
mod choice;
mod fields;
pub(super) mod flow;
mod form;
mod header;
mod products;
mod scope;
pub(super) mod step;
pub(super) mod template;
pub(super) mod words;

pub(super) use fields::Fields;
pub(super) use header::Header;
pub(super) use scope::{Part, Scope, Use, User};

use crate::config::fault::Fault;
use crate::config::place::{Place, Source};
use crate::core::failure::Failure;
use crate::core::text::meant;
use crate::pipeline::load::Loader;
use crate::pipeline::tree::{Node, Spot};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Reads one file.
pub(super) struct Reader<'r, 'k> {
    /// What the file is read with, and what reads the files that it calls.
    pub loader: &'r mut Loader<'k>,
    /// The file.
    pub path: &'r Path,
    /// Its name in messages.
    pub file: Arc<str>,
    /// Its text.
    pub text: &'r str,
    /// The same by lines.
    pub source: Source<'r>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// What is perhaps not meant as it is written.
    pub notes: Vec<Fault>,
    /// What its expressions read.
    pub uses: Vec<Use>,
    /// Where each step stands, by name.
    pub steps: HashMap<String, Spot>,
    /// Where the items of an `each` are named, by their name.
    pub items: HashMap<String, Spot>,
    /// The arguments of tools and programs, to be compared with what those take.
    pub header: Header,
}

impl Reader<'_, '_> {
    /// Keeps a fault.
    pub(super) fn fault(&mut self, at: Spot, message: impl Into<String>) {
        self.faults.push(Fault::new(self.place(at), message));
    }

    /// Keeps a note, which nobody is refused for.
    pub(super) fn note(&mut self, at: Spot, message: impl Into<String>) {
        self.notes.push(Fault::new(self.place(at), message));
    }

    /// Keeps a failure as a fault, its hint behind its message.
    pub(super) fn failed(&mut self, at: Spot, failure: &Failure) {
        self.fault(at, told(failure));
    }

    /// A place of this file.
    pub(super) fn place(&self, at: Spot) -> Place {
        Place::File { file: Arc::clone(&self.file), line: at.line, column: at.column }
    }

    /// Keeps the fault that a word is none of those that are known.
    pub(super) fn unknown(&mut self, at: Spot, what: &str, word: &str, known: &[&str]) {
        let message = match meant(word, known.iter().copied()) {
            Some(meant) => format!("{what} `{word}`; {meant}"),
            None => format!("{what} `{word}`; known are {}", known.join(", ")),
        };
        self.fault(at, message);
    }

    /// Keeps the fault that a value is of another kind.
    pub(super) fn mistaken(&mut self, node: &Node, what: &str, wanted: &str) {
        self.fault(node.at, format!("{what} takes {wanted}, not {}", node.kind()));
    }
}

/// A failure on one line.
pub(super) fn told(failure: &Failure) -> String {
    let message = failure.message.replace('\n', " ");
    failure.hint.as_ref().map_or_else(|| message.clone(), |hint| format!("{message}; {}", hint.replace('\n', " ")))
}

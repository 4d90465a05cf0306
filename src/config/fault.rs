//! What is wrong in a configuration: every fault at once, each with its place.

use crate::config::place::Place;
use crate::core::failure::{Failure, FailureKind};

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub place: Place,
    /// What is wrong, with what would be right.
    pub message: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

/// All faults as one failure: the sources as they were read, within a file from top to bottom.
pub fn failure(faults: &[Fault]) -> Failure {
    let lines = listed(faults);
    let count = faults.len();
    let head = if count == 1 {
        "the configuration has a fault".to_owned()
    } else {
        format!("the configuration has {count} faults")
    };
    Failure::new(FailureKind::Config, format!("{head}\n  {}", lines.join("\n  ")))
        .hint("`rhizo doctor --settings` lists every setting with its type")
}

/// A line for each fault, in the order in which a person mends them.
pub fn listed(faults: &[Fault]) -> Vec<String> {
    sorted(faults).iter().map(|f| format!("{}: {}", f.place, f.message)).collect()
}

/// That is how a person mends them. Only faults of one file are moved, and only among themselves.
fn sorted(faults: &[Fault]) -> Vec<&Fault> {
    let file = |fault: &Fault| if let Place::File { file, .. } = &fault.place { Some(file.clone()) } else { None };
    let mut files = Vec::new();
    for name in faults.iter().map(file) {
        if !files.contains(&name) {
            files.push(name);
        }
    }
    let mut lines: Vec<&Fault> = faults.iter().collect();
    lines.sort_by_key(|fault| (files.iter().position(|name| *name == file(fault)), fault.place.position()));
    lines
}

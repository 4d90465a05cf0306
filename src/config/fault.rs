//! What is wrong in a configuration: every fault at once, each with its place.

use crate::core::failure::{Failure, FailureKind};

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `file:line:column`, a variable's name or a flag.
    pub place: String,
    /// What is wrong, with what would be right.
    pub message: String,
}

/// All faults as one failure, in the order in which they stand.
pub fn failure(faults: &[Fault]) -> Failure {
    let lines: Vec<String> = faults.iter().map(|f| format!("{}: {}", f.place, f.message)).collect();
    let count = faults.len();
    let head = if count == 1 {
        "the configuration has a fault".to_owned()
    } else {
        format!("the configuration has {count} faults")
    };
    Failure::new(FailureKind::Config, format!("{head}\n  {}", lines.join("\n  ")))
        .hint("`rhizo doctor --settings` lists every setting with its type")
}

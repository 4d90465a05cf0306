//! The table of kinds as people read it.

use crate::core::failure::FailureKind;

/// The table in Markdown, for the README.
pub fn markdown() -> String {
    let yes = |is: bool| if is { "yes" } else { "no" };
    let row = |kind: &FailureKind| {
        let (again, caught, code) = (yes(kind.retryable()), yes(kind.catchable()), kind.exit().code());
        format!("| `{}` | {} | {again} | {caught} | {code} |\n", kind.name(), kind.about())
    };
    let rows: String = FailureKind::ALL.iter().map(row).collect();
    format!("| kind | what happened | `retryable` | caught | exit code |\n|---|---|---|---|---|\n{rows}")
}

/// The same on lines: kind, exit code, and what happened.
pub fn lines() -> String {
    let line = |kind: &FailureKind| {
        let again = if kind.retryable() { " It is retryable." } else { "" };
        let caught = if kind.catchable() { "" } else { " No `catch` receives it." };
        format!("    {:16} {:3}  {}{again}{caught}", kind.name(), kind.exit().code(), kind.about())
    };
    FailureKind::ALL.iter().map(line).collect::<Vec<_>>().join("\n")
}

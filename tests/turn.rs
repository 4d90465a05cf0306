//! The root loop against a server whose answers a closure writes: what is sent, what is run, how it ends.

mod children;
mod code;
mod ending;
mod functions;
mod history;
mod messages;

/// A text of many lines that is too long to be answered directly.
fn long(lines: usize) -> String {
    (0..lines).map(|i| format!("Line {i} of the log says nothing of interest to anybody.\n")).collect()
}

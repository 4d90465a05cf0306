//! What a dot-command is.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::one_line;
use crate::repl::shell::Shell;
use futures::future::BoxFuture;

/// A dot-command.
pub struct Command {
    /// Its name, without the point.
    pub name: &'static str,
    /// How it is typed, without the point.
    pub usage: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Runs it with the rest of the line.
    pub run: for<'a> fn(&'a mut Shell, &'a str) -> BoxFuture<'a, Outcome<Next>>,
}

/// What the loop does after a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Reads another line.
    Stay,
    /// Reads another line that begins with this text.
    Edit(String),
    /// Ends.
    Leave,
}

/// The failure of a command that needs an argument and has none.
pub fn needs(command: &Command, what: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!(".{} needs {what}", command.name))
        .hint(format!("type .{}", command.usage))
}

/// The failure of a command that takes no argument and has one.
pub fn takes_none(command: &Command, argument: &str) -> Failure {
    let message = format!(".{} takes no argument, and here is `{}`", command.name, one_line(argument, 40));
    Failure::new(FailureKind::Invalid, message).hint(format!("type .{}", command.usage))
}

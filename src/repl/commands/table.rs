//! The table of dot-commands. A new one is a new file, its `mod` line and its line here.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::{did_you_mean, nearest};
use crate::repl::commands::command::{Command, Next, takes_none};
use crate::repl::commands::{
    ask, context, cost, edit, exit, help, load, memory, model, reset, role, runs, save, scripts, tools, vars,
};
use crate::repl::shell::Shell;

/// Every dot-command, in the order in which help shows them.
pub const ALL: &[&Command] = &[
    &help::COMMAND,
    &ask::COMMAND,
    &context::COMMAND,
    &vars::COMMAND,
    &cost::COMMAND,
    &model::COMMAND,
    &role::COMMAND,
    &tools::COMMAND,
    &scripts::COMMAND,
    &runs::COMMAND,
    &memory::COMMAND,
    &edit::COMMAND,
    &load::COMMAND,
    &save::COMMAND,
    &reset::COMMAND,
    &exit::COMMAND,
];

/// The command of this name.
pub fn find(name: &str) -> Option<&'static Command> {
    // What other shells call it.
    let name = if matches!(name, "quit" | "q") { exit::COMMAND.name } else { name };
    ALL.iter().find(|command| command.name == name).copied()
}

/// Runs the command of this name; fails with `NotFound` and the nearest one.
pub async fn run(shell: &mut Shell, name: &str, argument: &str) -> Outcome<Next> {
    let Some(command) = find(name) else {
        let failure = Failure::new(FailureKind::NotFound, format!("there is no command `.{name}`"));
        if let Some((method, _)) = name.split_once('(') {
            let arguments = if name.ends_with("()") { "" } else { ".." };
            return Err(failure
                .hint(format!("write `_.{method}({arguments})`, or end the line before with an open expression")));
        }
        return Err(match nearest(name, ALL.iter().map(|command| command.name)) {
            Some(near) => failure.hint(did_you_mean(format_args!(".{near}"))),
            None => failure.hint(".help lists the commands"),
        });
    };
    // A usage that is a name alone has no place for an argument.
    if command.usage == command.name && !argument.is_empty() {
        return Err(takes_none(command, argument));
    }
    (command.run)(shell, argument).await
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn names_differ_and_texts_fit_a_narrow_terminal() {
        for (index, command) in ALL.iter().enumerate() {
            assert!(ALL[..index].iter().all(|other| other.name != command.name), "{}", command.name);
            assert!(command.usage.starts_with(command.name) && command.usage.len() <= 18, "{}", command.usage);
            assert!(command.summary.ends_with('.') && command.summary.len() <= 58, "{}", command.summary);
        }
    }
}

//! `.role`: the roles, and which one answers `.ask`.

use crate::core::failure::Outcome;
use crate::registry::roles::{self, Role};
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use crate::repl::table::render;
use futures::FutureExt;
use futures::future::BoxFuture;

/// `.role`.
pub const COMMAND: Command =
    Command { name: "role", usage: "role [NAME]", summary: "Lists the roles, or lets another one answer .ask.", run };

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let settings = &shell.kit.settings;
        if argument.is_empty() {
            let current = shell.role.as_deref().unwrap_or(roles::ROOT);
            let row = |role: &Role| {
                let mark = if role.name.as_str() == current { "answers .ask" } else { "" };
                let models = match (role.models.as_slice(), role.requires.as_slice(), role.strategy) {
                    ([], [], None) => "the default model".to_owned(),
                    ([], [], Some(strategy)) => format!("one by {}", strategy.name()),
                    ([], requires, _) => format!("one with {}", requires.join(" and ")),
                    (models, ..) => models.join(", "),
                };
                [role.name.to_string(), models, mark.to_owned()]
            };
            let rows = roles::all(settings);
            shell.screen.out(&render(["role", "models", ""], rows.iter().map(row), shell.screen.width()));
            return Ok(Next::Stay);
        }
        let role = roles::find(settings, argument)?;
        shell.screen.out(&format!("{} answers .ask from now on", role.name));
        shell.role = Some(role.name.to_string());
        shell.note_command(&format!("role {argument}"), None);
        Ok(Next::Stay)
    }
    .boxed()
}

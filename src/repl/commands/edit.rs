//! `.edit`: the last input in an editor of one's own; what is saved there comes back to the prompt.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::repl::commands::command::{Command, Next};
use crate::repl::editor::echo::Shown;
use crate::repl::editor::lent::Lent;
use crate::repl::shell::Shell;
use crate::tools::trusted;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::io::Write;

/// `.edit`.
pub const COMMAND: Command =
    Command { name: "edit", usage: "edit", summary: "Opens the last input in $VISUAL or $EDITOR.", run };

fn run<'a>(shell: &'a mut Shell, _: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        if !shell.interactive {
            return Err(Failure::new(FailureKind::Invalid, "there is no terminal to edit on"));
        }
        let environment = &shell.kit.settings.environment;
        let editor = environment.get("VISUAL").or_else(|| environment.get("EDITOR")).unwrap_or("vi");
        let last = shell.typed.last().map_or("", String::as_str);
        Ok(Next::Edit(edited(editor, last).await?))
    }
    .boxed()
}

/// What a person makes of `text` in `editor`, which may be a name with arguments (`code --wait`).
async fn edited(editor: &str, text: &str) -> Outcome<String> {
    let io = |error: std::io::Error| Failure::new(FailureKind::Io, format!("the input cannot be edited: {error}"));
    let mut file = tempfile::Builder::new().prefix("rhizo-").suffix(".rhai").tempfile().map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(io)?;
    let mut words = editor.split_whitespace().map(str::to_owned);
    let program = words.next().unwrap_or_default();
    let mut arguments: Vec<String> = words.collect();
    arguments.push(file.path().display().to_string());
    let shown = Shown::begin();
    let lent = Lent::begin();
    let done = trusted::attended(&program, &arguments).await;
    drop(lent);
    drop(shown);
    done?;
    // The editor may have replaced the file, so it is read by its name.
    Ok(std::fs::read_to_string(file.path()).map_err(io)?.trim_end().to_owned())
}

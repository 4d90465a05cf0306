//! The REPL without a person: lines of standard input, evaluated as soon as they are complete.

use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::repl::commands::command::Next;
use crate::repl::editor::validator;
use crate::repl::shell::Shell;
use std::io::BufRead;
use tokio::sync::mpsc::{Receiver, channel};

/// Evaluates standard input to its end. The exit code is that of the last failure.
pub async fn run(mut shell: Shell) -> Outcome<Exit> {
    let mut lines = lines()?;
    let mut pending = String::new();
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            () = shell.interrupts.next() => {
                shell.fail(Failure::cancelled());
                break;
            }
        };
        let over = line.is_none();
        pending.push_str(&line.unwrap_or_default());
        let complete = over || validator::is_complete(&mut *shell.session().await, &pending);
        if !complete {
            continue;
        }
        let next = shell.handle(pending.trim_end()).await;
        pending.clear();
        let cancelled = shell.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Cancelled);
        if over || cancelled || next == Next::Leave {
            break;
        }
    }
    shell.close().await
}

/// The lines of standard input, with their ends. They are read on a thread of their own, so that Ctrl-C is heard
/// while nothing comes.
fn lines() -> Outcome<Receiver<String>> {
    let (send, receive) = channel(64);
    let read = move || {
        let mut input = std::io::stdin().lock();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            if send.blocking_send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
            line.clear();
        }
    };
    let thread = std::thread::Builder::new().name("stdin".to_owned()).spawn(read);
    thread.map_err(|error| Failure::new(FailureKind::Limit, format!("no thread to read standard input: {error}")))?;
    Ok(receive)
}

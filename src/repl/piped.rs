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
            line = lines.recv() => line.transpose(),
            () = shell.interrupts.next() => Err(Failure::cancelled()),
        };
        let goes_on = match line {
            Ok(line) => goes_on(&mut shell, &mut pending, line).await,
            Err(failure) => {
                shell.fail(failure);
                false
            }
        };
        if !goes_on {
            break;
        }
    }
    shell.close().await
}

/// Adds a line, or the end, to what is pending, and evaluates that once it is complete; answers whether there is a next one.
async fn goes_on(shell: &mut Shell, pending: &mut String, line: Option<String>) -> bool {
    let over = line.is_none();
    pending.push_str(&line.unwrap_or_default());
    if !over && !validator::is_complete(&mut *shell.session().await, pending) {
        return true;
    }
    let next = shell.handle(pending.trim_end()).await;
    pending.clear();
    let cancelled = shell.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Cancelled);
    !(over || cancelled || next == Next::Leave)
}

/// The lines of standard input, with their ends, up to one that cannot be read. They are read on a thread of their own, so
/// that Ctrl-C is heard while nothing comes.
fn lines() -> Outcome<Receiver<Outcome<String>>> {
    let (send, receive) = channel(64);
    let read = move || {
        let mut input = std::io::stdin().lock();
        for number in 1_u64.. {
            let Some(line) = next(&mut input, number).transpose() else { break };
            let is_last = line.is_err();
            if send.blocking_send(line).is_err() || is_last {
                break;
            }
        }
    };
    let thread = std::thread::Builder::new().name("stdin".to_owned()).spawn(read);
    thread.map_err(|error| Failure::new(FailureKind::Limit, format!("no thread to read standard input: {error}")))?;
    Ok(receive)
}

/// The next line; `None` at the end. Fails with `Io` for what cannot be read, and for what is no text.
fn next(input: &mut impl BufRead, number: u64) -> Outcome<Option<String>> {
    let mut line = Vec::new();
    let read = input.read_until(b'\n', &mut line);
    read.map_err(|error| Failure::new(FailureKind::Io, format!("cannot read standard input: {error}")))?;
    let text = String::from_utf8(line).map_err(|_| {
        Failure::new(FailureKind::Io, format!("line {number} of standard input is no text in UTF-8"))
            .hint("save it in that encoding; nothing from there on was evaluated")
    })?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

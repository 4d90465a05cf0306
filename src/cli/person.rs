//! The person at the terminal, as tools and scripts ask them.

use crate::cli::printer;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::tools::person::{Nobody, Person, Question};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::io::{BufRead, Write};
use std::sync::Arc;

/// Asks on the terminal itself, so that pipes on standard input and output do not matter.
pub struct Terminal;

/// The person, if standard error is a terminal; else nobody.
pub fn present() -> Arc<dyn Person> {
    if printer::has_terminal() { Arc::new(Terminal) } else { Arc::new(Nobody) }
}

impl Person for Terminal {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Outcome<String>> {
        let text = shown(question);
        async move {
            let asked = tokio::task::spawn_blocking(move || on_terminal(&text));
            asked.await.map_err(|e| Failure::new(FailureKind::Internal, format!("asking broke: {e}")))?
        }
        .boxed()
    }
}

fn shown(question: &Question) -> String {
    if question.choices.is_empty() {
        format!("{} ", question.prompt)
    } else {
        format!("{} [{}] ", question.prompt, question.choices.join("/"))
    }
}

fn on_terminal(text: &str) -> Outcome<String> {
    let gone = |e: std::io::Error| {
        Failure::new(FailureKind::Waiting, format!("the terminal cannot be asked: {e}"))
            .hint("run it in a terminal, or allow tools with --approve auto")
    };
    let mut terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(gone)?;
    terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush()).map_err(gone)?;
    let mut line = String::new();
    let read = std::io::BufReader::new(terminal).read_line(&mut line).map_err(gone)?;
    if read == 0 {
        return Err(Failure::new(FailureKind::Waiting, "the question was not answered"));
    }
    Ok(line.trim().to_owned())
}

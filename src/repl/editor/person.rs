//! The person at the prompt, as tools and scripts ask them. The answer is read from the terminal itself, and a
//! question that is given up leaves nobody behind who would read the next line that is typed.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::visible;
use crate::repl::editor::answer::{Answer, LINE, is_enter};
use crate::repl::editor::asked::asked;
use crate::repl::editor::echo::{self, BURST, Marks, Shown};
use crate::tools::person::{Nobody, Person, Question};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::Interest;
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Mutex;

/// How long after what was read before a line has to come to be a person's own Enter: nothing that is pasted takes so long.
const PAUSE: Duration = Duration::from_millis(300);

/// Whether somebody is there who can be asked: the terminal has standard error, or both others, as with `2> log`. What has
/// its input alone from there may run in the background.
pub fn is_there() -> bool {
    std::io::stderr().is_terminal() || (std::io::stdin().is_terminal() && std::io::stdout().is_terminal())
}

/// Whatever else writes to the terminal on which somebody is asked.
pub trait Front: Send + Sync {
    /// Says that a question is open, before it is written, or not any more. Meanwhile all else waits.
    fn set_asking(&self, asking: bool);

    /// Whether the terminal can mark what is pasted.
    fn can_mark(&self) -> bool;
}

/// Asks on the terminal, below what stands there. One question at a time: an answer belongs to what is shown.
struct AtPrompt {
    front: Arc<dyn Front>,
    turn: Mutex<()>,
}

impl AtPrompt {
    /// The person before this front.
    fn new(front: Arc<dyn Front>) -> Self {
        Self { front, turn: Mutex::new(()) }
    }
}

/// The person, if one is there; else nobody. What this front prints waits for the answer.
pub fn present<F: Front + 'static>(front: &Arc<F>) -> Arc<dyn Person> {
    if is_there() { Arc::new(AtPrompt::new(Arc::clone(front) as Arc<dyn Front>)) } else { Arc::new(Nobody) }
}

impl Person for AtPrompt {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Outcome<String>> {
        async move {
            let turn = self.turn.lock().await;
            let asking = Asking::begin(self.front.as_ref());
            let answer = answer(question, self.front.can_mark()).await;
            drop(asking);
            drop(turn);
            answer
        }
        .boxed()
    }
}

/// Keeps all else from the terminal until the question is answered or given up.
struct Asking<'a>(&'a dyn Front);

impl<'a> Asking<'a> {
    fn begin(front: &'a dyn Front) -> Self {
        front.set_asking(true);
        Self(front)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.set_asking(false);
    }
}

async fn answer(question: &Question, can_mark: bool) -> Outcome<String> {
    let terminal = open().map_err(gone)?;
    let is_leave = question.leave.is_some();
    let is_ahead = !is_leave && echo::is_ahead();
    if is_leave || (echo::is_unseen() && !is_ahead) {
        forget_typed(terminal.get_ref()).await.map_err(gone)?;
    }
    let keys = Shown::begin();
    let shown = asked(question);
    let mut resumed = signal(SignalKind::from_raw(libc::SIGCONT)).map_err(gone)?;
    let marks = can_mark.then(|| Marks::begin(terminal.get_ref()));
    write(&terminal, &shown).await.map_err(gone)?;
    let mut row = Row { terminal: terminal.get_ref(), ended: false };
    let (answer, again) = whole(&terminal, &shown, marks.as_ref(), &mut resumed).await?;
    row.ended = true;
    if is_ahead && !again {
        // It was shown above the question, where it was typed.
        write(&terminal, &format!("{}\n", visible(&answer))).await.map_err(gone)?;
    }
    drop(row);
    drop(marks);
    // What comes with an answer is told from what is typed later by having arrived before this ends.
    tokio::time::sleep(BURST).await;
    drop(keys);
    Ok(answer)
}

/// The answer, and whether one before it was refused, as a part of it was lost, and the question put again.
async fn whole(
    terminal: &AsyncFd<File>,
    shown: &str,
    marks: Option<&Marks<'_>>,
    resumed: &mut Signal,
) -> Outcome<(String, bool)> {
    let mut again = false;
    loop {
        let answer = typed(terminal, shown, marks, resumed).await?;
        let Some(fault) = answer.fault() else { return Ok((answer.text(), again)) };
        // What came with it answers nothing either.
        forget_typed(terminal.get_ref()).await.map_err(gone)?;
        // What was shown of it may have stopped amid a row.
        write(terminal, &format!("\n{fault}\n{shown}")).await.map_err(gone)?;
        again = true;
    }
}

/// The row in which an answer is typed. That of a question that is given up ends too: what comes next has its own.
struct Row<'a> {
    terminal: &'a File,
    ended: bool,
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        if !self.ended {
            let mut terminal = self.terminal;
            // A terminal that is gone shows nothing any more.
            drop(terminal.write_all(b"\n"));
        }
    }
}

/// The next line that is typed; whatever is pasted in it belongs to it, with all its lines.
async fn typed(
    terminal: &AsyncFd<File>,
    shown: &str,
    marks: Option<&Marks<'_>>,
    resumed: &mut Signal,
) -> Outcome<Answer> {
    let (mut answer, mut ended) = (Answer::default(), false);
    while !ended {
        let mut piece = [0_u8; LINE];
        let waits = Instant::now();
        let Some(mut ready) = keys(terminal, resumed).await? else {
            answer = Answer::default();
            anew(terminal, shown, marks).await?;
            continue;
        };
        match ready.try_io(|terminal| terminal.get_ref().read(&mut piece)) {
            Ok(Ok(0)) => return Err(Failure::new(FailureKind::Waiting, "the question was not answered")),
            Ok(Ok(read)) => {
                let is_late = answer.has_begun() && waits.elapsed() >= PAUSE;
                ended = answer.take(&piece[..read])
                    || (is_late && is_enter(&piece[..read]) && is_last(terminal.get_ref()).await);
            }
            Ok(Err(error)) => return Err(gone(error)),
            // The terminal was not ready after all.
            Err(_) => {}
        }
    }
    Ok(answer)
}

/// Puts the question again: what was typed is lost, and the shell has had the terminal.
async fn anew(terminal: &AsyncFd<File>, shown: &str, marks: Option<&Marks<'_>>) -> Outcome<()> {
    if let Some(marks) = marks {
        marks.again();
    }
    write(terminal, shown).await.map_err(gone)
}

/// Whether no further line comes in the same burst.
async fn is_last(terminal: &File) -> bool {
    tokio::time::sleep(BURST).await;
    echo::waiting(terminal.as_raw_fd()) == 0
}

/// Waits for keys; `None` where the program was stopped meanwhile (Ctrl-Z) and goes on.
async fn keys<'a>(terminal: &'a AsyncFd<File>, resumed: &mut Signal) -> Outcome<Option<AsyncFdReadyGuard<'a, File>>> {
    tokio::select! {
        ready = terminal.readable() => ready.map(Some).map_err(gone),
        _ = resumed.recv() => Ok(None),
    }
}

/// A terminal takes a long text in parts.
async fn write(terminal: &AsyncFd<File>, text: &str) -> std::io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let written = terminal.async_io(Interest::WRITABLE, |mut file| file.write(rest)).await?;
        rest = &rest[written..];
    }
    Ok(())
}

/// The terminal, opened anew so that not waiting for it concerns nobody else.
#[allow(unsafe_code)]
fn open() -> std::io::Result<AsyncFd<File>> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open("/dev/tty")?;
    // SAFETY: the file owns its descriptor, is moved into the `AsyncFd` and is nowhere replaced or closed.
    let registered = unsafe { AsyncFd::register_with_interest(file, Interest::READABLE | Interest::WRITABLE) };
    Ok(registered?)
}

/// Drops what was typed before a question was there to be read, if leave is asked for or it was unseen: it answers something else.
/// Further lines that were typed in sight at the last question are kept: a person may answer several at once.
async fn forget_typed(terminal: &File) -> std::io::Result<()> {
    loop {
        // A terminal keeps few lines: the rest of a burst comes once there is room.
        let is_last = is_last(terminal).await;
        flush(terminal)?;
        if is_last {
            return Ok(());
        }
    }
}

#[allow(unsafe_code)]
fn flush(terminal: &File) -> std::io::Result<()> {
    // SAFETY: the descriptor stays open while the file is borrowed, and the call touches no memory.
    let dropped = unsafe { libc::tcflush(terminal.as_raw_fd(), libc::TCIFLUSH) };
    if dropped == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

fn gone(error: std::io::Error) -> Failure {
    Failure::new(FailureKind::Waiting, format!("the terminal cannot be asked: {error}"))
        .hint("run it in a terminal, or allow tools with --approve auto")
}

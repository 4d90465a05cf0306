//! Starts a program in its cage, on a thread of its own: the program is killed when the thread that started it ends, so
//! the thread stays until the program has ended.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::tools::process::cage::{self, Cage};
use crate::tools::process::family::{self, Family};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::SystemTime;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// The variable by which the descendants of a program are found.
pub const MARK: &str = "RHIZO_COMMAND_MARK";

/// A program to start.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name or path, and its arguments.
    pub words: Vec<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// All that it sees of the environment.
    pub environment: Vec<(String, String)>,
    /// What it may do.
    pub cage: Cage,
}

/// A running program. Dropping it kills the program with its descendants.
#[derive(Debug)]
pub struct Running {
    /// The process, with pipes for its three streams.
    pub child: Child,
    /// Whether the kernel confines what it writes.
    pub is_confined: bool,
    /// Tells when the program itself has ended, though descendants of it may go on; `child` ends with the last of them.
    pub program_ended: ProgramEnded,
    family: Family,
    /// Set once the family has been killed: later its numbers may belong to others.
    is_over: bool,
    /// Ends the thread that started it.
    _thread: mpsc::Sender<()>,
}

/// The end of a program that others of its family outlive.
#[derive(Debug)]
pub struct ProgramEnded(oneshot::Receiver<()>);

impl ProgramEnded {
    /// Waits for it; for ever if nobody outlives the program, or if there is no supervisor to tell.
    pub async fn wait(&mut self) {
        if (&mut self.0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Running {
    /// Takes note that `child` ended with this status. A supervisor that ended by itself has no descendants left.
    pub fn note_end(&mut self, status: ExitStatus) {
        self.is_over |= cfg!(target_os = "linux") && status.code().is_some();
    }

    /// Kills the program with its descendants.
    pub fn end(&mut self) {
        if !self.is_over {
            self.family.end();
            self.is_over = true;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts a program; fails with `NotFound` if there is none of that name, with `Denied` or `Tool` if it cannot start.
pub async fn launch(program: Program) -> Outcome<Running> {
    let (name, arguments) = program.words.split_first().ok_or_else(|| {
        Failure::new(FailureKind::Invalid, "the command is empty").hint("for example [\"ls\", \"-l\"]")
    })?;
    let mark = fresh_mark();
    let mut command = Command::new(name);
    command.args(arguments).current_dir(&program.folder);
    command.env_clear().envs(program.environment.iter().map(|(name, value)| (name, value))).env(MARK, &mark);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let (mut report, reporter) = io::pipe().map_err(|error| cannot_start(name, &program, &error))?;
    let is_confined = cage::limit(command.as_std_mut(), &program.cage, family::task_count(), reporter.as_raw_fd());
    let (tell_end, program_ended) = oneshot::channel();
    let mut tell_end = Some(tell_end);
    let (tell, told) = oneshot::channel();
    let (thread, ended) = mpsc::channel::<()>();
    let runtime = tokio::runtime::Handle::current();
    let started = std::thread::Builder::new().name("command".to_owned()).spawn(move || {
        let _runtime = runtime.enter();
        let running = command.spawn().map(|child| {
            let leader = child.id().and_then(|id| libc::pid_t::try_from(id).ok()).unwrap_or(0);
            let (family, program_ended) = (Family::new(leader, mark), ProgramEnded(program_ended));
            Running { child, is_confined, program_ended, family, is_over: false, _thread: thread }
        });
        drop(reporter);
        // If nobody waits for the program any more, it is dropped here, and killed by that.
        drop(tell.send(running));
        if report.read(&mut [0]).is_ok_and(|count| count > 0) {
            // If nobody listens, the end came of itself.
            tell_end.take().map(|tell| tell.send(()));
        }
        // The channel never carries anything: this waits until its other end, which the program has, is dropped.
        ended.recv().unwrap_or_default();
    });
    started.map_err(|error| Failure::new(FailureKind::Io, format!("no thread to start a program: {error}")))?;
    let running =
        told.await.map_err(|_| Failure::new(FailureKind::Internal, "the thread that starts programs broke"))?;
    running.map_err(|error| cannot_start(name, &program, &error))
}

fn fresh_mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let moment = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
    format!("{}-{}-{moment}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn cannot_start(name: &str, program: &Program, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound if program.folder.is_dir() => {
            Failure::new(FailureKind::NotFound, format!("there is no program `{name}`"))
                .hint("give the program and each argument as an item of its own, or one text for the shell")
        }
        io::ErrorKind::PermissionDenied => {
            Failure::new(FailureKind::Denied, format!("`{name}` may not be run: {error}")).hint("is it executable?")
        }
        _ => Failure::new(FailureKind::Tool, format!("`{name}` cannot be started: {error}")),
    }
}

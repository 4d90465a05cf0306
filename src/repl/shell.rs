//! What a REPL holds while it lives: one run, its session, the screen, and what the person has typed.

use crate::app::build::App;
use crate::app::inputs;
use crate::app::launch::Launch;
use crate::app::run::{self, Run, Start};
use crate::budget::footer::{footer, since};
use crate::budget::report::Totals;
use crate::context::library::Library;
use crate::context::skipped;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::kit::Kit;
use crate::host::run_host::{OnPrint, RunHost, RunSetup};
use crate::repl::editor::screen::Screen;
use crate::repl::follower::Follower;
use crate::repl::interrupts::Interrupts;
use crate::repl::sources::Sources;
use crate::repl::words::words;
use crate::script::session::{Session, SessionSetup};
use crate::turn::root::RootEnd;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

/// How a REPL is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files, folders and globs of the context; `-` for standard input.
    pub context: Vec<String>,
    /// Whether values are shown as JSON.
    pub json: bool,
    /// Whether progress, footers and the banner are left out.
    pub quiet: bool,
    /// The flags, as a run's row keeps them.
    pub flags: Value,
}

/// A REPL.
pub struct Shell {
    /// What all runs share.
    pub kit: Arc<Kit>,
    /// The run that the whole session is.
    pub run: Run,
    /// The interpreter; the editor looks into it while a line is typed.
    pub session: Arc<Mutex<Session>>,
    /// Where everything is shown.
    pub screen: Arc<Screen>,
    /// The role of `.ask`.
    pub role: Option<String>,
    /// The sources of the functions that were typed.
    pub sources: Sources,
    /// The code that was typed, oldest first.
    pub typed: Vec<String>,
    /// Whether a person types.
    pub interactive: bool,
    /// Whether values are shown as JSON.
    pub json: bool,
    /// The number of the last value.
    pub last: Option<usize>,
    /// The last failure, which decides the exit code where nobody watches.
    pub failure: Option<Failure>,
    pub(super) evaluations: u32,
    pub(super) follower: Follower,
    pub(super) interrupts: Interrupts,
    sessions: u32,
    /// What the last footer counted.
    footed: Totals,
}

/// The surroundings of a shell.
pub(super) struct Place<'a> {
    pub(super) options: &'a Options,
    pub(super) screen: Arc<Screen>,
    pub(super) interactive: bool,
    pub(super) follower: Follower,
    pub(super) interrupts: Interrupts,
}

impl Shell {
    /// Begins the run of a REPL.
    pub async fn open(app: &App, options: &Options, screen: Arc<Screen>, interactive: bool) -> Outcome<Self> {
        let kit = Arc::clone(&app.kit);
        let mut interrupts = Interrupts::new()?;
        let library = interrupts.unless(inputs::open(&kit.settings, &options.context, None)).await?;
        tell_skipped(&screen, &library);
        let follower = Follower::start(kit.store.subscribe(), Arc::clone(&screen));
        let task = if options.context.is_empty() {
            "session".to_owned()
        } else {
            format!("session over {}", options.context.join(" "))
        };
        let launch = Launch { context: options.context.clone(), flags: options.flags.clone(), ..Launch::default() };
        let on_print = Some(on_print(&screen, options.json, &Arc::default()));
        let start = Start { kind: "repl", task: &task, launch: Some(launch), on_print, ..Start::default() };
        let run = run::begin(&kit, start, library);
        Ok(Self::over(kit, run, Place { options, screen, interactive, follower, interrupts }))
    }

    /// A REPL over a run that has begun.
    pub(super) fn over(kit: Arc<Kit>, run: Run, place: Place<'_>) -> Self {
        let Place { options, screen, interactive, follower, interrupts } = place;
        let session = session(&run.host, 1);
        Self {
            role: kit.settings.role.clone(),
            kit,
            run,
            session: Arc::new(Mutex::new(session)),
            screen,
            sources: Sources::default(),
            typed: Vec::new(),
            interactive,
            json: options.json,
            last: None,
            failure: None,
            evaluations: 0,
            follower,
            interrupts,
            sessions: 1,
            footed: Totals::default(),
        }
    }

    /// The interpreter, which nobody else uses between two evaluations.
    pub async fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().await
    }

    /// Replaces the interpreter by a fresh one: no variables, no functions, no results.
    pub async fn reset(&mut self) {
        self.sessions += 1;
        // Effects are logged under the session's frame, so every session of the run needs one of its own.
        *self.session.lock().await = session(&self.run.host, self.sessions);
        self.sources = Sources::default();
        self.last = None;
    }

    /// Opens another context for the same run. Answers the names of the variables that could not be carried over, and why
    /// the functions could not if they could not.
    pub async fn open_context(&mut self, paths: &[String]) -> Outcome<(Vec<String>, Option<Failure>)> {
        self.interrupts.forget();
        let library = self.interrupts.unless(inputs::open(&self.kit.settings, paths, None)).await?;
        tell_skipped(&self.screen, &library);
        let (kept, lost) = self.session().await.snapshot(|_| true);
        let sources = self.sources.clone();
        let view = library.view();
        let setup = RunSetup { library: Arc::new(library), view, ..self.run.host.setup.clone() };
        let host = RunHost::new(Arc::clone(&self.kit), setup);
        self.run = Run::new(host, self.run.task.clone(), self.run.cancel.clone());
        self.reset().await;
        let mut session = self.session.lock().await;
        session.restore(&kept);
        let functions = session.evaluate(&sources.all(), CancellationToken::new()).await;
        drop(session);
        self.sources = sources;
        Ok((lost, functions.failure.map(uncarried)))
    }

    /// The names of the open documents.
    pub fn documents(&self) -> Vec<String> {
        self.run.host.view.documents().iter().map(|document| document.name().to_owned()).collect()
    }

    /// A path as typed, from the folder of the start; `~/` is the home folder.
    pub fn path(&self, typed: &str) -> PathBuf {
        let environment = &self.kit.settings.environment;
        match (typed.strip_prefix("~/"), environment.get("HOME")) {
            (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
            _ => environment.folder.join(typed),
        }
    }

    /// The paths behind a command: the whole argument if something of this name is there, else its words.
    pub fn paths(&self, argument: &str) -> Vec<String> {
        // An empty word stays empty, and is refused: joined it would be the whole folder.
        let whole = |typed: &str| self.path(typed).display().to_string();
        let shown = |typed: &str| if typed.is_empty() { String::new() } else { whole(typed) };
        if self.path(argument).exists() {
            return vec![shown(argument)];
        }
        words(argument).into_iter().map(|word| shown(word.text)).collect()
    }

    /// Shows a person what a line and the session have cost, if models were used since there were `before` calls.
    pub fn footer(&mut self, before: u64) {
        let totals = self.run.host.scope.report().totals;
        let footed = std::mem::replace(&mut self.footed, totals);
        if self.interactive && totals.calls > before {
            // Of calls that no footer counted nobody knows what they cost.
            let is_known = footed.calls == before;
            self.screen.dim(&if is_known { since(&totals, &footed) } else { footer(&totals) });
        }
    }

    /// Waits for `work`; Ctrl-C and the time limit cancel `cancel`, and `work` then ends by itself.
    ///
    /// Answers the failure that stands for the time limit, if that was it.
    pub async fn attend<T>(
        &mut self,
        cancel: &CancellationToken,
        work: impl Future<Output = T>,
    ) -> (T, Option<Failure>) {
        self.interrupts.forget();
        self.kit.by_person.store(false, Ordering::Relaxed);
        let limit = self.run.host.scope.limits().timeout_millis;
        let mut work = std::pin::pin!(work);
        tokio::select! {
            done = &mut work => return (done, None),
            () = self.interrupts.next() => {}
            () = expiry(limit) => {
                cancel.cancel();
                let seconds = Duration::from_millis(limit.unwrap_or_default()).as_secs_f64();
                let failure = Failure::new(FailureKind::Deadline, format!("it took longer than {seconds} s"));
                return (work.await, Some(failure.hint("raise --timeout")));
            }
        }
        self.kit.by_person.store(true, Ordering::Relaxed);
        cancel.cancel();
        (work.await, None)
    }

    /// Ends the run and tells what the session has cost.
    pub async fn close(self) -> Outcome<Exit> {
        let failure = self.failure.filter(|_| !self.interactive);
        let end = match failure.clone() {
            Some(failure) => RootEnd::failed(failure, 0),
            None => RootEnd::completed(Value::Null, 0).lacking(self.run.host.lacks() > 0),
        };
        self.run.close(&end).await?;
        if self.interactive || self.run.host.scope.report().totals.calls > 0 {
            let footer = format!("{} · run {}", self.run.host.footer(), self.run.host.run);
            self.screen.dim(&footer);
        }
        let exit = failure.map_or(Exit::Ok, |failure| failure.kind.exit());
        let Some(why) = self.screen.lost().filter(|_| exit == Exit::Ok) else { return Ok(exit) };
        let failure = Failure::new(FailureKind::Io, format!("the output could not be written: {why}"));
        Err(failure.hint(format!("`rhizo resume {}` goes on with what it has", self.run.host.run)))
    }
}

/// Says of which program a failure tells that nobody typed.
fn uncarried(failure: Failure) -> Failure {
    let message = format!("the functions of the session are not carried over: {}", failure.message);
    Failure { message, ..failure }.hint("type them again, or .save the session and .load it in parts")
}

/// The interpreter number `number` of a run.
fn session(host: &Arc<RunHost>, number: u32) -> Session {
    Session::new(SessionSetup {
        host: Arc::clone(host) as Arc<dyn crate::script::host::Host>,
        runtime: tokio::runtime::Handle::current(),
        frame: Frame::root().child(format_args!("s{number}")),
        view: host.view.clone(),
        folder: Some(host.kit.settings.environment.folder.clone()),
        compute: Duration::from_millis(host.scope.limits().compute_millis),
        args: None,
    })
}

/// Shows printed lines on standard output; with `--json` values alone stand there.
pub(super) fn on_print(screen: &Arc<Screen>, json: bool, muted: &Arc<AtomicBool>) -> OnPrint {
    let (screen, muted) = (Arc::clone(screen), Arc::clone(muted));
    Arc::new(move |text| match (muted.load(Ordering::Relaxed), json) {
        (true, _) => {}
        (false, true) => screen.err(text),
        (false, false) => screen.out(text),
    })
}

/// Tells which files of folders were left out.
pub(super) fn tell_skipped(screen: &Screen, library: &Library) {
    skipped::lines(library.skipped()).iter().for_each(|line| screen.err(line));
}

async fn expiry(limit: Option<u64>) {
    match limit {
        Some(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
        None => std::future::pending().await,
    }
}

//! A session that goes on: what was typed is evaluated again with the answers of its log, silently and without asking
//! anybody; what was under way is then finished.

use crate::app::build::App;
use crate::app::launch::Launch;
use crate::app::run::Parts;
use crate::app::{inputs, resume};
use crate::core::event::{Event, EventRecord};
use crate::core::failure::{FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::stopped::Stopped;
use crate::core::text::one_line;
use crate::host::carried;
use crate::repl::editor::screen::Screen;
use crate::repl::follower::Follower;
use crate::repl::interrupts::Interrupts;
use crate::repl::shell::{Options, Place, Shell, on_print, tell_skipped};
use crate::repl::sources::functions;
use crate::script::evaluate::Evaluation;
use crate::store::runs::RunRow;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

/// A REPL that goes on.
pub struct Again {
    /// Its run.
    pub row: RunRow,
    /// How it was started.
    pub launch: Launch,
    /// Whether it is taken over from a process that may live.
    pub force: bool,
    /// Whether values are shown as JSON.
    pub json: bool,
    /// Whether progress, footers and the banner are left out.
    pub quiet: bool,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Inputs that were evaluated again.
    pub inputs: u32,
    /// The input that had not ended.
    pub unfinished: Option<String>,
    /// Variables of inputs that were stopped which have no form as data, and which no other input has set.
    pub lost: Vec<String>,
    /// Likewise those that have what they had held before.
    pub older: Vec<String>,
}

/// A step of a session, in the order of its log.
enum Step {
    Code { typed: String, stopped: Option<Stopped> },
    Command { line: String, values: Option<Map<String, Value>> },
}

impl Shell {
    /// Goes on with the run of a REPL that has ended. The person sees it as it was, and nothing is asked again.
    pub async fn reopen(app: &App, again: &Again, screen: Arc<Screen>, interactive: bool) -> Outcome<Self> {
        let kit = Arc::clone(&app.kit);
        let mut interrupts = Interrupts::new()?;
        let library = interrupts.unless(inputs::open(&kit.settings, &again.launch.context, None)).await?;
        tell_skipped(&screen, &library);
        let follower = Follower::start(kit.store.subscribe(), Arc::clone(&screen));
        let muted: Arc<AtomicBool> = Arc::new(AtomicBool::new(true));
        let options = Options { json: again.json, quiet: again.quiet, ..Options::default() };
        let on_print = Some(on_print(&screen, options.json, &muted));
        let run = resume::again(&kit, &again.row, library, Parts { on_print, ..Parts::default() }, again.force).await?;
        let replay = run.host.replay.clone();
        let place = Place { options: &options, screen, interactive, follower, interrupts };
        let mut shell = Self::over(kit, run, place);
        replay.iter().for_each(|replay| replay.seal());
        let restored = shell.restore().await;
        shell.run.host.unseal();
        muted.store(false, Ordering::Relaxed);
        shell.go_on(restored?).await;
        Ok(shell)
    }

    /// Makes the session what it was before its process ended. Its host must have been sealed.
    pub async fn restore(&mut self) -> Outcome<Restored> {
        let records = self.kit.store.events(&self.run.host.run, 0)?;
        let (steps, unfinished) = steps(records);
        let mut restored = Restored { unfinished, ..Restored::default() };
        // What cannot be given back, with what is there in its place.
        let mut lost: BTreeMap<String, Option<u64>> = BTreeMap::new();
        for step in steps {
            restored.inputs += u32::from(matches!(step, Step::Code { .. }));
            self.step_again(step, &mut lost).await?;
        }
        let now = self.session().await.marks();
        for (name, held) in lost.into_iter().filter(|(name, held)| now.get(name) == *held) {
            if held.is_some() { restored.older.push(name) } else { restored.lost.push(name) }
        }
        Ok(restored)
    }

    async fn step_again(&mut self, step: Step, lost: &mut BTreeMap<String, Option<u64>>) -> Outcome<()> {
        match step {
            Step::Code { typed, stopped } => {
                self.evaluations += 1;
                let source = self.source(&typed);
                let parsed = match stopped {
                    Some(stopped) => {
                        lost.extend(self.set_again(&source, stopped).await);
                        true
                    }
                    None => self.evaluate_again(&typed, &source).await,
                };
                self.keep(&typed, parsed.then_some(source.as_str()));
            }
            Step::Command { line, values } => {
                self.command_again(&line, values).await?;
                if line == "reset" {
                    lost.clear();
                }
            }
        }
        Ok(())
    }

    /// Takes over what an input left that was stopped; answers the names of what it cannot give back, with what is there instead.
    async fn set_again(&self, source: &str, stopped: Stopped) -> Vec<(String, Option<u64>)> {
        let Stopped { set, lost, printed } = stopped;
        let sources: Vec<String> = functions(source).into_iter().map(|function| function.source).collect();
        let mut session = self.session().await;
        // An evaluation it has to be, because effects of later inputs are logged under its number. Its functions were
        // there before it was stopped, so they cannot fail now.
        drop(session.evaluate(&sources.join("\n"), CancellationToken::new()).await);
        carried::passed_by(&self.run.host, &session.place());
        session.restore(&set);
        if let Some(printed) = printed {
            session.keep(&Value::String(printed));
        }
        let now = session.marks();
        let with_what_is_there = |name: String| {
            let held = now.get(&name);
            (name, held)
        };
        lost.into_iter().map(with_what_is_there).collect()
    }

    /// Answers whether what was typed was parsed.
    async fn evaluate_again(&mut self, typed: &str, source: &str) -> bool {
        // A failure leaves what was assigned before it, now as then.
        let evaluation = self.run_again(source).await;
        self.passed(&evaluation).await;
        if evaluation.failure.is_some_and(|failure| failure.kind == FailureKind::Cancelled) {
            let input = one_line(typed, 120);
            self.screen.err(&format!("cancelled while it was brought back, what it had set is kept: {input}"));
        }
        self.last = evaluation.value_number.or(self.last);
        evaluation.parsed
    }

    /// Evaluates without a time limit, which held when it was typed; Ctrl-C ends it.
    async fn run_again(&mut self, source: &str) -> Evaluation {
        let (session, cancel) = (Arc::clone(&self.session), CancellationToken::new());
        let work = async {
            let mut session = session.lock().await;
            session.evaluate(source, cancel.clone()).await
        };
        let mut work = std::pin::pin!(work);
        tokio::select! {
            ended = &mut work => return ended,
            () = self.interrupts.next() => cancel.cancel(),
        }
        work.await
    }

    async fn command_again(&mut self, line: &str, values: Option<Map<String, Value>>) -> Outcome<()> {
        if let Some(values) = values {
            self.session().await.restore(&values);
            if let Some(answer) = values.get("answer").filter(|_| line.starts_with("ask ")) {
                self.take_over(answer).await;
            }
            return Ok(());
        }
        let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
        match (name, argument.trim()) {
            ("reset", _) => self.reset().await,
            ("context", paths) if !paths.is_empty() => drop(self.open_context(&self.paths(paths)).await?),
            ("model", "default") => self.kit.models.switch_back(None),
            ("model", model) if !model.is_empty() => self.kit.models.switch_back(Some(model)),
            ("role", role) if !role.is_empty() => self.role = Some(role.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// Notes a command that changes the session, with the variables that it set, for a session that goes on.
    pub fn note_command(&self, line: &str, values: Option<&Map<String, Value>>) {
        let event = Event::Command { line: line.to_owned(), values: values.cloned().map(Value::Object) };
        self.run.host.emit(&Frame::root(), &event);
    }

    /// Says what came back, and finishes what had not ended.
    pub async fn go_on(&mut self, restored: Restored) {
        let Restored { inputs, unfinished, lost, older } = restored;
        self.screen.dim(&format!("run {} goes on: {inputs} inputs are back", self.run.host.run));
        if self.run.host.replay.as_ref().is_some_and(|replay| replay.misheard().is_some()) {
            self.screen
                .dim("not all that closures of on_event had heard last is: the session was stopped before it was kept");
        }
        if !lost.is_empty() {
            let names = one_line(&lost.join(", "), 200);
            self.screen.dim(&format!("lost, as the input that set them was stopped and they are no data: {names}"));
        }
        if !older.is_empty() {
            let names = one_line(&older.join(", "), 200);
            let why = "as the input that changed them was stopped and they, or what they hold, are no data";
            self.screen.dim(&format!("as they were before, {why}: {names}"));
        }
        if let Some(typed) = unfinished {
            self.screen.dim(&format!("finishing what was under way: {}", one_line(&typed, 120)));
            self.evaluate(&typed).await;
        }
    }
}

/// What was typed and had ended, and what had not. A session that has gone on before has its own starts only once: each
/// resume logs nothing of what it evaluates again.
fn steps(records: Vec<EventRecord>) -> (Vec<Step>, Option<String>) {
    let (mut steps, mut open) = (Vec::new(), None);
    for record in records {
        match record.event {
            // An input that was finished by a later resume begins twice and ends once.
            Event::CodeStarted { source, .. } => open = Some(source),
            Event::CodeFinished { stopped, .. } => {
                steps.extend(open.take().map(|typed| Step::Code { typed, stopped }));
            }
            Event::Command { line, values } => {
                let values = values.and_then(|values| if let Value::Object(map) = values { Some(map) } else { None });
                steps.push(Step::Command { line, values });
            }
            _ => {}
        }
    }
    (steps, open)
}

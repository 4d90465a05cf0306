//! One evaluation of typed code: run it, wait for its last events, show what it came to.

use crate::app::document;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::Frame;
use crate::core::stopped::Stopped;
use crate::core::text::{counted, head_tail, one_line};
use crate::host::carried::{self, Passed};
use crate::repl::follower::Mark;
use crate::repl::narrator::Detail;
use crate::repl::shell::Shell;
use crate::repl::underscore;
use crate::script::errors;
use crate::script::evaluate::report::render;
use crate::script::evaluate::{Evaluation, WRITTEN};
use crate::script::marks::Marks;
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// How much of a text is shown, in bytes.
const SHOWN: usize = 12_000;

impl Shell {
    /// Evaluates typed code and shows its value or failure.
    pub async fn evaluate(&mut self, typed: &str) {
        self.evaluations += 1;
        let turn = self.evaluations;
        let source = self.source(typed);
        let host = Arc::clone(&self.run.host);
        let before = host.scope.report().totals.calls;
        self.follower.tell(Detail::Steps);
        host.emit(&Frame::root(), &Event::CodeStarted { turn, source: typed.to_owned() });
        let held = self.session().await.marks();
        let begun = Instant::now();
        let mut evaluation = self.run_code(&source).await;
        evaluation.failure = evaluation.failure.map(|failure| self.as_typed(failure, typed));
        let passed = self.passed(&evaluation).await;
        evaluation.note = passed.beside(evaluation.note);
        if let Some(note) = &evaluation.note {
            host.emit(&Frame::root(), &Event::Note { text: note.clone() });
        }
        let event = Event::CodeFinished {
            turn,
            shown: one_line(&told(&evaluation), 400),
            ok: evaluation.failure.is_none(),
            millis: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            stopped: self.stopped(typed, &held, &evaluation).await,
        };
        host.emit(&Frame::root(), &event);
        self.follower.until(Mark::Evaluation(host.run.clone(), turn)).await;
        self.screen.clear();
        self.keep(typed, evaluation.parsed.then_some(source.as_str()));
        self.last = evaluation.value_number.or(self.last);
        self.show(evaluation, passed.kept);
        self.footer(before);
    }

    /// Takes note that an evaluation has ended, for what the next one asks.
    pub(super) async fn passed(&self, evaluation: &Evaluation) -> Passed {
        let place = self.session().await.place();
        carried::ended(&self.run.host, &place, evaluation.failure.as_ref())
    }

    /// What is evaluated of what was typed: `_` is the last value.
    pub(super) fn source(&self, typed: &str) -> String {
        underscore::rewrite(typed, &self.last_call())
    }

    fn last_call(&self) -> String {
        self.last.map_or_else(|| "out(-1)".to_owned(), |number| format!("out({number})"))
    }

    /// A failure with its place in what was typed.
    fn as_typed(&self, failure: Failure, typed: &str) -> Failure {
        let last = self.last_call();
        errors::relocated(failure, typed, |line, column| underscore::column(typed, &last, line, column))
    }

    async fn run_code(&mut self, source: &str) -> Evaluation {
        let session = Arc::clone(&self.session);
        let cancel = CancellationToken::new();
        let work = async {
            let mut session = session.lock().await;
            session.evaluate(source, cancel.clone()).await
        };
        let (mut evaluation, late) = self.attend(&cancel, work).await;
        if evaluation.failure.as_ref().is_some_and(|f| f.kind == FailureKind::Cancelled) {
            evaluation.failure = late.or(evaluation.failure);
        }
        evaluation
    }

    /// What an input leaves that Ctrl-C or a time limit has stopped.
    async fn stopped(&self, typed: &str, held: &Marks, evaluation: &Evaluation) -> Option<Stopped> {
        let kind = evaluation.failure.as_ref()?.kind;
        if !matches!(kind, FailureKind::Cancelled | FailureKind::Deadline) {
            return None;
        }
        let session = self.session().await;
        // What a closure has set the code that calls it need not name.
        let now = session.marks();
        let (set, lost) = session.snapshot(|name| now.may_differ(held, name, typed));
        let printed = evaluation.printed_number.map(|_| evaluation.printed.clone());
        Some(Stopped { set, lost, printed })
    }

    /// Remembers what was typed, and the program that was made of it if the session took its functions over.
    pub(super) fn keep(&mut self, typed: &str, program: Option<&str>) {
        self.typed.push(typed.to_owned());
        if let Some(program) = program {
            self.sources.keep(program);
        }
    }

    /// Makes a value from outside the last value of the session; answers its number.
    pub(super) async fn take_over(&mut self, value: &Value) -> usize {
        let number = self.session().await.keep(value);
        self.last = Some(number);
        number
    }

    fn show(&mut self, evaluation: Evaluation, kept: usize) {
        if let Some(value) = &evaluation.final_ {
            self.value("FINAL = ", &text(value), Some(value));
        } else if evaluation.value_number.is_some() {
            self.numbered(&evaluation);
        }
        let Some(failure) = evaluation.failure else { return };
        let cancelled = failure.kind == FailureKind::Cancelled && self.interactive;
        self.fail(failure);
        if !cancelled && !evaluation.new_variables.is_empty() {
            let names: Vec<&str> = evaluation.new_variables.iter().map(|v| v.name.as_str()).collect();
            self.screen.dim(&format!("kept from before the error: {}", one_line(&names.join(", "), 200)));
        }
        if kept > 0 {
            self.screen.dim(&format!("kept for the next input that asks the same: {}", counted(kept, "answer")));
        }
    }

    /// Tells a failure and remembers it for the exit code. A person who cancelled knows why; who reads values as JSON from
    /// a pipe finds it among them.
    pub fn fail(&mut self, mut failure: Failure) {
        // To answer it from elsewhere and to resume, the run would have to be over.
        if failure.kind == FailureKind::Waiting && self.interactive {
            failure = failure.hint("type the input again (Up, Enter) to be asked again; it is run from its beginning");
        }
        if failure.kind == FailureKind::Cancelled && self.interactive {
            // Of the calls of a batch it would be one of many.
            let heard = failure.details.get("raw").filter(|_| !failure.details.contains_key("item"));
            if let Some(heard) = heard.and_then(Value::as_str) {
                self.screen.dim(&format!("stopped after: {heard}"));
            }
            self.screen.err("cancelled; the session and its variables are kept");
        } else {
            self.screen.failure(&render(&failure));
        }
        if self.json && !self.interactive {
            self.screen.out(&document::of_failure(&failure).to_string());
        }
        self.failure = Some(failure);
    }

    fn numbered(&self, evaluation: &Evaluation) {
        let Some(number) = evaluation.value_number else { return };
        let recover = format!("print(out({number}))");
        let shown = match &evaluation.value {
            Some(Value::String(text)) => head_tail(text, SHOWN, &recover),
            _ if evaluation.shown.len() > WRITTEN => format!("{}\n... [{recover} has all of it]", evaluation.shown),
            _ => evaluation.shown.clone(),
        };
        self.result(number, &shown, evaluation.value.as_ref());
    }

    /// Shows a value of the session with its number.
    pub(super) fn result(&self, number: usize, shown: &str, value: Option<&Value>) {
        let mark = if shown.contains('\n') { format!("out({number}) =\n") } else { format!("out({number}) = ") };
        self.value(&mark, shown, value);
    }

    /// Shows a value: with its mark for a person, bare for a pipe, as JSON if that is wanted.
    pub fn value(&self, mark: &str, shown: &str, value: Option<&Value>) {
        match value {
            Some(value) if self.json => self.screen.out(&value.to_string()),
            _ if self.json => self.screen.out(&Value::String(shown.to_owned()).to_string()),
            _ if self.interactive => self.screen.marked(mark, shown),
            _ => self.screen.out(shown),
        }
    }
}

/// A value as text: a string as it is, anything else as JSON.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("{value:#}"), ToOwned::to_owned)
}

fn told(evaluation: &Evaluation) -> String {
    match (&evaluation.failure, &evaluation.final_) {
        (Some(failure), _) => failure.message.clone(),
        (None, Some(value)) => format!("FINAL = {}", text(value)),
        (None, None) => evaluation.shown.clone(),
    }
}

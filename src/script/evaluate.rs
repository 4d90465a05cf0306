//! One evaluation: on a thread of its own, on a fork of the session's state, with its result as plain data.

pub mod report;

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::registry::programs::SOURCE_LIMIT;
use crate::script::bridge::{self, Seat, seated};
use crate::script::convert::to_value;
use crate::script::desk::Desk;
use crate::script::errors::way::{self, Home};
use crate::script::errors::{Names, from_parse, from_session, from_step, located, located_in_text, panics};
use crate::script::language::bits;
use crate::script::language::python::{DIVISION, divides, tripled};
use crate::script::limits::depth::{self, KEPT};
use crate::script::limits::growth;
use crate::script::output::{Final, Output};
use crate::script::prims::final_;
use crate::script::show;
use crate::script::state::{State, Variable};
use rhai::{AST, Dynamic, Engine};
use serde_json::Value;
use std::sync::Arc;

/// Text up to this many bytes is shown whole; longer text gets a number, so that `out(n)` has all of it.
pub const SHOWN: usize = 4_000;

/// Of an array or a map about so many bytes are written as text, which says itself what it leaves out.
pub const WRITTEN: usize = 4 * SHOWN;

/// What an evaluation did, without any engine value.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// The value as text; empty for `()`.
    pub shown: String,
    /// The value as data, if it has that form and is not `()`.
    pub value: Option<Value>,
    /// Why a value has no form as data, if it has none.
    pub formless: Option<Failure>,
    /// The number under which `out` has the value.
    pub value_number: Option<usize>,
    /// What was printed.
    pub printed: String,
    /// The number under which `out` has the printed text, if it is long.
    pub printed_number: Option<usize>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What was perhaps meant otherwise, what a primitive left out, or which closure of `on_event` failed.
    pub note: Option<String>,
    /// The value of `FINAL`.
    pub final_: Option<Value>,
    /// Variables that were not there before.
    pub new_variables: Vec<Variable>,
    /// Whether it was parsed: the session has its functions then, whatever it came to.
    pub parsed: bool,
}

impl Evaluation {
    /// An evaluation that did not come to run.
    pub fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

    /// The same with what was printed, which gets a number if it is long.
    #[must_use]
    pub fn saying(self, printed: String, desk: &Desk) -> Self {
        let printed_number = (printed.len() > SHOWN).then(|| desk.keep(printed.clone().into()));
        Self { printed, printed_number, ..self }
    }
}

/// What the thread needs.
pub struct Job {
    /// The engine.
    pub engine: Arc<Engine>,
    /// What the primitives share.
    pub desk: Arc<Desk>,
    /// The state to fork.
    pub state: Arc<State>,
    /// The program.
    pub source: String,
}

/// What the thread answers.
pub struct Ended {
    /// The fork, to be committed.
    pub state: State,
    /// What happened.
    pub evaluation: Evaluation,
}

impl Job {
    /// Runs the evaluation on this thread.
    pub fn run(self, seat: Seat) -> Ended {
        let (output, gate) = (Arc::clone(&seat.output), Arc::clone(&seat.gate));
        seated(seat, || {
            // After a panic in a native function the fork may be half done but is whole as data, so it is kept like after
            // any error.
            let mut state = State { scope: self.state.scope.clone(), functions: self.state.functions.clone() };
            let ast = panics::caught("code", || self.parse());
            let parsed = ast.is_ok();
            let result = ast.and_then(|ast| panics::caught("code", || self.evaluate(&mut state, &ast)));
            gate.end();
            state.settle();
            let hearers = self.desk.hearers().thin();
            let result = match depth::thin(&mut state.scope).or(hearers) {
                Some(failure) => result.and(Err(failure)),
                None => result,
            };
            let evaluation = Evaluation { parsed, ..self.conclude(&state, result, &output) };
            Ended { state, evaluation }
        })
    }

    fn parse(&self) -> Outcome<AST> {
        if self.source.len() > SOURCE_LIMIT {
            // Of a longer one no more may have been read than shows that it is longer.
            let message = format!("the program has more than {} KiB", SOURCE_LIMIT / 1024);
            return Err(Failure::new(FailureKind::Limit, message)
                .hint("long text belongs into a file or the context, not into the program"));
        }
        let parsed = self.engine.compile_with_scope(&self.state.scope, &self.source);
        let ast = parsed.map_err(|error| from_parse(&error, &self.source, &self.names()))?;
        let refused = bits::refused(&ast, &self.state.scope).or_else(|| tripled(&ast, &self.source));
        match refused {
            Some((failure, position)) => Err(located(failure, &self.source, position)),
            None => Ok(ast),
        }
    }

    fn names(&self) -> Names {
        self.state.names().with_declared(&self.source)
    }

    fn evaluate(&self, state: &mut State, ast: &AST) -> Outcome<Dynamic> {
        let functions = ast.clone_functions_only();
        state.functions = state.functions.merge(&functions);
        let whole: AST = state.functions.merge(ast);
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut state.scope, &whole);
        let result = result.or_else(|error| way::end(&error).cloned().ok_or(error));
        let defines = |ast: &AST, name: &str| ast.iter_functions().any(|function| function.name == name);
        let home = |name: &str| match (defines(&functions, name), defines(&state.functions, name)) {
            (true, _) => Home::Program,
            (false, true) => Home::Earlier,
            (false, false) => Home::Native,
        };
        growth::settled(result.map_err(|error| match bridge::step() {
            Some(step) => from_step(&error, &self.source, &home, &step),
            None => from_session(&error, &self.source, &self.names(), &home),
        }))
        .map_err(|failure| match growth::place(&failure) {
            Some(place) => located_in_text(failure, &self.source, place),
            None => failure,
        })
    }

    fn conclude(&self, state: &State, result: Outcome<Dynamic>, output: &Output) -> Evaluation {
        let mut evaluation = Evaluation::default();
        if let Err(failure) = result.and_then(|value| self.keep_value(&mut evaluation, value)) {
            evaluation.failure = Some(failure);
        }
        match output.take_final() {
            Some(Final::Value(value)) => evaluation.final_ = Some(value),
            Some(Final::Variable(name)) => match self.final_variable(state, &name, output) {
                Ok(value) => evaluation.final_ = Some(value),
                Err(failure) => evaluation.failure = Some(failure),
            },
            None => {}
        }
        let evaluation = evaluation.saying(output.take_printed(), &self.desk);
        let note = output.take_note().or_else(|| self.note(state, &evaluation).map(str::to_owned));
        Evaluation { note, ..evaluation }
    }

    /// That the last line seems to divide by a comment, unless that tells what comes out. Anywhere else the parser misses
    /// what was to follow.
    fn note(&self, state: &State, evaluation: &Evaluation) -> Option<&'static str> {
        let divisor = divides(self.source.trim_end().lines().next_back()?, |name| state.scope.contains(name))?;
        let is_result = evaluation.shown.ends_with(divisor) || evaluation.printed.trim_end().ends_with(divisor);
        (evaluation.failure.is_none() && !is_result).then_some(DIVISION)
    }

    fn keep_value(&self, evaluation: &mut Evaluation, value: Dynamic) -> Outcome<()> {
        if value.is_unit() {
            return Ok(());
        }
        if depth::exceeds(&value, KEPT) {
            return Err(depth::failure("the value", KEPT));
        }
        match to_value(&value) {
            Ok(data) => evaluation.value = Some(data),
            // A function is a value without a form as data; a limit is none that a script could have caught.
            Err(failure) if failure.kind.catchable() => evaluation.formless = Some(failure),
            Err(failure) => return Err(failure),
        }
        evaluation.shown = show::value(&value, WRITTEN);
        evaluation.value_number = Some(self.desk.keep(value));
        Ok(())
    }

    fn final_variable(&self, state: &State, name: &str, output: &Output) -> Outcome<Value> {
        let value = state.scope.get(name).ok_or_else(|| final_::unknown(name))?;
        let value = to_value(value)?;
        final_::settle(&self.desk, value.clone())?;
        drop(output.take_final());
        Ok(value)
    }
}

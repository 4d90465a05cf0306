//! Stage 4: runs the code of a reply in the session. A failure is an observation; so is everything that is not run.

use crate::core::event::Event;
use crate::core::failure::FailureKind;
use crate::core::ids::Frame;
use crate::core::message::{ChatReply, Finish};
use crate::core::text::meant;
use crate::host::carried;
use crate::host::memories::trail::Look;
use crate::host::run_host::RunHost;
use crate::policy::template::template;
use crate::script::evaluate::Evaluation;
use crate::script::session::Session;
use crate::turn::code::{self, Block, Treatment};
use crate::turn::observation::{self, Observation};
use crate::turn::question;
use crate::turn::stages::ToolRound;
use serde_json::Value;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Where the code of a turn runs.
pub struct Workbench<'a> {
    /// The host, for events.
    pub host: &'a RunHost,
    /// Where in the run.
    pub frame: &'a Frame,
    /// The session.
    pub session: &'a mut Session,
    /// The turn.
    pub turn: u32,
    /// Ends the evaluation.
    pub cancel: &'a CancellationToken,
}

/// Code to run, or why there is none.
struct Piece {
    code: Result<Code, String>,
    answers: Option<String>,
}

/// Code to run.
struct Code {
    source: String,
    /// What it is called if it turns out not to be Rhai: it may be something else.
    doubtful: Option<String>,
}

/// Runs all code of a reply in order. After an error the rest is not run.
pub async fn run_tools(reply: &ChatReply, mut bench: Workbench<'_>) -> ToolRound {
    let pieces = pieces(reply, bench.session);
    let mut round = ToolRound::default();
    for Piece { code, answers } in pieces {
        let over = match (round.failed, &round.final_) {
            (Some(_), _) => Some("an earlier block failed"),
            (None, Some(_)) => Some("FINAL was called before"),
            (None, None) => None,
        };
        // Only now: a block may use what those before it have declared.
        let code = code.and_then(|code| if over.is_some() { Ok(code) } else { judged(code, bench.session) });
        let observation = match (code, over) {
            (Err(reason), _) => observation::not_run(reason, answers),
            (Ok(_), Some(why)) => observation::not_run(why, answers),
            (Ok(code), None) => Observation { answers, ..run(&mut bench, &mut round, code.source).await },
        };
        round.observations.push(observation);
    }
    if round.observations.is_empty() {
        round.observations.push(Observation { text: nothing(reply), ok: false, answers: None });
    }
    round
}

/// Runs a program, and notes what it did.
async fn run(bench: &mut Workbench<'_>, round: &mut ToolRound, source: String) -> Observation {
    bench.host.emit(bench.frame, &Event::CodeStarted { turn: bench.turn, source: source.clone() });
    let begun = Instant::now();
    let shown = if let Some(names) = question::names(&source) {
        told(&names, bench)
    } else {
        let mut evaluation = bench.session.evaluate(&source, bench.cancel.child_token()).await;
        let passed = carried::ended(bench.host, &bench.session.place(), evaluation.failure.as_ref());
        evaluation.note = passed.beside(evaluation.note);
        let shown = observation::of(&evaluation);
        note(round, source, evaluation);
        shown
    };
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let event =
        Event::CodeFinished { turn: bench.turn, shown: shown.text.clone(), ok: shown.ok, millis, stopped: None };
    bench.host.emit(bench.frame, &event);
    shown
}

fn note(round: &mut ToolRound, source: String, evaluation: Evaluation) {
    round.failed = evaluation.failure.as_ref().map(|failure| failure.kind);
    round.looks.extend(look(&source, &evaluation));
    round.kept.variables.extend(evaluation.new_variables.iter().map(|variable| variable.name.clone()));
    let results = [evaluation.value_number, evaluation.printed_number].into_iter().flatten();
    round.kept.results = results.fold(round.kept.results, usize::max);
    round.final_ = evaluation.final_;
    round.waits = evaluation.failure.filter(|failure| failure.kind == FailureKind::Waiting);
    round.sources.push(source);
}

/// What is told of names.
fn told(names: &[&str], bench: &Workbench<'_>) -> Observation {
    let answers = names.iter().map(|name| question::answer(name, bench.session, bench.host));
    let (known, unknown): (Vec<_>, Vec<_>) = answers.partition(Result::is_ok);
    let ok = !known.is_empty();
    let texts = known.into_iter().chain(unknown).map(|text| text.unwrap_or_else(|unknown| unknown));
    Observation { text: texts.collect::<Vec<String>>().join("\n\n"), ok, answers: None }
}

/// How a block looked into the context, with what it found: its value, or what it printed if it has none.
fn look(source: &str, evaluation: &Evaluation) -> Option<Look> {
    let printed = evaluation.printed.trim();
    let said = (!printed.is_empty()).then(|| lines(printed));
    let hits = evaluation.value.as_ref().and_then(found).or(said);
    Some(Look { template: template(source)?, hits, ..Look::default() })
}

/// How many entries a value has: elements, lines, a count, or for a map those of the lists in it.
fn found(value: &Value) -> Option<u64> {
    match value {
        Value::Array(found) => u64::try_from(found.len()).ok(),
        Value::Number(count) => count.as_u64(),
        Value::String(text) => Some(lines(text)),
        Value::Object(map) => {
            let lists = map.values().filter(|field| field.is_array()).filter_map(found);
            lists.reduce(u64::saturating_add)
        }
        Value::Null | Value::Bool(_) => None,
    }
}

/// Lines that are not empty.
fn lines(text: &str) -> u64 {
    u64::try_from(text.lines().filter(|line| !line.trim().is_empty()).count()).unwrap_or(u64::MAX)
}

fn pieces(reply: &ChatReply, session: &mut Session) -> Vec<Piece> {
    let cut = reply.finish == Finish::Length;
    let calls: Vec<Piece> = reply
        .tool_requests
        .iter()
        .map(|call| Piece { code: called(&call.name, &call.arguments, cut), answers: Some(call.id.clone()) })
        .collect();
    let said = code::said(&reply.text);
    let blocks = code::blocks(said);
    let count = blocks.len();
    // Some models show in a block what they call.
    let is_called = |block: &Block| {
        calls.iter().any(|call| call.code.as_ref().is_ok_and(|code| code.source.trim() == block.code.trim()))
    };
    let written: Vec<Piece> = blocks
        .into_iter()
        .enumerate()
        .filter(|(_, block)| !is_called(block))
        .map(|(index, block)| Piece { code: fenced(block, index + 1, cut && index + 1 == count), answers: None })
        .collect();
    let mut pieces: Vec<Piece> = calls.into_iter().chain(written).collect();
    if pieces.is_empty() && code::is_bare_code(said) && session.compiles(said).is_ok() {
        pieces.push(Piece { code: Ok(certain(said.to_owned())), answers: None });
    } else if let Some(reason) = code::stray(said) {
        pieces.push(Piece { code: Err(reason.to_owned()), answers: None });
    }
    pieces
}

/// Code that says of itself that it is for this REPL.
const fn certain(source: String) -> Code {
    Code { source, doubtful: None }
}

/// The code of a function call; some models put a fence around it.
fn called(name: &str, arguments: &str, cut: bool) -> Result<Code, String> {
    if name != "rhai" {
        let near = meant(name, ["rhai"]).map_or(String::new(), |meant| format!("; {meant}"));
        return Err(format!("there is no function `{name}`, only `rhai(code)`{near}"));
    }
    let unread = |error: serde_json::Error| {
        if cut {
            return "the call was cut by the token limit; write less at once".to_owned();
        }
        format!("the arguments are not JSON: {error}")
    };
    let value: Value = serde_json::from_str(arguments).map_err(unread)?;
    let code = value.get("code").and_then(Value::as_str);
    code.map(|source| certain(code::unfenced(source))).ok_or_else(|| "the argument `code` is missing".to_owned())
}

/// The code of a block, or why it is not run.
fn fenced(block: Block, number: usize, cut: bool) -> Result<Code, String> {
    let tag = if block.tag.is_empty() { "untagged".to_owned() } else { format!("`{}`", block.tag) };
    if cut && !block.closed {
        return Err(format!("block {number} ({tag}) was cut by the token limit; write less at once"));
    }
    match block.treatment() {
        Treatment::Run => Ok(certain(block.code)),
        Treatment::RunIfRhai => Ok(Code { source: block.code, doubtful: Some(format!("block {number} ({tag})")) }),
        Treatment::Skip => Err(format!("block {number} is tagged {tag}; only ```rhai blocks run")),
    }
}

/// The code, if it is Rhai as far as that is in doubt.
fn judged(code: Code, session: &mut Session) -> Result<Code, String> {
    let Some(block) = code.doubtful.as_ref().filter(|_| question::names(&code.source).is_none()) else {
        return Ok(code);
    };
    match session.compiles(&code.source) {
        Ok(()) => Ok(code),
        Err(failure) => {
            let hint = failure.hint.map_or(String::new(), |h| format!("; hint: {h}"));
            Err(format!("{block} is not Rhai: {}{hint}", failure.message))
        }
    }
}

fn nothing(reply: &ChatReply) -> String {
    if reply.finish == Finish::Length {
        return "not run: the answer was cut by the token limit before any code; write less at once".to_owned();
    }
    "not run: there was no code block in the answer. Write one ```rhai block; end with FINAL(value) inside it"
        .to_owned()
}

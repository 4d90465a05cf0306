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
    let mut broken = false;
    for piece in pieces {
        let over = broken || round.final_.is_some();
        // Only now: a block may use what those before it have declared.
        let code = piece.code.and_then(|code| if over { Ok(code) } else { judged(code, bench.session) });
        let observation = match code {
            Ok(_) if over => {
                let why = if broken { "an earlier block failed" } else { "FINAL was called before" };
                observation::not_run(why, piece.answers)
            }
            Ok(Code { source, .. }) => {
                let evaluation = evaluate(&mut bench, &source).await;
                broken |= evaluation.failure.is_some();
                round.failed = evaluation.failure.as_ref().map(|failure| failure.kind);
                let observation = observation::of(&evaluation, piece.answers);
                round.looks.extend(look(&source, &evaluation));
                round.final_ = evaluation.final_.or(round.final_);
                round.waits = evaluation.failure.filter(|failure| failure.kind == FailureKind::Waiting);
                round.sources.push(source);
                observation
            }
            Err(reason) => observation::not_run(reason, piece.answers),
        };
        round.observations.push(observation);
    }
    if round.observations.is_empty() {
        round.observations.push(Observation { text: nothing(reply), ok: false, answers: None });
    }
    round
}

async fn evaluate(bench: &mut Workbench<'_>, source: &str) -> Evaluation {
    bench.host.emit(bench.frame, &Event::CodeStarted { turn: bench.turn, source: source.to_owned() });
    let begun = Instant::now();
    let mut evaluation = bench.session.evaluate(source, bench.cancel.child_token()).await;
    let passed = carried::ended(bench.host, &bench.session.place(), evaluation.failure.as_ref());
    evaluation.note = passed.beside(evaluation.note);
    let shown = observation::of(&evaluation, None);
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let event = Event::CodeFinished { turn: bench.turn, shown: shown.text, ok: shown.ok, millis, stopped: None };
    bench.host.emit(bench.frame, &event);
    evaluation
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
    let calls: Vec<Piece> = reply
        .tool_requests
        .iter()
        .map(|call| Piece { code: called(&call.name, &call.arguments), answers: Some(call.id.clone()) })
        .collect();
    let said = code::said(&reply.text);
    let blocks = code::blocks(said);
    let count = blocks.len();
    let cut = reply.finish == Finish::Length;
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

/// The code of a function call.
fn called(name: &str, arguments: &str) -> Result<Code, String> {
    if name != "rhai" {
        let near = meant(name, ["rhai"]).map_or(String::new(), |meant| format!("; {meant}"));
        return Err(format!("there is no function `{name}`, only `rhai(code)`{near}"));
    }
    let value: Value = serde_json::from_str(arguments).map_err(|e| format!("the arguments are not JSON: {e}"))?;
    let code = value.get("code").and_then(Value::as_str);
    code.map(|source| certain(source.to_owned())).ok_or_else(|| "the argument `code` is missing".to_owned())
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
    let Some(block) = &code.doubtful else { return Ok(code) };
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

//! A person's leave for a tool, as an effect of its own: asked for once, kept, and given later where nobody was there.

use crate::core::effect::{EffectKind, canonical};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::text::quoted;
use crate::host::ask::going_on;
use crate::host::door::{self, Asked, Done, Entered};
use crate::host::run_host::RunHost;
use crate::host::tools::called;
use crate::host::tools::claims::Claim;
use crate::store::effects::EffectState;
use crate::tools::approval::{YES, check_readable, question};
use crate::tools::catalog::Registered;
use crate::tools::person::Question;
use crate::tools::tool::{ToolContext, cancelled};
use serde_json::{Value, json};
use std::sync::Arc;

/// A call of a tool.
#[derive(Clone, Copy)]
pub(in crate::host) struct ToolCall<'a> {
    /// Where in the run.
    pub(in crate::host) frame: &'a Frame,
    /// The tool.
    pub(in crate::host) tool: &'a Registered,
    /// Its arguments.
    pub(in crate::host) args: &'a Value,
    /// What it may use.
    pub(in crate::host) cx: &'a ToolContext,
    /// Whether nobody is to be asked, because it was allowed before.
    pub(in crate::host) unasked: bool,
    /// Who writes, if it is the file of a step.
    pub(in crate::host) claim: Option<&'a Claim>,
}

/// What makes two calls equal.
pub(in crate::host) fn asked(host: &RunHost, call: ToolCall<'_>) -> Asked {
    let (spec, args) = (call.tool.tool.spec(), call.args);
    match call.claim {
        None => called::tool(host, call.frame, spec, args),
        Some(claim) => called::product(host, call.frame, spec, args, claim),
    }
}

/// Lets a call of a tool enter once it is allowed. What was answered before is not asked for again.
pub(in crate::host) async fn enter(host: &RunHost, call: ToolCall<'_>) -> Outcome<Entered<Value>> {
    let asked = asked(host, call);
    foresee(host, call, &asked).await?;
    // Logs of earlier versions have the call without the question before it.
    let first = host.replay.is_none() || host.knows(call.frame, &wish(call)) || !host.knows(call.frame, &asked);
    if first {
        ask(host, call).await?;
    }
    let entered = door::enter(host, call.frame, asked)?;
    if !first && matches!(entered, Entered::Due(_)) {
        ask(host, call).await?;
    }
    Ok(entered)
}

/// Asks a person whether the call may go ahead, if that is to be asked.
///
/// Fails with `Denied`, or with `Waiting` if nobody is there.
pub(in crate::host) async fn ask(host: &RunHost, call: ToolCall<'_>) -> Outcome<()> {
    let spec = call.tool.tool.spec();
    let policy = host.kit.approval.asks(spec);
    if host.replay.is_none() && (call.unasked || policy == Ok(false)) {
        policy?;
        return Ok(());
    }
    let wish = wish(call);
    let key = host.next_key(call.frame, wish.hash());
    // What was said stays said, whatever the policy is by now.
    let answered = host.replay.as_ref().is_some_and(|replay| replay.is(&key, EffectState::Done));
    let asks = !answered && policy? && !call.unasked;
    let known = host.knows(call.frame, &wish);
    let unread = check_readable(spec, call.args).is_err();
    let refused = unread && host.knows(call.frame, &refusal(call));
    if !asks && !known && !refused {
        return Ok(());
    }
    let question = question(spec, call.args);
    let kept = json!({"admit": spec.name, "args": call.args, "prompt": question.prompt, "choices": question.choices});
    let work = async {
        // The policy may have changed since the question was left open.
        if asks { put(host, call, &question).await } else { Ok(Value::from(YES)) }
    };
    let answer = async {
        if unread {
            refuse(host, call, asks).await?;
        }
        if !asks && !known {
            return Ok(YES.to_owned());
        }
        let work = async { Done::from(work.await) };
        let said = door::observe(host, call.frame, wish.kept_as(canonical(&kept)), work).await?;
        // Earlier versions kept that it was allowed, and no word.
        Ok(said.as_str().unwrap_or(YES).to_owned())
    };
    call.cx.granted.pass(spec, known || refused, answer).await
}

/// Refuses a call about which a person is to be asked and that is too long to be read. It is no question that could be
/// answered later, but an effect: where the program went past it, it stays refused, whatever the policy is by then.
async fn refuse(host: &RunHost, call: ToolCall<'_>, asks: bool) -> Outcome<()> {
    let verdict = if asks { check_readable(call.tool.tool.spec(), call.args) } else { Ok(()) };
    keep(host, call.frame, refusal(call), verdict).await
}

/// Refuses a call that would fail as things stand, before a person is asked about it. What the log has of the call, whatever
/// that is, comes first: it may have written the file itself.
async fn foresee(host: &RunHost, call: ToolCall<'_>, asked: &Asked) -> Outcome<()> {
    let is_new = !host.knows(call.frame, &wish(call)) && !host.knows(call.frame, asked);
    let asks =
        is_new && !host.is_sealed() && !call.unasked && host.kit.approval.asks(call.tool.tool.spec()) == Ok(true);
    let verdict = if asks { objection(call).await } else { Ok(()) };
    // Equal calls are told apart by how many of them a person was asked about before.
    let question = host.next_key(call.frame, wish(call).hash()).occurrence;
    let vain = json!({"vain": call.tool.tool.spec().name, "args": call.args, "question": question});
    keep(host, call.frame, Asked::new(EffectKind::Decision, &vain), verdict).await
}

async fn objection(call: ToolCall<'_>) -> Outcome<()> {
    let (tool, args) = (Arc::clone(&call.tool.tool), call.args.clone());
    call.cx.blocking(move |cx| tool.foresee(&args, &cx.workspace)).await
}

/// Keeps what is said of a call where it is refused.
async fn keep(host: &RunHost, frame: &Frame, refusal: Asked, verdict: Outcome<()>) -> Outcome<()> {
    // To a sealed log of an earlier version, which does not have it, nothing is added.
    if !host.knows(frame, &refusal) && (verdict.is_ok() || host.is_sealed()) {
        return verdict;
    }
    let kept = verdict.clone();
    door::observe(host, frame, refusal, async { Done::from(kept) }).await?;
    verdict
}

/// What makes two refusals equal.
fn refusal(call: ToolCall<'_>) -> Asked {
    Asked::new(EffectKind::Decision, &json!({"unreadable": call.tool.tool.spec().name, "args": call.args}))
}

/// What makes two questions equal.
fn wish(call: ToolCall<'_>) -> Asked {
    Asked::new(EffectKind::Person, &json!({"admit": call.tool.tool.spec().name, "args": call.args}))
}

async fn put(host: &RunHost, call: ToolCall<'_>, question: &Question) -> Outcome<Value> {
    let answer = tokio::select! {
        biased;
        () = call.cx.cancel.cancelled() => return Err(cancelled()),
        answer = question.put_to(call.cx.person.as_ref()) => answer,
    };
    answer.map(Value::String).map_err(|failure| unanswered(host, call.frame, failure))
}

/// How a question that nobody is there for can be answered later.
fn unanswered(host: &RunHost, frame: &Frame, failure: Failure) -> Failure {
    if failure.kind != FailureKind::Waiting {
        return failure;
    }
    let (run, step, top) = (&host.run, quoted(frame.as_str()), going_on(host));
    let hint = failure.hint.clone().unwrap_or_default();
    failure
        .hint(format!("{hint}; for this call: rhizo runs answer {run} {step} yes|no|always, then rhizo resume {top}"))
}

//! The one door to every tool: schema check, permission, timeout and cancellation, truncation, events.
//!
//! It does not log effects or charge a budget; the host that calls it does.

use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text;
use crate::tools::approval::Approval;
use crate::tools::catalog::{Catalog, Registered};
use crate::tools::clip::NOTE_BYTES;
use crate::tools::tool::{ToolContext, cancelled};
use futures::FutureExt;
use serde_json::Value;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

/// Calls a tool. `observe` sees `ToolStarted` and, however the call ends, `ToolFinished`.
///
/// Failures of its own: `NotFound` (no such tool), `Invalid` (arguments), `Denied` and `Waiting` (permission), `Tool`
/// (too slow), `Cancelled`, `Internal` (the tool panicked). Strings of the answer longer than the limit, and a note of
/// the tool's own in it, are cut in the middle, with a note of how much is missing.
pub async fn execute(
    catalog: &Catalog,
    policy: &Approval,
    name: &str,
    args: Value,
    cx: &ToolContext,
    observe: &(dyn Fn(Event) + Send + Sync),
) -> Outcome<Value> {
    let registered = catalog.get(name)?;
    let began = Instant::now();
    observe(Event::ToolStarted { name: name.to_owned() });
    let outcome = checked(registered, *policy, args, cx).await;
    observe(Event::ToolFinished {
        name: name.to_owned(),
        millis: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        failure: outcome.as_ref().err().cloned(),
    });
    outcome
}

/// A detail of failures of tools that had begun their work.
pub const BEGUN: &str = "begun";

async fn admitted(registered: &Registered, policy: Approval, args: &Value, cx: &ToolContext) -> Outcome<()> {
    let spec = registered.tool.spec();
    registered.schema.check(&spec.name, args)?;
    let permitted = policy.permit(spec, args, &cx.granted, cx.person.as_ref());
    tokio::select! {
        biased;
        () = cx.cancel.cancelled() => Err(cancelled()),
        permitted = permitted => permitted,
    }
}

async fn checked(registered: &Registered, policy: Approval, args: Value, cx: &ToolContext) -> Outcome<Value> {
    let spec = registered.tool.spec();
    admitted(registered, policy, &args, cx).await?;
    // The future is built inside, so that a panic while it is built is caught too.
    let call = AssertUnwindSafe(async { registered.tool.call(args, cx).await }).catch_unwind();
    let answer = tokio::select! {
        biased;
        () = cx.cancel.cancelled() => Err(cancelled()),
        answer = call => answer.unwrap_or_else(|panic| Err(broken(&spec.name, panic.as_ref()))),
        limit = expiry(registered.tool.timeout(&cx.limits)) => Err(too_slow(&spec.name, limit)),
    };
    // Whoever repeats the call must know that it had begun.
    let mut answer = answer.map_err(|failure| failure.detail(BEGUN, true))?;
    cut_strings(&mut answer, cx.limits.max_output_bytes);
    Ok(answer)
}

/// Ends after `limit` and answers it; never ends without one.
async fn expiry(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            limit
        }
        None => std::future::pending().await,
    }
}

fn too_slow(name: &str, limit: Duration) -> Failure {
    Failure::new(FailureKind::Tool, format!("{name} did not answer within {} s", limit.as_secs_f64()))
        .hint("ask for less at once")
}

fn broken(name: &str, panic: &(dyn Any + Send)) -> Failure {
    let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Failure::new(FailureKind::Internal, format!("{name} broke: {}", said.unwrap_or("no reason given")))
        .hint("this is a fault of the tool, not of its arguments")
}

/// A tool that cuts by itself adds a note to a text of `limit` bytes, which is the first that a second cut would take.
fn cut_strings(value: &mut Value, limit: usize) {
    match value {
        Value::String(long) if long.len() > limit.saturating_add(NOTE_BYTES) => {
            *long = text::head_tail(long, limit, "");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cut_strings(item, limit)),
        Value::Object(map) => map.values_mut().for_each(|item| cut_strings(item, limit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;

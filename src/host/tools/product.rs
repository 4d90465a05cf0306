//! Files that steps of pipelines write.

use crate::core::effect::{EffectKey, EffectKind};
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::request::Content;
use crate::host::door::{self, Done, Entered};
use crate::host::run_host::RunHost;
use crate::host::tools::claims::Claim;
use crate::host::tools::leave::{self, ToolCall};
use crate::store::effects::EffectState;
use crate::store::open::Store;
use crate::tools::builtin::write_file::{self, WriteFile};
use crate::tools::tool::ToolContext;
use crate::tools::typed::TypedTool;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;

/// The tool as which the log knows it.
const TOOL: &str = WriteFile::NAME;

/// Writes a file of the workspace. Repeating it is harmless, because it writes the same over the same; the log knows it as
/// the call of `write_file` that a script would make.
///
/// Who started the pipeline has allowed its files, unless nothing may be written at all.
///
/// # Errors
/// `data` for a file that was written already, and as writing a file.
pub async fn write(
    host: &RunHost,
    frame: &Frame,
    path: String,
    content: Content,
    allowed: bool,
    cancel: &CancellationToken,
) -> Outcome<Value> {
    let args = match &content {
        Content::Text(text) => json!({"path": path, "text": text, "mode": "overwrite"}),
        Content::Bytes(bytes) => json!({"path": path, "bytes": bytes, "mode": "overwrite"}),
    };
    let cx = ToolContext { cancel: cancel.clone(), ..host.kit.tool_context.clone() };
    let tool = host.kit.tools.get()?.get(TOOL)?;
    let claim = host.counts.claims.claim(frame, &path);
    let call = ToolCall { frame, tool, args: &args, cx: &cx, unasked: allowed, claim: Some(&claim) };
    let entry = match enter(host, call, &claim).await? {
        Entered::Answered(answer) => {
            if answer.is_ok() && is_lost(host, &path) {
                let may = host.kit.approval.asks(tool.tool.spec()).map(drop);
                let text = restored(&path, restore(may, &cx, &path, content).await)?;
                host.emit(frame, &Event::Note { text });
            }
            return answer;
        }
        Entered::Due(entry) => entry,
    };
    entry.observe(host, async { put(&cx, path, content).await.into() }).await
}

async fn put(cx: &ToolContext, path: String, content: Content) -> Outcome<Value> {
    let written = cx.blocking(move |cx| {
        let bytes = match &content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        };
        write_file::put(&path, bytes, &cx)
    });
    tokio::select! {
        biased;
        () = cx.cancel.cancelled() => Err(Failure::cancelled()),
        written = written => written,
    }
}

/// Writes a file that is gone once more, if that is allowed.
async fn restore(may: Outcome<()>, cx: &ToolContext, path: &str, content: Content) -> Outcome<()> {
    may?;
    put(cx, path.to_owned(), content).await.map(drop)
}

/// What a person is told of that. The log has the file as written, and what follows rests on that: only who stops the run
/// is a failure of it.
fn restored(path: &str, came: Outcome<()>) -> Outcome<String> {
    match came {
        Err(failure) if failure.kind == FailureKind::Cancelled => Err(failure),
        Err(failure) => {
            Ok(format!("`{path}`, which the run had written, is gone and is not written again: {}", failure.message))
        }
        Ok(()) => Ok(format!("`{path}`, which the run had written, was gone and is written again")),
    }
}

/// Whether a file that the log has as written is not there any more, in a run that goes on and is to leave it behind.
fn is_lost(host: &RunHost, path: &str) -> bool {
    if host.is_sealed() {
        return false;
    }
    let is_gone = host.kit.tool_context.workspace.resolve_write(path).is_ok_and(|real| !real.exists());
    host.counts.restores(path, is_gone)
}

/// Lets a file enter that no other part of the tree has written.
async fn enter(host: &RunHost, call: ToolCall<'_>, claim: &Claim) -> Outcome<Entered<Value>> {
    // What a log has as failed has written nothing, and comes into nobody's way unless it is made again.
    let has_failed = host.replay.as_ref().is_some_and(|replay| {
        let asked = leave::asked(host, call);
        replay.is(&host.next_key(call.frame, asked.hash()), EffectState::Failed)
    });
    if !has_failed && let Err(twice) = host.counts.claims.note(claim) {
        let asked = leave::asked(host, call);
        // To a sealed log of an earlier version, which does not have it, nothing is added.
        if host.is_sealed() && !host.knows(call.frame, &asked) {
            return Err(twice);
        }
        return refused(host, door::enter(host, call.frame, asked)?, twice).await;
    }
    let entered = leave::enter(host, call).await?;
    if has_failed
        && matches!(entered, Entered::Due(_))
        && let Err(twice) = host.counts.claims.note(claim)
    {
        return refused(host, entered, twice).await;
    }
    Ok(entered)
}

/// Keeps that another part has the file, as any other failure is kept: what a program went on past stays so when it goes on,
/// whoever is faster then.
async fn refused(host: &RunHost, entered: Entered<Value>, twice: Failure) -> Outcome<Entered<Value>> {
    match entered {
        // The log has that it was written, and this time another part came first.
        Entered::Answered(_) => Err(twice),
        Entered::Due(entry) => {
            let failed: Outcome<Value> = Err(twice);
            entry.observe(host, async { Done::from(failed) }).await.map(|value| Entered::Answered(Ok(value)))
        }
    }
}

impl RunHost {
    /// The files that steps of its run and the child runs of that have written, by name.
    pub fn products(&self) -> Vec<String> {
        // Most runs have no such steps, and need not look.
        if self.counts.claims.is_empty() { Vec::new() } else { names(&self.kit.store, &self.run) }
    }
}

/// The same of a run of the store. What of its log cannot be read is `doctor`'s business.
pub fn names(store: &Store, run: &RunId) -> Vec<String> {
    let kept = store.products(run).unwrap_or_default();
    let names: BTreeSet<&str> = kept.iter().filter_map(|kept| kept["path"].as_str()).collect();
    names.into_iter().map(ToOwned::to_owned).collect()
}

/// Takes the files that a child run of this frame has written. If it runs again it says itself which of its steps writes them.
/// What of its log cannot be read is `doctor`'s business.
pub(in crate::host) fn recall(host: &RunHost, child: &RunId, frame: &Frame, runs_again: bool) {
    let claims = &host.counts.claims;
    for kept in host.kit.store.products(child).unwrap_or_default() {
        let claim = Claim::deserialize(&kept).ok();
        let claim = claim.map(|claim| if runs_again { claims.above(frame, claim) } else { claim });
        // Who came first in this process keeps the file.
        claim.into_iter().for_each(|claim| drop(claims.note(&claim)));
    }
}

/// Takes the file that an effect of this run has written, if it is that of a step which is not asked for again.
pub(in crate::host) fn recall_own(host: &RunHost, key: &EffectKey, kind: EffectKind) -> Outcome<()> {
    if kind != EffectKind::Tool {
        return Ok(());
    }
    let store = &host.kit.store;
    let effect = store.effect(&host.run, key)?.filter(|effect| effect.state == EffectState::Done);
    let kept = effect.and_then(|effect| effect.intent).map(|intent| store.load(&intent)).transpose()?;
    let claim = kept.and_then(|kept| Claim::deserialize(&kept["product"]).ok());
    claim.into_iter().for_each(|claim| drop(host.counts.claims.note(&claim)));
    Ok(())
}

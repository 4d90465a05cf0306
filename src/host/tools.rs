//! `TOOL` and `tools`: calls and finds tools on behalf of scripts.

pub(super) mod called;
pub(super) mod claims;
pub(super) mod leave;
pub mod product;

use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::tool::{EffectClass, ToolSpec};
use crate::host::door::{Entered, Entry};
use crate::host::pipelines::{self, Wanted};
use crate::host::run_host::RunHost;
use crate::host::tools::leave::ToolCall;
use crate::store::effects::EffectRow;
use crate::store::open::Store;
use crate::tools::approval::Approval;
use crate::tools::executor::{BEGUN, execute};
use crate::tools::tool::ToolContext;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Answers `TOOL`. A tool that writes logs its intent before it starts, so that a resume never repeats it unasked.
pub async fn call(
    host: &RunHost,
    frame: &Frame,
    name: String,
    args: Value,
    cancel: &CancellationToken,
) -> Outcome<Value> {
    let tools = host.kit.tools.get()?;
    let tool = tools.get(&name)?;
    let args = tool.given(args);
    let spec = tool.tool.spec();
    let cx = ToolContext { cancel: cancel.clone(), ..host.kit.tool_context.clone() };
    let fits = tool.schema.check(&name, &args);
    let call = ToolCall { frame, tool, args: &args, cx: &cx, unasked: false, claim: None };
    if let Some(path) = tool.tool.pipeline() {
        called::program(host, frame, &name, &spec.parameters)?;
        fits?;
        leave::ask(host, call).await?;
        let path = path.display().to_string();
        let wanted = Wanted { path, inputs: args, frame: frame.clone(), allowed: true, cancel: cancel.clone() };
        return pipelines::run(host, wanted).await;
    }
    // A call that cannot be made is no effect, as in a pipeline, and nobody is asked about it.
    fits.map_err(|failure| refused(host, frame, &name, failure))?;
    let entry = match leave::enter(host, call).await {
        Ok(Entered::Answered(answer)) => return answer,
        Ok(Entered::Due(entry)) => entry,
        Err(failure) => return Err(refused(host, frame, &name, failure)),
    };
    let observe = |event| host.emit(frame, &event);
    let effect = spec.effect;
    // Whoever is to be asked has been asked.
    let work = async { execute(tools, &Approval::Auto, &name, args, &cx, &observe).await.into() };
    match effect {
        EffectClass::Write if let Some(open) = begun(&host.kit.store, &entry)? => Err(undecided(host, &name, open)),
        EffectClass::Write => entry.perform(host, work).await,
        EffectClass::Pure | EffectClass::Read => entry.observe(host, work).await,
    }
}

/// Tells that a call did not begin.
fn refused(host: &RunHost, frame: &Frame, name: &str, failure: Failure) -> Failure {
    if failure.kind != FailureKind::Replay {
        host.emit(frame, &Event::ToolStarted { name: name.to_owned() });
        let failure = Some(failure.clone());
        host.emit(frame, &Event::ToolFinished { name: name.to_owned(), millis: 0, failure });
    }
    failure
}

/// The attempt of which nobody knows what it has done.
fn begun<'a>(store: &Store, entry: &'a Entry) -> Outcome<Option<&'a EffectRow>> {
    let Some(row) = entry.earlier() else { return Ok(None) };
    Ok(is_begun(store, row)?.then_some(row))
}

/// Whether nobody knows what an attempt has done: it was under way, or was stopped after it had begun.
pub(super) fn is_begun(store: &Store, row: &EffectRow) -> Outcome<bool> {
    Ok(match store.answer(row)? {
        None => true,
        Some(Err(failure)) => failure.details.contains_key(BEGUN),
        Some(Ok(_)) => false,
    })
}

/// A tool that writes was under way when the run stopped: whether it has written, only a person can find out.
fn undecided(host: &RunHost, name: &str, open: &EffectRow) -> Failure {
    let (run, seq) = (&host.run, open.seq);
    let what =
        format!("`{name}` was under way when the run stopped, and may or may not have done its work (effect {seq})");
    Failure::new(FailureKind::Waiting, what)
        .hint(format!("look, then say `rhizo runs settle {run} {seq} rerun`, `.. skip` or `.. set VALUE`, and resume"))
        .detail("effect", seq)
}

/// Answers `tools`.
pub fn find(host: &RunHost, query: &str) -> Outcome<Value> {
    let specs = host.kit.tools.get()?.find(query);
    let row = |spec: &ToolSpec| {
        json!({
            "name": spec.name,
            "summary": spec.summary,
            "parameters": spec.parameters.get("properties").cloned().unwrap_or_default(),
            "required": spec.parameters.get("required").cloned().unwrap_or_else(|| json!([])),
            "returns": spec.returns,
        })
    };
    Ok(Value::Array(specs.into_iter().map(row).collect()))
}

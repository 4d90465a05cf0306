//! `TOOL` and `tools`: calls and finds tools on behalf of scripts.

use crate::core::effect::EffectKind;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::tool::{EffectClass, ToolSpec};
use crate::host::door::{self, Asked, Entered};
use crate::host::pipelines::{self, Wanted};
use crate::host::run_host::RunHost;
use crate::store::effects::EffectRow;
use crate::tools::executor::{admit, execute};
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
    let tool = &tools.get(&name)?.tool;
    if let Some(path) = tool.pipeline() {
        let cx = ToolContext { cancel: cancel.clone(), ..host.kit.tool_context.clone() };
        // Allowed once, it is allowed in a run that goes on.
        let intent = json!({"admit": name, "args": args});
        let work = async { admit(tools, &host.kit.approval, &name, &args, &cx).await.map(|()| Value::Null).into() };
        door::observe(host, frame, Asked::new(EffectKind::Person, &intent), work).await?;
        let path = path.display().to_string();
        let wanted = Wanted { path, inputs: args, frame: frame.clone(), allowed: true, cancel: cancel.clone() };
        return pipelines::run(host, wanted).await;
    }
    let effect = tool.spec().effect;
    let intent = json!({"tool": name, "args": args});
    let cx = ToolContext { cancel: cancel.clone(), ..host.kit.tool_context.clone() };
    let observe = |event| host.emit(frame, &event);
    let work = async { execute(tools, &host.kit.approval, &name, args, &cx, &observe).await.into() };
    let entry = match door::enter(host, frame, Asked::new(EffectKind::Tool, &intent))? {
        Entered::Answered(answer) => return answer,
        Entered::Due(entry) => entry,
    };
    match effect {
        EffectClass::Write if let Some(open) = entry.undecided(&host.kit.store)? => Err(undecided(host, &name, open)),
        EffectClass::Write | EffectClass::Idempotent => entry.perform(host, None, work).await,
        EffectClass::Pure | EffectClass::Read => entry.observe(host, work).await,
    }
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

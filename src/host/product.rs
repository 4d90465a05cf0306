//! Files that steps of pipelines write.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::request::Content;
use crate::host::door::Entered;
use crate::host::leave::{self, ToolCall};
use crate::host::run_host::RunHost;
use crate::tools::builtin::write_file;
use crate::tools::tool::ToolContext;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// The tool as which the log knows it.
const TOOL: &str = "write_file";

/// Writes a file of the workspace. Repeating it is harmless, because it writes the same over the same; the log knows it as
/// the call of `write_file` that a script would make.
///
/// Who started the pipeline has allowed its files, unless nothing may be written at all.
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
    let entry = match leave::enter(host, ToolCall { frame, tool, args: &args, cx: &cx, unasked: allowed }).await? {
        Entered::Answered(answer) => return answer,
        Entered::Due(entry) => entry,
    };
    let work = async {
        let written = cx.blocking(move |cx| {
            let bytes = match &content {
                Content::Text(text) => text.as_bytes(),
                Content::Bytes(bytes) => bytes,
            };
            write_file::put(&path, bytes, &cx)
        });
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Failure::new(FailureKind::Cancelled, "cancelled")),
            written = written => written,
        }
        .into()
    };
    entry.observe(host, work).await
}

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
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The tool as which the log knows it.
const TOOL: &str = "write_file";

/// Which files were written, and how often each frame has begun to work on items at once.
#[derive(Default)]
pub(super) struct Written {
    files: Mutex<HashMap<(String, String), Writer>>,
    begun: Mutex<HashMap<String, u32>>,
}

/// Who wrote a file.
struct Writer {
    /// Which part of what shares the file.
    part: String,
    /// The step.
    step: String,
}

impl Written {
    fn begin(&self, frame: &Frame) {
        *lock(&self.begun).entry(frame.as_str().to_owned()).or_insert(0) += 1;
    }

    /// Notes that a step writes a file.
    ///
    /// # Errors
    /// `data` if another step of the pipeline, or of one that it calls, has written it, or if it was written for another item.
    fn note(&self, frame: &Frame, path: &str) -> Outcome<()> {
        let step = owner(frame);
        let parts = self.parts(frame, &step);
        let mut files = lock(&self.files);
        for (whole, part) in parts {
            let fresh = || Writer { part: part.clone(), step: step.clone() };
            let first = files.entry((whole, path.to_owned())).or_insert_with(fresh);
            if first.part != part {
                let what = format!("`{path}` is written twice: at {} and at {step}", first.step);
                return Err(
                    Failure::new(FailureKind::Data, what).hint("put what differs into the path, such as `{{ key }}`")
                );
            }
        }
        Ok(())
    }

    /// What lets only one of its parts write a file, with the part that does: each call of `par_map` around the outermost
    /// pipeline with its item, and that pipeline with its step.
    fn parts(&self, frame: &Frame, step: &str) -> Vec<(String, String)> {
        let outermost = outermost(frame);
        let begun = lock(&self.begun);
        let item = |(at, _): (usize, &str)| {
            let (around, inside) = outermost.split_at(at);
            let call = begun.get(around).copied().unwrap_or(0);
            (format!("{around}/par{call}"), inside.split('/').nth(1).unwrap_or_default().to_owned())
        };
        let items = outermost.match_indices("/par[").map(item);
        items.chain([(outermost.clone(), step.to_owned())]).collect()
    }
}

/// Notes that a script begins to work on items at once in parts of this frame.
pub(super) fn begin(host: &RunHost, frame: &Frame) -> Value {
    host.counts.written.begin(frame);
    Value::Null
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The frame of the pipeline around all others. A script may run one after another over the same files.
fn outermost(frame: &Frame) -> String {
    frame.as_str().split_once("/step:").map_or(frame.as_str(), |(around, _)| around).to_owned()
}

/// A step that is repeated writes its own file again. What it calls is counted, and counted on when it is tried again.
fn owner(frame: &Frame) -> String {
    let repeats = |part: &&str| !part.starts_with("visit:") && !part.starts_with("turn:");
    frame.as_str().split('/').filter(repeats).map(uncounted).collect::<Vec<_>>().join("/")
}

fn uncounted(part: &str) -> &str {
    let counted = part.starts_with("pipeline") || part.starts_with("script:");
    if counted { part.trim_end_matches(|c: char| c.is_ascii_digit()) } else { part }
}

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
    host.counts.written.note(frame, &path)?;
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

#[cfg(test)]
mod tests {
    use super::{Written, outermost, owner};
    use crate::core::ids::Frame;

    #[test]
    fn what_is_repeated_writes_its_own_file() {
        for (frame, expected) in [
            ("step:all/item:a1/step:s", "root/step:all/item:a1/step:s"),
            ("step:a/visit:2", "root/step:a"),
            ("step:w/turn:3/step:c/visit:2/pipeline/step:s", "root/step:w/step:c/pipeline/step:s"),
            ("step:c/script:two2/e1/pipeline1/step:s", "root/step:c/script:two/e1/pipeline/step:s"),
        ] {
            let frame = Frame::root().child(frame);
            assert_eq!((owner(&frame).as_str(), outermost(&frame).as_str()), (expected, "root"), "{frame}");
        }
        assert_eq!(outermost(&Frame::root().child("s1/e2/pipeline0/step:a")), "root/s1/e2/pipeline0");
    }

    #[test]
    fn a_file_is_that_of_one_item_of_a_par_map_and_free_for_the_next_one() {
        let written = Written::default();
        let begin = || written.begin(&Frame::root().child("e1"));
        let note = |frame: &str| written.note(&Frame::root().child(frame), "a.json").map_err(|failure| failure.message);
        begin();
        assert_eq!(note("e1/par[0]/pipeline0/step:s"), Ok(()));
        assert_eq!(note("e1/par[0]/pipeline1/step:t"), Ok(()), "one after the other");
        let twice =
            "`a.json` is written twice: at root/e1/par[0]/pipeline/step:s and at root/e1/par[1]/pipeline/step:s";
        assert_eq!(note("e1/par[1]/pipeline0/step:s"), Err(twice.to_owned()));
        begin();
        assert_eq!(note("e1/par[1]/pipeline1/step:s"), Ok(()));
        assert!(note("e1/par[0]/script:two0/e1/pipeline0/step:s").is_err());
        written.begin(&Frame::root().child("e1/par[1]"));
        assert_eq!(note("e1/par[1]/par[0]/pipeline0/step:s"), Ok(()));
        assert!(note("e1/par[1]/par[1]/pipeline0/step:s").is_err());
        assert_eq!(note("e1/pipeline0/step:s"), Ok(()));
    }
}

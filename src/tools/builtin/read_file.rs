//! `read_file`: text of a file of the workspace, whole or by lines. It decodes nothing but UTF-8.

use crate::context::document::without_mark;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::clip::Clip;
use crate::tools::tool::ToolContext;
use crate::tools::typed::TypedTool;
use crate::tools::workspace::{self, Workspace, lasting};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader};

/// The tool.
pub struct ReadFile;

/// Its arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file, relative to the workspace.
    path: String,
    /// The first line to read, from 1.
    #[schemars(range(min = 1))]
    from_line: Option<u64>,
    /// The last line to read, included.
    #[schemars(range(min = 1))]
    to_line: Option<u64>,
    /// The most bytes to return; of more, head and tail are kept around a note.
    #[schemars(range(min = 1))]
    max_bytes: Option<usize>,
}

impl TypedTool for ReadFile {
    type Args = Args;
    type Answer = String;
    const NAME: &'static str = "read_file";
    const SUMMARY: &'static str = "Reads a text file of the workspace, whole or a range of its lines.";
    const RETURNS: &'static str = "The text. Bytes that are not UTF-8 become U+FFFD; a binary file is refused.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] = &["file", "open", "cat", "load", "lines", "head", "tail"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"path": "notes.txt"}), "the whole file"),
            (json!({"path": "notes.txt", "from_line": 2, "to_line": 3}), "two of its lines"),
        ]
    }

    fn check(args: &Value, workspace: &Workspace) -> Outcome<()> {
        range(args["from_line"].as_u64(), args["to_line"].as_u64())?;
        lasting(&args["path"], |path| workspace.resolve_read(path))
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<String> {
        cx.blocking(move |cx| read(&args, &cx)).await
    }
}

/// The first and the last line.
fn range(from: Option<u64>, to: Option<u64>) -> Outcome<(u64, u64)> {
    let (from, to) = (from.unwrap_or(1), to.unwrap_or(u64::MAX));
    if to < from {
        return Err(Failure::new(FailureKind::Invalid, format!("to_line {to} is before from_line {from}")));
    }
    Ok((from, to))
}

fn read(args: &Args, cx: &ToolContext) -> Outcome<String> {
    let (from, to) = range(args.from_line, args.to_line)?;
    let limit = args.max_bytes.unwrap_or(usize::MAX).min(cx.limits.max_output_bytes);
    let file = BufReader::with_capacity(1 << 16, cx.workspace.open(&args.path)?);
    let mut lines = Lines { source: file, line: 1, ended: false, clip: Clip::new(limit) };
    lines.take(&args.path, from, to, cx)?;
    let lines_read = lines.line;
    if from > lines_read {
        return Err(Failure::new(FailureKind::NotFound, format!("`{}` has no line {from}", args.path))
            .hint(format!("it has {lines_read} lines")));
    }
    Ok(lines.clip.finish("read_file with from_line and to_line").text)
}

/// Streams the lines of a file into a clip, so that neither a long file nor a long line is held in memory.
struct Lines {
    source: BufReader<File>,
    /// The number of the line that the last byte belongs to.
    line: u64,
    /// Whether that byte was a line end; the next byte, if there is one, begins a line.
    ended: bool,
    clip: Clip,
}

impl Lines {
    fn take(&mut self, path: &str, from: u64, to: u64, cx: &ToolContext) -> Outcome<()> {
        let mut first = true;
        loop {
            cx.check()?;
            let piece = self.source.fill_buf().map_err(|error| workspace::failed(path, &error))?;
            if first && is_binary(piece) {
                return Err(Failure::new(FailureKind::Invalid, format!("`{path}` is a binary file"))
                    .hint("run_command can use a program that reads it"));
            }
            let length = piece.len();
            if length == 0 {
                return Ok(());
            }
            let text = if first { without_mark(piece) } else { piece };
            first = false;
            for part in text.split_inclusive(|&byte| byte == b'\n') {
                if self.ended && self.line == to {
                    return Ok(());
                }
                self.line += u64::from(self.ended);
                self.ended = part.ends_with(b"\n");
                if self.line >= from {
                    self.clip.push(part);
                }
            }
            self.source.consume(length);
        }
    }
}

/// Text has no NUL byte; the start of a file is enough to tell.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(8192).any(|&byte| byte == 0)
}

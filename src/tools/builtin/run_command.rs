//! `run_command`: another program, in the workspace. What it may do is in `process/cage`.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::process::cage::Cage;
use crate::tools::process::environment::without_secrets;
use crate::tools::process::launch::Program;
use crate::tools::process::run::{Bounds, Ended, run};
use crate::tools::tool::{ToolContext, ToolLimits};
use crate::tools::typed::TypedTool;
use crate::tools::workspace;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The tool.
pub struct RunCommand;

/// What to run.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Line {
    /// A program and its arguments, taken as they are.
    Words(Vec<String>),
    /// A line for the shell `sh`.
    Shell(String),
}

/// Its arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// What to run: `["grep", "-c", "x y", "a.txt"]`, or a text for the shell: `"ls *.txt | wc -l"`.
    command: Line,
    /// Text for its standard input; empty if none.
    #[serde(default)]
    stdin: String,
    /// Seconds after which it is killed; 60 if not given.
    #[schemars(range(min = 0.001, max = 3600))]
    timeout: Option<f64>,
    /// Bytes of each output stream to keep: the head and the tail.
    #[serde(default = "a_lot")]
    max_output: usize,
}

/// What a command that fails may not know of where it runs.
const CROWDED: &str = "rhizo's own files lie in this workspace: no command makes, renames or removes anything directly in \
    the folders that hold them";

/// What ended a command that wrote too large a file.
const LARGE: &str = "a file that it wrote came to the most bytes that `tools.max_file` allows";

const A_MINUTE: Duration = Duration::from_secs(60);

const fn a_lot() -> usize {
    100_000
}

/// What it answers.
#[derive(Serialize, JsonSchema)]
pub struct Ran {
    /// The exit status, or 128 and the number of the signal that ended it.
    status: i32,
    /// Whether it ended by itself, with status 0.
    success: bool,
    /// What it wrote to standard output.
    stdout: String,
    /// What it wrote to standard error.
    stderr: String,
    /// Whether it was ended because time ran out.
    timed_out: bool,
    /// Whether it was ended because it wrote too much.
    overflowed: bool,
    /// Whether something of its output was left out.
    truncated: bool,
    /// Whether it could write only in the workspace and `$TMPDIR`.
    sandboxed: bool,
    /// How long it took.
    millis: u64,
    /// What may be behind a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

impl TypedTool for RunCommand {
    type Args = Args;
    type Answer = Ran;
    const NAME: &'static str = "run_command";
    const SUMMARY: &'static str = "Runs a program or a shell command in the workspace.";
    const RETURNS: &'static str = "\
        A map `{status, success, stdout, stderr, timed_out, overflowed, truncated, sandboxed, millis}`. A status \
        other than 0 is no error. Its children end with it; too much output ends it (overflowed). If sandboxed, \
        it can write only in the workspace and `$TMPDIR`, which may be gone after the command, and what needs a \
        terminal, sudo or a cache in the home folder fails; modes, owners and times of files, sockets and the network \
        stay open to it. Where more is closed to it, or a file became too large, a failure has a `note`.";
    const EFFECT: EffectClass = EffectClass::Write;
    const PERMISSION: Permission = Permission::Execute;
    const TAGS: &'static [&'static str] = &["shell", "bash", "exec", "program", "process", "script", "terminal"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"command": ["wc", "-l", "notes.txt"]}), "a program with arguments"),
            (json!({"command": "sort -r | head -n 1", "stdin": "a\nb\n"}), "a line for the shell, with input"),
        ]
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<Ran> {
        let words = match args.command {
            Line::Words(words) => words,
            Line::Shell(line) => vec!["sh".to_owned(), "-c".to_owned(), line],
        };
        if words.iter().any(|word| word.contains('\0')) {
            return Err(Failure::new(FailureKind::Invalid, "the command contains a NUL byte"));
        }
        let timeout = cx.limits.deadline(args.timeout, A_MINUTE)?;
        // The second is the guard of a folder that goes with the command.
        let (temporary, _own) = temporary(cx)?;
        let program = Program {
            words,
            folder: cx.workspace.root().to_path_buf(),
            environment: environment(cx, &temporary),
            cage: Cage {
                writable: vec![cx.workspace.root().to_path_buf(), temporary],
                closed: cx.workspace.closed_to_commands(),
                memory_bytes: cx.limits.command_memory_bytes,
                file_bytes: cx.limits.command_file_bytes,
                // Several threads may each use all of the time, and a second more lets the timeout come first.
                cpu_seconds: timeout.as_secs().saturating_mul(64).saturating_add(1),
            },
        };
        let bounds = Bounds {
            timeout,
            kept_bytes: args.max_output.min(cx.limits.max_output_bytes),
            flood_bytes: cx.limits.command_output_bytes,
        };
        let ended = run(program, args.stdin.into_bytes(), &bounds, &cx.cancel).await?;
        let note = note(&ended, cx);
        Ok(Ran {
            status: ended.status,
            success: ended.status == 0 && !ended.timed_out && !ended.flooded,
            stdout: ended.stdout.text,
            stderr: ended.stderr.text,
            timed_out: ended.timed_out,
            overflowed: ended.flooded,
            truncated: ended.stdout.truncated || ended.stderr.truncated,
            sandboxed: ended.is_confined,
            millis: u64::try_from(ended.took.as_millis()).unwrap_or(u64::MAX),
            note,
        })
    }

    /// The command keeps its own.
    fn timeout(_limits: &ToolLimits) -> Option<Duration> {
        None
    }
}

/// What may be behind a failure.
fn note(ended: &Ended, cx: &ToolContext) -> Option<&'static str> {
    if ended.status == 128 + libc::SIGXFSZ {
        return Some(LARGE);
    }
    let is_crowded = ended.is_confined && ended.status != 0 && cx.workspace.closes_below(cx.workspace.root());
    is_crowded.then_some(CROWDED)
}

/// Where a command may keep temporary files: the folder for that, or, if what belongs to rhizo lies there too, a fresh
/// one in it for as long as the command runs. The kernel's rules only ever add: nothing can be taken out of a folder.
fn temporary(cx: &ToolContext) -> Outcome<(PathBuf, Option<TempDir>)> {
    let folder = temporary_folder(&cx.environment);
    if !cx.workspace.closes_below(&folder) {
        return Ok((folder, None));
    }
    let own = tempfile::Builder::new().prefix("rhizo-").tempdir_in(&folder);
    let own = own.map_err(|error| workspace::failed(&folder.display().to_string(), &error))?;
    Ok((own.path().to_path_buf(), Some(own)))
}

/// What a command sees of the environment, and where its temporary files may be.
fn environment(cx: &ToolContext, temporary: &Path) -> Vec<(String, String)> {
    let mut seen = without_secrets(&cx.environment);
    seen.retain(|(name, _)| name != "TMPDIR");
    seen.push(("TMPDIR".to_owned(), temporary.display().to_string()));
    seen
}

fn temporary_folder(environment: &[(String, String)]) -> PathBuf {
    let named = environment.iter().find(|(name, _)| name == "TMPDIR").map(|(_, value)| value.as_str());
    PathBuf::from(named.filter(|value| !value.is_empty()).unwrap_or("/tmp"))
}

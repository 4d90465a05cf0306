//! `save_script`: keeps a program after it has run once with its example.

use crate::core::draft::ScriptDraft;
use crate::core::effect::EffectKind;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::door::{self, Asked, Done};
use crate::host::run_host::RunHost;
use crate::host::tools::called;
use crate::host::{program, tools};
use crate::registry::programs::{self, Front, Program, render};
use crate::tools::builtin::write_file::{EXISTS, WriteFile};
use crate::tools::typed::TypedTool;
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::io::Read;
use tokio_util::sync::CancellationToken;

/// The tool that writes the file.
const TOOL: &str = WriteFile::NAME;
/// What can be done about a name that is taken.
const REPLACE: &str = "give it another name, or `replace: true`";

/// Answers `save_script`: the path of the kept program.
///
/// The file is written by the tool `write_file`, so that permission, workspace and log are the same as for any file.
pub async fn save(host: &RunHost, frame: &Frame, draft: ScriptDraft, cancel: &CancellationToken) -> Outcome<Value> {
    check_name(&draft)?;
    let meaning = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let params: IndexMap<String, String> = draft.params.iter().map(|(k, v)| (k.clone(), meaning(v))).collect();
    let front = Front { summary: draft.summary, params, returns: draft.returns, tags: draft.tags };
    let source = render(&front, &draft.source)?;
    let folder = host.kit.settings.paths.project_scripts.clone();
    let path = folder.join(format!("{}.rhai", draft.name)).display().to_string();
    let args = |mode: &str| json!({"path": path, "text": source, "mode": mode});
    let knows = |mode: &str| knows(host, frame, args(mode));
    let (over, new) = (knows("overwrite")?, knows("create")?);
    // Earlier versions always wrote over what was there.
    let mode = if draft.replace || (over && !new) { "overwrite" } else { "create" };
    let args = args(mode);
    if !draft.replace && !over && !new {
        check_hidden(host, &draft.name)?;
    }
    let trial = Program { name: draft.name, front, home: "project", path: path.clone(), source: source.clone() };
    if mode == "create" {
        check_free(host, frame, &trial, new).await?;
    }
    let example = if draft.example.is_null() { json!({}) } else { draft.example };
    // Whoever gave the source counts its lines, not those of what is written in front of it.
    let given = Program { source: draft.source, ..trial.clone() };
    program::run(host, frame, &given, example, cancel).await.map_err(|failure| Failure {
        message: format!("the program is not kept, because its example failed: {}", failure.message),
        ..failure
    })?;
    // Meanwhile it may have been made: that is for the tool to find out.
    let written = tools::call(host, frame, TOOL.to_owned(), args, cancel).await;
    written.map(|_| Value::String(path)).map_err(|failure| taken(failure, &trial))
}

/// Whether the log of a run that goes on has that the file is written so, answered or not.
fn knows(host: &RunHost, frame: &Frame, args: Value) -> Outcome<bool> {
    let tool = host.kit.tools.get()?.get(TOOL)?;
    let asked = called::tool(host, frame, tool.tool.spec(), &tool.given(args));
    Ok(host.knows(frame, &asked))
}

/// Fails if the name is none.
fn check_name(draft: &ScriptDraft) -> Outcome<()> {
    let name = &draft.name;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Failure::new(FailureKind::Invalid, format!("`{name}` is no name for a program"))
            .hint("letters, digits and `_`"));
    }
    Ok(())
}

/// Fails if a program of this name would hide one of the user or a built-in one.
fn check_hidden(host: &RunHost, name: &str) -> Outcome<()> {
    let (programs, _) = programs::all(&host.kit.settings.paths);
    match programs.iter().find(|program| program.name == name && program.home != "project") {
        Some(program) => {
            let message = format!("`{name}` would hide the {} program of this name", program.home);
            Err(Failure::new(FailureKind::Invalid, message).hint(REPLACE))
        }
        None => Ok(()),
    }
}

/// Fails if the file is there with another text, before the example is paid for. That it was is an effect: a run that goes on
/// behind it meets it again. One that has begun to write finds what it has written itself.
async fn check_free(host: &RunHost, frame: &Frame, program: &Program, has_begun: bool) -> Outcome<()> {
    let asked = Asked::new(EffectKind::Decision, &json!({"taken": program.path, "text": program.source}));
    let is_taken = !has_begun && !host.is_sealed() && is_taken(host, program).await;
    if !is_taken && !host.knows(frame, &asked) {
        return Ok(());
    }
    let found = if is_taken { Err(exists(program)) } else { Ok(Value::Null) };
    door::observe(host, frame, asked, async { Done::from(found) }).await.map(drop)
}

/// Whether the file of a program has another text. What cannot be read is for the tool to tell.
async fn is_taken(host: &RunHost, program: &Program) -> bool {
    let (path, source) = (program.path.clone(), program.source.clone());
    let differs = host.kit.tool_context.blocking(move |cx| {
        let (mut text, most) = (Vec::new(), u64::try_from(source.len()).unwrap_or(u64::MAX));
        let read = cx.workspace.open(&path)?.take(most.saturating_add(1)).read_to_end(&mut text);
        Ok(read.is_ok() && text != source.as_bytes())
    });
    differs.await.unwrap_or(false)
}

/// What is told of a program whose file is there already.
fn taken(failure: Failure, program: &Program) -> Failure {
    if !failure.details.contains_key(EXISTS) {
        return failure;
    }
    Failure { message: exists(program).message, ..failure }.hint(REPLACE)
}

fn exists(program: &Program) -> Failure {
    Failure::new(FailureKind::Invalid, format!("`{}` exists ({})", program.name, program.path))
        .hint(REPLACE)
        .detail(EXISTS, true)
}

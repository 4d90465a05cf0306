//! `save_script`: keeps a program after it has run once with its example.

use crate::core::draft::ScriptDraft;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::run_host::RunHost;
use crate::host::{program, tool_call};
use crate::registry::programs::{self, Front, Program, render};
use crate::tools::builtin::write_file::EXISTS;
use indexmap::IndexMap;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// What can be done about a name that is taken.
const REPLACE: &str = "give it another name, or `replace: true`";

/// Answers `save_script`: the path of the kept program.
///
/// The file is written by the tool `write_file`, so that permission, workspace and log are the same as for any file.
pub async fn save(host: &RunHost, frame: &Frame, draft: ScriptDraft, cancel: &CancellationToken) -> Outcome<Value> {
    check_name(host, &draft)?;
    let meaning = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let params: IndexMap<String, String> = draft.params.iter().map(|(k, v)| (k.clone(), meaning(v))).collect();
    let front = Front { summary: draft.summary, params, returns: draft.returns, tags: draft.tags };
    let source = render(&front, &draft.source)?;
    let folder = host.kit.settings.paths.project_scripts.clone();
    let path = folder.join(format!("{}.rhai", draft.name)).display().to_string();
    let mode = if draft.replace { "overwrite" } else { "create" };
    let args = json!({"path": path, "text": source, "mode": mode});
    let trial = Program { name: draft.name, front, home: "project", path: path.clone(), source };
    let example = if draft.example.is_null() { json!({}) } else { draft.example };
    program::run(host, frame, &trial, example, cancel).await.map_err(|failure| Failure {
        message: format!("the program is not kept, because its example failed: {}", failure.message),
        ..failure
    })?;
    // That the file is there is for the tool to find out: a run that goes on finds the one that it has kept itself.
    let written = tool_call::call(host, frame, "write_file".to_owned(), args, cancel).await;
    written.map(|_| Value::String(path)).map_err(|failure| taken(failure, &trial))
}

/// Fails if the name is none, or would hide a program of the user or a built-in one.
fn check_name(host: &RunHost, draft: &ScriptDraft) -> Outcome<()> {
    let name = &draft.name;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Failure::new(FailureKind::Invalid, format!("`{name}` is no name for a program"))
            .hint("letters, digits and `_`"));
    }
    let (programs, _) = programs::all(&host.kit.settings.paths);
    match programs.iter().find(|program| program.name == *name && program.home != "project") {
        Some(program) if !draft.replace => {
            let message = format!("`{name}` would hide the {} program of this name", program.home);
            Err(Failure::new(FailureKind::Invalid, message).hint(REPLACE))
        }
        _ => Ok(()),
    }
}

/// What is told of a program whose file is there already.
fn taken(failure: Failure, program: &Program) -> Failure {
    if !failure.details.contains_key(EXISTS) {
        return failure;
    }
    let message = format!("`{}` exists ({})", program.name, program.path);
    Failure { message, ..failure }.hint(REPLACE)
}

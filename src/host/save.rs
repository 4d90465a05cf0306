//! `save_script`: keeps a program after it has run once with its example.

use crate::core::draft::ScriptDraft;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::run_host::RunHost;
use crate::host::{program, tool_call};
use crate::registry::programs::{Front, Program, render};
use indexmap::IndexMap;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Answers `save_script`: the path of the kept program.
///
/// The file is written by the tool `write_file`, so that permission, workspace and log are the same as for any file.
pub async fn save(host: &RunHost, frame: &Frame, draft: ScriptDraft, cancel: &CancellationToken) -> Outcome<Value> {
    let named = !draft.name.is_empty() && draft.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !named {
        return Err(Failure::new(FailureKind::Invalid, format!("`{}` is no name for a program", draft.name))
            .hint("letters, digits and `_`"));
    }
    let meaning = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let params: IndexMap<String, String> = draft.params.iter().map(|(k, v)| (k.clone(), meaning(v))).collect();
    let front = Front { summary: draft.summary, params, returns: draft.returns, tags: draft.tags };
    let source = render(&front, &draft.source)?;
    let folder = host.kit.settings.paths.project_scripts.clone();
    let path = folder.join(format!("{}.rhai", draft.name)).display().to_string();
    let trial = Program { name: draft.name, front, home: "project", path: path.clone(), source: source.clone() };
    let example = if draft.example.is_null() { json!({}) } else { draft.example };
    program::run(host, frame, &trial, example, cancel).await.map_err(|failure| Failure {
        message: format!("the program is not kept, because its example failed: {}", failure.message),
        ..failure
    })?;
    let args = json!({"path": path, "text": source, "mode": "overwrite"});
    tool_call::call(host, frame, "write_file".to_owned(), args, cancel).await?;
    Ok(Value::String(path))
}

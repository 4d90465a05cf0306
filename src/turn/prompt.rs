//! Prompts: `.md` files with named holes, filled here.

use crate::host::memories::explore::Opening;
use crate::script::help;
use crate::script::stdlib;
use serde_json::Value;

/// Sent with the last turn.
pub const LAST_TURN: &str = include_str!("prompts/last_turn.md");

const DIRECT: &str = include_str!("prompts/direct.md");
const SOURCES: &str = include_str!("prompts/sources.md");

const ROOT: &str = include_str!("prompts/root.md");

/// The standing instructions of a root model. The same for every run of a project, so that providers can cache them.
pub fn root(scripts: &[String]) -> String {
    let scripts = if scripts.is_empty() { "none".to_owned() } else { scripts.join(", ") };
    ROOT.replace("{primitives}", &help::reference())
        .replace("{modules}", &stdlib::names().join(", "))
        .replace("{scripts}", &scripts)
}

/// The first message of a root run.
pub fn first(task: &str, card: &str, memory: &Opening, budget: &str) -> String {
    let begin = memory.begin.as_ref().map(|begin| format!("\nWhere to begin: {begin}\n")).unwrap_or_default();
    let part = |head: &str, lines: &[String]| {
        if lines.is_empty() { String::new() } else { format!("{head}\n- {}\n", lines.join("\n- ")) }
    };
    let known = format!(
        "{}{}",
        part("How similar runs looked into their contexts, the best first:", &memory.hints),
        part("Similar runs:", &memory.lessons)
    );
    let known = if known.is_empty() { known } else { format!("\n# Memory\n{known}") };
    format!("# Task\n{task}\n\n# Context\n{card}\n{begin}\n# Budget\n{budget}\n{known}")
}

/// Standing instructions of an answer without exploration from so many documents.
pub fn answering(documents: usize) -> String {
    if documents > 1 { format!("{} {SOURCES}", DIRECT.trim_end()) } else { DIRECT.to_owned() }
}

/// The one message of a direct answer; `text` has its headings.
pub fn direct(task: &str, text: &str) -> String {
    if text.is_empty() { task.to_owned() } else { format!("Question: {task}\n\n{text}") }
}

/// A task whose final value must match a schema.
pub fn typed(task: &str, schema: &Value) -> String {
    format!("{task}\n\nFINAL must be given a value that matches this JSON Schema:\n{schema}")
}

/// What a root model is told about an answer of its own that was stopped.
pub fn stopped(why: &str) -> String {
    format!("{why}. Nothing of it was run. Answer with one short block of code.")
}

/// What a root model is told whose turns failed and that shall look in another way; `evidence` is empty for a usual way.
pub fn look_further(template: &str, evidence: &str, failures: u32, last: &str) -> String {
    let turns = if failures == 1 { "A turn" } else { &format!("{failures} turns in a row") };
    let evidence = if evidence.is_empty() { String::new() } else { format!(" ({evidence})") };
    format!(
        "{turns} failed; the last one: {last}\nLook into the context in another way now, `{template}`{evidence}, with `_` for \
         what this task needs, and go on from what it finds."
    )
}

/// What a root model is told that takes over from another role.
pub fn relieved(role: &str, before: &str, failures: u32, last: &str) -> String {
    let turns = if failures == 1 { "a turn" } else { &format!("{failures} turns in a row") };
    format!(
        "From here on you go on as {role}, because {turns} of {before} failed; the last one: {last}\nThe session and all its \
         variables are as they were. Choose another way than the one that failed."
    )
}

//! `?name` as a program of its own, which hints name: what a person is told of a name at the prompt, as far as a root model
//! needs it. It evaluates nothing.

use crate::core::failure::Outcome;
use crate::core::text::{head_tail, meant};
use crate::host::run_host::RunHost;
use crate::host::{program, tools};
use crate::script::help;
use crate::script::prims::table;
use crate::script::session::Session;
use serde_json::Value;

/// How much is told of one name, in bytes.
const SHOWN: usize = 4_000;

/// The names that a program asks about, if it does nothing else: one on each line.
pub fn names(source: &str) -> Option<Vec<&str>> {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty());
    let names: Option<Vec<&str>> = lines.map(name).collect();
    names.filter(|names| !names.is_empty())
}

fn name(line: &str) -> Option<&str> {
    let name = line.strip_prefix('?')?.trim_start_matches('?').trim_end_matches(';').trim_end_matches("()").trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_.:".contains(c));
    is_name.then_some(name)
}

/// What is known of a name, or why nothing is.
pub fn answer(name: &str, session: &Session, host: &RunHost) -> Result<String, String> {
    let known = match own(name, session).or_else(|| help::about(name)) {
        Some(text) => Some(text),
        None => stored(name, host).map_err(|failure| failure.message)?,
    };
    let known = known.or_else(|| session.native(name));
    known.map(|text| head_tail(&text, SHOWN, "")).ok_or_else(|| {
        let near = meant(name, table::ALL.iter().map(|primitive| primitive.name));
        format!("nothing here is named `{name}`{}", near.map_or_else(String::new, |near| format!("; {near}")))
    })
}

/// A variable or function of the session.
fn own(name: &str, session: &Session) -> Option<String> {
    let variable = session.variables().into_iter().find(|variable| variable.name == name);
    let function = || session.functions().into_iter().find(|form| form.split('(').next() == Some(name));
    variable.map(|variable| format!("{name}: {}", variable.brief)).or_else(function)
}

/// A tool or a stored program, as `tools` and `scripts` list it.
fn stored(name: &str, host: &RunHost) -> Outcome<Option<String>> {
    let row = |rows: Value, call: &str| {
        let row = rows.as_array()?.iter().find(|row| row["name"] == name)?.clone();
        Some(format!("{call}({name:?}, #{{..}})\n{row}"))
    };
    let tool = row(tools::find(host, "")?, "TOOL");
    Ok(tool.or_else(|| row(program::find(host, ""), "SCRIPT")))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_program_that_only_asks_is_told_apart() {
        for (source, expect) in [
            ("?llm", Some(vec!["llm"])),
            ("?llm()\n\n ??context.grep;\n?text::slug", Some(vec!["llm", "context.grep", "text::slug"])),
            ("", None),
            ("?", None),
            ("?llm(\"a\")", None),
            ("?llm\nlet a = 1;", None),
        ] {
            assert_eq!(names(source), expect, "{source}");
        }
    }
}

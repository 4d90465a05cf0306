//! How a call is written for the person who is to allow it: all that decides can be read, and nothing looks like what it is not.

use crate::core::text;
use crate::core::tool::{Permission, ToolSpec};
use serde_json::Value;

/// The most bytes of the path of a file. Of what is longer, in a call that only writes files, head and tail are shown.
pub(super) const PATH: usize = 4_096;
/// The most bytes of a call that stands within its question; a longer one, or one with line breaks, is read above it.
pub(super) const ROW: usize = 200;

/// The most rows that a person is asked to read; a file may be written with so many.
pub(super) const ROWS: usize = 400;
/// The most rows of any other call: more would push off the screen what it begins with.
const OPEN: usize = 20;
/// Empty lines in a row that are counted rather than shown.
const EMPTY: usize = 3;
/// The columns of a call that stand in the question below it.
const BRIEF: usize = 60;

/// A call in a few words, for the line below it: where a file is written, or how what is run or asked for begins.
pub(super) fn brief(spec: &ToolSpec, args: &Value) -> String {
    let what = match (spec.permission, args.get("path").and_then(Value::as_str)) {
        (Permission::Write, Some(path)) => format!(" to {}", text::one_line(&legible(path), BRIEF)),
        (Permission::Write, None) => String::new(),
        _ => format!(" `{}`", beginning(spec.permission, args)),
    };
    let bytes = texts(args).map(str::len).max().unwrap_or_default();
    format!("{}{what} ({bytes} bytes)", spec.name)
}

/// The first line of what is run or asked for; of a tool that names it otherwise, of all arguments.
fn beginning(permission: Permission, args: &Value) -> String {
    let named = ["command", "url"].into_iter().find_map(|name| args.get(name)?.as_str());
    let line = named.map(|text| legible(&text::one_line(text, BRIEF)));
    text::one_line(&line.unwrap_or_else(|| shown(permission, args)), BRIEF)
}

/// The arguments that are texts.
pub(super) fn texts(args: &Value) -> impl Iterator<Item = &str> {
    args.as_object().into_iter().flat_map(|map| map.values().filter_map(Value::as_str))
}

/// The arguments on as many lines as they have, where those are not too many: those of a text stand further in than any name.
pub(super) fn lines(permission: Permission, args: &Value) -> String {
    let most = if permission == Permission::Write { ROWS } else { OPEN };
    let open = rows(permission, args, true);
    if open.lines().count() <= most { open } else { rows(permission, args, false) }
}

/// The arguments, with the lines of each text below each other or on one row.
fn rows(permission: Permission, args: &Value, open: bool) -> String {
    let field = |(name, value): (&String, &Value)| {
        let name = legible(name);
        match value {
            Value::String(text) if open && (text.len() > ROW || text.contains('\n')) => {
                format!("  {name}:\n{}", block(permission, text))
            }
            other => format!("  {name}: {}", part(permission, other, &other.to_string())),
        }
    };
    match args {
        Value::Object(map) => map.iter().map(field).collect::<Vec<_>>().join("\n"),
        other => format!("  {}", legible(&other.to_string())),
    }
}

fn block(permission: Permission, text: &str) -> String {
    let is_data = permission == Permission::Write && text.len() > PATH;
    let text = if is_data { text::head_tail(text, PATH / 2, "") } else { text.to_owned() };
    let lines: Vec<String> = text.split('\n').map(legible).collect();
    let runs = lines.chunk_by(|a, b| a.trim().is_empty() && b.trim().is_empty());
    runs.map(run).collect::<Vec<_>>().join("\n")
}

/// Lines of a text; if they are many empty ones, how many.
fn run(lines: &[String]) -> String {
    if lines.len() >= EMPTY {
        return format!("    … {} empty lines …", lines.len());
    }
    lines.iter().map(|line| format!("    | {line}")).collect::<Vec<_>>().join("\n")
}

/// A part of the arguments, of which a person reads all unless it is what a file is to hold.
fn part(permission: Permission, value: &Value, text: &str) -> String {
    let data = permission == Permission::Write && value.as_str().unwrap_or(text).len() > PATH;
    if data { cut(&legible(text), PATH / 2) } else { legible(text) }
}

/// The arguments as the person sees them, on one line: a lone argument bare, others as JSON.
pub(super) fn shown(permission: Permission, args: &Value) -> String {
    match args {
        Value::Object(map) if map.len() == 1 => {
            let bare = |value: &Value| match value {
                Value::String(text) => part(permission, value, text),
                other => part(permission, value, &other.to_string()),
            };
            map.values().map(bare).collect()
        }
        Value::Object(map) => {
            let field = |(name, value): (&String, &Value)| {
                format!(
                    "{}:{}",
                    legible(&Value::from(name.as_str()).to_string()),
                    part(permission, value, &value.to_string())
                )
            };
            format!("{{{}}}", map.iter().map(field).collect::<Vec<_>>().join(","))
        }
        other => legible(&other.to_string()),
    }
}

/// A legible text, or its head and tail with a note between them, on one line.
pub(super) fn cut(text: &str, limit: usize) -> String {
    text::head_tail(text, limit, "").replace('\n', " ")
}

/// Whatever could move the cursor, colour the screen, reverse the reading order or stand there unseen is shown by its code,
/// so that what is read is what is allowed.
fn legible(plain: &str) -> String {
    let mut visible = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_control() || text::is_hidden(c) || matches!(c, '\u{200c}' | '\u{200d}') {
            visible.extend(c.escape_default());
        } else {
            visible.push(c);
        }
    }
    visible
}

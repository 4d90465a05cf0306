//! `.save`: the session as a Rhai program that restores it: functions, variables, and as comments what was typed.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::registry::programs::SOURCE_LIMIT;
use crate::repl::commands::command::{Command, Next};
use crate::repl::commands::file;
use crate::repl::shell::Shell;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value};
use std::path::Path;

/// The most that variables take in a program, in bytes; the rest of it is for functions.
const INLINE: usize = SOURCE_LIMIT / 2;

/// What is left free in a program for its comments, in bytes.
const COMMENTS: usize = 1_000;

/// How every saved session begins.
const MARK: &str = "// A session of rhizo";

/// Whose large variables are in the file beside a saved session: its own, or those of one that was saved under this name
/// before. These are kept, as whoever saves need not have loaded them.
const ITS: &str = "Its";
const FORMER: &str = "Former";

/// `.save`.
pub const COMMAND: Command = Command {
    name: "save",
    usage: "save FILE.rhai",
    summary: "Writes variables and functions as a program for .load.",
    run,
};

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let path = file::named(&COMMAND, shell, argument)?;
        if !file::ends_in(&path, "rhai") {
            return Err(Failure::new(FailureKind::Invalid, format!("{argument} does not end in .rhai"))
                .hint("a session is saved as a program: .save FILE.rhai"));
        }
        let earlier = earlier(&path)?;
        let beside = path.with_extension("json");
        let (values, left_out, nameless) = {
            let session = shell.session().await;
            let (values, left_out) = session.snapshot(|_| true);
            let (values, nameless) = session.nameable(values);
            (values, left_out, nameless)
        };
        let is_there = beside.symlink_metadata().is_ok();
        let is_own = is_there && names(&earlier, &beside);
        let saved = Saved::of(values, &shell.sources.all(), &shell.typed, &beside, is_own);
        if saved.large.is_some() && is_there && !is_own {
            let what = format!("no session saved as {argument} names it as its own");
            return Err(taken(&beside, &what, "the large variables go there; save under another name"));
        }
        // First, for a session that names it without having it would be none.
        if let Some(large) = &saved.large {
            file::write(&beside, large)?;
        }
        file::write(&path, &saved.program)?;
        shell.screen.out(&format!("{argument} holds {} variables", saved.inline));
        if saved.program.len() > SOURCE_LIMIT {
            shell.screen.err(&format!("note: .load takes {} KiB, and its functions have more", SOURCE_LIMIT / 1024));
        }
        if saved.large.is_some() {
            shell.screen.out(&format!("the large ones are in {0}: .load {0}", beside.display()));
        } else if is_own {
            shell.screen.dim(&format!("{} still holds the large ones of a session before", beside.display()));
        }
        tell_left_out(shell, "they hold handles, functions or numbers without a notation (NaN, infinite)", &left_out);
        tell_left_out(shell, "no variable can have such a name", &nameless);
        Ok(Next::Stay)
    }
    .boxed()
}

fn tell_left_out(shell: &Shell, why: &str, names: &[String]) {
    if !names.is_empty() {
        shell.screen.dim(&format!("left out, because {why}: {}", names.join(", ")));
    }
}

/// The session that was saved here before; empty if nothing is here.
///
/// Fails with `Denied` if anything else is: what a person wrote is not written over.
fn earlier(path: &Path) -> Outcome<String> {
    if path.symlink_metadata().is_err() {
        return Ok(String::new());
    }
    // What is no file is not read, as a pipe would be waited for; what is no text is no session.
    let text = if path.is_file() { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
    if text.starts_with(MARK) {
        return Ok(text);
    }
    Err(taken(path, ".save has not written it", "save under another name, or move it away"))
}

fn taken(path: &Path, what: &str, hint: &str) -> Failure {
    let what = format!("{} is there already, and {what}", path.display());
    Failure::new(FailureKind::Denied, what).hint(hint)
}

/// Whether a saved session says that `.save` has written the file `beside`.
fn names(session: &str, beside: &Path) -> bool {
    let known = [ITS, FORMER].map(|whose| elsewhere(whose, beside));
    session.lines().any(|line| known.iter().any(|known| line == known))
}

/// The line of a saved session that names the file of large variables.
fn elsewhere(whose: &str, beside: &Path) -> String {
    let name = beside.file_name().unwrap_or_default();
    format!("// {whose} large variables: .load {}", name.to_string_lossy())
}

/// A session as text.
struct Saved {
    program: String,
    /// How many variables the program holds.
    inline: usize,
    /// Those that it cannot hold, as a JSON object.
    large: Option<String>,
}

impl Saved {
    /// `is_own` says that a session saved before has the file `beside`.
    fn of(values: Map<String, Value>, functions: &str, typed: &[String], beside: &Path, is_own: bool) -> Self {
        let (mut program, mut large) = (format!("{MARK}; .load restores it.\n"), Map::new());
        let (mut inline, mut used) = (0, 0);
        let room = INLINE.min(SOURCE_LIMIT.saturating_sub(functions.len() + COMMENTS));
        if !functions.is_empty() {
            program.push_str(&format!("\n{functions}\n\n"));
        }
        for (name, value) in values {
            let line = format!("let {name} = {};\n", literal(&value));
            used += line.len();
            if used > room {
                used -= line.len();
                large.insert(name, value);
            } else {
                inline += 1;
                program.push_str(&line);
            }
        }
        if is_own || !large.is_empty() {
            let whose = if large.is_empty() { FORMER } else { ITS };
            program.push_str(&format!("{}\n", elsewhere(whose, beside)));
        }
        program.push_str(&history(typed, SOURCE_LIMIT.saturating_sub(program.len() + COMMENTS)));
        let large = (!large.is_empty()).then(|| Value::Object(large).to_string());
        Self { program, inline, large }
    }
}

/// What was typed, as comments of so many bytes: the last lines of it, and how many came before.
fn history(typed: &[String], room: usize) -> String {
    let lines: Vec<String> = typed.iter().flat_map(|code| code.lines()).map(|line| format!("// {line}\n")).collect();
    let mut used = 0;
    let fits = |line: &&String| {
        used += line.len();
        used <= room
    };
    let left = lines.len() - lines.iter().rev().take_while(fits).count();
    let more = if left > 0 { format!("// ... {left} lines before; `rhizo logs` has them\n") } else { String::new() };
    if lines.is_empty() { String::new() } else { format!("\n// What was typed:\n{more}{}", lines[left..].concat()) }
}

/// A value as Rhai source. Plain values stand for themselves; anything else is JSON in a raw string, which ends at a
/// quote with as many `#` as it began with.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "()".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(_) | Value::Array(_) | Value::Object(_) => {
            let json = value.to_string();
            let longest = json.split('"').skip(1).map(|rest| rest.len() - rest.trim_start_matches('#').len()).max();
            let hashes = "#".repeat(longest.unwrap_or(0) + 1);
            format!("parse_json({hashes}\"{json}\"{hashes})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SOURCE_LIMIT, Saved, literal};
    use serde_json::{Map, json};
    use std::path::Path;

    #[test]
    fn values_are_written_as_rhai() {
        for (value, expect) in [
            (json!(null), "()"),
            (json!(true), "true"),
            (json!(1.5), "1.5"),
            (json!("a\n\"b"), r##"parse_json(#""a\n\"b""#)"##),
            (json!(["\"##"]), r#####"parse_json(###"["\"##"]"###)"#####),
        ] {
            assert_eq!(literal(&value), expect);
        }
    }

    #[test]
    fn what_is_too_large_for_a_program_goes_beside_it() {
        let values: Map<_, _> =
            [("small".to_owned(), json!(1)), ("large".to_owned(), json!("x".repeat(200_000)))].into_iter().collect();
        let saved = Saved::of(values, "fn f() { 1 }", &["let a = 1;".to_owned()], Path::new("a/kept.json"), false);
        assert_eq!(saved.inline, 1);
        assert!(saved.program.contains("fn f() { 1 }") && saved.program.contains("let small = 1;"));
        assert!(saved.program.contains("\n// Its large variables: .load kept.json\n"));
        assert!(saved.program.ends_with("// let a = 1;\n"));
        assert!(saved.large.is_some_and(|large| large.starts_with("{\"large\"")));
    }

    #[test]
    fn a_program_has_what_load_takes_and_tells_what_it_lacks() {
        let typed: Vec<String> = (0..30_000).map(|number| format!("let n = {number};")).collect();
        let functions = format!("fn f() {{ \"{}\" }}", "y".repeat(SOURCE_LIMIT - 20_000));
        let values: Map<_, _> = [("kept".to_owned(), json!("x".repeat(30_000)))].into_iter().collect();
        for (functions, values) in [("", Map::new()), (functions.as_str(), values)] {
            let has_large = !values.is_empty();
            let saved = Saved::of(values, functions, &typed, Path::new("a/kept.json"), false);
            assert!(saved.program.len() <= SOURCE_LIMIT, "{}", saved.program.len());
            assert_eq!(saved.large.is_some(), has_large);
            let (_, typed) = saved.program.split_once("// What was typed:\n// ... ").unwrap();
            let (left, lines) = typed.split_once(" lines before; `rhizo logs` has them\n").unwrap();
            assert!(lines.ends_with("// let n = 29999;\n"));
            assert_eq!(left.parse::<usize>().unwrap() + lines.lines().count(), 30_000);
        }
    }
}

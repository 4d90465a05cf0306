//! Stored programs: files with front matter that `SCRIPT` finds in the project's, the user's and the built-in folder.

use crate::config::bounded;
use crate::config::paths::Paths;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::{meant, one_line};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::path::Path;

/// What the front matter says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    /// One sentence.
    pub summary: String,
    /// Parameters: name to meaning; a name ending in `?` is optional.
    #[serde(default)]
    pub params: IndexMap<String, String>,
    /// What it returns.
    #[serde(default)]
    pub returns: String,
    /// Words that help to find it.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A stored program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Program {
    /// Its name: the file's stem.
    pub name: String,
    /// What the front matter says.
    #[serde(flatten)]
    pub front: Front,
    /// `project`, `user` or `built-in`.
    pub home: &'static str,
    /// Where it is; empty for a built-in one.
    pub path: String,
    /// The whole source.
    #[serde(skip)]
    pub source: String,
}

impl Program {
    /// Whether it keeps rhizo itself up and is of no use to a run: a program with the tag `seed`.
    pub fn is_upkeep(&self) -> bool {
        self.front.tags.iter().any(|tag| tag == "seed")
    }
}

/// The programs that come with rhizo.
const BUILT_IN: &[(&str, &str)] = &[
    ("classify_lines", include_str!("../../scripts/classify_lines.rhai")),
    ("compare_documents", include_str!("../../scripts/compare_documents.rhai")),
    ("csv_profile", include_str!("../../scripts/csv_profile.rhai")),
    ("dedupe_lines", include_str!("../../scripts/dedupe_lines.rhai")),
    ("extract_table", include_str!("../../scripts/extract_table.rhai")),
    ("grep_report", include_str!("../../scripts/grep_report.rhai")),
    ("marker_report", include_str!("../../scripts/marker_report.rhai")),
    ("outline", include_str!("../../scripts/outline.rhai")),
    ("question_each_document", include_str!("../../scripts/question_each_document.rhai")),
    ("seed_decomposition", include_str!("../../scripts/seed_decomposition.rhai")),
    ("seed_diverse", include_str!("../../scripts/seed_diverse.rhai")),
    ("seed_escalation", include_str!("../../scripts/seed_escalation.rhai")),
    ("seed_exploration", include_str!("../../scripts/seed_exploration.rhai")),
    ("seed_failures", include_str!("../../scripts/seed_failures.rhai")),
    ("seed_probabilistic", include_str!("../../scripts/seed_probabilistic.rhai")),
    ("summarise", include_str!("../../scripts/summarise.rhai")),
    ("word_frequencies", include_str!("../../scripts/word_frequencies.rhai")),
];

/// The line that opens and closes the front matter.
const FENCE: &str = "//! +++";

/// How a stored program begins.
const FORM: &str = "it begins with lines of their own: `//! +++`, `//! summary = \"what it does\"`, `//! +++`";

/// All programs; one of the project hides one of the user, which hides a built-in one. Files without front matter are
/// not for `SCRIPT` and are passed over; files with broken front matter are faults.
pub fn all(paths: &Paths) -> (Vec<Program>, Vec<Failure>) {
    let mut programs: IndexMap<String, Program> = IndexMap::new();
    let mut faults = Vec::new();
    let folders = [("project", &paths.project_scripts), ("user", &paths.user_scripts)];
    for (home, folder) in folders {
        for (name, source, path) in files(folder) {
            if !source.contains(FENCE) || programs.contains_key(&name) {
                continue;
            }
            match parse(&name, &source, home, &path) {
                Ok(program) => drop(programs.insert(name, program)),
                Err(failure) => faults.push(failure),
            }
        }
    }
    for (name, source) in BUILT_IN {
        if !programs.contains_key(*name) {
            match parse(name, source, "built-in", "") {
                Ok(program) => drop(programs.insert((*name).to_owned(), program)),
                Err(failure) => faults.push(failure),
            }
        }
    }
    (programs.into_values().collect(), faults)
}

/// The files of these folders without front matter, by name and path.
pub fn bare(paths: &Paths) -> Vec<(String, String)> {
    let folders = [&paths.project_scripts, &paths.user_scripts];
    let files = folders.into_iter().flat_map(|folder| files(folder));
    files.filter(|(_, source, _)| !source.contains(FENCE)).map(|(name, _, path)| (name, path)).collect()
}

/// The program of this name.
pub fn find(paths: &Paths, name: &str) -> Outcome<Program> {
    let (programs, faults) = all(paths);
    if let Some(program) = programs.iter().find(|p| p.name == name) {
        return Ok(program.clone());
    }
    if let Some(fault) = faults.into_iter().find(|f| f.details.get("name").and_then(|n| n.as_str()) == Some(name)) {
        return Err(fault);
    }
    if let Some((_, path)) = bare(paths).into_iter().find(|(bare, _)| bare == name) {
        let message = format!("`{name}` is no stored program: {path} has no front matter");
        return Err(Failure::new(FailureKind::NotFound, message).hint(FORM));
    }
    let failure = Failure::new(FailureKind::NotFound, format!("there is no program `{}`", one_line(name, 80)));
    Err(match meant(name, programs.iter().map(|p| p.name.as_str())) {
        Some(meant) => failure.hint(meant),
        None => {
            failure.hint("scripts() lists them; a program lies in ./scripts/NAME.rhai and begins with front matter")
        }
    })
}

/// Checks what a file is given that is run by its path, or a program from a pipe, if it begins with front matter.
pub fn check_file(file: Option<&Path>, source: &str, args: &serde_json::Map<String, serde_json::Value>) -> Outcome<()> {
    if !source.trim_start().starts_with(FENCE) {
        return Ok(());
    }
    let name = file.and_then(Path::file_stem).and_then(OsStr::to_str).unwrap_or("the program");
    check_args(&parse(name, source, "", "")?, args)
}

/// The source with its front matter, for keeping.
pub fn render(front: &Front, source: &str) -> Outcome<String> {
    let text = toml::to_string(front)
        .map_err(|e| Failure::new(FailureKind::Invalid, format!("front matter cannot be written: {e}")))?;
    let lines: Vec<String> = text.lines().map(|l| format!("//! {l}").trim_end().to_owned()).collect();
    Ok(format!("{FENCE}\n{}\n{FENCE}\n{}\n", lines.join("\n"), source.trim()))
}

/// Checks that the arguments are the declared ones.
pub fn check_args(program: &Program, args: &serde_json::Map<String, serde_json::Value>) -> Outcome<()> {
    let names = || program.front.params.keys().map(|p| p.trim_end_matches('?'));
    if let Some(unknown) = args.keys().find(|given| !names().any(|known| known == given.as_str())) {
        let failure = Failure::new(FailureKind::Invalid, format!("{} has no parameter `{unknown}`", program.name));
        let list: Vec<&str> = names().collect();
        let meant = meant(unknown, list.iter().copied());
        return Err(failure.hint(meant.unwrap_or_else(|| format!("parameters: {}", list.join(", ")))));
    }
    let missing = program.front.params.iter().find(|(name, _)| !name.ends_with('?') && !args.contains_key(*name));
    match missing {
        Some((name, meaning)) => {
            Err(Failure::new(FailureKind::Invalid, format!("{} needs `{name}`: {meaning}", program.name)))
        }
        None => Ok(()),
    }
}

/// The largest program, in bytes. Parsing is quadratic in places: 256 KiB parse in well under a second.
pub const SOURCE_LIMIT: usize = 256 * 1024;

fn files(folder: &Path) -> Vec<(String, String, String)> {
    // A folder that is not there holds no programs; one that cannot be read is reported by `rhizo doctor`.
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "rhai"))
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let source = bounded::read(&path, SOURCE_LIMIT as u64).ok()?;
            Some((name, source.trim_start_matches('\u{feff}').to_owned(), path.display().to_string()))
        })
        .collect();
    found.sort();
    found
}

fn parse(name: &str, source: &str, home: &'static str, path: &str) -> Outcome<Program> {
    let wrong = |message: String| {
        Failure::new(FailureKind::Config, format!("the front matter of program `{name}` is wrong: {message}"))
            .hint("it stands in `//!` lines between two `//! +++`: summary, params, returns, tags")
            .detail("name", name)
    };
    let mut parts = source.splitn(3, FENCE);
    let (Some(before), Some(text), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong("it is not closed".to_owned()));
    };
    if !before.trim().is_empty() {
        return Err(wrong("it must come first".to_owned()));
    }
    let toml: Vec<&str> = text.lines().map(|l| l.trim_start_matches("//!")).collect();
    let front: Front = toml::from_str(&toml.join("\n")).map_err(|e| wrong(e.message().to_owned()))?;
    if front.summary.is_empty() {
        return Err(wrong("the summary is empty".to_owned()));
    }
    Ok(Program { name: name.to_owned(), front, home, path: path.to_owned(), source: source.to_owned() })
}

//! `list_dir`: what is in a folder of the workspace. Links are shown as links and never followed.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::tool::ToolContext;
use crate::tools::typed::TypedTool;
use crate::tools::workspace::{self, Workspace, lasting};
use globset::{GlobBuilder, GlobMatcher};
use ignore::{DirEntry, WalkBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs::FileType;
use std::path::{Path, PathBuf};

/// The tool.
pub struct ListDir;

/// Its arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The folder, relative to the workspace.
    #[serde(default = "here")]
    path: String,
    /// Whether to go into folders; those that `.gitignore` names are left out.
    #[serde(default)]
    recursive: bool,
    /// Only what fits this pattern: `*.rs` by name, `src/**/*.rs` by path below the folder.
    glob: Option<String>,
    /// The most entries to return.
    #[serde(default = "many")]
    limit: usize,
}

fn here() -> String {
    ".".to_owned()
}

const fn many() -> usize {
    10_000
}

/// What it answers.
#[derive(Serialize, JsonSchema)]
pub struct Listing {
    /// What is there, sorted by name.
    entries: Vec<Entry>,
    /// Whether there is more.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
struct Entry {
    /// Its name, below the folder.
    name: String,
    /// `file`, `dir`, `link` or `other`.
    kind: &'static str,
    /// Bytes of a file; 0 of anything else.
    size: u64,
}

impl TypedTool for ListDir {
    type Args = Args;
    type Answer = Listing;
    const NAME: &'static str = "list_dir";
    const SUMMARY: &'static str = "Lists the files and folders in a folder of the workspace.";
    const RETURNS: &'static str = "\
        A map `{entries: [{name, kind, size}], truncated}`: names below the folder, sorted; kind is file, dir, \
        link or other; size in bytes. Entries that `.gitignore` names are left out.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] = &["folder", "directory", "files", "ls", "glob", "tree", "find"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({}), "the workspace itself"),
            (json!({"path": ".", "recursive": true, "glob": "*.txt"}), "every text file"),
        ]
    }

    fn check(args: &Value, workspace: &Workspace) -> Outcome<()> {
        lasting(&args["path"], |path| workspace.resolve_read(path))?;
        args["glob"].as_str().map(matcher).transpose().map(drop)
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<Listing> {
        cx.blocking(move |cx| list(&args, &cx)).await
    }
}

fn list(args: &Args, cx: &ToolContext) -> Outcome<Listing> {
    let folder = cx.workspace.resolve_read(&args.path)?;
    if !folder.is_dir() {
        return Err(Failure::new(FailureKind::Invalid, format!("`{}` is not a folder", args.path))
            .hint("read_file reads a file"));
    }
    let pattern = args.glob.as_deref().map(matcher).transpose()?;
    let mut entries = Vec::new();
    for found in walk(&folder, args.recursive, cx.workspace.hidden_inside()) {
        cx.check()?;
        let Some(entry) = seen(&args.path, found)? else { continue };
        let below = entry.path().strip_prefix(&folder).unwrap_or(entry.path());
        let fits = pattern.as_ref().is_none_or(|pattern| pattern.is_match(below));
        if below.as_os_str().is_empty() || !fits {
            continue;
        }
        if entries.len() == args.limit {
            return Ok(Listing { entries, truncated: true });
        }
        // What vanishes or is closed to us while we look has no size, and is still shown.
        let size = entry.metadata().ok().filter(std::fs::Metadata::is_file).map_or(0, |found| found.len());
        entries.push(Entry { name: below.display().to_string(), kind: kind(entry.file_type()), size });
    }
    Ok(Listing { entries, truncated: false })
}

fn walk(folder: &Path, recursive: bool, hidden: Vec<PathBuf>) -> ignore::Walk {
    let mut walk = WalkBuilder::new(folder);
    walk.follow_links(false).hidden(false).require_git(false).git_global(false);
    walk.max_depth((!recursive).then_some(1)).sort_by_file_name(Ord::cmp);
    let is_hidden = move |entry: &DirEntry| hidden.iter().any(|hidden| entry.path().starts_with(hidden));
    walk.filter_entry(move |entry| entry.file_name() != ".git" && !is_hidden(entry));
    walk.build()
}

/// The entry, nothing for a folder below that cannot be read, or a failure for the folder that was asked for.
fn seen(path: &str, found: Result<DirEntry, ignore::Error>) -> Outcome<Option<DirEntry>> {
    match found {
        Ok(entry) => Ok(Some(entry)),
        Err(error) if error.depth() == Some(0) => Err(match error.io_error() {
            Some(error) => workspace::failed(path, error),
            None => Failure::new(FailureKind::Io, format!("`{path}`: {error}")),
        }),
        Err(_) => Ok(None),
    }
}

fn kind(found: Option<FileType>) -> &'static str {
    match found {
        Some(found) if found.is_file() => "file",
        Some(found) if found.is_dir() => "dir",
        Some(found) if found.is_symlink() => "link",
        _ => "other",
    }
}

/// A pattern without a slash fits names at any depth; one with a slash fits paths, where `*` stays within a folder.
pub(crate) fn matcher(pattern: &str) -> Outcome<GlobMatcher> {
    let anywhere = if pattern.contains('/') { pattern.to_owned() } else { format!("**/{pattern}") };
    let glob = GlobBuilder::new(&anywhere).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| {
        Failure::new(FailureKind::Invalid, format!("glob `{pattern}`: {}", error.kind()))
            .hint("`*` and `?` fit within a name, `**` over folders, `{a,b}` either of two")
    })
}

//! `find_text`: a regular expression over the files of the workspace. The search itself is the room `context`'s.

use crate::context::library::{Input, Library, OpenOptions};
use crate::context::pattern::Pattern;
use crate::context::poll::Poll;
use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::builtin::list_dir::matcher;
use crate::tools::tool::{ToolContext, cancelled};
use crate::tools::typed::TypedTool;
use crate::tools::workspace::{Workspace, lasting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

/// The tool.
pub struct FindText;

/// Its arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The regular expression; `(?i)` in front ignores case.
    #[schemars(length(min = 1))]
    pattern: String,
    /// The file or folder to search, relative to the workspace.
    #[serde(default = "here")]
    path: String,
    /// Only files that fit: `*.rs` by name, `src/**/*.rs` by path in the workspace.
    glob: Option<String>,
    /// The most lines to return.
    #[serde(default = "many")]
    limit: usize,
}

/// More lines than this are not returned, whatever `limit` says: each may have 4 KB.
const MOST: usize = 10_000;

fn here() -> String {
    ".".to_owned()
}

const fn many() -> usize {
    1_000
}

/// What it answers.
#[derive(Serialize, JsonSchema)]
pub struct Found {
    /// The lines that match, in the order of the files.
    hits: Vec<Line>,
    /// Whether there are more.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    /// Its file, relative to the workspace.
    path: String,
    /// Its number, from 1.
    line: usize,
    /// The line; around 4 KB of it if it is longer.
    text: String,
}

impl TypedTool for FindText {
    type Args = Args;
    type Answer = Found;
    const NAME: &'static str = "find_text";
    const SUMMARY: &'static str = "Searches the files of the workspace for the lines that match a regular expression.";
    const RETURNS: &'static str = "\
        A map `{hits: [{path, line, text}], truncated}`; lines count from 1, and there are 10,000 at most. Hidden, \
        binary and git-ignored files are left out.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] = &["grep", "search", "regex", "pattern", "ripgrep", "find"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"pattern": "(?i)second"}), "every file"),
            (json!({"pattern": "^line \\d", "glob": "*.txt", "limit": 2}), "the first two hits in text files"),
        ]
    }

    fn check(args: &Value, workspace: &Workspace) -> Outcome<()> {
        lasting(&args["path"], |path| workspace.resolve_read(path))?;
        args["glob"].as_str().map(matcher).transpose()?;
        args["pattern"].as_str().map(Pattern::new).transpose().map(drop)
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<Found> {
        cx.blocking(move |cx| find(&args, &cx)).await
    }
}

fn find(args: &Args, cx: &ToolContext) -> Outcome<Found> {
    let only = args.glob.as_deref().map(matcher).transpose()?;
    let place = cx.workspace.resolve_read(&args.path)?;
    // Whoever opens a pipe waits for somebody to write, and no cancellation ends that.
    if !place.is_dir() && !place.is_file() {
        return Err(Failure::new(FailureKind::Invalid, format!("`{}` is not a regular file or a folder", args.path)));
    }
    let poll = Poll::until(&cx.cancel, cancelled);
    let options = OpenOptions { base: cx.workspace.root().to_path_buf(), ..OpenOptions::default() };
    let library = Library::open(vec![Input::Path(place)], &options, &poll)?;
    let mut view = library.view();
    let (root, hidden) = (cx.workspace.root(), cx.workspace.hidden_inside());
    if only.is_some() || !hidden.is_empty() {
        let is_hidden = |name: &Path| hidden.iter().any(|hidden| root.join(name).starts_with(hidden));
        let fits = |name: &Path| only.as_ref().is_none_or(|only| only.is_match(name)) && !is_hidden(name);
        let fitting = view.documents().into_iter().filter(|document| fits(Path::new(document.name())));
        view = View::join(&fitting.map(View::of).collect::<Vec<_>>());
    }
    let limit = args.limit.min(MOST);
    let mut found = view.grep(&args.pattern, limit + 1, &poll)?;
    let truncated = found.len() > limit;
    found.truncate(limit);
    let hits = found.into_iter().map(|hit| Line { path: hit.doc, line: hit.line, text: hit.text }).collect();
    Ok(Found { hits, truncated })
}

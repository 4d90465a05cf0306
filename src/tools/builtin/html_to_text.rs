//! `html_to_text`: the readable text of a page. Styles, scripts and pictures are dropped.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::builtin::json_query::file_bytes;
use crate::tools::charset::decoded;
use crate::tools::tool::ToolContext;
use crate::tools::typed::TypedTool;
use html2text::config;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{self, Read};

mod layout;

/// The tool.
pub struct HtmlToText;

/// Its arguments: exactly one of `html` and `path`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The page.
    html: Option<String>,
    /// A file of the workspace that holds the page.
    path: Option<String>,
    /// Columns after which lines are wrapped.
    #[serde(default = "columns")]
    #[schemars(range(min = 20, max = 10000))]
    width: usize,
    /// Whether to list the addresses of links at the end.
    #[serde(default)]
    links: bool,
}

const fn columns() -> usize {
    100
}

impl TypedTool for HtmlToText {
    type Args = Args;
    type Answer = String;
    const NAME: &'static str = "html_to_text";
    const SUMMARY: &'static str = "Turns an HTML page into readable text.";
    const RETURNS: &'static str = "The text, with headings, lists and tables laid out in plain characters.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] = &["html", "web", "page", "strip", "convert", "markdown"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"html": "<h1>Title</h1><p>Some <b>words</b>.</p>"}), "a page given as text"),
            (json!({"path": "page.html", "links": true}), "a file, with its links"),
        ]
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<String> {
        cx.blocking(move |cx| convert(args, &cx)).await
    }
}

fn convert(args: Args, cx: &ToolContext) -> Outcome<String> {
    let html = match (args.html, args.path) {
        (Some(html), None) => html,
        (None, Some(path)) => decoded(&file_bytes(&path, cx)?, "text/html").map_err(|charset| {
            Failure::new(FailureKind::Invalid, format!("`{path}` is in `{charset}`, which cannot be read"))
                .hint("run_command can convert it with other programs, such as iconv")
        })?,
        _ => return Err(Failure::new(FailureKind::Invalid, "html_to_text needs exactly one of html and path")),
    };
    let failed =
        |error: html2text::Error| Failure::new(FailureKind::Tool, format!("the page cannot be rendered: {error}"));
    let render = config::plain_no_decorate().link_footnotes(args.links).no_link_wrapping().allow_width_overflow();
    let page = render.parse_html(Watched { rest: html.as_bytes(), cx }).map_err(failed)?;
    layout::check(&page, html.len(), args.width)?;
    cx.check()?;
    let tree = render.dom_to_render_tree(&page).map_err(failed)?;
    render.render_to_string(tree, args.width).map_err(failed)
}

/// The page, as long as nobody cancels: the time to parse it grows with the square of its depth.
struct Watched<'a> {
    rest: &'a [u8],
    cx: &'a ToolContext,
}

impl Read for Watched<'_> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        // Not `Interrupted`, which readers take as a wish to be asked again.
        self.cx.check().map_err(io::Error::other)?;
        self.rest.read(piece)
    }
}

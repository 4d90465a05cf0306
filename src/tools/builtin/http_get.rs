//! `http_get`: a page as text. The rules about addresses are the room `model`'s, in `fetch`.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::model::client::USER_AGENT;
use crate::model::fetch::{FetchOptions, check_public, fetch};
use crate::tools::builtin::read_file::is_binary;
use crate::tools::charset::decoded;
use crate::tools::tool::{ToolContext, ToolLimits};
use crate::tools::typed::TypedTool;
use crate::tools::workspace::Workspace;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// The tool.
pub struct HttpGet;

/// Its arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The address, http or https.
    url: String,
    /// The most bytes of the page to read: what a tool may return, if not given, and no more than that.
    #[schemars(range(min = 1))]
    max_bytes: Option<usize>,
    /// Seconds that it may take.
    #[schemars(range(min = 0.001, max = 3600))]
    timeout: Option<f64>,
}

/// What it answers.
#[derive(Serialize, JsonSchema)]
pub struct Page {
    /// The HTTP status; one of an error is an answer too.
    status: u16,
    /// The address after redirects.
    url: String,
    /// The content type as sent; empty if none was.
    content_type: String,
    /// The page.
    text: String,
    /// Whether there is more of it.
    truncated: bool,
}

impl TypedTool for HttpGet {
    type Args = Args;
    type Answer = Page;
    const NAME: &'static str = "http_get";
    const SUMMARY: &'static str = "Fetches a page from a public address of the web.";
    const RETURNS: &'static str = "\
        A map `{status, url, content_type, text, truncated}`: url after redirects; an error status such as 404 is \
        no error.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Network;
    const TAGS: &'static [&'static str] = &["web", "url", "download", "page", "fetch", "curl", "internet"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![(json!({"url": "https://example.com/", "timeout": 10}), "a page; html_to_text makes it readable")]
    }

    /// Which addresses may be fetched is for the configuration to say.
    fn check(args: &Value, _workspace: &Workspace) -> Outcome<()> {
        args["url"].as_str().map_or(Ok(()), |url| check_public(url, true))
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<Page> {
        let timeout = cx.limits.deadline(args.timeout, cx.limits.timeout)?;
        let most = cx.limits.max_input_bytes.min(cx.limits.max_output_bytes);
        let options = FetchOptions {
            max_bytes: args.max_bytes.map_or(most, |wished| wished.min(most)),
            timeout,
            allow_private: cx.allow_private_addresses,
            user_agent: USER_AGENT.to_owned(),
        };
        let fetched = fetch(&args.url, &options, &cx.cancel).await?;
        let read = decoded(&fetched.body, &fetched.content_type);
        // UTF-16 has zeros, its text has none.
        if is_binary(read.as_ref().map_or(fetched.body.as_slice(), |text| text.as_bytes())) {
            return Err(Failure::new(FailureKind::Invalid, format!("{} is not text", fetched.final_url))
                .hint("run_command can download it with another program")
                .detail("content_type", fetched.content_type));
        }
        let mut text = read.map_err(|charset| {
            Failure::new(FailureKind::Invalid, format!("{} is in `{charset}`, which cannot be read", fetched.final_url))
                .hint("run_command can fetch and convert it with other programs, such as iconv")
                .detail("content_type", fetched.content_type.as_str())
        })?;
        // Text can be longer than its bytes. A page is cut at its end, so that what is there is as it was sent.
        let end = text.floor_char_boundary(cx.limits.max_output_bytes);
        let truncated = fetched.truncated || end < text.len();
        text.truncate(end);
        Ok(Page { status: fetched.status, url: fetched.final_url, content_type: fetched.content_type, text, truncated })
    }

    /// The fetch keeps its own.
    fn timeout(_limits: &ToolLimits) -> Option<Duration> {
        None
    }
}

//! `http_get`: a page as text. The rules about addresses are the room `model`'s, in `fetch`.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text;
use crate::core::tool::{EffectClass, Permission};
use crate::model::client::USER_AGENT;
use crate::model::fetch::{FetchOptions, check_public, fetch};
use crate::tools::builtin::read_file::is_binary;
use crate::tools::tool::{ToolContext, ToolLimits};
use crate::tools::typed::TypedTool;
use crate::tools::workspace::Workspace;
use schemars::JsonSchema;
use serde::Deserialize;
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

impl TypedTool for HttpGet {
    type Args = Args;
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

    async fn run(args: Args, cx: &ToolContext) -> Outcome<Value> {
        let timeout = cx.limits.deadline(args.timeout, cx.limits.timeout)?;
        let most = cx.limits.max_input_bytes.min(cx.limits.max_output_bytes);
        let options = FetchOptions {
            max_bytes: args.max_bytes.map_or(most, |wished| wished.min(most)),
            timeout,
            allow_private: cx.allow_private_addresses,
            user_agent: USER_AGENT.to_owned(),
        };
        let fetched = fetch(&args.url, &options, &cx.cancel).await?;
        if is_binary(&fetched.body) {
            return Err(Failure::new(FailureKind::Invalid, format!("{} is not text", fetched.final_url))
                .hint("run_command can download it with another program")
                .detail("content_type", fetched.content_type));
        }
        let mut text = decoded(&fetched.body, &fetched.content_type).map_err(|charset| {
            Failure::new(FailureKind::Invalid, format!("{} is in `{charset}`, which cannot be read", fetched.final_url))
                .hint("run_command can fetch and convert it with other programs, such as iconv")
                .detail("content_type", fetched.content_type.as_str())
        })?;
        // Text can be longer than its bytes. A page is cut at its end, so that what is there is as it was sent.
        let end = text::floor_boundary(&text, cx.limits.max_output_bytes);
        let truncated = fetched.truncated || end < text.len();
        text.truncate(end);
        Ok(json!({
            "status": fetched.status,
            "url": fetched.final_url,
            "content_type": fetched.content_type,
            "text": text,
            "truncated": truncated,
        }))
    }

    /// The fetch keeps its own.
    fn timeout(_limits: &ToolLimits) -> Option<Duration> {
        None
    }
}

/// Labels of UTF-8 and of windows-1252, for which the web takes Latin-1 and ASCII too (WHATWG Encoding, 4.2).
const UTF_8: &[&str] = &["", "utf-8", "utf8", "unicode-1-1-utf-8"];
const LATIN: &[&str] =
    &["windows-1252", "cp1252", "x-cp1252", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "us-ascii", "ascii"];

/// What windows-1252 has from 0x80 to 0x9F; its other bytes are the first characters of Unicode.
const SPECIAL: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// A page as text: as UTF-8 if it is that, whatever is named. Fails with the name of a character set that is unknown.
fn decoded(body: &[u8], content_type: &str) -> Result<String, String> {
    let charset = charset(content_type);
    match std::str::from_utf8(body) {
        Err(_) if LATIN.contains(&charset.as_str()) => Ok(body.iter().copied().map(latin).collect()),
        Err(_) if !UTF_8.contains(&charset.as_str()) => Err(charset),
        _ => Ok(String::from_utf8_lossy(body).into_owned()),
    }
}

/// The character set that a content type names, in lower case; empty if it names none.
fn charset(content_type: &str) -> String {
    let content_type = content_type.to_lowercase();
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let named = parameters.filter(|(name, _)| name.trim() == "charset").map(|(_, value)| value);
    named.map(|value| value.trim().trim_matches(['"', '\'']).to_owned()).next().unwrap_or_default()
}

/// The character of a byte in windows-1252.
fn latin(byte: u8) -> char {
    let special = byte.checked_sub(0x80).and_then(|place| SPECIAL.chars().nth(usize::from(place)));
    special.unwrap_or(char::from(byte))
}

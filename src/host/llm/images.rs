//! The pictures of a call: named by a script, checked before anything is sent.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::message::Image;
use crate::host::run_host::RunHost;
use crate::host::tools::leave::{self, ToolCall};
use crate::model::fetch::check_public;
use crate::model::image::{self, MOST_BYTES, MOST_PIECES, MOST_TOGETHER};
use crate::registry::models::{ModelSpec, Provider};
use crate::tools::builtin::http_get::HttpGet;
use crate::tools::tool::ToolContext;
use crate::tools::typed::TypedTool;
use serde_json::json;
use std::io::Read;
use tokio_util::sync::CancellationToken;

/// Services that read pictures only from the request itself: ollama
/// (<https://docs.ollama.com/api/openai-compatibility>) and LM Studio.
const NO_ADDRESSES: &[&str] = &["ollama", "lmstudio"];

/// The tool whose leave an address needs: whoever fetches it, what stands in it goes out.
const FETCH: &str = HttpGet::NAME;

/// Lets the addresses among these names pass. Those in a model's program are treated like calls of `http_get`: they must be
/// public, and a person is asked about each, unless the policy of the run says otherwise. What a person wrote is theirs.
///
/// Fails with `Invalid` or `Denied` for an address that no service is sent to, with `Denied` if it is not allowed, and
/// with `Waiting` if nobody is there to ask.
pub async fn admit(host: &RunHost, frame: &Frame, names: &[String], cancel: &CancellationToken) -> Outcome<()> {
    let addresses: Vec<&String> = names.iter().filter(|name| is_address(name)).collect();
    if addresses.is_empty() {
        return Ok(());
    }
    // Nobody is asked about a call that cannot be made.
    addresses.iter().try_for_each(|address| checked(host, address))?;
    if !host.by_model {
        return Ok(());
    }
    let tool = host.kit.tools.get()?.get(FETCH)?;
    let cx = ToolContext { cancel: cancel.clone(), ..host.kit.tool_context.clone() };
    for address in addresses {
        let args = json!({"url": address});
        // A run that is only looked at again sends nothing anywhere.
        leave::ask(host, ToolCall { frame, tool, args: &args, cx: &cx, unasked: host.is_sealed(), claim: None })
            .await?;
    }
    Ok(())
}

/// The pictures of these names: addresses, which have been admitted, or files of the workspace.
///
/// Fails with `Invalid` if the model reads no pictures, if one is of the wrong kind or too large, or if there are too
/// many; and as reading a file of the workspace does.
pub fn read(host: &RunHost, spec: &ModelSpec, names: &[String]) -> Outcome<Vec<Image>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    if !spec.capabilities.vision {
        let failure = Failure::new(FailureKind::Invalid, format!("{} takes no images", spec.id));
        return Err(failure.hint(format!(
            "choose a model that reads images; if {} does, set `vision = true` under [models.\"{}\"]",
            spec.id, spec.id
        )));
    }
    if names.len() > MOST_PIECES {
        let what = format!("{} images are more than the {MOST_PIECES} that a call can have", names.len());
        return Err(Failure::new(FailureKind::Invalid, what).hint("spread them over several calls"));
    }
    let side = image::most_side(spec.provider == Provider::Anthropic, names.len());
    let mut together = 0;
    names.iter().map(|name| one(host, spec, name, (side, &mut together))).collect()
}

fn one(host: &RunHost, spec: &ModelSpec, name: &str, (side, together): (u32, &mut usize)) -> Outcome<Image> {
    if is_address(name) {
        return address(host, spec, name);
    }
    let bytes = bytes(host, name)?;
    *together += bytes.len();
    if *together > MOST_TOGETHER {
        let most = MOST_TOGETHER / (1024 * 1024);
        return Err(Failure::new(FailureKind::Invalid, format!("the images have more than {most} MiB together"))
            .hint("make them smaller, or spread them over several calls"));
    }
    image::from_bytes(name, &bytes, side)
}

fn is_address(name: &str) -> bool {
    name.contains("://") || name.starts_with("data:")
}

fn checked(host: &RunHost, name: &str) -> Outcome<()> {
    let scheme = name.split(':').next().unwrap_or_default();
    if !matches!(scheme, "https" | "http") {
        return Err(Failure::new(FailureKind::Invalid, format!("an image cannot be fetched by `{scheme}:`"))
            .hint("name a file of the workspace, or an address that begins with https://"));
    }
    check_public(name, host.kit.tool_context.allow_private_addresses || !host.by_model)
}

fn address(host: &RunHost, spec: &ModelSpec, name: &str) -> Outcome<Image> {
    checked(host, name)?;
    let service = spec.id.as_str().split('/').next().unwrap_or_default();
    if NO_ADDRESSES.contains(&service) {
        return Err(Failure::new(FailureKind::Invalid, format!("{service} fetches no images from addresses"))
            .hint("fetch it first, and name the file"));
    }
    Ok(Image::Url { url: name.to_owned() })
}

fn bytes(host: &RunHost, name: &str) -> Outcome<Vec<u8>> {
    let broken = |error: std::io::Error| Failure::new(FailureKind::Io, format!("cannot read `{name}`: {error}"));
    let file = host.kit.tool_context.workspace.open(name)?;
    // One byte more than allowed shows that there is more, however large the file is by now.
    let most = MOST_BYTES as u64;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() as u64 > most {
        let what = format!("the image `{name}` has more than {} MiB", most / (1024 * 1024));
        return Err(Failure::new(FailureKind::Invalid, what).hint("make it smaller"));
    }
    Ok(bytes)
}

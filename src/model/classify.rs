//! From what a server said to the kind of failure: one table, pure, the same for every provider.
//!
//! Whether and when to try again is decided from the kind in `retry`, not here.

use crate::core::failure::{Failure, FailureKind};
use crate::model::complaint::{Complaint, SHOWN};
use crate::model::endpoint::BASE_URL_HINT;
use crate::model::secrets::Secrets;

/// Whom was asked for what, for messages and hints.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Host and port.
    pub host: &'a str,
    /// The model's name as the server knows it; empty if no model was named.
    pub model: &'a str,
    /// Whether a key was sent.
    pub with_key: bool,
    /// What it must not be heard repeating.
    pub secrets: &'a Secrets,
}

/// What a gateway answers that got nothing of use from the server behind it, which may have worked on the request: 502 and
/// 504 (RFC 9110, 15.6.3 and 15.6.5), and 520 and 524 of Cloudflare's.
pub const HANDED_ON: [u16; 4] = [502, 504, 520, 524];
/// Those of them that say that it waited in vain. The others mostly come at once, because nobody listens behind the gateway.
const GIVEN_UP: [u16; 2] = [504, 524];

/// Whether a failure is that of a gateway that waited in vain.
pub fn has_given_up(failure: &Failure) -> bool {
    failure.details.get("status").is_some_and(|status| GIVEN_UP.iter().any(|given_up| status == given_up))
}

/// The failure that an HTTP status other than 2xx means.
pub fn refused(status: u16, complaint: &Complaint, asked: Asked<'_>) -> Failure {
    let said = asked.secrets.one_line(&complaint.message, SHOWN);
    let colon = if said.is_empty() { "" } else { ": " };
    build(status, format!("the server at {} answered {status}{colon}{said}", asked.host), complaint, asked)
}

/// The failure that an error inside a successful answer means.
pub fn broke_off(complaint: &Complaint, asked: Asked<'_>) -> Failure {
    let said = asked.secrets.one_line(&complaint.message, SHOWN);
    let said = if said.is_empty() { "no reason given" } else { &said };
    let message = format!("the server at {} broke off its answer: {said}", asked.host);
    build(complaint.status.unwrap_or_else(|| status_of(complaint)), message, complaint, asked)
}

fn build(status: u16, message: String, complaint: &Complaint, asked: Asked<'_>) -> Failure {
    let kind = kind(status, complaint);
    let mut failure = Failure::new(kind, message).detail("status", status);
    if !complaint.code.is_empty() {
        failure = failure.detail("code", complaint.code.clone());
    }
    if let Some(window) = complaint.window {
        failure = failure.detail("n_ctx", window);
    }
    match hint(kind, status, complaint, asked) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Codes of errors that lie in the request, whatever their message says, with their status over HTTP: those of OpenAI's
/// responses (<https://platform.openai.com/docs/api-reference/responses/object>) and Anthropic's messages
/// (<https://platform.claude.com/docs/en/api/errors>).
const OF_THE_REQUEST: [(u16, &[&str]); 2] = [
    (413, &["request_too_large"]),
    (
        400,
        &[
            "content_filter",
            "content_policy",
            "invalid_prompt",
            "invalid_image",
            "invalid_base64_image",
            "image_too_",
            "image_parse_error",
            "image_file",
            "unsupported_image",
            "failed_to_download_image",
        ],
    ),
];

/// The status that fits an error which came without one. Unknown errors in the middle of an answer are the server's.
fn status_of(complaint: &Complaint) -> u16 {
    let coded = |(_, codes): &&(u16, &[&str])| codes.iter().any(|code| complaint.code.contains(code));
    if let Some((status, _)) = OF_THE_REQUEST.iter().find(coded) {
        return *status;
    }
    let table: [(u16, &[&str]); 5] = [
        (429, &["rate_limit", "rate limit", "resource_exhausted"]),
        (401, &["authentication", "invalid_api_key", "permission"]),
        (404, &["not_found"]),
        (503, &["overloaded", "unavailable"]),
        (400, &["invalid_request", "badrequest", "context_length", "exceed_context_size", "content management policy"]),
    ];
    table.iter().find(|(_, words)| complaint.mentions(words)).map_or(500, |(status, _)| *status)
}

fn kind(status: u16, complaint: &Complaint) -> FailureKind {
    match status {
        402 => FailureKind::Rejected,
        _ if is_unpaid(complaint) => FailureKind::Rejected,
        // litellm's proxy without a database, to a key that is not its own.
        _ if complaint.code.contains("no_db_connection") => FailureKind::Auth,
        413 => FailureKind::ContextOverflow,
        429 if is_too_large(complaint) => FailureKind::ContextOverflow,
        400 | 422 | 500 if is_overflow(complaint) => FailureKind::ContextOverflow,
        400 | 403 | 422 if complaint.mentions(&["content_filter", "content_policy", "content management policy"]) => {
            FailureKind::Refusal
        }
        404 => FailureKind::UnknownModel,
        400 | 403 | 422 if complaint.mentions(&["model_not_found"]) => FailureKind::UnknownModel,
        401 | 403 => FailureKind::Auth,
        429 => FailureKind::RateLimit,
        408 | 409 | 425 | 500..=599 => FailureKind::Server,
        _ => FailureKind::Rejected,
    }
}

/// OpenAI says 429 both to those who are too fast and to those who have not paid; waiting helps only the former.
fn is_unpaid(complaint: &Complaint) -> bool {
    let codes = ["insufficient_quota", "billing_hard_limit", "billing_not_active", "billing_error"];
    codes.iter().any(|code| complaint.code.contains(code)) || complaint.message.contains("credit balance is too low")
}

/// A request that alone is larger than what an account may use in a minute: no wait makes it fit
/// (<https://platform.openai.com/docs/guides/rate-limits>).
fn is_too_large(complaint: &Complaint) -> bool {
    complaint.says(&["request too large", "must be reduced in order to run successfully"])
}

/// Gateways put the words of the server behind them at the end of their own, so all of the message counts.
fn is_overflow(complaint: &Complaint) -> bool {
    complaint.says(&[
        "context_length_exceeded",
        "context length",
        "context window",
        "context size",
        "exceed_context_size",
        "prompt is too long",
        "input is too long",
        "input is too large",
        "exceed context limit",
        "too many tokens",
        "reduce the length of the messages",
        // Gemini: "The input token count (..) exceeds the maximum number of tokens allowed (..)."
        "input token count",
        "exceeds the maximum number of tokens",
        // xAI: "This model's maximum prompt length is .. but the request contains .. tokens."
        "maximum prompt length",
    ])
}

/// How OpenAI says that a model, or what was asked of it, is not to be had in chat completions.
const RESPONSES: &[&str] = &["use /v1/responses", "supported in v1/responses"];

fn hint(kind: FailureKind, status: u16, complaint: &Complaint, asked: Asked<'_>) -> Option<String> {
    let hint = match kind {
        FailureKind::Auth if !asked.with_key => {
            "no key was sent; set OPENAI_API_KEY, or the provider's key in the configuration".to_owned()
        }
        FailureKind::Rejected | FailureKind::UnknownModel if complaint.mentions(RESPONSES) => {
            "set `provider = \"responses\"` for this model under [models.NAME] in rhizo.toml".to_owned()
        }
        FailureKind::Auth => {
            "check OPENAI_API_KEY, or the provider's key in the configuration, and its right to this model".to_owned()
        }
        FailureKind::UnknownModel if !complaint.html && complaint.mentions(&["model"]) => {
            format!("the server does not offer {:?}; `rhizo models list --remote` shows what it offers", asked.model)
        }
        FailureKind::UnknownModel => BASE_URL_HINT.to_owned(),
        FailureKind::ContextOverflow if status == 429 => {
            "the account may not use so many tokens in a minute: give the model less text, or lower max_tokens"
                .to_owned()
        }
        FailureKind::ContextOverflow => {
            "give the model less text: slice or chunk the context, or choose a model with a larger window".to_owned()
        }
        FailureKind::Refusal => "the provider's content filter refused the prompt; change its wording".to_owned(),
        FailureKind::Rejected if status == 402 || is_unpaid(complaint) => {
            "the account has no credit left; check the provider's billing page".to_owned()
        }
        FailureKind::Rejected if (300..400).contains(&status) || complaint.html => BASE_URL_HINT.to_owned(),
        FailureKind::RateLimit => "lower the concurrency, or wait".to_owned(),
        _ => return None,
    };
    Some(hint)
}

#[cfg(test)]
mod tests;

//! The table, row by row, with bodies as servers send them.

use super::{Asked, broke_off, refused};
use crate::core::failure::{Failure, FailureKind};
use crate::model::complaint::Complaint;
use crate::model::secrets::Secrets;
use serde_json::json;
use std::sync::LazyLock;

static NO_SECRETS: LazyLock<Secrets> = LazyLock::new(Secrets::default);

fn asked() -> Asked<'static> {
    Asked { host: "api.example", model: "small", with_key: true, secrets: &NO_SECRETS }
}

fn failure(status: u16, body: &str) -> Failure {
    refused(status, &Complaint::read(body), asked())
}

#[test]
fn status_and_body_decide_the_kind() {
    let check = |status: u16, body: &str, expect: FailureKind, hint: &str| {
        let failure = failure(status, body);
        assert_eq!(failure.kind, expect, "{status} {body}");
        assert_eq!(failure.details.get("status"), Some(&json!(status)));
        let given = failure.hint.unwrap_or_default();
        assert!(if hint.is_empty() { given.is_empty() } else { given.contains(hint) }, "{status} {body}: {given}");
    };
    let coded = |code: &str| format!(r#"{{"error":{{"message":"m","code":"{code}"}}}}"#);
    let said = |message: &str| format!(r#"{{"error":{{"message":"{message}"}}}}"#);
    check(401, &coded("invalid_api_key"), FailureKind::Auth, "OPENAI_API_KEY");
    check(403, "", FailureKind::Auth, "OPENAI_API_KEY");
    check(403, &coded("model_not_found"), FailureKind::UnknownModel, "models list");
    check(404, &said("The model `small` does not exist"), FailureKind::UnknownModel, "models list");
    check(404, r#"{"detail":"Not Found"}"#, FailureKind::UnknownModel, "/v1");
    check(404, "<html><title>a model page</title></html>", FailureKind::UnknownModel, "/v1");
    check(400, &coded("context_length_exceeded"), FailureKind::ContextOverflow, "chunk");
    check(400, &said("This model's maximum context length is 8192 tokens"), FailureKind::ContextOverflow, "chunk");
    check(400, &said("The input token count exceeds the maximum"), FailureKind::ContextOverflow, "chunk");
    check(400, &said("(9) exceeds the maximum number of tokens"), FailureKind::ContextOverflow, "chunk");
    check(400, &said("This model's maximum prompt length is 9"), FailureKind::ContextOverflow, "chunk");
    check(413, "", FailureKind::ContextOverflow, "chunk");
    check(500, &said("input is too large to process"), FailureKind::ContextOverflow, "chunk");
    check(400, &coded("content_filter"), FailureKind::Refusal, "wording");
    check(400, &said("bad"), FailureKind::Rejected, "");
    check(400, &said("To use function tools, use /v1/responses"), FailureKind::Rejected, "provider = \"responses\"");
    let only = said("This model is only supported in v1/responses and not in v1/chat/completions.");
    check(404, &only, FailureKind::UnknownModel, "provider = \"responses\"");
    check(422, r#"{"detail":[{"loc":["body","x"],"msg":"Extra"}]}"#, FailureKind::Rejected, "");
    check(405, "<html></html>", FailureKind::Rejected, "/v1");
    check(302, "", FailureKind::Rejected, "/v1");
    check(402, "", FailureKind::Rejected, "billing");
    check(429, &coded("rate_limit_exceeded"), FailureKind::RateLimit, "concurrency");
    check(429, &said("Request too large for m on tokens per min (TPM)"), FailureKind::ContextOverflow, "in a minute");
    check(429, &coded("insufficient_quota"), FailureKind::Rejected, "billing");
    check(429, &said("You exceeded your current quota"), FailureKind::RateLimit, "concurrency");
    for status in [408, 409, 425, 500, 502, 503, 504, 529] {
        check(status, "", FailureKind::Server, "");
    }
    check(418, "", FailureKind::Rejected, "");
}

#[test]
fn an_error_in_the_stream_is_judged_by_its_words() {
    let check = |error: serde_json::Value, expect: FailureKind| {
        assert_eq!(broke_off(&Complaint::from_value(&error), asked()).kind, expect, "{error}");
    };
    check(json!({"error": {"message": "m", "type": "server_error"}}), FailureKind::Server);
    check(json!({"error": {"message": "m", "type": "overloaded_error"}}), FailureKind::Server);
    check(json!({"error": {"message": "m", "code": 429}}), FailureKind::RateLimit);
    check(json!({"error": {"message": "m", "code": "rate_limit_exceeded"}}), FailureKind::RateLimit);
    check(json!({"error": {"message": "m", "code": "insufficient_quota"}}), FailureKind::Rejected);
    check(json!({"error": {"message": "m", "code": "502"}}), FailureKind::Server);
    check(json!({"error": {"message": "m", "type": "invalid_request_error"}}), FailureKind::Rejected);
    check(json!({"error": {"message": "m", "type": "exceed_context_size_error"}}), FailureKind::ContextOverflow);
    check(json!({"error": {"message": "m", "type": "authentication_error"}}), FailureKind::Auth);
    check(json!({"object": "error", "message": "m", "code": 400}), FailureKind::Rejected);
    for code in ["content_filter", "content_policy_violation", "image_content_policy_violation"] {
        check(json!({"error": {"message": "m", "code": code}}), FailureKind::Refusal);
    }
    check(json!({"error": {"message": "by Azure OpenAI's content management policy"}}), FailureKind::Refusal);
    for code in ["invalid_prompt", "invalid_image_url", "image_too_large", "image_file_not_found"] {
        check(json!({"type": "error", "code": code, "message": "m", "param": null}), FailureKind::Rejected);
    }
    check(json!({"error": {"message": "m", "type": "request_too_large"}}), FailureKind::ContextOverflow);
    check(json!({"error": {"message": "the content_filter is down", "type": "server_error"}}), FailureKind::Server);
    check(json!({"error": "something"}), FailureKind::Server);
    check(json!({"error": {}}), FailureKind::Server);
}

#[test]
fn messages_name_the_server_and_what_it_said() {
    let check = |failure: Failure, expect: &str| assert_eq!(failure.message, expect);
    check(failure(400, r#"{"error":{"message":"Bad stop."}}"#), "the server at api.example answered 400: Bad stop.");
    check(failure(502, ""), "the server at api.example answered 502");
    let full = failure(400, r#"{"error":{"message":"m","type":"exceed_context_size_error","n_ctx":4096}}"#);
    assert_eq!(full.details.get("n_ctx"), Some(&json!(4096)));
    check(failure(502, "down\nfor repair"), "the server at api.example answered 502: down…");
    let long = failure(500, &"x".repeat(10_000)).message;
    assert_eq!(long, format!("the server at api.example answered 500: {}…", "x".repeat(300)));
    let without = refused(401, &Complaint::default(), Asked { with_key: false, ..asked() });
    assert!(without.hint.unwrap_or_default().starts_with("no key was sent"));
}

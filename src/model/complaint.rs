//! What a server said when it refused, read from whatever form it came in.
//!
//! The forms are those of OpenAI, OpenRouter, litellm, vLLM, llama-server, ollama, Gemini's compatibility layer and
//! the HTML of proxies. What to make of it is decided in `classify`.

use crate::core::text::one_line;
use serde_json::Value;

/// The most characters of a server's message that are shown.
pub const SHOWN: usize = 300;

/// A server's error, as far as it gave one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    /// Its message, as it came; empty if it gave none. It may repeat secrets, and `Secrets::one_line` makes it fit to be
    /// shown.
    pub message: String,
    /// Its code and type, lower case, for example `context_length_exceeded invalid_request_error`.
    pub code: String,
    /// The status, if the error names one itself.
    pub status: Option<u16>,
    /// The parameter that it complains about.
    pub parameter: String,
    /// The window, in tokens, that llama-server names when a prompt does not fit.
    pub window: Option<u64>,
    /// The body was HTML.
    pub html: bool,
}

impl Complaint {
    /// Reads the body of a refused request.
    pub fn read(body: &str) -> Self {
        // A byte order mark is no white space, and no JSON.
        let body = body.trim().trim_start_matches('\u{FEFF}').trim_start();
        let event = data(body);
        let trimmed = event.as_deref().unwrap_or(body);
        match serde_json::from_str::<Value>(trimmed) {
            Ok(value) => Self::from_value(&value),
            Err(_) if trimmed.starts_with('<') => {
                Self { message: title(trimmed).to_owned(), html: true, ..Self::default() }
            }
            Err(_) => Self { message: trimmed.to_owned(), ..Self::default() },
        }
    }

    /// Reads an error that came as JSON, with or without its envelope.
    pub fn from_value(value: &Value) -> Self {
        let outer = value.get(0).unwrap_or(value);
        let inner = match outer.get("error") {
            Some(error) if error.is_object() || error.is_string() => error,
            _ => outer,
        };
        let field = |name: &str| inner.get(name).map(plain).unwrap_or_default();
        let codes = [field("code"), field("type"), field("status")];
        Self {
            message: message(inner),
            status: codes.iter().find_map(|code| code.parse().ok()).filter(|status| (400..600).contains(status)),
            code: codes.iter().filter(|code| !code.is_empty()).cloned().collect::<Vec<_>>().join(" ").to_lowercase(),
            parameter: field("param"),
            window: inner.get("n_ctx").and_then(Value::as_u64),
            html: false,
        }
    }

    /// Whether it says anything about `words`, in any case, in its code, its parameter or what is shown of its message: what
    /// comes after that is mostly the request itself.
    pub fn mentions(&self, words: &[&str]) -> bool {
        let said = format!("{} {} {}", one_line(&self.message, SHOWN), self.code, self.parameter).to_lowercase();
        words.iter().any(|word| said.contains(word))
    }

    /// The same of its code and all of its message, for phrases that hardly stand in a request.
    pub fn says(&self, words: &[&str]) -> bool {
        let said = format!("{} {}", self.message, self.code).to_lowercase();
        words.iter().any(|word| said.contains(word))
    }
}

/// The data of the first event, from servers that stream also their refusals.
fn data(body: &str) -> Option<String> {
    if !["data:", "event:", "id:", ":"].iter().any(|field| body.starts_with(field)) {
        return None;
    }
    let lines = body.lines().skip_while(|line| !line.starts_with("data:"));
    let data: Vec<&str> = lines.map_while(|line| line.strip_prefix("data:")).map(str::trim).collect();
    (!data.is_empty()).then(|| data.join("\n"))
}

fn message(error: &Value) -> String {
    for name in ["message", "detail", "error", "msg"] {
        match error.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => return items.iter().map(validation).collect::<Vec<_>>().join("; "),
            Some(value) => return plain(value),
        }
    }
    error.as_str().map(str::to_owned).unwrap_or_default()
}

/// One entry of FastAPI's list: `{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}`.
fn validation(entry: &Value) -> String {
    let place: Vec<String> = entry.get("loc").and_then(Value::as_array).into_iter().flatten().map(plain).collect();
    let said = entry.get("msg").map_or_else(|| plain(entry), plain);
    if place.is_empty() { said } else { format!("{}: {said}", place.join(".")) }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn title(html: &str) -> &str {
    let start = html.find("<title>").map(|at| at + "<title>".len());
    let end = html.find("</title>");
    match (start, end) {
        (Some(start), Some(end)) if start <= end => &html[start..end],
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::Complaint;

    #[test]
    fn reads_the_forms_of_known_servers() {
        let check = |body: &str, message: &str, code: &str| {
            let read = Complaint::read(body);
            assert_eq!((read.message.as_str(), read.code.as_str()), (message, code), "{body}");
        };
        check(
            r#"{"error":{"message":"No.","type":"invalid_request_error","param":null,"code":"bad"}}"#,
            "No.",
            "bad invalid_request_error",
        );
        check(r#"{"error":"model 'x' not found"}"#, "model 'x' not found", "");
        check(r#"{"object":"error","message":"m","type":"BadRequestError","code":400}"#, "m", "400 badrequesterror");
        check(r#"{"detail":"Not Found"}"#, "Not Found", "");
        check(r#"{"detail":[{"loc":["body","stop"],"msg":"Extra"},{"msg":"b"}]}"#, "body.stop: Extra; b", "");
        check(
            r#"[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}]"#,
            "slow",
            "429 resource_exhausted",
        );
        check("upstream connect error\nmore", "upstream connect error\nmore", "");
        check("<html><head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway", "");
        check("<html>nothing</html>", "", "");
        check("data: {\"error\": {\"message\": \"m\"}}\n\ndata: [DONE]\n\n", "m", "");
        check(": hello\r\nevent: error\r\ndata: {\"error\":\r\ndata: \"m\"}\r\n\r\n", "m", "");
        check("event: error\ndata: out of coffee", "out of coffee", "");
        check("data: ", "", "");
        check("event: ping", "event: ping", "");
        check("", "", "");
        check("{}", "", "");
        check("\u{FEFF} {\"error\": \"m\"}", "m", "");
    }

    #[test]
    fn what_is_not_shown_is_not_mentioned() {
        let long = Complaint::read(&format!("{}temperature", "x".repeat(300)));
        assert!(long.message.ends_with("temperature") && !long.mentions(&["temperature"]));
    }
}

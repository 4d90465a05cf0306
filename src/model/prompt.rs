//! What protocols have in common about the messages that they send: wishes in words, and pictures as addresses.

use crate::core::message::{ChatRequest, Speaker};
use std::borrow::Cow;

/// The texts of the messages, in order. Unless the server holds the answer to the schema, the last message of the user
/// ends with it: a server that ignores the wish must at least have read it.
pub fn with_schema(request: &ChatRequest, held: bool) -> Vec<Cow<'_, str>> {
    let mut texts: Vec<_> = request.messages.iter().map(|message| Cow::Borrowed(message.text.as_str())).collect();
    let Some(schema) = request.schema.as_ref().filter(|_| !held) else { return texts };
    let written = schema.to_string();
    let last = request.messages.iter().rposition(|message| message.speaker == Speaker::User);
    // Whoever asks may have written it there already.
    if let Some(text) = last.and_then(|at| texts.get_mut(at)).filter(|text| !text.contains(&written)) {
        let wish = format!("{text}\n\nAnswer with JSON only, matching this JSON Schema:\n{written}");
        *text = Cow::Owned(wish);
    }
    texts
}

/// A picture's content as an address.
pub fn data_url(media_type: &str, base64: &str) -> String {
    format!("data:{media_type};base64,{base64}")
}

#[cfg(test)]
mod tests {
    use super::with_schema;
    use crate::core::message::{ChatRequest, Message, Speaker};
    use serde_json::json;

    #[test]
    fn the_schema_is_asked_for_once_and_only_where_needed() {
        let mut request = ChatRequest {
            messages: vec![Message::new(Speaker::User, "a"), Message::new(Speaker::Assistant, "b")],
            schema: Some(json!({"type": "object"})),
            ..ChatRequest::default()
        };
        let asked = "a\n\nAnswer with JSON only, matching this JSON Schema:\n{\"type\":\"object\"}";
        assert_eq!(with_schema(&request, false), [asked, "b"]);
        assert_eq!(with_schema(&request, true), ["a", "b"]);
        request.messages[0].text = asked.to_owned();
        assert_eq!(with_schema(&request, false), [asked, "b"]);
    }
}

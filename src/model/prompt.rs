//! What protocols have in common about the messages that they send: wishes in words, pictures as addresses, and the form
//! to which an answer is held.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ChatRequest, Image, Speaker};
use crate::model::quirks::{Feature, Form};
use crate::model::strict::{self, has_object_root};
use serde::Serialize;
use serde_json::Value;
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

/// A picture as an address: its own, or its content.
pub fn address(image: &Image) -> Cow<'_, str> {
    match image {
        Image::Url { url } => Cow::Borrowed(url),
        Image::Data { media_type, base64, .. } => Cow::Owned(format!("data:{media_type};base64,{base64}")),
    }
}

/// The form to which OpenAI's protocols hold an answer.
pub enum Held<'a> {
    /// A schema; unless it is `strict` OpenAI shows it to the model and holds it to nothing.
    Schema {
        /// The schema.
        schema: Cow<'a, Value>,
        /// Whether it is within what OpenAI can hold a model to.
        strict: bool,
    },
    /// Any object, where the server knows no schemas; then the prompt has the schema.
    Object,
}

/// To which form a server can hold the answer of a request; `None` if to none.
pub fn held(request: &ChatRequest, form: Form) -> Option<Held<'_>> {
    let schema = request.schema.as_ref()?;
    let object = has_object_root(schema);
    if form.takes(Feature::Schema) && (object || form.takes(Feature::AnyRoot)) {
        let narrowed = strict::within(schema, strict::OPENAI);
        let strict = narrowed.is_some();
        return Some(Held::Schema { schema: narrowed.map_or(Cow::Borrowed(schema), Cow::Owned), strict });
    }
    (object && form.takes(Feature::JsonObject)).then_some(Held::Object)
}

/// The bytes of a body.
///
/// # Errors
/// `internal`, if it holds what JSON cannot say.
pub fn written(body: &impl Serialize) -> Outcome<Vec<u8>> {
    serde_json::to_vec(body)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("the request cannot be written as JSON: {error}")))
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

//! Counting tokens where a server does not: four bytes are one token.
//!
//! This is a figure for bills and budgets that is marked as estimated, not a tokenizer. Four bytes per token is what
//! OpenAI's tokenizers need for English prose (<https://help.openai.com/en/articles/4936856>).

use crate::core::message::{ChatRequest, Message, Thought};

/// Tokens in text of that many bytes, rounded up.
pub fn tokens(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX)
}

/// Tokens of one picture of which nothing is known: 768 by 1024 pixels are 765 at OpenAI and 1,050 at Anthropic
/// (<https://platform.openai.com/docs/guides/images-vision>, <https://platform.claude.com/docs/en/build-with-claude/vision>).
const IMAGE: u64 = 1_000;

/// Tokens in a request's messages, pictures, functions and schema. A picture counts `image_tokens`, if somebody says so:
/// how large it is nobody knows, and gpt-4o-mini counts 8,500 tokens for a small one.
pub fn prompt_tokens(request: &ChatRequest, image_tokens: Option<u64>) -> u64 {
    let message = |message: &Message| {
        let calls = message.tool_requests.iter().map(|call| call.name.len() + call.arguments.len());
        let thoughts = message.thoughts.iter().map(Thought::bytes);
        message.text.len() + calls.sum::<usize>() + thoughts.sum::<usize>()
    };
    let messages: usize = request.messages.iter().map(message).sum();
    let functions: usize = request
        .functions
        .iter()
        .map(|function| function.name.len() + function.description.len() + function.parameters.to_string().len())
        .sum();
    let schema = request.schema.as_ref().map_or(0, |schema| schema.to_string().len());
    let images = request.images().saturating_mul(image_tokens.unwrap_or(IMAGE));
    tokens(messages + functions + schema).saturating_add(images)
}

#[cfg(test)]
mod tests {
    use super::{prompt_tokens, tokens};
    use crate::core::message::{ChatRequest, FunctionSpec, Message, Speaker};
    use serde_json::json;

    #[test]
    fn rounds_up() {
        for (bytes, expect) in [(0, 0), (1, 1), (4, 1), (5, 2), (4_000, 1_000)] {
            assert_eq!(tokens(bytes), expect);
        }
    }

    #[test]
    fn counts_messages_and_functions() {
        let mut request = ChatRequest {
            messages: vec![Message::new(Speaker::System, "1234"), Message::new(Speaker::User, "56789")],
            ..ChatRequest::default()
        };
        assert_eq!(prompt_tokens(&request, None), 3);
        let (name, description) = ("rhai".to_owned(), "runs".to_owned());
        request.functions.push(FunctionSpec { name, description, parameters: json!({}) });
        assert_eq!(prompt_tokens(&request, None), 5);
    }
}

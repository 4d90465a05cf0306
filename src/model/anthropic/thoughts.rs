//! Thoughts put together from their pieces, with the marks without which the provider does not take them back
//! (<https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks>).

use crate::core::message::Thought;
use crate::model::anthropic::wire::{Block, Delta};

/// The thoughts of one answer, by their place in it.
#[derive(Debug, Default)]
pub(super) struct Thoughts {
    begun: Vec<(Option<u64>, Thought)>,
}

impl Thoughts {
    /// Takes the beginning of a block, or all of it.
    pub(super) fn begin(&mut self, index: Option<u64>, block: &Block) {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let thought = match block.r#type.as_str() {
            "thinking" => Thought::Signed { text: text(&block.thinking), signature: text(&block.signature) },
            "redacted_thinking" => Thought::Redacted { data: text(&block.data) },
            _ => return,
        };
        self.begun.push((index, thought));
    }

    /// Takes a piece of a block.
    pub(super) fn add(&mut self, index: Option<u64>, delta: &Delta) {
        let begun = self.begun.iter_mut().rfind(|(place, _)| *place == index);
        if let Some((_, Thought::Signed { text, signature })) = begun {
            text.push_str(delta.thinking.as_deref().unwrap_or_default());
            signature.push_str(delta.signature.as_deref().unwrap_or_default());
        }
    }

    /// The thoughts that may go back. Servers that copy the protocol sign nothing, and want nothing back.
    pub(super) fn finish(&mut self) -> Vec<Thought> {
        let marked = |thought: &Thought| match thought {
            Thought::Signed { signature, .. } => !signature.is_empty(),
            Thought::Redacted { data } => !data.is_empty(),
        };
        std::mem::take(&mut self.begun).into_iter().map(|(_, thought)| thought).filter(marked).collect()
    }
}

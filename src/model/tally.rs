//! What an answer is billed for: the server's count, held against what arrived of the answer.
//!
//! A count that what arrived belies is not believed, because it would let a run spend more than its budget says. Prices
//! are not here.

use crate::core::message::ChatRequest;
use crate::core::usage::Usage;
use crate::model::estimate;

/// What has arrived of one answer, and what the server counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// Bytes of text, refusal, thoughts and tool calls.
    heard: usize,
    /// Those of thoughts among them, which are paid for though not shown.
    thoughts: usize,
    /// The fewest tokens that they can be, in 64ths, and the last character that was weighed.
    least: u64,
    last: Option<char>,
    usage: Option<Usage>,
    /// The server counted the whole answer, not only the prompt.
    counted: bool,
    /// How much had arrived when it counted.
    counted_at: usize,
}

impl Tally {
    /// Takes note of something that the model wrote.
    pub fn hear(&mut self, text: &str) {
        self.heard += text.len();
        for c in text.chars() {
            // Eight characters a token is twice what prose has. Runs of blanks and dashes have tokens of their own, of up
            // to 64 characters and more.
            self.least += if self.last == Some(c) { 1 } else { 8 };
            self.last = Some(c);
        }
    }

    /// Takes note of so many bytes of pieces that were lost on their way.
    pub const fn miss(&mut self, bytes: usize) {
        self.heard += bytes;
    }

    /// The same of a thought.
    pub fn think(&mut self, thought: &str) {
        self.thoughts += thought.len();
        self.hear(thought);
    }

    /// Keeps the server's figures. `counted` says that they count the whole answer so far and not only the prompt.
    pub const fn report(&mut self, usage: Usage, counted: bool) {
        (self.usage, self.counted, self.counted_at) = (Some(usage), counted, self.heard);
    }

    /// Whether nothing of the answer was heard.
    pub const fn is_silent(&self) -> bool {
        self.heard == 0
    }

    /// Whether nothing was heard and no answer was counted; some servers count the prompt before.
    pub const fn is_empty(&self) -> bool {
        self.heard == 0 && !self.counted
    }

    /// Whether the server has told any figures.
    pub const fn is_told(&self) -> bool {
        self.usage.is_some()
    }

    /// The bill of a server that was asked `request`: its own figures as far as they can be true, else estimated ones.
    pub fn usage(&self, request: &ChatRequest) -> Usage {
        let written = estimate::tokens(self.heard);
        let Some(told) = self.usage else {
            return Usage {
                input_tokens: estimate::prompt_tokens(request),
                output_tokens: written,
                reasoning_tokens: estimate::tokens(self.thoughts),
                estimated: true,
                ..Usage::default()
            };
        };
        let least = self.least.div_ceil(64);
        // A count that came before the last of the answer is that of its beginning.
        let whole = self.counted && self.counted_at == self.heard;
        let answer = told.output_tokens >= if whole { least } else { written };
        if self.counted && answer && told.input_tokens > 0 {
            return told;
        }
        let output_tokens = if answer { told.output_tokens } else { told.output_tokens.max(written).max(least) };
        let input_tokens = if told.input_tokens > 0 { told.input_tokens } else { estimate::prompt_tokens(request) };
        Usage { input_tokens, output_tokens, estimated: true, ..told }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use crate::core::message::ChatRequest;
    use crate::core::usage::Usage;

    #[test]
    fn a_counted_prompt_is_no_answer() {
        let mut tally = Tally::default();
        let prompt = Usage { input_tokens: 9, ..Usage::default() };
        tally.report(prompt, false);
        assert!(tally.is_empty());
        tally.report(prompt, true);
        assert!(!tally.is_empty());
    }

    /// Tokens billed for a text that the server counted as `told`, and whether they are estimated.
    fn billed(text: &str, told: u64) -> (u64, bool) {
        let mut tally = Tally::default();
        tally.hear(text);
        tally.report(Usage { input_tokens: 9, output_tokens: told, ..Usage::default() }, true);
        let usage = tally.usage(&ChatRequest::default());
        assert_eq!(usage.input_tokens, 9);
        (usage.output_tokens, usage.estimated)
    }

    #[test]
    fn counts_of_honest_tokenizers_are_believed() {
        // Tokens of o200k_base, counted with tiktoken where a figure is odd, else by the words.
        let hindi = "नमस्ते, मेरा नाम जीपीटी-4o है। मैं एक नए प्रकार का भाषा मॉडल हूँ।";
        for (text, told) in [
            ("internationalization", 3),
            ("The quick brown fox jumps over the lazy dog.", 10),
            (hindi, 23),
            ("==================================================", 1),
            ("", 0),
            ("yes", 7),
        ] {
            assert_eq!(billed(text, told), (told, false), "{text}");
        }
    }

    #[test]
    fn counts_below_what_arrived_are_not() {
        for (text, told, expect) in
            [("yes", 0, 1), ("The quick brown fox jumps over the lazy dog.", 5, 11), ("1 2 3 4 5 6 7 8", 1, 4)]
        {
            assert_eq!(billed(text, told), (expect, true), "{text}");
        }
    }
}

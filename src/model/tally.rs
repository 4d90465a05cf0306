//! What an answer is billed for: the server's count, held against what was sent and what arrived of the answer.
//!
//! A count that these belie is not believed, because it would let a run spend more than its budget says: of one that is too high
//! only what was held back for it is billed, which no budget minds. Prices are not here.

use crate::core::message::ChatRequest;
use crate::core::price::Bound;
use crate::core::slack::{Slack, with_margin};
use crate::core::usage::Usage;
use crate::model::estimate;
use std::time::Duration;
use tokio::time::Instant;

/// More tokens than a model writes in a second: Cerebras, the fastest server that tells of it, names 3,000 (gpt-oss-120b).
const SILENT_PER_SECOND: u64 = 4_000;
/// A model that was heard to write so many tokens is not taken for more than twice as fast in silence.
const SAMPLE: u64 = 64;
/// So long a pause between two pieces is silence, in which a model can think.
const PAUSE: Duration = Duration::from_secs(1);

/// So many of the tokens that an answer has at least are not held against a count: in prose few words are as long as a token can
/// be, but a label such as `Environmental` is one token and nothing else.
const LENIENT: u64 = 2;

/// More tokens than any model's longest answer, for requests that set no limit.
const LONGEST: u64 = 1_000_000;

/// What has arrived of one answer, and what the server counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// The most tokens that a picture counts, if somebody says so.
    image_tokens: Option<u64>,
    /// Bytes of text, refusal, thoughts and tool calls.
    heard: usize,
    /// Those of thoughts among them, which are paid for though not shown.
    thoughts: usize,
    /// The fewest tokens that they can be, in 64ths, and the last character that was weighed.
    least: u64,
    last: Option<char>,
    /// When the last piece came.
    heard_at: Option<Instant>,
    /// How long the answer took to come from its first piece on, pauses left out.
    spoken: Duration,
    usage: Option<Usage>,
    /// The server counted the whole answer, not only the prompt.
    counted: bool,
    /// How much had arrived when it counted.
    counted_at: usize,
}

impl Tally {
    /// A tally of a model whose pictures count at most so much.
    pub fn of(image_tokens: Option<u64>) -> Self {
        Self { image_tokens, ..Self::default() }
    }

    /// Takes note of something that the model wrote.
    pub fn hear(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let now = Instant::now();
        let gap = self.heard_at.replace(now).map(|before| now.duration_since(before));
        self.spoken += gap.filter(|gap| *gap < PAUSE).unwrap_or_default();
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

    /// Whether the server has counted an answer, if only as far as it had come.
    pub const fn is_counted(&self) -> bool {
        self.counted
    }

    /// Whether the server has told how long the prompt is.
    pub const fn has_prompt(&self) -> bool {
        matches!(self.usage, Some(usage) if usage.input_tokens > 0)
    }

    /// The most tokens that the model can have thought in silence in a call that ran for so long: while nothing came, at the
    /// speed of the fastest server, or at twice its own once that is known.
    pub fn silent(&self, time: Duration) -> u64 {
        let silence = time.saturating_sub(self.spoken).as_micros();
        let most = silence.saturating_mul(SILENT_PER_SECOND.into()).div_ceil(1_000_000);
        let written = estimate::tokens(self.heard);
        let own = silence.saturating_mul((2 * written).into()).checked_div(self.spoken.as_micros());
        let fewest = own.filter(|_| written >= SAMPLE).unwrap_or(most).min(most);
        u64::try_from(fewest).unwrap_or(u64::MAX)
    }

    /// The bill of a server that was asked `request`: its own figures as far as they can be true, else estimated ones.
    pub fn usage(&self, request: &ChatRequest) -> Usage {
        let here = Usage {
            input_tokens: estimate::prompt_tokens(request, self.image_tokens),
            output_tokens: estimate::tokens(self.heard),
            reasoning_tokens: estimate::tokens(self.thoughts),
            estimated: true,
            ..Usage::default()
        };
        let Some(told) = self.usage else { return here };
        let fewest = self.fewest();
        let least = fewest.saturating_sub(LENIENT).max(fewest.min(1));
        // A count that came before the last of the answer is that of its beginning.
        let whole = self.counted && self.counted_at == self.heard;
        let low = told.output_tokens < if whole { least } else { here.output_tokens };
        let believed = self.believed(request);
        let high = told.output_tokens > believed.output_tokens;
        let prompt = (1..=believed.input_tokens).contains(&told.input_tokens);
        if self.counted && prompt && !low && !high {
            return told;
        }
        // What a gateway sends beside the prompt costs too; more than was held back would break a budget.
        let held = Usage { input_tokens: told.input_tokens.min(self.held_back(request)), ..here };
        let asked = match told.input_tokens {
            0 => here,
            _ if prompt => told,
            _ => held,
        };
        let most = request.sampling.max_tokens.unwrap_or_default().max(here.output_tokens);
        let output = if high { told.output_tokens.min(most) } else { told.output_tokens };
        Usage {
            output_tokens: if low { output.max(here.output_tokens) } else { output },
            reasoning_tokens: if high { here.reasoning_tokens } else { told.reasoning_tokens },
            estimated: true,
            ..asked
        }
    }

    /// Whether what has arrived is more than the answer may have, however few tokens it is: the server keeps to no limit.
    ///
    /// Thoughts count. The limits of all protocols include them, a budget holds back no more for them, and what Anthropic's may
    /// think at most lies below `max_tokens`. Of a server that counts them apart the limit must have room for both.
    pub fn is_beyond(&self, request: &ChatRequest) -> bool {
        request.sampling.max_tokens.is_some_and(|most| self.fewest() > with_margin(most))
    }

    /// Takes back what arrived far beyond the limit, in one piece or in runs of one character: left is what a stream of words has
    /// come to when it is cut. Answers whether there was anything.
    pub fn cut(&mut self, request: &ChatRequest) -> bool {
        let Some(most) = request.sampling.max_tokens.map(with_margin) else { return false };
        let (fewest, likely) = (self.fewest(), estimate::tokens(self.heard));
        if fewest <= most || (fewest <= most.saturating_mul(2) && likely <= most.saturating_mul(4)) {
            return false;
        }
        let room = usize::try_from(most.saturating_mul(8)).unwrap_or(usize::MAX);
        (self.heard, self.thoughts) = (self.heard.min(room), self.thoughts.min(room));
        (self.least, self.counted_at) = (self.least.min(most.saturating_mul(64)), self.counted_at.min(room));
        true
    }

    /// Bytes of what counts as heard.
    pub const fn heard(&self) -> usize {
        self.heard
    }

    /// The fewest tokens that what has arrived can be.
    const fn fewest(&self) -> u64 {
        self.least.div_ceil(64)
    }

    /// What the server counted beyond what can be true, in words.
    pub fn excess(&self, request: &ChatRequest) -> Option<String> {
        let told = self.usage?;
        let Bound { input_tokens: prompt, output_tokens: answer, .. } = self.believed(request);
        if told.input_tokens > prompt {
            return Some(format!("{} prompt tokens where at most {prompt} can have been sent", told.input_tokens));
        }
        let what = format!("{} answer tokens where at most {answer} were allowed or arrived", told.output_tokens);
        (told.output_tokens > answer).then_some(what)
    }

    /// The tokens that a budget holds back for the prompt of a request, without what servers add.
    pub fn held_back(&self, request: &ChatRequest) -> u64 {
        request.token_bound(self.image_tokens)
    }

    /// The most tokens that are believed: those of the prompt, and those that were allowed, thoughts that nobody is shown
    /// among them, or, from a server that keeps to no limit, as many as arrived by estimate; each with what servers add.
    fn believed(&self, request: &ChatRequest) -> Bound {
        let output_tokens = request.sampling.max_tokens.unwrap_or(LONGEST).max(estimate::tokens(self.heard));
        let bound = Bound { input_tokens: self.held_back(request), output_tokens, images: 0 };
        Slack::of(request, self.image_tokens).upon(bound)
    }
}

#[cfg(test)]
mod tests;

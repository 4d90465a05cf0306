//! What servers count in good faith beyond what was sent and allowed. It is believed, so a budget holds it back.

use crate::core::message::{ChatRequest, IMAGE_TOKENS};
use crate::core::price::Bound;

/// Tokens of what servers put around a prompt by themselves: dates and standing instructions of chat templates, of which
/// that of gpt-oss has about 70.
const TEMPLATE: u64 = 256;
/// The same where functions are offered or a schema is asked for: Anthropic counts some hundreds for its instructions about
/// tools (<https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview#pricing>).
const INSTRUCTIONS: u64 = 1_024;
/// What a picture of a model of which nobody says how much it counts can count beyond its `IMAGE_TOKENS`: gpt-4o-mini counts
/// 48,169 (`registry::pictures`), and a server may give it another name.
const LARGE_IMAGE: u64 = 5 * IMAGE_TOKENS;
/// Servers stop a little behind the limit that they were told: by a part of it, and by the tokens that end an answer.
const OVER_SHARE: u64 = 16;
const OVER: u64 = 64;

/// How far counts may lie above a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slack {
    /// Prompt tokens.
    pub input_tokens: u64,
    /// Answer tokens: one for so many that were allowed; 0 for none.
    pub share: u64,
    /// Answer tokens beside these.
    pub output_tokens: u64,
}

impl Slack {
    /// That of a request to a model whose pictures count at most so much, if somebody says so.
    pub fn of(request: &ChatRequest, image_tokens: Option<u64>) -> Self {
        let instructed = !request.functions.is_empty() || request.schema.is_some();
        let added = if instructed { INSTRUCTIONS } else { TEMPLATE };
        let larger = if image_tokens.is_none() { request.images().saturating_mul(LARGE_IMAGE) } else { 0 };
        Self { input_tokens: larger.saturating_add(added), share: OVER_SHARE, output_tokens: OVER }
    }

    /// The bound with it.
    pub fn upon(&self, bound: Bound) -> Bound {
        let over = bound.output_tokens.checked_div(self.share).unwrap_or(0).saturating_add(self.output_tokens);
        Bound {
            input_tokens: bound.input_tokens.saturating_add(self.input_tokens),
            output_tokens: bound.output_tokens.saturating_add(over),
            ..bound
        }
    }

    /// The longest answer that has at most so many tokens with it; `None` if none has.
    pub fn within(&self, output_tokens: u64) -> Option<u64> {
        let rest = output_tokens.checked_sub(self.output_tokens)?;
        if self.share == 0 {
            return Some(rest);
        }
        let share = u128::from(self.share);
        let longest = (u128::from(rest) * share + share - 1) / (share + 1);
        u64::try_from(longest).ok()
    }
}

/// The most tokens that a server writes which keeps to a limit of so many.
pub const fn with_margin(most: u64) -> u64 {
    most.saturating_add(most / OVER_SHARE).saturating_add(OVER)
}

#[cfg(test)]
mod tests {
    use super::Slack;
    use crate::core::price::Bound;

    #[test]
    fn an_answer_within_a_limit_is_the_longest_that_fits_with_its_slack() {
        for share in [0, 1, 16] {
            let slack = Slack { input_tokens: 9, share, output_tokens: 64 };
            let held = |output_tokens| slack.upon(Bound { output_tokens, ..Bound::default() }).output_tokens;
            assert_eq!(slack.within(63), None);
            for limit in 64..1_000 {
                let longest = slack.within(limit).expect("room for none at least");
                assert!(held(longest) <= limit && held(longest + 1) > limit, "{share} {limit}: {longest}");
            }
        }
        assert_eq!(Slack::default().within(u64::MAX), Some(u64::MAX));
    }
}

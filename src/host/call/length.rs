//! How long an answer may be: what its call asks for, as far as the model gives it and the budget pays it.
//!
//! The log knows a call by what it asks for, so nothing here changes a request before it has a place there.

use crate::budget::scope::afford::Wish;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::IMAGE_TOKENS;
use crate::core::price::Bound;
use crate::core::slack::Slack;
use crate::host::call::ModelCall;
use crate::host::run_host::RunHost;
use crate::registry::models::ModelSpec;
use crate::registry::roles::MAX_TOKENS;

/// How far an answer may be shortened so that its call fits the budget: to this part of what was asked for, but not below
/// so many tokens. A root that asks for 16,384 needs some hundreds to write a program at all.
const LEAST_SHARE: u64 = 64;
const LEAST_TOKENS: u64 = 16;

/// The part of a window that is left to the answer however long the prompt seems, whose tokens are only estimated.
const LEAST_ROOM: u64 = 8;

/// What shortens an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::host) enum Limit {
    /// The model's window, or its longest answer.
    Model,
    /// What is left of a budget.
    Budget,
}

/// A prompt that cannot fit is refused before it is paid; the check errs on the side of sending.
///
/// # Errors
/// `context_overflow`.
pub(in crate::host) fn fits(call: &ModelCall) -> Outcome<()> {
    let (tokens, window) = (prompt(call, &call.served.spec), call.served.spec.window);
    if tokens <= window {
        return Ok(());
    }
    let what = format!("the prompt has about {tokens} tokens, {} takes {window}", call.served.spec.id);
    Err(Failure::new(FailureKind::ContextOverflow, what)
        .hint("send pieces: `llm_batch(context.chunks(20000, 500).map(|c| question + c.text))`"))
}

/// The most that the call can use, and the least with which it goes out. Its limit of tokens is filled in, and stays what
/// was asked for until `shorten`.
pub(in crate::host) fn wish(call: &mut ModelCall) -> Wish {
    call.request.sampling.max_tokens.get_or_insert(MAX_TOKENS);
    wish_of(call, &call.served.spec)
}

/// The same if this model is asked.
pub(in crate::host) fn wish_of(call: &ModelCall, spec: &ModelSpec) -> Wish {
    let asked = call.request.sampling.max_tokens.unwrap_or(MAX_TOKENS);
    let least = (asked / LEAST_SHARE).max(LEAST_TOKENS).min(asked);
    let (input_tokens, images) = (call.request.token_bound(spec.image_tokens), call.request.images());
    let output_tokens = longest(call, spec).max(least).min(asked);
    let slack = Slack::of(&call.request, spec.image_tokens);
    Wish { bound: Bound { input_tokens, output_tokens, images }, least, slack }
}

/// Asks for no more than the model gives and the budget allows, and says so.
pub(in crate::host) fn shorten(host: &RunHost, call: &mut ModelCall, wish: &Wish, granted: u64) {
    let asked = call.request.sampling.max_tokens.replace(granted).unwrap_or(granted);
    let model = &call.served.spec.id;
    let limit = if granted < wish.bound.output_tokens { Limit::Budget } else { Limit::Model };
    if granted < asked && host.choices.first_shortened(model, limit) {
        let who = match limit {
            Limit::Budget => format!("the budget left allows {model}"),
            Limit::Model => format!("{model} has room for"),
        };
        let text = format!("{who} an answer of {granted} tokens instead of {asked}");
        host.emit(&call.frame, &Event::Note { text });
    }
}

/// Tokens of the prompt if this model is asked: of four bytes each, which is what English text has, and of each picture the most
/// that it counts. Where that is much, most pictures count far less; gpt-4o-mini's count at least 2,833.
fn prompt(call: &ModelCall, spec: &ModelSpec) -> u64 {
    let each = spec.image_tokens.unwrap_or(IMAGE_TOKENS).min(IMAGE_TOKENS / 4);
    (call.request.token_bound(Some(0)) / 4).saturating_add(call.request.images().saturating_mul(each))
}

/// The longest answer that the model can give to the prompt; servers refuse a request for more. The prompt may have more
/// tokens than it seems, so an eighth of it is left free. A window that is only assumed is no reason to shorten anything.
fn longest(call: &ModelCall, spec: &ModelSpec) -> u64 {
    let prompt = prompt(call, spec);
    let room = spec.window.saturating_sub(prompt.saturating_add(prompt / 8)).max(spec.window / LEAST_ROOM);
    let room = if spec.window_known { room } else { u64::MAX };
    room.min(spec.max_output.unwrap_or(u64::MAX))
}

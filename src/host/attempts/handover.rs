//! Handing out: the task of a chain that failed goes to a child run of the strongest role, with the run's context and what
//! went wrong before.
//!
//! The child is bounded: it gets at most half of what is left, and of money no more than some usual calls cost (`most`). A
//! chain hands out once (`policy::escalate`).

use crate::core::attempts::{Attempts, Spent};
use crate::core::child::{ChildOptions, ChildRequest};
use crate::core::document::ContextRef;
use crate::core::effect::EffectKind;
use crate::core::event::Event;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::request::LlmRequest;
use crate::core::text::one_line;
use crate::host::attempts::Attempting;
use crate::host::attempts::ladder::Ladder;
use crate::host::models::choose::Wish;
use serde_json::Value;
use std::sync::Arc;

/// Calls that must be left, so that the child can look, answer and be wrong once.
const LEAST_CALLS: u64 = 4;
/// What a child may cost, in calls of its role or in what the chain has paid for its answers: one answer that nobody finds is
/// not worth the rest of a batch.
const TIMES: u64 = 10;
/// Turns of the child.
const TURNS: u32 = 8;
/// Longer prompts are inputs of their own, in bytes.
const LONG: usize = 32_000;
/// The task of a child whose input is a prompt that was too long.
const TOO_LONG: &str = "Do what the text in the context asks for. It is a prompt that is too long to be read at once.";

/// Whether a child run may be given the task: there is an input, nothing that a child could not be told, and depth and
/// budget for it.
pub fn is_possible(chain: &Attempting<'_>, ladder: &Ladder) -> bool {
    let (scope, options) = (&chain.host.scope, &chain.request.options);
    let left = scope.left();
    let has_input = !chain.host.view.is_empty() || is_input(&chain.request.prompt);
    let affordable = left.calls.is_none_or(|calls| calls >= LEAST_CALLS)
        && left.cost.is_none_or(|cost| cost > Money::ZERO)
        && left.tokens.is_none_or(|tokens| tokens > 0);
    let has_ends = options.stop.as_ref().is_some_and(|ends| !ends.is_empty());
    let tellable = options.images.is_empty() && options.persona.is_none() && !has_ends;
    let set = &chain.host.kit.settings.escalation;
    // Who wants no other role to take over wants none with a run of its own either.
    let enabled = set.enabled && set.most > 0 && !ladder.is_pinned();
    enabled && has_input && tellable && affordable && scope.depth() < scope.limits().max_depth
}

/// The child's answer, and what the run has spent while it worked.
pub async fn answer(
    chain: &Attempting<'_>,
    ladder: &Ladder,
    request: &LlmRequest,
    attempts: &Attempts,
) -> Outcome<(Value, Spent)> {
    let Attempting { host, frame, cancel, .. } = *chain;
    let (role, most) = (attempts.role.as_str(), most(chain, ladder, attempts));
    tell(chain, role, most);
    let before = host.scope.report().totals;
    let begun = host.now();
    let child = child(chain, request, role, most);
    let value = host.kit.children.run(host.handle()?, frame.clone(), child, cancel.clone()).await?;
    let after = host.scope.report().totals;
    let wish = Wish::of(Some(role), None);
    let model = host.choose(&wish).await?.served.spec.id.to_string();
    let spent = Spent {
        model,
        cost_nanos: after.cost.nanos().saturating_sub(before.cost.nanos()),
        tokens: after.usage.total().saturating_sub(before.usage.total()),
        millis: host.now().saturating_sub(begun),
        paid: None,
    };
    Ok((value, spent))
}

/// Whether a prompt is an input of its own, which a child looks into instead of being sent it.
const fn is_input(prompt: &str) -> bool {
    prompt.len() > LONG
}

/// The money that a child may spend; nothing if that has no limit.
fn most(chain: &Attempting<'_>, ladder: &Ladder, attempts: &Attempts) -> Option<Money> {
    let half = chain.host.scope.left().cost.map(|left| Money::from_nanos(left.nanos() / 2));
    // Where nobody limits money, a limit would refuse models whose price is not known.
    let usual = ladder.usual(&attempts.role, chain.request.prompt.len());
    let usual = usual.filter(|_| half.is_some() || ladder.is_priced());
    let times = |usual: Money| usual.nanos().max(attempts.paid_nanos).saturating_mul(TIMES);
    let most = usual.map(times).filter(|most| *most > 0).map(Money::from_nanos);
    [half, most].into_iter().flatten().min()
}

/// Says that a child begins, unless one did before the run went on: it may cost more than all that was told so far.
fn tell(chain: &Attempting<'_>, role: &str, most: Option<Money>) {
    let Attempting { host, frame, .. } = *chain;
    if host.replay.as_ref().is_some_and(|replay| replay.has(EffectKind::Child, frame)) {
        return;
    }
    let most = most.map_or_else(String::new, |most| format!(", for at most {most}"));
    let task = one_line(&chain.request.prompt, 60);
    host.emit(frame, &Event::Note { text: format!("a child run of {role} takes over \"{task}\"{most}") });
}

fn child(chain: &Attempting<'_>, request: &LlmRequest, role: &str, most: Option<Money>) -> ChildRequest {
    let (host, options) = (chain.host, &request.options);
    let left = host.scope.left();
    let own = options.system.as_deref().map(|system| format!("{system}\n\n")).unwrap_or_default();
    let (task, context) = if is_input(&request.prompt) {
        (format!("{own}{TOO_LONG}"), ContextRef::Text(request.prompt.clone()))
    } else {
        (format!("{own}{}", request.prompt), ContextRef::Spans(host.view.spans()))
    };
    let options = ChildOptions {
        role: Some(role.to_owned()),
        requires: options.requires.clone(),
        strategy: options.strategy,
        max_cost: most.map(Money::usd),
        max_calls: left.calls.map(|calls| calls / 2),
        max_tokens: left.tokens.map(|tokens| tokens / 2),
        max_turns: Some(host.max_turns.min(TURNS)),
        schema: options.schema.as_ref().map(Arc::clone),
        label: options.label.clone(),
        handed: true,
        ..ChildOptions::default()
    };
    ChildRequest { task, context, options }
}

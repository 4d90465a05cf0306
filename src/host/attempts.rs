//! Chains of attempts at one prompt: what comes after a failure or after an answer that a check refused, and what is
//! learned from it.
//!
//! Who starts and who follows is `policy::escalate`'s decision; what is known is the memory's. Here both are asked, the next
//! call is made, and every attempt is credited with its own verdict, never with a later rescue.

pub mod credit;
pub mod decide;
pub mod handover;
pub mod ladder;
pub mod passages;
mod said;
mod standing;

use crate::core::attempts::{Attempt, Attempted, Attempts, Judgement, Spent};
use crate::core::class::FailureClass;
use crate::core::episode::{Verdict, Verifier, action};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, ModelId};
use crate::core::money::Money;
use crate::core::request::LlmRequest;
use crate::host::attempts::credit::Credit;
use crate::host::attempts::decide::{Beginning, Met};
use crate::host::attempts::ladder::Ladder;
use crate::host::attempts::said::{feedback, refused};
use crate::host::attempts::standing::Setback;
use crate::host::call::unusable;
use crate::host::llm;
use crate::host::llm::images;
use crate::host::replay::again;
use crate::host::run_host::RunHost;
use crate::host::typed::Schema;
use crate::policy::escalate::{Chain, Move};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;

/// What the attempts of a chain share.
pub struct Attempting<'a> {
    /// The run.
    pub host: &'a RunHost,
    /// Where in it.
    pub frame: &'a Frame,
    /// The call as it was written.
    pub request: &'a LlmRequest,
    /// Its schema.
    pub schema: Option<&'a Schema>,
    /// Ends the chain.
    pub cancel: &'a CancellationToken,
    /// The places of a batch.
    pub slots: Option<&'a Arc<Semaphore>>,
    /// The name of the check that the script makes; nothing if it makes none.
    pub gate: Option<&'a str>,
    /// The roles that could answer, where calls with the same options share them: the first that needs them finds them.
    pub ladder: Option<&'a OnceCell<Ladder>>,
}

/// Answers one step of a chain whose answers a script checks.
pub async fn checked(host: &RunHost, frame: &Frame, step: Attempt, cancel: &CancellationToken) -> Outcome<Value> {
    let schema = step.request.options.schema.as_deref().map(Schema::read).transpose()?;
    let schema = schema.as_ref();
    step_on(host, frame, step, Among { schema, slots: None, cancel }).await
}

/// What a step shares with others.
#[derive(Clone, Copy)]
pub struct Among<'a> {
    /// Their schema.
    pub schema: Option<&'a Schema>,
    /// The places of a batch.
    pub slots: Option<&'a Arc<Semaphore>>,
    /// Ends them.
    pub cancel: &'a CancellationToken,
}

/// Answers one step of a chain among others.
pub async fn step_on(host: &RunHost, frame: &Frame, step: Attempt, among: Among<'_>) -> Outcome<Value> {
    let (gate, Among { schema, slots, cancel }) = (Some(step.gate.as_str()), among);
    let place = &again::place(frame, step.attempts.as_ref().map_or(0, |attempts| attempts.again));
    let request = &step.request;
    let attempting = Attempting { host, frame: place, request, schema, cancel, slots, gate, ladder: None };
    let ladder = ladder::of(host, &step.request.options).await?;
    let given = (frame, step.answer.as_str());
    let attempted = match (step.attempts, step.judgement) {
        (Some(attempts), Some(judgement)) => attempting.judged(&ladder, attempts, judgement, given).await?,
        _ => attempting.answer(&ladder, attempting.begin(&ladder).await?).await?,
    };
    serde_json::to_value(attempted)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("an attempt has no form as data: {error}")))
}

impl Attempting<'_> {
    /// What follows an answer of a chain that a script has checked: nothing if it passed, else the next attempt.
    async fn judged(
        &self,
        ladder: &Ladder,
        mut attempts: Attempts,
        judgement: Judgement,
        (chain, answer): (&Frame, &str),
    ) -> Outcome<Attempted> {
        let verdict = if judgement.passed { Verdict::Success } else { Verdict::Fail };
        if let Some(paid) = attempts.spent.paid.take().filter(|_| !judgement.passed) {
            let (model, cost) = (ModelId::new(attempts.spent.model.as_str()), attempts.spent.cost_nanos);
            unusable::count(self.host, &paid, &model, Money::from_nanos(cost));
        }
        self.settle(&mut attempts, verdict, Verifier::Test).await;
        if judgement.passed {
            return Ok(Attempted { value: Value::Null, attempts });
        }
        let failure = refused(self.gate.unwrap_or_default(), &judgement.reason, answer);
        let setback = Setback { failure, gated: true, answer: Some(answer.to_owned()) };
        let Err(failure) = self.react(ladder, &mut attempts, setback).await else {
            return self.answer(ladder, attempts).await;
        };
        if !again::is_due(self.host, chain, &failure, attempts.again + 1)? {
            return Err(failure);
        }
        attempts.again += 1;
        attempts.retries += 1;
        attempts.feedback = feedback(&failure, Some(answer), false);
        self.at(&again::place(chain, attempts.again)).answer(ladder, attempts).await
    }

    /// The same chain in another frame.
    fn at<'f>(&'f self, frame: &'f Frame) -> Attempting<'f> {
        Attempting { frame, ..*self }
    }

    /// The whole chain of a call that nobody checks: it goes on where an answer fails by itself.
    pub async fn unchecked(&self) -> Outcome<Value> {
        let own = OnceCell::new();
        let found = || ladder::of(self.host, &self.request.options);
        let ladder = self.ladder.unwrap_or(&own).get_or_try_init(found).await?;
        if ladder.is_flat() {
            self.admit().await?;
            // Nobody could take over, so nothing is to be decided.
            return Ok(llm::answer(self, self.request, false).await??.0);
        }
        let attempts = self.begin(ladder).await?;
        let attempted = self.answer(ladder, attempts).await?;
        let mut attempts = attempted.attempts;
        // That an answer came to its end unstopped is all that is known of it.
        self.settle(&mut attempts, Verdict::Success, Verifier::None).await;
        Ok(attempted.value)
    }

    /// Lets the pictures of all attempts pass, before the first of them.
    async fn admit(&self) -> Outcome<()> {
        images::admit(self.host, self.frame, &self.request.options.images, self.cancel).await
    }

    /// The first attempt: the role that the call names, else the one that the policy starts with.
    async fn begin(&self, ladder: &Ladder) -> Outcome<Attempts> {
        self.admit().await?;
        let (action, task) = (action::ROUTE, self.request.prompt.as_str());
        let beginning = Beginning { action, task, context: String::new(), judged: self.gate.is_some() };
        let decision = decide::start(self.host, self.frame, ladder, beginning).await?;
        Ok(Attempts { role: decision.arm.clone(), open: Some(decision), ..Attempts::default() })
    }

    /// Makes attempts until there is an answer that did not fail by itself.
    async fn answer(&self, ladder: &Ladder, mut attempts: Attempts) -> Outcome<Attempted> {
        loop {
            let (handed, request) = (attempts.handed, self.next(ladder, &attempts));
            let answered = if handed {
                handover::answer(self, ladder, &request, &attempts).await
            } else {
                llm::answer(self, &request, attempts.thinks > 0)
                    .await?
                    .map(|(value, answer)| (value, Spent::of(&answer)))
            };
            match answered {
                Ok((value, spent)) => {
                    attempts.spent = spent;
                    return Ok(Attempted { value, attempts });
                }
                Err(failure) => {
                    if let Some(verdict) = credit::verdict(&failure) {
                        self.settle(&mut attempts, verdict, Verifier::Gate).await;
                    }
                    let answer = failure.details.get("raw").and_then(Value::as_str).map(str::to_owned);
                    self.react(ladder, &mut attempts, Setback { failure, gated: false, answer }).await?;
                }
            }
        }
    }

    /// Decides what comes after a failure and prepares it; the failure itself if nothing does.
    async fn react(&self, ladder: &Ladder, attempts: &mut Attempts, setback: Setback) -> Outcome<()> {
        attempts.history.push(attempts.role.clone());
        attempts.failures += 1;
        let Setback { failure, gated, answer } = standing::met(attempts, setback);
        let chain = self.chain(ladder, attempts, failure.kind, gated);
        let over = |failure: Failure, history: &[String]| match history {
            [_] => failure,
            history => failure.detail("attempts", json!(history)),
        };
        // A call that nobody checks is repeated only by another role: its failures were never repeated before.
        let stays = failure.kind == FailureKind::Replay
            || self.gate.is_none()
                && matches!(
                    chain.class(),
                    FailureClass::Format | FailureClass::Infra | FailureClass::End | FailureClass::Size
                );
        if stays || self.cancel.is_cancelled() {
            return Err(over(failure, &attempts.history));
        }
        let met = Met { chain: &chain, gate: if gated { self.gate.unwrap_or_default() } else { "" }, attempts };
        let (chosen, open, key) = decide::next(self.host, self.frame, ladder, &self.request.prompt, &met).await?;
        attempts.standing = standing::before(attempts, &chosen, &open, (&failure, gated));
        let mut found = String::new();
        match &chosen {
            Move::Retry => attempts.retries += 1,
            Move::Explore => {
                attempts.explores += 1;
                found = passages::of(self.host, &self.request.prompt, self.cancel).await?;
            }
            Move::Delegate => {
                attempts.delegates += 1;
                attempts.handed = true;
                attempts.role = ladder.strongest().to_string();
            }
            Move::Think => attempts.thinks += 1,
            Move::Escalate(role) => {
                attempts.role = role.to_string();
                attempts.escalations += 1;
                (attempts.retries, attempts.thinks) = (0, 0);
            }
            // What a check refused failed by no effect of its own: the choice to leave it at that stands for it.
            Move::GiveUp if gated => return Err(over(self.host.counts.causes.mark(failure, &key), &attempts.history)),
            Move::GiveUp => return Err(over(failure, &attempts.history)),
        }
        attempts.open = Some(open);
        let other = matches!(chosen, Move::Escalate(_) | Move::Delegate);
        attempts.feedback = format!("{}{found}", feedback(&failure, answer.as_deref(), other));
        Ok(())
    }

    /// The chain as the policy sees it.
    fn chain(&self, ladder: &Ladder, attempts: &Attempts, failure: FailureKind, gated: bool) -> Chain {
        Chain {
            ladder: ladder.from(&attempts.role),
            failure,
            gated,
            retries: attempts.retries,
            thinks: attempts.thinks,
            escalations: attempts.escalations,
            explores: attempts.explores,
            delegates: attempts.delegates,
            // Passages would make a prompt that is too long longer.
            explorable: self.gate.is_some() && !self.host.view.is_empty() && failure.class() != FailureClass::Size,
            delegable: self.gate.is_some() && handover::is_possible(self, ladder),
        }
    }

    /// The call of the attempt that is due: another role, more room, and what went wrong before.
    fn next(&self, ladder: &Ladder, attempts: &Attempts) -> LlmRequest {
        let mut request = self.request.clone();
        if !ladder.is_pinned() {
            let options = Arc::make_mut(&mut request.options);
            options.role = Some(attempts.role.clone());
            // Nobody has named who took over.
            options.reason = options.reason.take().filter(|_| attempts.escalations == 0);
        }
        if !attempts.feedback.is_empty() {
            request.prompt = format!("{}\n\n{}", request.prompt, attempts.feedback);
        }
        if let Some(last) = attempts.history.last() {
            let label = format!("attempt {} after {last}", attempts.history.len() + 1);
            let options = Arc::make_mut(&mut request.options);
            let named = options.label.take().map(|name| format!("{name}, {label}"));
            options.label = Some(named.unwrap_or(label));
        }
        request
    }

    /// Credits the attempt under way with its own verdict.
    async fn settle(&self, attempts: &mut Attempts, outcome: Verdict, verifier: Verifier) {
        let spent = std::mem::take(&mut attempts.spent);
        attempts.paid_nanos = attempts.paid_nanos.saturating_add(spent.cost_nanos);
        let Some(open) = attempts.open.take() else { return };
        // Without a check only failures of first attempts would be seen, and a role would seem worse than it is.
        if self.gate.is_none() && open.action == action::ROUTE {
            return;
        }
        let credit = Credit { task: &self.request.prompt, open, outcome, verifier, spent };
        credit::store(self.host, self.frame, credit).await;
    }
}

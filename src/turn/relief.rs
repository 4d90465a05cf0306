//! Who plays the root: the role it began with, until turns fail in a row and the policy lets a stronger one take over or
//! tells it to look in another way.
//!
//! What a failed turn said stays in the history, so that the same role's next turn is its repetition with feedback.

use crate::core::attempts::{Attempts, Open};
use crate::core::episode::{Verdict, Verifier};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RoleName};
use crate::core::request::LlmOptions;
use crate::core::text::one_line;
use crate::host::attempts::credit::{self, Credit};
use crate::host::attempts::decide::{self, Met};
use crate::host::attempts::ladder::{self, Ladder};
use crate::host::memories::explore;
use crate::host::models::choose::{Chosen, Wish};
use crate::policy::escalate::{Chain, Move};
use crate::policy::explore::Hint;
use crate::policy::template::follows;
use crate::turn::history::History;
use crate::turn::prompt;
use crate::turn::root::Root;
use crate::turn::stages::ToolRound;
use std::mem;
use std::sync::Arc;

/// The role that plays the root, with what has become of its turns.
pub struct Relief<'a> {
    root: &'a Root,
    ladder: Ladder,
    attempts: Attempts,
    /// The way of looking that the turn under way was told to try.
    way: Option<Hint>,
    /// Who plays now.
    pub chosen: Arc<Chosen>,
}

/// What was wrong with a turn.
pub struct Fault {
    kind: FailureKind,
    /// The gate that it did not pass.
    gate: &'static str,
    message: String,
    /// Why the code failed; nothing if it did not begin.
    failed: Option<FailureKind>,
    /// What it says of the choice that led to the turn.
    verdict: Verdict,
}

impl Fault {
    /// An answer that was stopped while it was written.
    pub fn stopped(failure: &Failure) -> Self {
        let (kind, message) = (failure.kind, failure.message.clone());
        Self { kind, gate: "", message, failed: Some(kind), verdict: kind.verdict() }
    }

    /// What was wrong with a round of code: nothing of it ran to its end.
    pub fn of(round: &ToolRound) -> Option<Self> {
        let worked = round.final_.is_some() || round.observations.iter().any(|seen| seen.ok);
        let last = round.observations.last().filter(|_| !worked)?;
        let verdict = match round.failed {
            // A limit of the engine is passed by what the turn itself wrote.
            None | Some(FailureKind::Limit) => Verdict::Fail,
            Some(kind) => kind.verdict(),
        };
        let (kind, message) = (FailureKind::Script, one_line(&last.text, 300));
        Some(Self { kind, gate: "code runs", message, failed: round.failed, verdict })
    }

    /// Whether the same turn would fail again, as nothing but its own program is to blame. A tool or a model that
    /// it asks may answer next time.
    pub const fn is_own(&self) -> bool {
        use FailureKind::{Data, Invalid, Limit, NotFound, Script};
        matches!(self.failed, None | Some(Script | Invalid | Data | NotFound | Limit))
    }
}

impl<'a> Relief<'a> {
    /// The role that begins.
    pub async fn begin(root: &'a Root, chosen: Arc<Chosen>) -> Outcome<Self> {
        let (model, requires) = (root.model.clone(), root.requires.clone());
        let options = LlmOptions { model, requires, strategy: root.strategy, ..LlmOptions::default() };
        let role = chosen.role.name.to_string();
        let ladder = ladder::from(&root.host, &role, &options, true).await?;
        Ok(Self { root, ladder, attempts: Attempts { role, ..Attempts::default() }, way: None, chosen })
    }

    /// Notes how a turn went; the last message of the history is told if another role plays from now on, or if this one
    /// shall look in another way.
    pub async fn after(&mut self, fault: Option<Fault>, history: &mut History) -> Outcome<()> {
        self.settle(fault.as_ref().map_or(Verdict::Success, |fault| fault.verdict)).await;
        let Some(fault) = fault else {
            (self.attempts.retries, self.attempts.failures) = (0, 0);
            return Ok(());
        };
        self.attempts.failures += 1;
        let further = explore::untried(&self.root.host).filter(|_| self.attempts.explores == 0);
        if self.ladder.is_flat() && further.is_none() {
            return Ok(());
        }
        let chain = Chain {
            ladder: self.ladder.from(&self.attempts.role),
            failure: fault.kind,
            gated: !fault.gate.is_empty(),
            retries: self.attempts.retries,
            // A root asks for more room by itself, and explores all the time.
            thinks: 1,
            escalations: self.attempts.escalations,
            explores: self.attempts.explores,
            delegates: 0,
            explorable: further.is_some(),
            // A root hands out by itself.
            delegable: false,
        };
        let met = Met { chain: &chain, gate: fault.gate, attempts: &self.attempts };
        let (host, frame) = (&self.root.host, Frame::root());
        let (chosen, open, _) = decide::next(host, &frame, &self.ladder, &self.root.task, &met).await?;
        match chosen {
            Move::Escalate(role) => {
                self.attempts.open = Some(open);
                let told = self.relieve(&role, &fault).await?;
                history.tell(&told);
            }
            Move::Explore => {
                let Some(way) = further else { return Ok(()) };
                self.attempts.explores += 1;
                self.attempts.open = Some(Open { shown: [open.shown.as_slice(), &way.ids].concat(), ..open });
                let evidence = if way.similar == 0 { String::new() } else { way.evidence() };
                history.tell(&prompt::look_further(&way.template, &evidence, self.attempts.failures, &fault.message));
                self.way = Some(way);
            }
            Move::Retry => {
                self.attempts.open = Some(open);
                self.attempts.retries += 1;
            }
            // Who can do no more than go on goes on: the limit of turns ends the run.
            Move::Think | Move::Delegate | Move::GiveUp => {}
        }
        Ok(())
    }

    /// Whether another role has taken over.
    pub const fn has_relieved(&self) -> bool {
        self.attempts.escalations > 0
    }

    async fn relieve(&mut self, role: &RoleName, fault: &Fault) -> Outcome<String> {
        let wish = Wish {
            role: Some(role.to_string()),
            model: None,
            requires: self.root.requires.clone(),
            strategy: self.root.strategy,
        };
        self.chosen = self.root.host.choose(&wish).await?;
        let before = mem::replace(&mut self.attempts.role, role.to_string());
        self.attempts.history.push(before.clone());
        self.attempts.escalations += 1;
        self.attempts.retries = 0;
        Ok(prompt::relieved(role.as_str(), &before, self.attempts.failures, &fault.message))
    }

    async fn settle(&mut self, outcome: Verdict) {
        let spent = mem::take(&mut self.attempts.spent);
        let Some(open) = self.attempts.open.take() else { return };
        let outcome = match self.way.take() {
            Some(way) => match self.looked(&way.template) {
                // What was advised and not done says nothing of the advice.
                None => return,
                Some(Some(0)) => Verdict::Fail,
                Some(_) => outcome,
            },
            None => outcome,
        };
        let credit = Credit { task: &self.root.task, open, outcome, verifier: Verifier::Gate, spent };
        credit::store(&self.root.host, &Frame::root(), credit).await;
    }

    /// What a way of looking has found, as far as that is known; nothing if the run did not look so.
    fn looked(&self, template: &str) -> Option<Option<u64>> {
        let looks = self.root.host.trail.looks();
        looks.into_iter().find(|look| follows(&look.template, template)).map(|look| look.hits)
    }
}

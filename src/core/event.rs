//! What happens in a run, as one closed list: the store, the live progress and the viewers all read this.

use crate::core::failure::Failure;
use crate::core::ids::{Frame, ModelId, RoleName, RunId};
use crate::core::judgement::Judgement;
use crate::core::money::Money;
use crate::core::status::{RunStatus, StepOutcome};
use crate::core::stopped::Stopped;
use crate::core::usage::Usage;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run began.
    RunStarted {
        /// What it shall do.
        task: String,
        /// 0 for a run that a person started.
        depth: u32,
    },
    /// A run goes on: what follows was made with the answers that it had been given before.
    RunResumed {
        /// Answers in its log.
        answers: u64,
        /// Effects that were under way when it stopped.
        under_way: u64,
    },
    /// A command of the REPL that changes the session.
    Command {
        /// The line, as typed, without its dot.
        line: String,
        /// The variables that it set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        values: Option<Value>,
    },
    /// A run ended.
    RunFinished {
        /// How.
        status: RunStatus,
        /// Why, if it did not complete.
        failure: Option<Failure>,
    },
    /// A turn of a root model began.
    TurnStarted {
        /// From 1.
        turn: u32,
        /// The limit.
        of: u32,
    },
    /// A model call went out.
    ModelStarted {
        /// Number of the call in this process, to match start, text and end.
        call: u64,
        /// The model.
        model: ModelId,
        /// The role it plays.
        role: RoleName,
        /// A name given by the script.
        label: Option<String>,
        /// Why this model.
        #[serde(default)]
        reason: String,
    },
    /// A model failed, and another one of the user's list is asked instead.
    Substituted {
        /// The role they play.
        role: RoleName,
        /// The one that failed.
        from: ModelId,
        /// The one that stands in.
        to: ModelId,
        /// Why the first one failed.
        why: String,
    },
    /// The policy chose who acts, or what to do after a failure.
    Decided {
        /// The kind of choice: `route`, `start` or `escalate`.
        action: String,
        /// What was chosen.
        arm: String,
        /// Who decided: `rule`, `learned` or `audit`.
        decider: String,
        /// Why.
        reason: String,
        /// The role before it.
        role: RoleName,
        /// The failure or gate before it; empty if there was none.
        after: String,
        /// The effective number of episodes behind it.
        n: f64,
        /// The probability of success that is expected.
        predicted: Option<f64>,
        /// The ids of the episodes behind it.
        ids: Vec<String>,
    },
    /// A piece of an answer arrived. Shown live, never stored.
    ModelText {
        /// Number of the call.
        call: u64,
        /// The new text.
        text: String,
    },
    /// The pieces shown so far belong to an attempt that failed; the answer starts anew.
    ModelReset {
        /// Number of the call.
        call: u64,
    },
    /// A failed attempt will be repeated.
    Retry {
        /// The model.
        model: ModelId,
        /// Which attempt failed, from 1.
        attempt: u32,
        /// How long until the next, in milliseconds.
        wait_millis: u64,
        /// Why.
        reason: String,
    },
    /// A model call waits for its turn before it goes out.
    Waiting {
        /// The model.
        model: ModelId,
        /// How long at most, in milliseconds; nothing where only the end of another request tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_millis: Option<u64>,
        /// Why.
        reason: String,
    },
    /// A model call ended.
    ModelFinished {
        /// Number of the call.
        call: u64,
        /// The model.
        model: ModelId,
        /// The role it plays.
        role: RoleName,
        /// Tokens used.
        usage: Usage,
        /// What it cost; `None` if the model has no known price.
        cost: Option<Money>,
        /// How long it took.
        millis: u64,
        /// Why it failed, if it did.
        failure: Option<Failure>,
        /// True if the answer came from the log.
        replayed: bool,
        /// True if the answer was kept from an earlier call; then the usage is that call's, and the cost is none.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cached: bool,
    },
    /// A batch advanced.
    BatchProgress {
        /// Items answered.
        done: usize,
        /// Of these, failed.
        failed: usize,
        /// All items.
        of: usize,
        /// True if they are items of an earlier batch whose answers a check refused.
        again: bool,
    },
    /// Code of the root model is about to run.
    CodeStarted {
        /// The turn.
        turn: u32,
        /// The source.
        source: String,
    },
    /// Code of the root model ended.
    CodeFinished {
        /// The turn.
        turn: u32,
        /// The observation as the model sees it.
        shown: String,
        /// Whether it ran to its end.
        ok: bool,
        /// How long it took.
        millis: u64,
        /// What it had set, if it is an input of a session that was stopped before its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<Stopped>,
    },
    /// A tool was called.
    ToolStarted {
        /// Its name.
        name: String,
    },
    /// A tool answered.
    ToolFinished {
        /// Its name.
        name: String,
        /// How long it took.
        millis: u64,
        /// Why it failed, if it did.
        failure: Option<Failure>,
    },
    /// A child run began.
    ChildStarted {
        /// Its id.
        child: RunId,
        /// What it shall do.
        task: String,
        /// Its depth.
        depth: u32,
    },
    /// A child run ended.
    ChildFinished {
        /// Its id.
        child: RunId,
        /// How.
        status: RunStatus,
    },
    /// A script printed.
    Printed {
        /// The text.
        text: String,
    },
    /// `FINAL` was refused.
    FinalRefused {
        /// Why.
        reason: String,
    },
    /// A step of a pipeline or of a program began. The frame says which one, if several items run through it.
    StepStarted {
        /// Its name.
        step: String,
        /// What it does: `llm`, `tool`, `each`, ...
        act: String,
        /// The key of the item, or the name of the branch, that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// How often it has begun, from 1.
        visit: u32,
        /// How many steps or items are to be done at its place, this one included; 0 if that is not known.
        of: usize,
        /// Which rule says who answers; empty if nobody is asked.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A step ended, or was skipped without having begun.
    StepFinished {
        /// Its name.
        step: String,
        /// The key of the item, or the name of the branch, that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// What became of it.
        outcome: StepOutcome,
        /// What it and everything in it cost.
        cost: Money,
        /// How long it took.
        millis: u64,
        /// Why it was skipped, what it waits for, or what a reviewer said in it; empty for none of these.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        /// Why it failed, if it did.
        failure: Option<Failure>,
        /// Whether all that it asked of models was answered by the log, so that its time says nothing of others.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        replayed: bool,
    },
    /// A model has judged what a pipeline is for.
    Intention(Judgement),
    /// Something that a person should know.
    Note {
        /// The text.
        text: String,
    },
}

/// An event with its place and time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The run.
    pub run: RunId,
    /// Position in the run, from 1; 0 for events that are not stored.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at: u64,
    /// Where in the run.
    pub frame: Frame,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

//! The one escalation policy: who starts, and what to do after a failure. Learned where there is evidence, else by rule.
//! Pure: chance is handed in as a number.

use crate::core::class::FailureClass;
use crate::core::failure::FailureKind;
use crate::core::ids::RoleName;
use serde::{Deserialize, Serialize};

mod learned;
#[cfg(test)]
mod tests;

pub use learned::{Offer, decide, start};

/// The version of the policy, for the record of every decision.
pub const VERSION: &str = "4";
/// That of decisions in logs which do not tell it: there a chain went on from wherever it had last failed.
pub const UNTOLD: &str = "2";

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "move", content = "role")]
pub enum Move {
    /// The same model again, shown what was wrong.
    Retry,
    /// The same model again with more room to answer and to think.
    Think,
    /// A role of a higher position.
    Escalate(RoleName),
    /// Look into the input in another way, and try again with what is found.
    Explore,
    /// Hand the task with its input to a child run.
    Delegate,
    /// Stop trying.
    GiveUp,
}

impl Move {
    /// The name of the arm in episodes.
    pub fn arm(&self) -> String {
        match self {
            Self::Retry => "retry".to_owned(),
            Self::Think => "think".to_owned(),
            Self::Escalate(role) => format!("escalate:{role}"),
            Self::Explore => "explore".to_owned(),
            Self::Delegate => "delegate".to_owned(),
            Self::GiveUp => "give_up".to_owned(),
        }
    }
}

/// A role that may act, with what an attempt of it costs as a share of the dearest one's.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// The role.
    pub role: RoleName,
    /// The cost of an attempt, 0 to 1.
    pub cost: f64,
}

/// The rungs of roles with the price of a typical attempt, the cheapest role first: shares of the dearest where prices are
/// known, else shares by place.
pub fn rungs(priced: &[(RoleName, Option<u64>)]) -> Vec<Rung> {
    let dearest = priced.iter().filter_map(|(_, price)| *price).max().unwrap_or(0);
    #[allow(clippy::cast_precision_loss, reason = "prices in nano-USD are far below 2^53")]
    let share = |part: u64, whole: u64| part as f64 / whole as f64;
    let places = u64::try_from(priced.len()).unwrap_or(1);
    let rung = |(at, (role, price)): (u64, &(RoleName, Option<u64>))| {
        let cost = match price {
            Some(price) if dearest > 0 => share(*price, dearest),
            _ => share(at, places),
        };
        Rung { role: role.clone(), cost }
    };
    (1..).zip(priced).map(rung).collect()
}

/// How far a chain of attempts may go, and how it weighs cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// What an attempt of the dearest role costs, in successes.
    pub lambda: f64,
    /// Repetitions with feedback at one role.
    pub retries: u32,
    /// Moves to a higher role.
    pub escalations: u32,
    /// Episodes that a learned choice needs for each arm that it compares.
    pub least: f64,
    /// How probable it must be that the learned choice beats the rule.
    pub sure: f64,
    /// The share of decisions that are made by chance, to learn what nobody would try, as far as it is not much dearer; 0 in
    /// evaluations.
    pub audit: f64,
    /// Whether the learner may decide: not while its predictions are worse than the base rate.
    pub trusted: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { lambda: 0.1, retries: 1, escalations: 2, least: 8.0, sure: 0.8, audit: 0.03, trusted: true }
    }
}

/// A chain of attempts that has met a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The roles from the present one upward, the present one first.
    pub ladder: Vec<Rung>,
    /// The failure.
    pub failure: FailureKind,
    /// Whether a gate refused the answer, and no provider or form was at fault.
    pub gated: bool,
    /// Repetitions with feedback at this role so far.
    pub retries: u32,
    /// Repetitions with more room at this role so far.
    pub thinks: u32,
    /// Moves to a higher role so far.
    pub escalations: u32,
    /// How often it looked in another way.
    pub explores: u32,
    /// How often it was handed to a child run.
    pub delegates: u32,
    /// Whether there is an input that could be looked into in another way.
    pub explorable: bool,
    /// Whether there is an input that a child run may be given, and depth and budget for it.
    pub delegable: bool,
}

impl Chain {
    /// The class of its failure. What a gate refused is a wrong answer, whatever its kind.
    pub fn class(&self) -> FailureClass {
        if self.gated { FailureClass::Quality } else { self.failure.class() }
    }

    /// Looking further is tried once in a chain.
    fn may_explore(&self) -> bool {
        self.explorable && self.explores == 0
    }

    /// So is handing out.
    fn may_delegate(&self) -> bool {
        self.delegable && self.delegates == 0
    }

    fn next(&self, bounds: &Bounds) -> Option<&Rung> {
        if self.escalations < bounds.escalations { self.ladder.get(1) } else { None }
    }
}

/// What the rule table does.
///
/// Measured on recorded chains: repeating blindly succeeds in 5 to 20 of 100 cases, the stronger model in 40 to 65.
pub fn rule(chain: &Chain, bounds: &Bounds) -> Move {
    let up = || chain.next(bounds).map(|rung| Move::Escalate(rung.role.clone()));
    let again = |most: u32| (chain.retries < most).then_some(Move::Retry);
    // What no role can answer from the prompt may stand in the input.
    let further = || {
        let delegate = || chain.may_delegate().then_some(Move::Delegate);
        chain.may_explore().then_some(Move::Explore).or_else(delegate)
    };
    let chosen = match chain.class() {
        FailureClass::Quality => again(bounds.retries).or_else(up).or_else(further),
        FailureClass::Hopeless => up().or_else(|| again(bounds.retries)),
        FailureClass::Room => (chain.thinks == 0).then_some(Move::Think).or_else(up),
        FailureClass::Size => further(),
        // The model has been shown within its call what was wrong with the form, as often as it is.
        FailureClass::Format | FailureClass::Infra | FailureClass::End => None,
    };
    chosen.unwrap_or(Move::GiveUp)
}

/// Everything that the limits of the chain allow, the rule's choice among it.
pub fn allowed(chain: &Chain, bounds: &Bounds) -> Vec<Move> {
    let mut moves = Vec::new();
    let class = chain.class();
    // A wrong form says nothing of the model's strength.
    if matches!(class, FailureClass::Format | FailureClass::Infra | FailureClass::End) {
        return vec![Move::GiveUp];
    }
    if chain.retries < bounds.retries && class != FailureClass::Size {
        moves.push(Move::Retry);
    }
    if chain.thinks == 0 && matches!(class, FailureClass::Quality | FailureClass::Room) {
        moves.push(Move::Think);
    }
    if class != FailureClass::Size && chain.escalations < bounds.escalations {
        moves.extend(chain.ladder.iter().skip(1).map(|rung| Move::Escalate(rung.role.clone())));
    }
    if matches!(class, FailureClass::Size | FailureClass::Quality) {
        moves.extend(chain.may_explore().then_some(Move::Explore));
        moves.extend(chain.may_delegate().then_some(Move::Delegate));
    }
    moves.push(Move::GiveUp);
    moves
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// The table of rules.
    Rule,
    /// The evidence of earlier episodes.
    Learned,
    /// Chance, to keep learning.
    Audit,
}

impl Decider {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Learned => "learned",
            Self::Audit => "audit",
        }
    }
}

/// A choice with everything that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision<T> {
    /// What is done.
    pub choice: T,
    /// Who decided.
    pub decider: Decider,
    /// Why, for people.
    pub reason: String,
    /// How probable this choice was, 0 to 1.
    pub propensity: f64,
    /// The probability of success that is expected of it, if there is evidence.
    pub predicted: Option<f64>,
    /// The effective number of episodes behind it.
    pub n: f64,
    /// The ids of the episodes behind it.
    pub ids: Vec<String>,
    /// The version of the policy.
    #[serde(default = "untold")]
    pub version: String,
}

fn untold() -> String {
    UNTOLD.to_owned()
}

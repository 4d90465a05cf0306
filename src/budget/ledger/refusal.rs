//! Why a call does not fit, in numbers and words, and to whom it is missing then.

use crate::budget::ledger::{Ledger, Tag, Verdict, chain};
use crate::budget::report::Refused;
use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::ModelId;
use crate::core::money::Money;
use serde_json::Value;
use std::collections::BTreeMap;

/// How a hint begins that tells of the limits of a child run to which a failed call was handed: nobody has set them.
const HANDED: &str = "a child run that takes over a failed call gets no more";

impl Ledger {
    /// Makes a scope that of a child run to which a failed call was handed.
    pub(in crate::budget) fn hand(&self, scope: usize) {
        self.lock().get_mut(scope).into_iter().for_each(|node| node.owner = Owner::Handed);
    }

    /// Counts calls that were refused, up to whom alone they are missing.
    pub(in crate::budget) fn refuse(&self, scope: usize, by: &Refused, calls: u64) {
        let mut nodes = self.lock();
        for index in chain(&nodes, scope) {
            let Some(node) = nodes.get_mut(index) else { return };
            *node.refused.entry(by.clone()).or_default() += calls;
            if node.owner.keeps(by) {
                return;
            }
        }
    }

    pub(in crate::budget) fn refused(&self, scope: usize) -> BTreeMap<Refused, u64> {
        self.lock().get(scope).map_or_else(BTreeMap::new, |node| node.refused.clone())
    }
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    Cost,
    Calls,
    Tokens,
}

impl Amount {
    const fn name(self) -> &'static str {
        match self {
            Self::Cost => "money",
            Self::Calls => "call",
            Self::Tokens => "token",
        }
    }

    const fn flag(self) -> &'static str {
        match self {
            Self::Cost => "max_cost",
            Self::Calls => "max_calls",
            Self::Tokens => "max_tokens",
        }
    }

    fn show(self, amount: u64) -> String {
        match self {
            Self::Cost => Money::from_nanos(amount).to_string(),
            Self::Calls | Self::Tokens => amount.to_string(),
        }
    }

    fn value(self, amount: u64) -> Value {
        match self {
            Self::Cost => Money::from_nanos(amount).usd().into(),
            Self::Calls | Self::Tokens => amount.into(),
        }
    }
}

/// Whose limits a scope has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Owner {
    /// The run's own, which flags set.
    #[default]
    Run,
    /// Those of a child run.
    Child,
    /// Those of a child run to which a failed call was handed.
    Handed,
    /// Those of a part of a run, which is called so.
    Part(String),
}

impl Owner {
    fn name(&self, depth: u32) -> String {
        match self {
            Self::Run => "the run".to_owned(),
            Self::Child | Self::Handed => format!("the child run at depth {depth}"),
            Self::Part(name) => name.clone(),
        }
    }

    /// Whether a call that was refused so is missing to nobody above.
    fn keeps(&self, by: &Refused) -> bool {
        *self == Self::Handed && by.hint.as_deref().is_some_and(|hint| hint.starts_with(HANDED))
    }

    /// How this limit is raised.
    fn raise(&self, flag: &str) -> String {
        match self {
            Self::Run => format!("raise --{}", flag.replace('_', "-")),
            Self::Child => format!("give the child run more: `#{{{flag}: ..}}`"),
            Self::Handed => HANDED.to_owned(),
            // A script has no `budget`; one that was written from a pipeline calls its parts as that does.
            Self::Part(name) if !name.starts_with("step `") && !name.starts_with("pipeline `") => {
                format!("raise `{flag}` of `within` for {name}")
            }
            Self::Part(name) => format!("raise `{flag}` in the `budget` of {name}"),
        }
    }
}

/// One limit of one scope, with what counts against it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) amount: Amount,
    pub(super) limit: Option<u64>,
    pub(super) spent: u64,
    pub(super) held: u64,
}

impl Line {
    pub(super) fn left(&self) -> Option<u64> {
        self.left_at_rest().map(|left| left.saturating_sub(self.held))
    }

    pub(super) fn left_at_rest(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.spent))
    }
}

/// A call against one limit.
pub(super) struct Refusal<'a> {
    pub(super) line: Line,
    pub(super) amount: u64,
    pub(super) owner: &'a Owner,
    pub(super) depth: u32,
    pub(super) tag: &'a Tag,
}

impl Refusal<'_> {
    /// `None` if the call fits. A limit that is passed already refuses even calls that need nothing of it.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        let limit = u128::from(self.line.limit?);
        let without_held = u128::from(self.line.spent) + u128::from(self.amount);
        if without_held > limit {
            return Some(Verdict::Never(self.failure()));
        }
        (without_held + u128::from(self.line.held) > limit).then(|| Verdict::Later(self.failure()))
    }

    fn failure(&self) -> Failure {
        let Line { amount, limit, spent, held } = self.line;
        let limit = limit.unwrap_or_default();
        let message = format!(
            "the {} budget of {} does not allow a call to {}: limit {}, spent {}, reserved {}, needed up to {}",
            amount.name(),
            self.owner.name(self.depth),
            self.tag.model,
            amount.show(limit),
            amount.show(spent),
            amount.show(held),
            amount.show(self.amount),
        );
        Failure::new(FailureKind::Budget, message)
            .hint(self.hint())
            .detail("budget", amount.flag())
            .detail("limit", amount.value(limit))
            .detail("spent", amount.value(spent))
            .detail("reserved", amount.value(held))
            .detail("needed", amount.value(self.amount))
            .detail("model", self.tag.model.as_str())
    }

    fn hint(&self) -> String {
        let raise = self.owner.raise(self.line.amount.flag());
        match self.line.amount {
            Amount::Calls => raise,
            Amount::Cost | Amount::Tokens => {
                format!("{raise}, shorten the prompt, or lower the call's own max_tokens")
            }
        }
    }
}

/// The refusal of a model whose cost nobody could count.
pub(super) fn unpriced(model: &ModelId) -> Failure {
    Failure::new(
        FailureKind::Budget,
        format!("the model {model} has no known price, so the money budget cannot hold for it"),
    )
    .hint(format!(
        "give its price under [models.\"{model}\"] in rhizo.toml: input_price and output_price, or priced_as = \
         \"openai/gpt-5-mini\" for the list price of the model behind a gateway; or pass --allow-unpriced to call it \
         uncounted"
    ))
    .detail("budget", "max_cost")
    .detail("model", model.as_str())
}

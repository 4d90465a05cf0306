//! Who begins as the root of a run: the role that the run names, else the one that the policy starts with; and what the
//! run's end says of that choice.
//!
//! Only a run whose value had to match a schema has a verdict. That another one ended says too little: a role that answers
//! fast and wrong would be learned for it.

use crate::budget::report::Totals;
use crate::core::attempts::{Open, Spent};
use crate::core::episode::{Verdict, Verifier, action};
use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::core::request::LlmOptions;
use crate::core::status::RunStatus;
use crate::host::attempts::credit::{self, Credit};
use crate::host::attempts::decide::{self, Beginning};
use crate::host::attempts::ladder;
use crate::host::memories::{episodes, explore};
use crate::registry::roles;
use crate::turn::root::{Root, RootEnd};

/// The role that begins, and the choice that made it.
pub(super) struct Start {
    /// The role.
    pub(super) role: String,
    open: Open,
    model: String,
    begun: u64,
    before: Totals,
}

impl Start {
    /// Chooses. A named role or model leaves nothing to choose.
    pub(super) async fn of(root: &Root) -> Outcome<Self> {
        let host = &root.host;
        let standard = root.role.as_deref().unwrap_or(roles::ROOT);
        let (model, requires) = (root.model.clone(), root.requires.clone());
        let options = LlmOptions { model, requires, strategy: root.strategy, ..LlmOptions::default() };
        let named = root.role.is_some() || root.model.is_some();
        let ladder = if named {
            ladder::from(host, standard, &options, true).await?
        } else {
            ladder::around(host, standard, &options).await?
        };
        let (task, context) = (root.task.as_str(), explore::shape(&host.view).line());
        let judged = host.schema.is_some();
        let beginning = Beginning { action: action::START, task, context, judged };
        let open = decide::start(host, &Frame::root(), &ladder, beginning).await?;
        let (role, model) = (open.arm.clone(), ladder.model(&open.arm));
        Ok(Self { role, open, model, begun: host.now(), before: host.scope.report().totals })
    }

    /// Credits the role that began with the verdict of its own turns: a run that another role had to finish is its failure.
    pub(super) async fn credit(self, root: &Root, end: &RootEnd) {
        let host = &root.host;
        if host.schema.is_none() || matches!(end.status, RunStatus::Cancelled | RunStatus::Waiting) {
            return;
        }
        let outcome = match episodes::verdict(end.status, end.failure.as_ref()) {
            Verdict::Success if end.relieved => Verdict::Fail,
            verdict => verdict,
        };
        let after = host.scope.report().totals;
        let spent = Spent {
            model: self.model,
            cost_nanos: after.cost.nanos().saturating_sub(self.before.cost.nanos()),
            tokens: after.usage.total().saturating_sub(self.before.usage.total()),
            millis: host.now().saturating_sub(self.begun),
            paid: None,
        };
        let credit = Credit { task: &root.task, open: self.open, outcome, verifier: Verifier::Gate, spent };
        credit::store(host, &Frame::root(), credit).await;
    }
}

//! The roles that could take over a call, as they stand in the settings: only those that another model plays.

use crate::core::effect::EffectKind;
use crate::core::failure::Outcome;
use crate::core::ids::{Frame, ModelId, RoleName};
use crate::core::money::Money;
use crate::core::price::{Bound, Price};
use crate::core::request::LlmOptions;
use crate::host::door::{self, Asked};
use crate::host::models::choose::{Chosen, Wish};
use crate::host::run_host::RunHost;
use crate::policy::escalate::{Rung, rungs};
use crate::registry::roles::{self, Role, WORKER};
use serde_json::{Value, json};
use std::sync::Arc;

/// A prompt and an answer of usual size, by which the prices of roles are compared, in tokens.
const TYPICAL: (u64, u64) = (2_000, 500);
/// How many bytes of a prompt are about a token.
const BYTES: usize = 4;

/// The roles from the one that begins upward.
#[derive(Clone)]
pub struct Ladder {
    steps: Vec<Step>,
    /// The step that begins by rule.
    first: usize,
    /// Whether the call names its role or model, so that nobody else may begin.
    named: bool,
    pinned: bool,
}

#[derive(Clone)]
struct Step {
    rung: Rung,
    model: ModelId,
    price: Option<Price>,
}

/// Answers `roles`. Other settings must not turn a run that goes on into another, so the answer is kept.
pub fn told(host: &RunHost, frame: &Frame) -> Outcome<Value> {
    let shown = |role: &Role| {
        json!({
            "name": role.name,
            "position": role.position,
            "models": role.models,
            "requires": role.requires,
            "strategy": role.strategy,
        })
    };
    let all = roles::all(&host.kit.settings).iter().map(shown).collect();
    door::told(host, frame, Asked::new(EffectKind::Decision, &json!("roles")), all)
}

/// The ladder of a call with these options.
pub async fn of(host: &RunHost, options: &LlmOptions) -> Outcome<Ladder> {
    let named = options.role.is_some() || options.model.is_some();
    from(host, options.role.as_deref().unwrap_or(WORKER), options, named).await
}

/// The ladder from a role upward, for calls with these options.
pub async fn from(host: &RunHost, begins: &str, options: &LlmOptions, named: bool) -> Outcome<Ladder> {
    let settings = &host.kit.settings;
    let first = roles::find(settings, begins)?;
    let pinned = options.model.is_some();
    let mut chosen = vec![choose(host, begins, options).await?];
    if settings.escalation.enabled && !pinned {
        chosen.extend(others(host, options, &chosen, |position| position > first.position).await);
    }
    Ok(made(&chosen, begins, named, pinned))
}

/// The whole ladder around a role, for one that may begin on any step of it.
pub async fn around(host: &RunHost, begins: &str, options: &LlmOptions) -> Outcome<Ladder> {
    let settings = &host.kit.settings;
    let first = roles::find(settings, begins)?;
    let own = [choose(host, begins, options).await?];
    let mut chosen = Vec::new();
    if settings.escalation.enabled {
        chosen.extend(others(host, options, &own, |position| position < first.position).await);
        let above = others(host, options, &own, |position| position > first.position).await;
        chosen.extend(own.into_iter().chain(above));
    } else {
        chosen.extend(own);
    }
    Ok(made(&chosen, begins, false, false))
}

/// The roles of the ladder at some positions that are played by models other than those before them and those known.
async fn others(
    host: &RunHost,
    options: &LlmOptions,
    known: &[Arc<Chosen>],
    at: impl Fn(u64) -> bool,
) -> Vec<Arc<Chosen>> {
    let settings = &host.kit.settings;
    let mut found: Vec<Arc<Chosen>> = Vec::new();
    for name in &settings.escalation.ladder {
        if !roles::find(settings, name).is_ok_and(|role| at(role.position)) {
            continue;
        }
        // A role that has no model of its own, or whose key is missing, is no way up.
        let Ok(next) = choose(host, name, options).await else { continue };
        // Nor is one that cannot see the pictures of the call.
        if !options.images.is_empty() && !next.served.spec.capabilities.vision {
            continue;
        }
        let same = |other: &Arc<Chosen>| other.served.spec.id == next.served.spec.id;
        if !known.iter().chain(found.last()).any(same) {
            found.push(next);
        }
    }
    found
}

fn made(chosen: &[Arc<Chosen>], begins: &str, named: bool, pinned: bool) -> Ladder {
    let priced: Vec<(RoleName, Option<u64>)> =
        chosen.iter().map(|chosen| (chosen.role.name.clone(), price(chosen))).collect();
    let step = |(rung, chosen): (Rung, &Arc<Chosen>)| {
        let served = &chosen.served;
        Step { rung, model: served.spec.id.clone(), price: served.price.clone() }
    };
    let first = chosen.iter().position(|chosen| chosen.role.name.as_str() == begins).unwrap_or(0);
    Ladder { steps: rungs(&priced).into_iter().zip(chosen).map(step).collect(), first, named, pinned }
}

async fn choose(host: &RunHost, role: &str, options: &LlmOptions) -> Outcome<Arc<Chosen>> {
    let wish = Wish {
        role: Some(role.to_owned()),
        model: options.model.clone(),
        requires: options.requires.clone(),
        strategy: options.strategy,
    };
    host.choose(&wish).await
}

/// What a call of usual size costs, in nano-USD.
fn price(chosen: &Chosen) -> Option<u64> {
    chosen.served.price.as_ref().map(|price| price.worst(&typical(TYPICAL.0)).nanos())
}

/// A call with a prompt of so many tokens and an answer of usual size.
const fn typical(input_tokens: u64) -> Bound {
    Bound { input_tokens, output_tokens: TYPICAL.1, images: 0 }
}

impl Ladder {
    /// Whether nobody could take over.
    pub const fn is_flat(&self) -> bool {
        self.steps.len() < 2
    }

    /// Whether the call names its model.
    pub const fn is_pinned(&self) -> bool {
        self.pinned
    }

    /// Whether the policy may choose who begins.
    pub const fn may_start_anywhere(&self) -> bool {
        !self.named && !self.is_flat()
    }

    /// The role that begins by rule.
    pub fn first(&self) -> RoleName {
        self.steps.get(self.first).map_or_else(|| RoleName::new(WORKER), |step| step.rung.role.clone())
    }

    /// The role at its top.
    pub fn strongest(&self) -> RoleName {
        self.steps.last().map_or_else(|| RoleName::new(WORKER), |step| step.rung.role.clone())
    }

    /// All rungs, the cheapest role first.
    pub fn rungs(&self) -> Vec<Rung> {
        self.steps.iter().map(|step| step.rung.clone()).collect()
    }

    /// The rungs from a role upward.
    pub fn from(&self, role: &str) -> Vec<Rung> {
        let at = self.steps.iter().position(|step| step.rung.role.as_str() == role).unwrap_or(0);
        self.steps.iter().skip(at).map(|step| step.rung.clone()).collect()
    }

    /// Whether it is known what all of its roles cost, of a call that names none.
    pub fn is_priced(&self) -> bool {
        !self.named && self.steps.iter().all(|step| step.price.is_some())
    }

    /// What a call of usual size costs that a role makes, or one of the size of a longer prompt, if its price is known.
    pub fn usual(&self, role: &str, prompt: usize) -> Option<Money> {
        let step = self.steps.iter().find(|step| step.rung.role.as_str() == role)?;
        let tokens = u64::try_from(prompt / BYTES).unwrap_or(u64::MAX);
        step.price.as_ref().map(|price| price.worst(&typical(tokens.max(TYPICAL.0))))
    }

    /// The model of a role.
    pub fn model(&self, role: &str) -> String {
        self.steps
            .iter()
            .find(|step| step.rung.role.as_str() == role)
            .map(|step| step.model.to_string())
            .unwrap_or_default()
    }

    /// What an attempt of a role costs, as a share of the dearest one's.
    pub fn cost(&self, role: &str) -> f64 {
        self.steps.iter().find(|step| step.rung.role.as_str() == role).map_or(0.0, |step| step.rung.cost)
    }
}

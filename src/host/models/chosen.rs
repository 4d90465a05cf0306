//! Which model a wish got in a run: chosen once, and chosen again in a run that goes on, whatever has changed meanwhile.
//!
//! A key that is set now and was not, or a local server that has gone, must not turn answers that were paid for into
//! questions for another model.

use crate::core::effect::EffectKind;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::door::{self, Asked};
use crate::host::models::choose::{Chosen, Substitute, Wish};
use crate::host::run_host::RunHost;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The choices of a run so far, by the model that a person switched to and the wish.
#[derive(Default)]
pub(in crate::host) struct Wishes(Mutex<Granted>);

/// What each wish got.
type Granted = HashMap<(Option<String>, Wish), Outcome<Arc<Chosen>>>;

/// A choice as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    /// This model, for this reason.
    Model {
        model: String,
        reason: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        substitutes: Vec<String>,
    },
    /// Nobody, for this reason.
    Nobody(String),
}

impl RunHost {
    /// The model of a wish in this run.
    ///
    /// # Errors
    /// Those of `Models::choose`.
    pub async fn choose(&self, wish: &Wish) -> Outcome<Arc<Chosen>> {
        let key = (self.kit.models.switched(), wish.clone());
        if let Some(known) = self.counts.wishes.lock().get(&key) {
            return known.clone();
        }
        let sealed = self.replay.as_ref().is_some_and(|replay| replay.is_sealed());
        // A sealed log asks nobody, not even which servers there are.
        let fresh = if sealed { Err(unasked()) } else { self.kit.models.choose(wish).await };
        let mut known = self.counts.wishes.lock();
        // Parallel branches may have wished the same: one of them notes it.
        if let Some(known) = known.get(&key) {
            return known.clone();
        }
        let chosen = self.noted(&key, fresh);
        // Who is missing now may be there at the next call.
        if let Ok(found) = &chosen {
            known.insert(key, Ok(Arc::clone(found)));
        }
        chosen
    }

    /// Holds a choice against the log: the model that stands there is the one.
    fn noted(&self, key: &(Option<String>, Wish), fresh: Outcome<Arc<Chosen>>) -> Outcome<Arc<Chosen>> {
        let (switched, wish) = key;
        let intent = json!({"choose": {
            "role": wish.role, "model": wish.model, "requires": wish.requires, "strategy": wish.strategy,
            "switched": switched, "forced": self.kit.settings.forced_model,
        }});
        let now = match &fresh {
            Ok(chosen) => {
                let named = chosen.substitutes.iter().filter(|other| other.barred.is_none());
                let substitutes = named.map(|other| other.spec.id.to_string()).collect();
                Kept::Model { model: chosen.served.spec.id.to_string(), reason: chosen.reason.to_string(), substitutes }
            }
            Err(failure) => Kept::Nobody(failure.message.clone()),
        };
        let asked = Asked::new(EffectKind::Decision, &intent);
        match door::told(self, &Frame::root(), asked, now.clone())? {
            kept if kept == now => fresh,
            Kept::Model { model, reason, substitutes } => match fresh {
                Ok(chosen) if chosen.served.spec.id.as_str() == model => {
                    Ok(self.with_those_before(&chosen, &substitutes))
                }
                Ok(_) | Err(_) => self.kit.models.chosen_before(wish, (&model, &reason), &substitutes),
            },
            // Who is there now may well be asked: nothing was paid for then.
            Kept::Nobody(_) if fresh.is_ok() => fresh,
            Kept::Nobody(why) => Err(Failure::new(FailureKind::NoModel, why)),
        }
    }

    /// The same choice, in which those stand in that could when it was made, and behind them who is listed since.
    fn with_those_before(&self, chosen: &Arc<Chosen>, kept: &[String]) -> Arc<Chosen> {
        let before = self.kit.models.standing_before(kept, &chosen.substitutes);
        let is_new = |other: &&Substitute| !kept.iter().any(|name| name == other.spec.id.as_str());
        let since = chosen.substitutes.iter().filter(is_new).cloned();
        Arc::new(Chosen { substitutes: before.into_iter().chain(since).collect(), ..chosen.as_ref().clone() })
    }

    /// Whether nothing may be asked of the world.
    pub fn is_sealed(&self) -> bool {
        self.replay.as_ref().is_some_and(|replay| replay.is_sealed())
    }
}

impl Wishes {
    /// Forgets what was chosen while nothing could be asked.
    pub(in crate::host) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Granted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unasked() -> Failure {
    Failure::new(FailureKind::Replay, "a replay chooses no model by itself")
}

//! Everything about one episode: where it counts, what stands near it, whether it is believed, and what rested on it.

use crate::core::episode::{Episode, Namespace, Utility, Verdict};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::index::filter::Filter;
use crate::memory::parts::blocking;
use crate::memory::recall::{Memory, Near};
use crate::policy::posterior::NEIGHBOURS;
use crate::store::decisions::Rested;
use serde::Serialize;

/// How many neighbours are told.
const TOLD: usize = 5;

/// Whether and why an episode weighs in decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Whether it weighs.
    pub counts: bool,
    /// Whether it waits for a second task to agree.
    pub quarantined: bool,
    /// Why, for people.
    pub why: String,
}

/// Everything about one episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The episode.
    pub episode: Episode,
    /// The cell of the sums in which it counts, if it does.
    pub cell: Option<Utility>,
    /// The episodes most like it, itself left out.
    pub near: Vec<Near>,
    /// Whether it weighs.
    pub standing: Standing,
    /// The episodes before whose choice it was shown.
    pub supported: Vec<Episode>,
    /// The decisions that rested on it.
    pub decisions: Vec<Rested>,
}

impl Memory {
    /// Everything about the episode with this id, or whose id alone begins so. `NotFound` if there is none, `Invalid` if
    /// there are several.
    pub async fn explain(&self, id: &str) -> Outcome<Explained> {
        let episode = self.named(id).await?;
        let namespaces = match episode.namespace {
            Namespace::Eval => vec![Namespace::Eval],
            Namespace::Prod | Namespace::Seed => vec![Namespace::Prod, Namespace::Seed],
        };
        let anywhere = Filter { namespaces: namespaces.clone(), ..Filter::default() };
        let arm = Filter { namespaces, action: Some(episode.action.clone()), arm: Some(episode.arm.clone()) };
        let mut found = self.near(&episode.situation, NEIGHBOURS, vec![anywhere, arm]).await?;
        let of_arm = found.pop().unwrap_or_default();
        let mut near = found.pop().unwrap_or_default();
        near.retain(|near| near.outline.id != episode.id);
        near.truncate(TOLD);
        let (store, key, asked) = (self.store().clone(), episode.id.clone(), episode.action.clone());
        let (cells, supported, decisions) = blocking(move || {
            Ok((store.utilities(&asked)?, store.episodes_shown(&key)?, store.decisions_resting_on(&key)?))
        })
        .await?;
        let is_its = |cell: &Utility| {
            cell.namespace == episode.namespace
                && (&cell.role, &cell.failure, &cell.arm) == (&episode.role, &episode.failure, &episode.arm)
        };
        let cell = cells.into_iter().find(is_its).filter(|_| is_evidence(episode.outcome));
        let standing = standing(&episode, &of_arm);
        Ok(Explained { episode, cell, near, standing, supported, decisions })
    }

    async fn named(&self, id: &str) -> Outcome<Episode> {
        let (store, begins) = (self.store().clone(), id.trim().to_uppercase());
        let (given, as_typed) = (self.store().clone(), id.to_owned());
        let mut found = blocking(move || given.episodes_named(&as_typed)).await?;
        if found.is_empty() {
            found = blocking(move || store.episodes_named(&begins)).await?;
        }
        match found.as_slice() {
            [] => Err(Failure::new(FailureKind::NotFound, format!("there is no episode `{id}`"))
                .hint("`rhizo memory recall WORDS` and `rhizo memory export -` show ids")),
            [one] => Ok(one.clone()),
            [first, ..] if first.id.eq_ignore_ascii_case(id) => Ok(first.clone()),
            _ => Err(Failure::new(FailureKind::Invalid, format!("several episodes begin with `{id}`"))
                .hint("give more of the id")),
        }
    }
}

const fn is_evidence(outcome: Verdict) -> bool {
    matches!(outcome, Verdict::Success | Verdict::Fail)
}

/// What `policy::posterior` makes of an episode among those of its arm near it.
fn standing(episode: &Episode, of_arm: &[Near]) -> Standing {
    let says = |counts: bool, quarantined: bool, why: &str| Standing { counts, quarantined, why: why.to_owned() };
    if !is_evidence(episode.outcome) {
        return says(false, false, "nobody knows whether the choice worked, or it was not at fault");
    }
    if episode.namespace == Namespace::Seed {
        return says(true, false, "shipped: all shipped ones near a question weigh three episodes at most");
    }
    if episode.verifier.stands_alone() {
        return says(true, false, "its verdict was checked");
    }
    let agrees = |near: &&Near| {
        near.outline.namespace != Namespace::Seed
            && near.outline.outcome == episode.outcome
            && near.outline.fingerprint != episode.fingerprint
    };
    match of_arm.iter().find(agrees) {
        Some(other) => says(true, false, &format!("an independent task agrees: {}", other.outline.id)),
        None => says(false, true, "nobody checked its verdict, and no second task near it agrees"),
    }
}

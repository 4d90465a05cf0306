//! How probable it is that an arm works here, computed from the episodes of that arm that are most like the situation.
//! Pure.
//!
//! Utility is not a number on a memory: a single memory is almost never met twice (measured on recorded outcomes of two
//! models: 0.52 of the attainable gain that way, 0.60 to 0.67 with neighbours per arm).

use crate::core::episode::{Utility, Verdict};
use std::collections::HashMap;

/// The weight of the prior, in episodes.
pub const PRIOR: f64 = 5.0;
/// Shipped knowledge weighs at most so many episodes.
pub const SEEDS: f64 = 3.0;
/// The age at which an episode weighs half, in milliseconds: 30 days.
pub const HALF_LIFE: f64 = 30.0 * 86_400_000.0;
/// Cosine similarity at which texts have nothing to do with each other, and from which on they fully count. Unrelated
/// texts are at 0 to 0.2 with either embedder; of 4,000 questions of an exam the nearest are at 0.36 to 0.6, those of other
/// subjects at 0.28 to 0.4 (MiniLM).
const FAR: f64 = 0.2;
const CLOSE: f64 = 0.35;
/// The nearest neighbours by which that is judged.
const JUDGED: usize = 8;
/// Neighbours that are asked for by arm.
pub const NEIGHBOURS: usize = 80;

/// An episode of an arm, near the situation.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    /// Its id.
    pub id: String,
    /// Cosine similarity to the situation, -1 to 1.
    pub similarity: f64,
    /// How it ended.
    pub outcome: Verdict,
    /// How far to believe it, 0 to 1.
    pub trust: f64,
    /// Its age, in milliseconds.
    pub age: f64,
    /// The same for equal tasks.
    pub fingerprint: String,
    /// Whether it was made by another model than the one that the arm means now.
    pub other_model: bool,
    /// Whether it is shipped and not lived through.
    pub seed: bool,
    /// Whether its verdict counts before a second task agrees.
    pub stands_alone: bool,
    /// Tokens used.
    pub tokens: u64,
}

/// A Beta distribution over the probability of success, with what it rests on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Posterior {
    /// Weight of successes, prior included.
    pub alpha: f64,
    /// Weight of failures, prior included.
    pub beta: f64,
    /// The effective number of episodes behind it: lived-through ones, discounted.
    pub n: f64,
    /// Mean tokens of an attempt; 0 without episodes.
    pub tokens: f64,
    /// The ids of the episodes that weigh most, at most eight.
    pub ids: Vec<String>,
    /// How many of the lived-through episodes are at least half as near as the nearest.
    pub similar: u32,
    /// How many of these worked.
    pub worked: u32,
}

impl Posterior {
    /// Nothing is known: the prior of one half.
    pub fn unknown() -> Self {
        posterior(&[], Prior::of(0.5))
    }

    /// The expected probability of success.
    pub fn mean(&self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// Its variance.
    pub fn variance(&self) -> f64 {
        let sum = self.alpha + self.beta;
        self.alpha * self.beta / (sum * sum * (sum + 1.0))
    }
}

/// What is believed before any neighbour is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// The probability of success.
    pub mean: f64,
    /// How many neighbours it outweighs in the mean. That the posterior is sure of itself comes from neighbours alone.
    pub weight: f64,
}

impl Prior {
    /// What sums of episodes say.
    pub const fn of(mean: f64) -> Self {
        Self { mean, weight: PRIOR }
    }
}

/// The posterior of an arm with this prior.
///
/// Among neighbours similarity is relative: its squares are scaled to a mean of one. Trust, age, repetition of a task and a
/// change of model are absolute: they take mass away, and so does a place where even the nearest episodes are far.
pub fn posterior(neighbours: &[Neighbour], prior: Prior) -> Posterior {
    let (seeds, lived): (Vec<&Neighbour>, Vec<&Neighbour>) =
        neighbours.iter().filter(|near| near.outcome.worked().is_some()).partition(|near| near.seed);
    let lived = agreed(lived);
    let lived = weighed(&lived);
    let seeds = weighed(&seeds);
    let mass = |rows: &[(f64, &Neighbour)], won: bool| -> f64 {
        rows.iter().filter(|(_, near)| near.outcome.worked() == Some(won)).map(|(weight, _)| weight).sum()
    };
    let (wins, losses) = (mass(&lived, true), mass(&lived, false));
    let (seed_wins, seed_losses) = (mass(&seeds, true), mass(&seeds, false));
    let scale = SEEDS / (seed_wins + seed_losses).max(SEEDS);
    let weights: f64 = lived.iter().map(|(weight, _)| weight).sum();
    let squares: f64 = lived.iter().map(|(weight, _)| weight * weight).sum();
    let tokens: f64 = lived.iter().map(|(weight, near)| weight * precise(near.tokens)).sum();
    // The number of equal episodes of full weight that would tell as much, never more than the mass itself.
    let n = if squares > 0.0 { (weights * weights / squares).min(weights) } else { 0.0 };
    let mut heaviest = lived.clone();
    heaviest.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (wins, losses) = (scale.mul_add(seed_wins, wins), scale.mul_add(seed_losses, losses));
    let mean = prior.weight.mul_add(prior.mean, wins) / (prior.weight + wins + losses);
    let total = PRIOR + wins + losses;
    let (similar, worked) = told(&lived);
    Posterior {
        similar,
        worked,
        alpha: mean * total,
        beta: (1.0 - mean) * total,
        n,
        tokens: if weights > 0.0 { tokens / weights } else { 0.0 },
        ids: heaviest.iter().take(8).map(|(_, near)| near.id.clone()).collect(),
    }
}

/// The evidence in words that a person can check: of how many episodes at least half as near as the nearest how many worked.
fn told(lived: &[(f64, &Neighbour)]) -> (u32, u32) {
    let nearest = lived.iter().map(|(_, near)| near.similarity).fold(0.0, f64::max);
    let similar = || lived.iter().filter(|(_, near)| near.similarity >= nearest / 2.0);
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    (count(similar().count()), count(similar().filter(|(_, near)| near.outcome.worked() == Some(true)).count()))
}

/// Leaves out verdicts of weak verifiers that no other task nearby confirms.
fn agreed(neighbours: Vec<&Neighbour>) -> Vec<&Neighbour> {
    let mut tasks: [Vec<&str>; 2] = [Vec::new(), Vec::new()];
    for near in &neighbours {
        let side = &mut tasks[usize::from(near.outcome.worked() == Some(true))];
        if side.len() < 2 && !side.contains(&near.fingerprint.as_str()) {
            side.push(&near.fingerprint);
        }
    }
    neighbours
        .into_iter()
        .filter(|near| near.stands_alone || tasks[usize::from(near.outcome.worked() == Some(true))].len() > 1)
        .collect()
}

fn weighed<'a>(neighbours: &[&'a Neighbour]) -> Vec<(f64, &'a Neighbour)> {
    let mut times: HashMap<&str, f64> = HashMap::new();
    for near in neighbours {
        *times.entry(&near.fingerprint).or_default() += 1.0;
    }
    let near_by: Vec<f64> = neighbours.iter().map(|near| near.similarity.max(0.0).powi(2)).collect();
    let total: f64 = near_by.iter().sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let mean = total / precise(neighbours.len() as u64);
    let close = closeness(neighbours);
    let weigh = |(near, similarity): (&&'a Neighbour, f64)| {
        let repeated = times.get(near.fingerprint.as_str()).copied().unwrap_or(1.0);
        let model = if near.other_model { 0.5 } else { 1.0 };
        let age = (-near.age.max(0.0) / HALF_LIFE).exp2();
        (similarity / mean * near.trust * age * model / repeated * close, *near)
    };
    neighbours.iter().zip(near_by).map(weigh).collect()
}

/// How far the nearest neighbours say anything of this place at all, 0 to 1.
fn closeness(neighbours: &[&Neighbour]) -> f64 {
    let mut similarities: Vec<f64> = neighbours.iter().map(|near| near.similarity).collect();
    similarities.sort_by(|a, b| b.total_cmp(a));
    similarities.truncate(JUDGED);
    let mean = similarities.iter().sum::<f64>() / precise(similarities.len().max(1) as u64);
    ((mean - FAR) / (CLOSE - FAR)).clamp(0.0, 1.0)
}

#[allow(clippy::cast_precision_loss, reason = "counts of tokens and rows are far below 2^53")]
fn precise(count: u64) -> f64 {
    count as f64
}

/// The prior mean of an arm: what is known of it at this role after this failure, pulled towards what is known at the role,
/// pulled towards what is known of the arm anywhere, pulled towards one half.
pub fn prior(cells: &[Utility], arm: &str, role: &str, failure: &str) -> f64 {
    let level = |parent: f64, fits: &dyn Fn(&Utility) -> bool| {
        let (mut wins, mut losses) = (0.0, 0.0);
        for cell in cells.iter().filter(|cell| cell.arm == arm && fits(cell)) {
            wins += cell.alpha - 1.0;
            losses += cell.beta - 1.0;
        }
        PRIOR.mul_add(parent, wins) / (PRIOR + wins + losses)
    };
    let of_arm = level(0.5, &|_| true);
    let of_role = level(of_arm, &|cell| cell.role == role);
    level(of_role, &|cell| cell.role == role && cell.failure == failure)
}

#[cfg(test)]
mod tests;

//! What the memory knows of the arms of a choice: for each the posterior of its success in a situation.
//!
//! It decides nothing; `policy::escalate` does.

use crate::core::episode::{Namespace, Utility};
use crate::core::failure::Outcome;
use crate::memory::index::filter::Filter;
use crate::memory::parts::{Parts, blocking};
use crate::memory::recall::{Memory, Near};
use crate::memory::trend::log;
use crate::policy::posterior::{NEIGHBOURS, Neighbour, Posterior, Prior, posterior, prior};

/// The latest predictions by which the learner is judged.
const JUDGED: u64 = 200;
/// With fewer predictions than these nothing can be said of it.
const LEAST_JUDGED: usize = 40;

/// How many times as many neighbours are looked at as count.
const REACH: usize = 3;
/// How much similarity a task loses that is longer or shorter by a factor of e. Measured, like the next: 0.658 becomes 0.666.
const APART: f64 = 0.05;
/// How many neighbours the trend of an arm outweighs.
const TREND: f64 = 80.0;

/// A question to the memory.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// What it is like now, in the form of `situation::text`.
    pub situation: String,
    /// The kind of choice.
    pub action: String,
    /// The arms, each with the model that would act; empty where none or any would.
    pub arms: Vec<(String, String)>,
    /// The role before the choice.
    pub role: String,
    /// The failure before the choice.
    pub failure: String,
    /// Which memories count.
    pub namespaces: Vec<Namespace>,
    /// Milliseconds since 1970.
    pub now: u64,
}

/// How good the learner's predictions have been.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Predictions looked at.
    pub count: usize,
    /// Mean squared error of the predictions.
    pub brier: f64,
    /// The same of one who always predicts the base rate.
    pub base: f64,
}

impl Calibration {
    /// Of predictions and what became of them.
    pub fn of(predictions: &[(f64, bool)]) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "some hundred predictions")]
        let count = predictions.len() as f64;
        if predictions.is_empty() {
            return Self::default();
        }
        let won = |won: bool| f64::from(u8::from(won));
        let rate = predictions.iter().map(|pair| won(pair.1)).sum::<f64>() / count;
        let error = |predicted: &dyn Fn(f64) -> f64| {
            predictions.iter().map(|pair| (predicted(pair.0) - won(pair.1)).powi(2)).sum::<f64>() / count
        };
        Self { count: predictions.len(), brier: error(&|p| p), base: error(&|_| rate) }
    }

    /// Whether the learner may decide: it has shown too little, or it is no worse than the base rate.
    pub fn is_trusted(&self) -> bool {
        self.count < LEAST_JUDGED || self.brier <= self.base + 0.02
    }
}

impl Memory {
    /// The posteriors of the arms, in their order.
    pub async fn posteriors(&self, question: &Question) -> Outcome<Vec<Posterior>> {
        let parts = self.parts().await?;
        let (embedding, text) = (parts.clone(), question.situation.clone());
        let vector = blocking(move || embedding.vectors(&[text.as_str()])).await?.pop().unwrap_or_default();
        self.posteriors_at(&parts, &vector, question).await
    }

    /// The same for a situation whose unit vector is known.
    pub async fn posteriors_at(&self, parts: &Parts, vector: &[f32], question: &Question) -> Outcome<Vec<Posterior>> {
        let filter = |(arm, _): &(String, String)| Filter {
            namespaces: question.namespaces.clone(),
            action: Some(question.action.clone()),
            arm: Some(arm.clone()),
        };
        let filters: Vec<Filter> = question.arms.iter().map(filter).collect();
        let found = self.near_vector(parts, vector, REACH * NEIGHBOURS, &filters).await?;
        let (store, action) = (self.store().clone(), question.action.clone());
        let mut cells = blocking(move || store.utilities(&action)).await?;
        cells.retain(|cell| question.namespaces.contains(&cell.namespace));
        let (cells, size) = (seeds_apart(&cells), question.situation.len() as u64);
        let mut known = Vec::new();
        let trends = self.trends(&filters).await?;
        for (((arm, model), near), trend) in question.arms.iter().zip(found).zip(trends) {
            let prior = trend.map_or_else(
                || Prior::of(prior(&cells, arm, &question.role, &question.failure)),
                |trend| Prior { mean: trend.at(vector, size), weight: TREND },
            );
            let near = near.into_iter().filter(|near| of_actor(arm, model, near)).collect();
            known.push(posterior(&closest(near, size, model, question.now), prior));
        }
        Ok(known)
    }

    /// How good the latest predictions have been.
    pub async fn calibration(&self, namespace: Namespace) -> Outcome<Calibration> {
        let store = self.store().clone();
        blocking(move || Ok(Calibration::of(&store.predictions(namespace.name(), JUDGED)?))).await
    }
}

/// Whether an episode tells of who would act: that one role repeats in vain says nothing of another role's repetitions.
fn of_actor(arm: &str, model: &str, near: &Near) -> bool {
    let repeats = matches!(arm, "retry" | "think");
    !repeats || model.is_empty() || near.outline.model.is_empty() || near.outline.model == model
}

/// The neighbours that are also of about the same length: a task of another size is another task.
fn closest(near: Vec<Near>, size: u64, model: &str, now: u64) -> Vec<Neighbour> {
    let apart = |near: &Near| f64::from((log(near.outline.size) - log(size)).abs());
    let nearer = |near: Near| Near { similarity: APART.mul_add(-apart(&near), near.similarity), ..near };
    let mut near: Vec<Near> = near.into_iter().map(nearer).collect();
    near.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
    near.truncate(NEIGHBOURS);
    near.into_iter().map(|near| neighbour(near, model, now)).collect()
}

/// Shipped episodes weigh in a prior at most as much as in a posterior: little.
fn seeds_apart(cells: &[Utility]) -> Vec<Utility> {
    let weigh = |cell: &Utility| {
        let most = crate::policy::posterior::SEEDS;
        let scale = if cell.namespace == Namespace::Seed { most / cell.n.max(most) } else { 1.0 };
        let scaled = |mass: f64| (mass - 1.0).mul_add(scale, 1.0);
        Utility { alpha: scaled(cell.alpha), beta: scaled(cell.beta), n: cell.n * scale, ..cell.clone() }
    };
    cells.iter().map(weigh).collect()
}

fn neighbour(near: Near, model: &str, now: u64) -> Neighbour {
    let outline = near.outline;
    #[allow(clippy::cast_precision_loss, reason = "an age in milliseconds")]
    let age = now.saturating_sub(outline.at) as f64;
    Neighbour {
        similarity: near.similarity,
        outcome: outline.outcome,
        trust: outline.trust,
        age,
        other_model: !model.is_empty() && !outline.model.is_empty() && outline.model != model,
        seed: outline.namespace == Namespace::Seed,
        stands_alone: outline.verifier.stands_alone(),
        fingerprint: outline.fingerprint,
        id: outline.id,
        tokens: outline.tokens,
    }
}

#[cfg(test)]
mod tests {
    use super::Calibration;

    #[test]
    fn a_learner_that_is_worse_than_the_base_rate_is_found_out() {
        let check = |predicted: f64, won: fn(usize) -> bool, count: usize, trusted: bool| {
            let predictions: Vec<(f64, bool)> = (0..count).map(|at| (predicted, won(at))).collect();
            let found = Calibration::of(&predictions);
            assert_eq!(found.is_trusted(), trusted, "{found:?}");
        };
        check(0.9, |_| true, 100, true);
        check(0.9, |at| at % 10 == 0, 100, false);
        check(0.9, |at| at % 10 == 0, 20, true);
        check(0.5, |at| at % 2 == 0, 100, true);
        assert!(Calibration::of(&[]).is_trusted());
    }
}

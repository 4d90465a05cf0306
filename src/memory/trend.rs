//! What grows or falls with the direction of a situation: a ridge regression of an arm's outcomes on all its episodes.
//!
//! Neighbours tell what is near; a trend tells what all episodes of an arm together say of a place where few are near.
//! Measured on recorded outcomes of two models it is worth 0.01 to 0.03 of the attainable gain.

use crate::core::episode::{Namespace, Verdict};
use crate::memory::index::filter::Filter;
use crate::memory::resident::Resident;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// An arm with fewer episodes has no trend.
const LEAST: usize = 200;
/// The latest episodes that a trend is fitted to: half a second for all of them.
const MOST: usize = 20_000;
/// The penalty on the squared weights.
const PENALTY: f32 = 30.0;
/// The weight of the length of a task beside the 384 numbers of its direction.
const LENGTH: f32 = 0.3;
/// Steps of the conjugate gradients; the penalty makes them converge in fewer.
const STEPS: usize = 24;

/// A fitted trend.
#[derive(Clone, Debug)]
pub struct Trend {
    base: f32,
    middle: Vec<f32>,
    weights: Vec<f32>,
    /// Mean and deviation of the logarithm of the length.
    length: (f32, f32),
}

/// The trends of a process by what their episodes pass, each with the number of rows that it was fitted to.
pub type Trends = Mutex<HashMap<String, (usize, Option<Arc<Trend>>)>>;

/// One episode that counts.
struct Row<'a> {
    codes: &'a [i16],
    length: f32,
    weight: f32,
    outcome: f32,
}

impl Trend {
    /// The trend of the episodes that pass a filter; nothing if there are too few. A task counts once.
    pub fn of(resident: &Resident, filter: &Filter) -> Option<Self> {
        let mut tasks: HashMap<&str, f32> = HashMap::new();
        let counted = || {
            resident.rows().filter(|(outline, _)| {
                filter.passes(outline)
                    && outline.namespace != Namespace::Seed
                    && outline.verifier.stands_alone()
                    && matches!(outline.outcome, Verdict::Success | Verdict::Fail)
            })
        };
        for (outline, _) in counted() {
            *tasks.entry(&outline.fingerprint).or_default() += 1.0;
        }
        if tasks.len() < LEAST {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, reason = "a trust of 0 to 1 needs no double precision")]
        let row = |(outline, codes)| {
            let outline: &crate::core::episode::Outline = outline;
            Row {
                codes,
                length: log(outline.size),
                weight: (outline.trust as f32 / tasks.get(outline.fingerprint.as_str()).copied().unwrap_or(1.0)).sqrt(),
                outcome: if outline.outcome == Verdict::Success { 1.0 } else { 0.0 },
            }
        };
        let rows: Vec<Row<'_>> = counted().map(row).collect();
        Some(Self::fit(rows.get(rows.len().saturating_sub(MOST)..).unwrap_or_default(), resident.dimensions()))
    }

    fn fit(rows: &[Row<'_>], dimensions: usize) -> Self {
        let total: f32 = rows.iter().map(|row| row.weight * row.weight).sum();
        let mean = |of: &dyn Fn(&Row<'_>) -> f32| {
            rows.iter().map(|row| row.weight * row.weight * of(row)).sum::<f32>() / total
        };
        let (base, length) = (mean(&|row| row.outcome), mean(&|row| row.length));
        let spread = mean(&|row| (row.length - length).powi(2)).sqrt().max(0.1);
        let mut middle = vec![0.0; dimensions];
        for row in rows {
            add(&mut middle, row.weight * row.weight / total, row.codes);
        }
        let trend = Self { base, middle, weights: vec![0.0; dimensions + 1], length: (length, spread) };
        // Conjugate gradients on the normal equations, which are never written out.
        let target: Vec<f32> = rows.iter().map(|row| row.weight * (row.outcome - base)).collect();
        let mut rest = trend.transposed(rows, &target);
        let (mut weights, mut direction) = (trend.weights.clone(), rest.clone());
        let mut size = dot(&rest, &rest);
        for _ in 0..STEPS {
            if size < 1e-9 {
                break;
            }
            let seen: Vec<f32> = rows.iter().map(|row| row.weight * trend.along(row, &direction)).collect();
            let mut bent = trend.transposed(rows, &seen);
            for (bent, direction) in bent.iter_mut().zip(&direction) {
                *bent += PENALTY * direction;
            }
            let step = size / dot(&direction, &bent).max(1e-12);
            for at in 0..weights.len() {
                weights[at] += step * direction[at];
                rest[at] -= step * bent[at];
            }
            let next = dot(&rest, &rest);
            for (direction, rest) in direction.iter_mut().zip(&rest) {
                *direction = rest + next / size * *direction;
            }
            size = next;
        }
        Self { weights, ..trend }
    }

    /// The probability of success at a unit vector and a length of the task in bytes, 0.02 to 0.98.
    pub fn at(&self, vector: &[f32], size: u64) -> f64 {
        let length = LENGTH * (log(size) - self.length.0) / self.length.1;
        let last = self.weights.len() - 1;
        let along: f32 = vector.iter().zip(&self.middle).zip(&self.weights).map(|((x, m), w)| (x - m) * w).sum();
        f64::from(self.base + along + length * self.weights[last]).clamp(0.02, 0.98)
    }

    /// A row, centred, along a direction.
    fn along(&self, row: &Row<'_>, direction: &[f32]) -> f32 {
        let last = direction.len() - 1;
        let length = LENGTH * (row.length - self.length.0) / self.length.1;
        let plain: f32 = row.codes.iter().zip(direction).map(|(x, d)| f32::from(*x) * d).sum();
        length.mul_add(direction[last], plain / Resident::ONE - dot(&self.middle, &direction[..last]))
    }

    /// The sum of the rows, centred and weighted, each times a number.
    fn transposed(&self, rows: &[Row<'_>], numbers: &[f32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.middle.len()];
        let (mut total, mut lengths) = (0.0, 0.0);
        for (row, number) in rows.iter().zip(numbers) {
            let share = row.weight * number;
            add(&mut sum, share, row.codes);
            total += share;
            lengths += share * LENGTH * (row.length - self.length.0) / self.length.1;
        }
        for (sum, middle) in sum.iter_mut().zip(&self.middle) {
            *sum -= total * middle;
        }
        sum.push(lengths);
        sum
    }
}

fn add(sum: &mut [f32], share: f32, codes: &[i16]) {
    let share = share / Resident::ONE;
    for (sum, x) in sum.iter_mut().zip(codes) {
        *sum += share * f32::from(*x);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The logarithm of a length in bytes.
pub fn log(size: u64) -> f32 {
    #[allow(clippy::cast_precision_loss, reason = "a length of at most some thousand bytes")]
    let size = size.max(1) as f32;
    size.ln()
}

#[cfg(test)]
mod tests {
    use super::Trend;
    use crate::core::episode::{Outline, Verdict, Verifier};
    use crate::memory::index::filter::Filter;
    use crate::memory::resident::Resident;

    #[test]
    fn it_follows_a_direction_and_needs_enough_episodes() {
        let vector = |at: u32| {
            let angle = f64::from(at) * 0.7;
            #[allow(clippy::cast_possible_truncation, reason = "a test's numbers")]
            let vector = [angle.cos() as f32, angle.sin() as f32, 0.0, 0.0];
            vector
        };
        let filled = |count: u32| {
            let mut resident = Resident::new(4);
            for at in 0..count {
                let won = vector(at)[0] > 0.0;
                let outcome = if won { Verdict::Success } else { Verdict::Fail };
                let fingerprint = at.to_string();
                let outline = Outline {
                    outcome,
                    fingerprint,
                    verifier: Verifier::Test,
                    trust: 1.0,
                    size: 100,
                    ..Outline::default()
                };
                resident.push(outline, &vector(at));
            }
            resident
        };
        assert!(Trend::of(&filled(50), &Filter::default()).is_none());
        let trend = Trend::of(&filled(600), &Filter::default()).expect("there are enough");
        let (right, left) = (trend.at(&[1.0, 0.0, 0.0, 0.0], 100), trend.at(&[-1.0, 0.0, 0.0, 0.0], 100));
        assert!(right > 0.9 && left < 0.1, "{right} and {left}");
        let middle = trend.at(&[0.0, 1.0, 0.0, 0.0], 100);
        assert!((middle - 0.5).abs() < 0.1, "{middle}");
    }
}

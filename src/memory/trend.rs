//! What grows or falls with the direction of a situation: a ridge regression of outcomes on all episodes of some arms.
//!
//! Neighbours tell what is near; a trend tells what all episodes together say of a place where few are near. What is hard
//! for one arm is mostly hard for the others, so the arms that are offered share a trend, and each has its own deviation
//! from it as far as its episodes show one: an arm that was seldom called somewhere still learns from those that were.

use crate::core::episode::{Namespace, Outline, Verdict};
use crate::memory::index::filter::Filter;
use crate::memory::resident::Resident;
use crate::memory::ridge::{Sums, axpy, dot};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Arms with fewer tasks together have no trend.
const LEAST: usize = 200;
/// An arm with fewer tasks has no level of its own to which a trend could be added.
const LEVEL: usize = 40;
/// An arm with fewer tasks has no deviation of its own.
const OWN: usize = 100;
/// The latest episodes of an arm that a trend is fitted to: half a second for all of them.
const MOST: usize = 10_000;
/// The weight of the length of a task beside the 384 numbers of its direction.
const LENGTH: f64 = 0.3;

/// A fitted trend of one arm.
#[derive(Clone, Debug)]
pub struct Trend {
    level: f64,
    weights: Vec<f64>,
    length: Length,
}

/// The trends of a process by what their episodes pass. Those of one key have a lock of their own, held while they are fitted:
/// of all who need them at once one fits, and the others wait for it.
pub type Trends = Mutex<HashMap<String, Arc<tokio::sync::Mutex<Fitted>>>>;

/// The trends of some arms, with the number of rows that they were fitted to; 0 before they are.
pub type Fitted = (usize, Vec<Option<Arc<Trend>>>);

/// How lengths become a number like the others.
#[derive(Clone, Copy, Debug)]
struct Length {
    middle: f64,
    spread: f64,
}

/// One episode that counts.
struct Row<'a> {
    codes: &'a [i16],
    length: f64,
    weight: f64,
    outcome: f64,
}

/// The episodes of an arm that count, with their number of tasks.
struct Arm<'a> {
    rows: Vec<Row<'a>>,
    tasks: usize,
}

/// What was summed of an arm.
struct Summed {
    sums: Sums,
    middle: Vec<f64>,
    outcome: f64,
    tasks: usize,
}

/// The trends of arms, each given by what its episodes pass; nothing for those with too few.
pub fn trends(resident: &Resident, filters: &[Filter]) -> Vec<Option<Trend>> {
    let arms: Vec<Arm<'_>> = filters.iter().map(|filter| Arm::of(resident, filter)).collect();
    let known = |arm: &&Arm<'_>| arm.tasks >= LEVEL;
    if arms.iter().filter(known).map(|arm| arm.tasks).sum::<usize>() < LEAST {
        return vec![None; filters.len()];
    }
    let length = Length::of(arms.iter().filter(known).flat_map(|arm| &arm.rows));
    let summed = |arm| Some(arm).filter(known).map(|arm| Summed::of(arm, resident.dimensions(), length));
    let summed: Vec<Option<Summed>> = arms.iter().map(summed).collect();
    let mut all = Sums::new(resident.dimensions() + 1);
    for arm in summed.iter().flatten() {
        all.add(&arm.sums);
    }
    let shared = all.weights();
    summed.into_iter().map(|arm| arm.map(|arm| arm.trend(&shared, length))).collect()
}

impl<'a> Arm<'a> {
    fn of(resident: &'a Resident, filter: &Filter) -> Self {
        let mut tasks: HashMap<&str, f64> = HashMap::new();
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
        // A task counts once.
        let row = |(outline, codes): (&Outline, &'a [i16])| Row {
            codes,
            length: f64::from(log(outline.size)),
            weight: outline.trust / tasks.get(outline.fingerprint.as_str()).copied().unwrap_or(1.0),
            outcome: if outline.outcome == Verdict::Success { 1.0 } else { 0.0 },
        };
        let mut rows: Vec<Row<'a>> = counted().map(row).filter(|row| row.weight > 0.0).collect();
        let old = rows.len().saturating_sub(MOST);
        rows.drain(..old);
        let tasks = tasks.len().min(rows.len());
        Self { rows, tasks }
    }
}

impl Length {
    fn of<'a>(rows: impl Iterator<Item = &'a Row<'a>> + Clone) -> Self {
        let total: f64 = rows.clone().map(|row| row.weight).sum();
        let mean = |of: &dyn Fn(f64) -> f64| rows.clone().map(|row| row.weight * of(row.length)).sum::<f64>() / total;
        let middle = mean(&|length| length);
        Self { middle, spread: mean(&|length| (length - middle).powi(2)).sqrt().max(0.1) }
    }

    fn scaled(self, length: f64) -> f64 {
        LENGTH * (length - self.middle) / self.spread
    }
}

impl Summed {
    fn of(arm: &Arm<'_>, dimensions: usize, length: Length) -> Self {
        let size = dimensions + 1;
        let (mut sums, mut middle, mut outcome) = (Sums::new(size), vec![0.0; size], 0.0);
        let mut features = Vec::with_capacity(size);
        for row in &arm.rows {
            features.clear();
            features.extend(row.codes.iter().map(|x| f64::from(*x) / f64::from(Resident::ONE)));
            features.push(length.scaled(row.length));
            for (at, x) in features.iter().enumerate() {
                // Half of a symmetric matrix; the rest is filled in below.
                axpy(&mut sums.squares[at * size + at..(at + 1) * size], row.weight * x, &features[at..]);
            }
            axpy(&mut sums.products, row.weight * row.outcome, &features);
            axpy(&mut middle, row.weight, &features);
            outcome += row.weight * row.outcome;
            sums.total += row.weight * row.outcome * row.outcome;
            sums.count += row.weight;
        }
        middle.iter_mut().for_each(|x| *x /= sums.count);
        outcome /= sums.count;
        let count = sums.count;
        sums.total -= count * outcome * outcome;
        axpy(&mut sums.products, -count * outcome, &middle);
        for at in 0..size {
            axpy(&mut sums.squares[at * size + at..(at + 1) * size], -count * middle[at], &middle[at..]);
            for below in at + 1..size {
                sums.squares[below * size + at] = sums.squares[at * size + below];
            }
        }
        Self { sums, middle, outcome, tasks: arm.tasks }
    }

    /// The trend of the arm: the shared one, and its own deviation from it.
    fn trend(self, shared: &[f64], length: Length) -> Trend {
        let mut weights = shared.to_vec();
        if self.tasks >= OWN {
            axpy(&mut weights, 1.0, &self.sums.less(shared).weights());
        }
        Trend { level: self.outcome - dot(&weights, &self.middle), weights, length }
    }
}

impl Trend {
    /// The probability of success at a unit vector and a length of the task in bytes, 0.02 to 0.98.
    pub fn at(&self, vector: &[f32], size: u64) -> f64 {
        let direction: f64 = vector.iter().zip(&self.weights).map(|(x, weight)| f64::from(*x) * weight).sum();
        let last = self.weights.last().copied().unwrap_or_default();
        (self.level + direction + self.length.scaled(f64::from(log(size))) * last).clamp(0.02, 0.98)
    }
}

/// The logarithm of a length in bytes.
pub fn log(size: u64) -> f32 {
    #[allow(clippy::cast_precision_loss, reason = "a length of at most some thousand bytes")]
    let size = size.max(1) as f32;
    size.ln()
}

#[cfg(test)]
mod tests {
    use super::{Trend, trends};
    use crate::core::episode::{Outline, Verdict, Verifier};
    use crate::memory::index::filter::Filter;
    use crate::memory::resident::Resident;

    fn vector(at: u32) -> Vec<f32> {
        let angle = f64::from(at) * 0.7;
        #[allow(clippy::cast_possible_truncation, reason = "a test's numbers")]
        let vector = vec![angle.cos() as f32, angle.sin() as f32, 0.0, 0.0];
        vector
    }

    fn add(resident: &mut Resident, arm: &str, at: u32, won: bool) {
        let outline = Outline {
            outcome: if won { Verdict::Success } else { Verdict::Fail },
            fingerprint: at.to_string(),
            arm: arm.to_owned(),
            verifier: Verifier::Test,
            trust: 1.0,
            size: 100,
            ..Outline::default()
        };
        resident.push(outline, &vector(at));
    }

    fn of(resident: &Resident, arms: &[&str]) -> Vec<Option<Trend>> {
        let filter = |arm: &&str| Filter { arm: Some((*arm).to_owned()), ..Filter::default() };
        trends(resident, &arms.iter().map(filter).collect::<Vec<_>>())
    }

    const RIGHT: [f32; 4] = [1.0, 0.0, 0.0, 0.0];
    const LEFT: [f32; 4] = [-1.0, 0.0, 0.0, 0.0];

    #[test]
    fn it_follows_a_direction_and_needs_enough_episodes() {
        let filled = |count: u32| {
            let mut resident = Resident::new(4);
            (0..count).for_each(|at| add(&mut resident, "a", at, vector(at)[0] > 0.0));
            resident
        };
        assert!(of(&filled(50), &["a"])[0].is_none());
        let found = of(&filled(600), &["a", "b"]);
        let trend = found[0].as_ref().expect("there are enough");
        let (right, left) = (trend.at(&RIGHT, 100), trend.at(&LEFT, 100));
        assert!(right > 0.9 && left < 0.1, "{right} and {left}");
        let middle = trend.at(&[0.0, 1.0, 0.0, 0.0], 100);
        assert!((middle - 0.5).abs() < 0.1, "{middle}");
        assert!(found[1].is_none(), "an arm without episodes has no level");
    }

    #[test]
    fn what_is_hard_for_one_arm_is_expected_to_be_hard_for_another_until_it_shows_otherwise() {
        let mut resident = Resident::new(4);
        (0..600).for_each(|at| add(&mut resident, "often", at, vector(at)[0] > 0.0));
        // Called on the right only, where it always works but for one time in eight.
        (0..120).filter(|at| vector(*at)[0] > 0.3).for_each(|at| add(&mut resident, "seldom", at, at % 8 != 0));
        let found = of(&resident, &["often", "seldom"]);
        let seldom = found[1].as_ref().expect("it has a level");
        assert!(seldom.at(&LEFT, 100) < seldom.at(&RIGHT, 100) - 0.3, "{seldom:?}");
        assert!(of(&resident, &["seldom"])[0].is_none(), "alone it has too few");
        // The opposite of the other arm everywhere: the deviation wins over what is shared.
        (0..600).for_each(|at| add(&mut resident, "opposite", at, vector(at)[0] <= 0.0));
        let found = of(&resident, &["often", "opposite"]);
        let opposite = found[1].as_ref().expect("there are enough");
        assert!(opposite.at(&LEFT, 100) > 0.9 && opposite.at(&RIGHT, 100) < 0.1, "{opposite:?}");
    }
}

//! Memories that lie: outcomes that belong to other prompts, and outcomes that an attacker has written.

use crate::app::bench::chance::Chance;
use crate::app::bench::curve::real;
use crate::app::bench::routing::{Asked, Halves};
use crate::app::bench::trial::{Lesson, STRONG, WEAK};
use std::collections::BTreeMap;

/// Every outcome under another prompt: nothing can be learned from this.
pub(super) fn permuted(halves: &Halves, seed: u64) -> Vec<Lesson> {
    let mut outcomes = halves.train.clone();
    Chance::new(seed ^ 0x5eed).shuffle(&mut outcomes);
    let lessons = halves.train.iter().zip(&outcomes).flat_map(|(asked, other)| {
        [WEAK, STRONG].map(|arm| Lesson { text: asked.row.prompt.clone(), ..Lesson::of(&other.row, arm) })
    });
    lessons.collect()
}

/// The true outcomes, and as many false ones as make 5 % of all: the attacker repeats, for every domain, the prompt nearest
/// to its middle, and says the opposite of what the models really gain there.
pub(super) fn targeted(halves: &Halves) -> Vec<Lesson> {
    let mut lessons = halves.learned();
    let mut domains: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for asked in &halves.train {
        domains.entry(&asked.row.domain).or_default().push(asked);
    }
    let room = lessons.len() / 19;
    let times = room / (2 * domains.len().max(1));
    for rows in domains.values() {
        let gain: f64 = rows.iter().map(|asked| f64::from(asked.row.strong) - f64::from(asked.row.weak)).sum();
        let Some(victim) = central(rows) else { continue };
        for _ in 0..times {
            let lie = |arm, won| Lesson { won, ..Lesson::of(&victim.row, arm) };
            lessons.extend([lie(WEAK, gain > 0.0), lie(STRONG, gain <= 0.0)]);
        }
    }
    lessons
}

fn central<'a>(rows: &[&'a Asked]) -> Option<&'a Asked> {
    let width = rows.first()?.vector.len();
    let mut middle = vec![0.0_f64; width];
    for asked in rows {
        for (sum, x) in middle.iter_mut().zip(asked.vector.iter()) {
            *sum += f64::from(*x) / real(rows.len());
        }
    }
    let near = |asked: &Asked| asked.vector.iter().zip(&middle).map(|(x, y)| f64::from(*x) * y).sum::<f64>();
    rows.iter().copied().max_by(|a, b| near(a).total_cmp(&near(b)))
}

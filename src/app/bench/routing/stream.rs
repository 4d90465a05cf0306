//! Prompts in the order of their arrival: what was called is learned, what was not called stays unknown.

use crate::app::bench::chance::Chance;
use crate::app::bench::curve::Scored;
use crate::app::bench::routing::{Asked, scored_at};
use crate::app::bench::trial::{Lab, Lesson, STRONG, Trial, WEAK};
use crate::core::failure::Outcome;

/// Prompts after which the outcomes are written: as a batch of calls would do it.
const STEP: usize = 16;
/// At the beginning both models are tried in turn: so many prompts.
const WARM: usize = 64;

/// The scores of the second half. The strong model is called where its gain is above the median of the gains so far, so that
/// it gets about half of the calls.
pub(super) async fn prequential(lab: &Lab, asked: &[Asked], seed: u64) -> Outcome<Vec<Scored>> {
    let trial = Trial::begin(lab).await?;
    let mut order = asked.to_vec();
    Chance::new(seed).shuffle(&mut order);
    let (mut gains, mut scored, mut lessons) = (Vec::new(), Vec::new(), Vec::new());
    for (at, asked) in order.iter().enumerate() {
        let [weak, strong] = trial.route(&asked.row, &asked.vector).await?;
        let gain = strong.mean() - weak.mean();
        let place = gains.partition_point(|known: &f64| *known < gain);
        let above = if at < WARM { at % 2 == 0 } else { place * 2 > gains.len() };
        gains.insert(place, gain);
        lessons.push(Lesson::of(&asked.row, if above { STRONG } else { WEAK }));
        if lessons.len() == STEP {
            trial.learn(&lessons).await?;
            lessons.clear();
        }
        if at >= order.len() / 2 {
            scored.push(scored_at(&asked.row, gain));
        }
    }
    Ok(scored)
}

//! Prompts in the order of their arrival: what was called is learned, what was not called stays unknown.

use crate::app::bench::chance::Chance;
use crate::app::bench::curve::Scored;
use crate::app::bench::routing::{Asked, scored_at};
use crate::app::bench::trial::{Lab, Lesson, STRONG, Trial, WEAK};
use crate::core::failure::Outcome;
use crate::policy::posterior::Posterior;
use crate::policy::value::{Value, better};

/// Prompts after which the outcomes are written: as a batch of calls would do it.
const STEP: usize = 16;

/// Who is called. Either way the strong model gets about half of the calls, and only what was called is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    /// Chance decides, whatever is known: what is learned is of all kinds of prompts.
    ByChance,
    /// The strong model as probably as its gain is above the median of the gains so far: at first by chance, later by
    /// chance only where the gain is in doubt. So it is cheap, and learns little of prompts whose case seems clear.
    ByGain,
}

/// The scores of the second half.
pub(super) async fn prequential(lab: &Lab, asked: &[Asked], seed: u64, calls: Calls) -> Outcome<Vec<Scored>> {
    let trial = Trial::begin(lab).await?;
    let (mut order, mut chance) = (asked.to_vec(), Chance::new(seed));
    chance.shuffle(&mut order);
    let (mut gains, mut scored, mut lessons) = (Vec::new(), Vec::new(), Vec::new());
    for (at, asked) in order.iter().enumerate() {
        let gain = gain(&trial.route(&asked.row, &asked.vector).await?);
        let median = gains.get(gains.len() / 2).copied().unwrap_or(gain.mean);
        gains.insert(gains.partition_point(|known: &f64| *known < gain.mean), gain.mean);
        let above = match calls {
            Calls::ByChance => 0.5,
            Calls::ByGain => better(gain, Value { mean: median, variance: 0.0 }),
        };
        let (arm, propensity) = if chance.share() < above { (STRONG, above) } else { (WEAK, 1.0 - above) };
        lessons.push(Lesson { propensity, ..Lesson::of(&asked.row, arm) });
        if lessons.len() == STEP {
            trial.learn(&lessons).await?;
            lessons.clear();
        }
        if at >= order.len() / 2 {
            scored.push(scored_at(&asked.row, gain.mean));
        }
    }
    Ok(scored)
}

/// What the strong model is expected to gain.
fn gain([weak, strong]: &[Posterior; 2]) -> Value {
    Value { mean: strong.mean() - weak.mean(), variance: strong.variance() + weak.variance() }
}

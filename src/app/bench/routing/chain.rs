//! The cascade: a perfect verifier looks at every answer, and the policy decides who starts and whether to go on.

use crate::app::bench::curve::{Spread, real};
use crate::app::bench::report::Cascade;
use crate::app::bench::routing::{Asked, Halves};
use crate::app::bench::trial::{Lab, Lesson, STRONG, Trial, WEAK};
use crate::core::failure::{FailureKind, Outcome};
use crate::core::ids::RoleName;
use crate::policy::escalate::{Bounds, Chain, Move, Offer, Rung, decide, start};
use crate::policy::posterior::Posterior;

/// What a strong call costs, in successes.
const LAMBDAS: [f64; 5] = [0.1, 0.2, 0.3, 0.4, 0.5];
/// What a weak call costs as a share of a strong one: 0.24 against 24.7 USD per million tokens, the prices of the two
/// models in arXiv 2406.18665.
const WEAK_COST: f64 = 0.24 / 24.7;

/// What one seed found at one price.
pub(super) struct Found {
    domains: &'static str,
    lambda: f64,
    rule: f64,
    learned: f64,
    strong: f64,
}

/// Runs the cascade at every price.
pub(super) async fn cascade(lab: &Lab, domains: &'static str, halves: &Halves) -> Outcome<Vec<Found>> {
    let trial = Trial::begin(lab).await?;
    let mut lessons = halves.learned();
    lessons.extend(halves.train.iter().filter(|asked| asked.row.weak == 0).map(|asked| Lesson::after(&asked.row)));
    trial.learn(&lessons).await?;
    let mut sums: Vec<Found> =
        LAMBDAS.iter().map(|lambda| Found { domains, lambda: *lambda, rule: 0.0, learned: 0.0, strong: 0.0 }).collect();
    for asked in &halves.test {
        let known = trial.route(&asked.row, &asked.vector).await?;
        let after = trial.after(&asked.row, &asked.vector).await?;
        for found in &mut sums {
            let (worth, strong) = learned(asked, &known, &after, found.lambda);
            found.learned += worth;
            found.strong += f64::from(u8::from(strong));
            found.rule += ruled(asked, found.lambda);
        }
    }
    let count = real(halves.test.len().max(1));
    for found in &mut sums {
        found.rule /= count;
        found.learned /= count;
        found.strong /= count;
    }
    Ok(sums)
}

/// Weak first, strong if it fails.
fn ruled(asked: &Asked, lambda: f64) -> f64 {
    let weak = lambda * WEAK_COST;
    if asked.row.weak == 1 { 1.0 - weak } else { f64::from(asked.row.strong) - weak - lambda }
}

/// What the policy makes of it: its worth, and whether the strong model was called.
fn learned(asked: &Asked, known: &[Posterior; 2], after: &Posterior, lambda: f64) -> (f64, bool) {
    let bounds = Bounds { lambda, retries: 0, escalations: 1, audit: 0.0, ..Bounds::default() };
    let (weak, strong) = (RoleName::new(WEAK), RoleName::new(STRONG));
    let offer = |role: &RoleName, posterior: &Posterior, cost: f64| Offer {
        choice: role.clone(),
        posterior: posterior.clone(),
        cost,
    };
    let offers = [offer(&weak, &known[0], WEAK_COST), offer(&strong, &known[1], 1.0)];
    let first = start(&offers, &weak, &[Posterior::default(), after.clone()], &bounds, 1.0);
    if first.is_some_and(|decision| decision.choice == strong) {
        return (f64::from(asked.row.strong) - lambda, true);
    }
    let paid = lambda * WEAK_COST;
    if asked.row.weak == 1 {
        return (1.0 - paid, false);
    }
    let ladder = vec![Rung { role: weak, cost: WEAK_COST }, Rung { role: strong.clone(), cost: 1.0 }];
    let failure = FailureKind::Refusal;
    let (retries, thinks, escalations, gated) = (0, 1, 0, true);
    let (explores, delegates, explorable, delegable) = (0, 0, false, false);
    let chain =
        Chain { ladder, failure, gated, retries, thinks, escalations, explores, delegates, explorable, delegable };
    let up = Offer { choice: Move::Escalate(strong), posterior: after.clone(), cost: 1.0 };
    match decide(&chain, &[up], &bounds, 1.0).choice {
        Move::Escalate(_) => (f64::from(asked.row.strong) - paid - lambda, true),
        Move::Retry | Move::Think | Move::Explore | Move::Delegate | Move::GiveUp => (-paid, false),
    }
}

/// The findings of all seeds, by domains and price.
pub(super) fn summed(found: &[Found]) -> Vec<Cascade> {
    let mut cascades = Vec::new();
    for domains in ["all", "held-out"] {
        for lambda in LAMBDAS {
            let same: Vec<&Found> = found
                .iter()
                .filter(|found| found.domains == domains && found.lambda.total_cmp(&lambda).is_eq())
                .collect();
            if same.is_empty() {
                continue;
            }
            let of =
                |part: &dyn Fn(&Found) -> f64| Spread::of(&same.iter().map(|found| part(found)).collect::<Vec<_>>());
            cascades.push(Cascade {
                domains: domains.to_owned(),
                lambda,
                rule: of(&|found| found.rule),
                learned: of(&|found| found.learned),
                gain: of(&|found| found.learned - found.rule),
                strong_share: of(&|found| found.strong),
            });
        }
    }
    cascades
}

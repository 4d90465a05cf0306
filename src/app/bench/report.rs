//! What a bench of routing found, as data.

use crate::app::bench::curve::{Curve, Spread};
use serde::Serialize;

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The embedder.
    pub embedder: String,
    /// Seeds per figure.
    pub seeds: u64,
    /// One per set of the data.
    pub sets: Vec<SetReport>,
}

/// What was found on one set.
#[derive(Clone, Debug, Serialize)]
pub struct SetReport {
    /// Its name, with what was left out of it.
    pub set: String,
    /// Its prompts.
    pub prompts: usize,
    /// The share that the weak model gets right.
    pub weak: f64,
    /// The share that the strong model gets right.
    pub strong: f64,
    /// One per protocol and method.
    pub lines: Vec<Line>,
    /// One per price of a strong call.
    pub cascades: Vec<Cascade>,
    /// The expected calibration error of the posteriors, offline.
    pub calibration_error: Option<Spread>,
}

/// One figure of a table.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// `offline`, `prequential`, ...
    pub protocol: String,
    /// `memory`, `random`, ...
    pub method: String,
    /// Average performance gap recovered.
    pub apgr: Spread,
    /// Share of strong calls for half of the gap.
    pub cpt50: Spread,
    /// Share of strong calls for 80 % of the gap.
    pub cpt80: Spread,
}

impl Line {
    /// The line of some curves.
    pub fn new(protocol: &str, method: &str, curves: &[Curve]) -> Self {
        let of = |part: fn(&Curve) -> f64| Spread::of(&curves.iter().map(part).collect::<Vec<_>>());
        Self {
            protocol: protocol.to_owned(),
            method: method.to_owned(),
            apgr: of(|curve| curve.apgr),
            cpt50: of(|curve| curve.cpt50),
            cpt80: of(|curve| curve.cpt80),
        }
    }
}

/// What a chain with a perfect verifier comes to at a price: successes less cost, per prompt.
#[derive(Clone, Debug, Serialize)]
pub struct Cascade {
    /// The domains that were asked: `all`, or `held-out` for those that the memory had never seen.
    pub domains: String,
    /// What a strong call costs, in successes.
    pub lambda: f64,
    /// By rule: weak first, strong if it fails.
    pub rule: Spread,
    /// As the policy decides with the memory.
    pub learned: Spread,
    /// The difference, seed by seed.
    pub gain: Spread,
    /// The share of prompts for which the strong model was called.
    pub strong_share: Spread,
}

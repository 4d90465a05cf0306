//! How well a score orders prompts by what a strong model gains on them. Pure.
//!
//! The measures are those of RouteLLM (Ong et al., arXiv 2406.18665): performance gap recovered over the share of strong
//! calls, its average, and the share that recovers a part of the gap.

use serde::Serialize;

/// A prompt with its score and what two models made of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The higher, the sooner the strong model is called.
    pub score: f64,
    /// 1 if the weak model was right.
    pub weak: f64,
    /// 1 if the strong model was right.
    pub strong: f64,
}

/// What a score is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// Average performance gap recovered, over 11 shares of strong calls, by the trapezoid rule; chance gives 0.5.
    pub apgr: f64,
    /// The smallest share of strong calls that recovers half of the gap.
    pub cpt50: f64,
    /// The smallest share that recovers 80 %.
    pub cpt80: f64,
}

const STEPS: usize = 10;

/// The curve of some scores. Equal scores keep their order, so callers shuffle. All 0 if the models are equally good.
pub fn curve(scored: &[Scored]) -> Curve {
    let mut rows = scored.to_vec();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    let gap: f64 = rows.iter().map(|row| row.strong - row.weak).sum();
    if gap.abs() < f64::EPSILON {
        return Curve::default();
    }
    // recovered[k]: the share of the gap that is recovered if the first k prompts go to the strong model.
    let mut recovered = vec![0.0];
    let mut sum = 0.0;
    for row in &rows {
        sum += row.strong - row.weak;
        recovered.push(sum / gap);
    }
    let at = |step: usize| recovered[rows.len() * step / STEPS];
    let apgr = (0..STEPS).map(|step| f64::midpoint(at(step), at(step + 1))).sum::<f64>() / real(STEPS);
    let least = |part: f64| {
        let first = recovered.iter().position(|found| *found >= part).unwrap_or(rows.len());
        real(first) / real(rows.len())
    };
    Curve { apgr, cpt50: least(0.5), cpt80: least(0.8) }
}

/// The expected calibration error of predictions, over ten bins of equal width.
pub fn calibration_error(predictions: &[(f64, bool)]) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for (predicted, won) in predictions {
        let bin = (0..9).find(|at| *predicted < real(at + 1) / 10.0).unwrap_or(9);
        bins[bin].0 += 1.0;
        bins[bin].1 += predicted;
        bins[bin].2 += f64::from(u8::from(*won));
    }
    let total: f64 = bins.iter().map(|bin| bin.0).sum();
    bins.iter().map(|(_, predicted, won)| (predicted - won).abs()).sum::<f64>() / total.max(1.0)
}

/// The mean and the standard deviation (of a sample) of some figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation; 0 for one figure.
    pub deviation: f64,
}

impl Spread {
    /// Of some figures.
    pub fn of(figures: &[f64]) -> Self {
        if figures.is_empty() {
            return Self::default();
        }
        let mean = figures.iter().sum::<f64>() / real(figures.len());
        let squares = figures.iter().map(|figure| (figure - mean).powi(2)).sum::<f64>();
        let deviation = if figures.len() > 1 { (squares / real(figures.len() - 1)).sqrt() } else { 0.0 };
        Self { mean, deviation }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
pub(super) const fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{Curve, Scored, Spread, calibration_error, curve};

    /// Ten prompts of which the strong model alone can do five, with these in the order of the score.
    fn ordered(gains: [u8; 10]) -> Curve {
        let row =
            |(at, gain): (usize, &u8)| Scored { score: -super::real(at), weak: f64::from(1 - *gain), strong: 1.0 };
        curve(&gains.iter().enumerate().map(row).collect::<Vec<_>>())
    }

    #[test]
    fn curves_by_hand() {
        let check = |found: Curve, apgr: f64, cpt50: f64, cpt80: f64| {
            let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
            assert!(near(found.apgr, apgr) && near(found.cpt50, cpt50) && near(found.cpt80, cpt80), "{found:?}");
        };
        // Perfect: 0, .2, .4, .6, .8, 1, 1, 1, 1, 1, 1.
        check(ordered([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]), 0.75, 0.3, 0.4);
        check(ordered([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]), 0.25, 0.8, 0.9);
        check(ordered([1, 0, 1, 0, 1, 0, 1, 0, 1, 0]), 0.55, 0.5, 0.7);
        assert_eq!(curve(&[Scored { score: 1.0, weak: 1.0, strong: 1.0 }]), Curve::default());
    }

    #[test]
    fn calibration_by_hand() {
        let right: Vec<(f64, bool)> = (0..100).map(|at| (0.25, at % 4 == 0)).collect();
        assert!(calibration_error(&right) < 1e-9);
        let wrong: Vec<(f64, bool)> = (0..100).map(|at| (0.75, at % 4 == 0)).collect();
        assert!((calibration_error(&wrong) - 0.5).abs() < 1e-9);
        assert!(calibration_error(&[(1.0, true), (0.0, false)]) < 1e-9);
    }

    #[test]
    fn spreads_by_hand() {
        let spread = Spread::of(&[1.0, 3.0]);
        assert!((spread.mean - 2.0).abs() < 1e-9 && (spread.deviation - 2.0_f64.sqrt()).abs() < 1e-9);
        assert_eq!(Spread::of(&[4.0]), Spread { mean: 4.0, deviation: 0.0 });
    }
}

//! The value of a choice as a mean and a variance: successes less what they cost, in successes. Pure.

/// A value that is not known for sure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Value {
    /// Its mean.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
}

impl Value {
    /// The value of an attempt that works with this probability, at this cost, and is followed by something worth `then`
    /// if it does not work.
    pub fn of(probability: Self, cost: f64, then: f64) -> Self {
        let gain = 1.0 - then;
        Self { mean: probability.mean.mul_add(gain, then) - cost, variance: probability.variance * gain * gain }
    }
}

/// The probability that the first is above the second, by the normal approximation.
pub fn better(first: Value, second: Value) -> f64 {
    let spread = (first.variance + second.variance).sqrt();
    normal((first.mean - second.mean) / spread.max(1e-9))
}

/// The distribution function of the standard normal (Abramowitz and Stegun 26.2.17, error below 1e-7).
fn normal(x: f64) -> f64 {
    let t = 1.0 / x.abs().mul_add(0.231_641_9, 1.0);
    let series = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let sum = series.iter().rev().fold(0.0, |sum, c| (sum + c) * t);
    let tail = sum * (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    if x >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::{Value, better, normal};

    #[test]
    fn the_normal_distribution() {
        for (x, expect) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.0, 0.158_655_3), (3.0, 0.998_650_1)] {
            assert!((normal(x) - expect).abs() < 1e-6, "{x}: {}", normal(x));
        }
    }

    #[test]
    fn a_failure_that_can_be_mended_costs_less() {
        let p = Value { mean: 0.6, variance: 0.01 };
        let alone = Value::of(p, 0.1, 0.0);
        let mended = Value::of(p, 0.1, 0.5);
        assert!((alone.mean - 0.5).abs() < 1e-9 && (mended.mean - 0.7).abs() < 1e-9);
        assert!((mended.variance - 0.0025).abs() < 1e-9);
        assert!(better(mended, alone) > 0.9 && (better(alone, alone) - 0.5).abs() < 1e-6);
    }
}

//! How open the choice of each token was, in bits, over the last tokens and before them.

/// How often the window must have passed before a rise above the mean means anything.
const SETTLED: u64 = 3;
/// The most tokens of the window.
const WIDEST: usize = 256;

/// The entropy of an answer's tokens.
#[derive(Debug)]
pub(super) struct Entropy {
    /// The last tokens, in a ring.
    window: Vec<f64>,
    width: usize,
    at: usize,
    recent: f64,
    all: f64,
    count: u64,
}

impl Entropy {
    /// Means over this many tokens, 1 to 256.
    pub(super) fn over(width: usize) -> Self {
        Self { window: Vec::new(), width: width.clamp(1, WIDEST), at: 0, recent: 0.0, all: 0.0, count: 0 }
    }

    /// Takes the entropy of the next token.
    pub(super) fn take(&mut self, bits: f64) {
        if !bits.is_finite() {
            return;
        }
        match self.window.get_mut(self.at) {
            Some(oldest) => {
                self.recent -= *oldest;
                *oldest = bits;
            }
            None => self.window.push(bits),
        }
        self.at = (self.at + 1) % self.width;
        self.recent += bits;
        self.all += bits;
        self.count += 1;
    }

    /// Whether any token came with its probability.
    pub(super) const fn is_known(&self) -> bool {
        self.count > 0
    }

    /// The mean of the last tokens, in bits; 0 until there are enough.
    pub(super) fn recent(&self) -> f64 {
        if self.window.len() < self.width { 0.0 } else { (self.recent / size(self.width)).max(0.0) }
    }

    /// How far that lies above the mean of the tokens before them, in bits.
    pub(super) fn spike(&self) -> f64 {
        let width = u64::try_from(self.width).unwrap_or(u64::MAX);
        if self.count < SETTLED * width {
            return 0.0;
        }
        let before = u32::try_from(self.count - width).map_or(f64::MAX, f64::from);
        (self.recent() - (self.all - self.recent) / before).max(0.0)
    }
}

fn size(width: usize) -> f64 {
    u32::try_from(width).map_or(f64::MAX, f64::from)
}

/// The entropy of a choice in bits, at least, from the natural logarithms of its likeliest alternatives.
///
/// Whatever probability the list leaves over belongs to tokens that are no likelier than the last in it, so it counts as
/// if they were all as likely as that one.
pub(super) fn of_top(top: &[f64]) -> Option<f64> {
    let (mut sum, mut rest, mut least) = (0.0, 1.0, f64::INFINITY);
    for logprob in top.iter().copied().filter(|logprob| logprob.is_finite()) {
        let (share, bits) = (logprob.min(0.0).exp(), -logprob.min(0.0) * std::f64::consts::LOG2_E);
        sum += share * bits;
        rest -= share;
        least = least.min(share);
    }
    let known = least.is_finite() && least > 0.0;
    known.then(|| sum + f64::max(rest, 0.0) * -least.log2())
}

//! Ridge regression from sums of products, with the penalty that the data speak for.
//!
//! The penalty is the one of the highest evidence (MacKay, Bayesian Interpolation, 1992): weights normal around 0, noise
//! normal and of unknown size. So it fits many rows and few, and where nothing can be told the weights are 0. Pure.

/// The penalties that are compared, and the step from one to the next.
const PENALTIES: (f64, u32, f64) = (3.0, 13, 1.778_279_41);

/// Sums over rows of features and an outcome, around their means.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sums {
    /// The weight of all rows.
    pub(super) count: f64,
    /// Products of two features, row by row of a symmetric matrix.
    pub(super) squares: Vec<f64>,
    /// Products of a feature and the outcome.
    pub(super) products: Vec<f64>,
    /// Squares of the outcome.
    pub(super) total: f64,
}

impl Sums {
    /// Over no rows yet.
    pub(super) fn new(features: usize) -> Self {
        Self { count: 0.0, squares: vec![0.0; features * features], products: vec![0.0; features], total: 0.0 }
    }

    /// Adds the sums of other rows.
    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.total += other.total;
        axpy(&mut self.squares, 1.0, &other.squares);
        axpy(&mut self.products, 1.0, &other.products);
    }

    /// The sums that are left of the outcome once some weights have explained their part of it.
    pub(super) fn less(mut self, weights: &[f64]) -> Self {
        let explained = times(&self.squares, weights);
        self.total += dot(weights, &explained) - 2.0 * dot(weights, &self.products);
        axpy(&mut self.products, -1.0, &explained);
        self
    }

    /// The weights of the features.
    pub(super) fn weights(self) -> Vec<f64> {
        let features = self.products.len();
        let none = vec![0.0; features];
        if self.total <= 1e-9 * self.count || features == 0 {
            return none;
        }
        let score = |left: f64, bent: f64| self.count.mul_add((left.max(1e-9 * self.total) / self.count).ln(), bent);
        let turned = Turned::of(self.squares, features);
        let mut products = self.products;
        turned.there(&mut products);
        let mut best = (score(self.total, 0.0), none);
        let (mut penalty, steps, factor) = PENALTIES;
        for _ in 0..steps {
            let (weights, bent) = turned.solved(&products, penalty);
            let score = score(self.total - dot(&weights, &products), bent);
            if score < best.0 {
                best = (score, weights);
            }
            penalty *= factor;
        }
        let mut weights = best.1;
        turned.back(&mut weights);
        weights
    }
}

/// A symmetric matrix turned by Householder's reflections until only its diagonal and the one beside it are left. Then a
/// penalty costs as many steps as there are features.
struct Turned {
    diagonal: Vec<f64>,
    beside: Vec<f64>,
    /// Unit vectors, the last entries of which reach to the end; empty where nothing had to be reflected.
    mirrors: Vec<Vec<f64>>,
}

impl Turned {
    fn of(mut matrix: Vec<f64>, size: usize) -> Self {
        let (mut beside, mut mirrors) = (Vec::new(), Vec::new());
        for at in 1..size {
            let mut mirror: Vec<f64> = matrix[(at - 1) * size + at..at * size].to_vec();
            let length = dot(&mirror, &mirror).sqrt().copysign(-mirror[0]);
            mirror[0] -= length;
            let norm = dot(&mirror, &mirror).sqrt();
            beside.push(length);
            if norm <= 1e-12 {
                mirrors.push(Vec::new());
                continue;
            }
            mirror.iter_mut().for_each(|x| *x /= norm);
            let rows = || (at..size).map(|row| row * size + at..(row + 1) * size);
            let mut image = vec![0.0; size - at];
            for (row, x) in rows().zip(&mirror) {
                axpy(&mut image, *x, &matrix[row]);
            }
            let along = dot(&mirror, &image);
            axpy(&mut image, -along, &mirror);
            for ((row, x), y) in rows().zip(&mirror).zip(&image) {
                let row = &mut matrix[row];
                axpy(row, -2.0 * x, &image);
                axpy(row, -2.0 * y, &mirror);
            }
            mirrors.push(mirror);
        }
        Self { diagonal: (0..size).map(|at| matrix[at * size + at]).collect(), beside, mirrors }
    }

    /// The coordinates of a vector in the turned system.
    fn there(&self, vector: &mut [f64]) {
        self.mirrors.iter().for_each(|mirror| reflect(mirror, vector));
    }

    /// And back.
    fn back(&self, vector: &mut [f64]) {
        self.mirrors.iter().rev().for_each(|mirror| reflect(mirror, vector));
    }

    /// The weights at a penalty, and the logarithm by which the penalised matrix exceeds the penalty alone.
    fn solved(&self, products: &[f64], penalty: f64) -> (Vec<f64>, f64) {
        let (mut pivots, mut weights, mut bent) = (Vec::<f64>::new(), products.to_vec(), 0.0);
        for (at, diagonal) in self.diagonal.iter().enumerate() {
            let mut pivot = diagonal.max(0.0) + penalty;
            if at > 0 {
                let share: f64 = self.beside[at - 1] / pivots[at - 1];
                // The matrix is a sum of squares: what is below the penalty is rounding.
                pivot = share.mul_add(-self.beside[at - 1], pivot).max(penalty);
                weights[at] -= share * weights[at - 1];
            }
            bent += (pivot / penalty).ln();
            pivots.push(pivot);
        }
        for at in (0..pivots.len()).rev() {
            let later = weights.get(at + 1).map_or(0.0, |weight| self.beside[at] * weight);
            weights[at] = (weights[at] - later) / pivots[at];
        }
        (weights, bent)
    }
}

fn reflect(mirror: &[f64], vector: &mut [f64]) {
    let from = vector.len() - mirror.len();
    let end = &mut vector[from..];
    let along = dot(mirror, end);
    axpy(end, -2.0 * along, mirror);
}

/// A symmetric matrix times a vector.
fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    let mut image = vec![0.0; vector.len()];
    for (row, x) in matrix.chunks(vector.len().max(1)).zip(vector) {
        axpy(&mut image, *x, row);
    }
    image
}

/// Adds a multiple of a vector.
pub(super) fn axpy(sum: &mut [f64], share: f64, vector: &[f64]) {
    for (sum, x) in sum.iter_mut().zip(vector) {
        *sum += share * x;
    }
}

/// The sum of products.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::{Sums, Turned, axpy, dot, times};

    /// Numbers from -0.5 to 0.5 that are the same everywhere.
    fn numbers(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f64::from(u16::try_from(state & 0xffff).unwrap_or(0)) / 65_536.0 - 0.5
        }
    }

    /// Rows whose outcome is 2 x0 - x1 and noise.
    fn sums(rows: usize, features: usize, signal: f64, noise: f64) -> Sums {
        let mut number = numbers(7);
        let mut sums = Sums::new(features);
        for _ in 0..rows {
            let row: Vec<f64> = (0..features).map(|_| number()).collect();
            let outcome = signal * (2.0 * row[0] - row[1]) + noise * number();
            for (at, x) in row.iter().enumerate() {
                axpy(&mut sums.squares[at * features..(at + 1) * features], *x, &row);
            }
            axpy(&mut sums.products, outcome, &row);
            sums.count += 1.0;
            sums.total += outcome * outcome;
        }
        sums
    }

    #[test]
    fn turned_matrices_solve_what_they_were_made_of() {
        for features in [1, 2, 3, 17] {
            let sums = sums(40, features.max(2), 1.0, 1.0);
            let turned = Turned::of(sums.squares.clone(), features.max(2));
            for penalty in [0.5, 10.0] {
                let mut weights = sums.products.clone();
                turned.there(&mut weights);
                weights = turned.solved(&weights, penalty).0;
                turned.back(&mut weights);
                let mut image = times(&sums.squares, &weights);
                axpy(&mut image, penalty, &weights);
                for (image, product) in image.iter().zip(&sums.products) {
                    assert!((image - product).abs() < 1e-9, "{features} at {penalty}: {image} and {product}");
                }
            }
        }
        let diagonal = Turned::of(vec![1.0, 0.0, 0.0, 3.0], 2);
        let (weights, bent) = diagonal.solved(&[2.0, 8.0], 1.0);
        assert!((weights[0] - 1.0).abs() < 1e-12 && (weights[1] - 2.0).abs() < 1e-12, "{weights:?}");
        assert!((bent - 8.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn the_evidence_keeps_signal_and_drops_noise() {
        let clear = sums(600, 12, 1.0, 0.1).weights();
        assert!((clear[0] - 2.0).abs() < 0.15 && (clear[1] + 1.0).abs() < 0.15, "{clear:?}");
        assert!(clear[2..].iter().all(|weight| weight.abs() < 0.1), "{clear:?}");
        let noise = sums(600, 12, 0.0, 1.0).weights();
        assert!(dot(&noise, &noise).sqrt() < 0.05, "{noise:?}");
        assert_eq!(sums(40, 5, 0.0, 0.0).weights(), vec![0.0; 5]);
    }

    #[test]
    fn explained_parts_are_taken_away() {
        let all = sums(300, 4, 1.0, 0.0);
        let left = all.clone().less(&[2.0, -1.0, 0.0, 0.0]);
        assert!(left.total.abs() < 1e-9 && dot(&left.products, &left.products) < 1e-12, "{left:?}");
        let mut twice = all.clone();
        twice.add(&all);
        assert!((twice.count - 600.0).abs() < 1e-9 && (twice.total - 2.0 * all.total).abs() < 1e-9);
    }
}

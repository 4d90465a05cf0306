//! The vectors and outlines of a memory in the working memory: every search compares all rows that pass the filter.
//!
//! A search through LanceDB costs some ten milliseconds of planning; comparing 5,000 vectors costs one. It is filled from
//! the index or by an instant embedder, and never written to disk.

use crate::core::episode::Outline;
use crate::memory::index::filter::Filter;
use crate::memory::recall::keep::Wanted;
use std::collections::HashMap;
use std::thread;

/// From so many rows on, a search is split between two threads.
const SPLIT: usize = 20_000;

/// Rows in memory.
#[derive(Default)]
pub struct Resident {
    dimensions: usize,
    outlines: Vec<Outline>,
    /// The group of each row.
    groups: Vec<u32>,
    /// One outline for each combination of what filters look at.
    kinds: Vec<Outline>,
    numbers: HashMap<(String, String, &'static str), u32>,
    /// The task of each row.
    tasks: Vec<u32>,
    fingerprints: HashMap<String, u32>,
    codes: Vec<i16>,
    /// The last place of the log that is in it, and how many episodes were forgotten when it was filled.
    pub(super) mark: (u64, u64),
}

impl Resident {
    /// Numbers of a unit vector are kept as 16-bit fractions of this; by Cauchy and Schwarz no sum of products of two
    /// such vectors passes its square, which fits 32 bits.
    pub(super) const ONE: f32 = 32_767.0;

    /// No rows yet, of vectors of this length.
    pub fn new(dimensions: usize) -> Self {
        Self { dimensions, ..Self::default() }
    }

    /// Adds a row; a vector of another length is taken for zero.
    pub fn push(&mut self, outline: Outline, vector: &[f32]) {
        let key = (outline.action.clone(), outline.arm.clone(), outline.namespace.name());
        let next = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        let kind = *self.numbers.entry(key).or_insert(next);
        if kind == next {
            self.kinds.push(outline.clone());
        }
        self.groups.push(kind);
        let next = u32::try_from(self.fingerprints.len()).unwrap_or(u32::MAX);
        self.tasks.push(*self.fingerprints.entry(outline.fingerprint.clone()).or_insert(next));
        self.outlines.push(outline);
        self.codes.extend((0..self.dimensions).map(|at| vector.get(at).map_or(0, |x| code(*x))));
    }

    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.outlines.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.outlines.is_empty()
    }

    /// The length of the vectors.
    pub const fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// All rows in the order of the log, with their vectors in fractions of `ONE`.
    pub fn rows(&self) -> impl Iterator<Item = (&Outline, &[i16])> {
        self.outlines.iter().zip(self.codes.chunks(self.dimensions.max(1)))
    }

    /// For each filter the rows most like a unit vector among those that pass it, most similar first, with cosine
    /// similarities; of equally near ones the latest first. All rows are compared once, whatever the number of filters.
    pub(in crate::memory) fn nearest(
        &self,
        query: &[f32],
        want: Wanted,
        filters: &[Filter],
    ) -> Vec<Vec<(&Outline, f64)>> {
        let query: Vec<i16> = (0..self.dimensions).map(|at| query.get(at).map_or(0, |x| code(*x))).collect();
        let wanted: Vec<Vec<usize>> =
            self.kinds.iter().map(|kind| (0..filters.len()).filter(|at| filters[*at].passes(kind)).collect()).collect();
        let found = if self.len() < SPLIT {
            self.scan(&query, want, filters.len(), &wanted, 0, self.len())
        } else {
            let middle = self.len() / 2;
            let (mut left, right) = thread::scope(|scope| {
                let right = scope.spawn(|| self.scan(&query, want, filters.len(), &wanted, middle, self.len()));
                let left = self.scan(&query, want, filters.len(), &wanted, 0, middle);
                // A panic in there would be a fault of this file; the other half is still right.
                (left, right.join().unwrap_or_default())
            });
            for (left, right) in left.iter_mut().zip(right) {
                left.extend(right);
                self.best(left, want);
            }
            left
        };
        let outlined =
            |(score, row): (i32, usize)| (&self.outlines[row], f64::from(score) / f64::from(Self::ONE * Self::ONE));
        found.into_iter().map(|rows| rows.into_iter().map(outlined).collect()).collect()
    }

    fn scan(
        &self,
        query: &[i16],
        want: Wanted,
        filters: usize,
        wanted: &[Vec<usize>],
        from: usize,
        to: usize,
    ) -> Vec<Vec<(i32, usize)>> {
        let mut found: Vec<Vec<(i32, usize)>> = vec![Vec::new(); filters];
        // What is below the last of enough rows cannot be among the nearest any more.
        let mut least = vec![i32::MIN; filters];
        let room = want.k.saturating_mul(4).saturating_add(64);
        for row in from..to {
            let wanted = &wanted[self.groups[row] as usize];
            if wanted.is_empty() {
                continue;
            }
            let score = dot(query, &self.codes[row * self.dimensions..(row + 1) * self.dimensions]);
            for filter in wanted {
                let (found, least) = (&mut found[*filter], &mut least[*filter]);
                if score < *least {
                    continue;
                }
                found.push((score, row));
                // Kept within a factor of the wanted number, so that the memory of a search is flat.
                if found.len() >= room {
                    self.best(found, want);
                    *least = found.last().filter(|_| found.len() >= want.k).map_or(i32::MIN, |last| last.0);
                }
            }
        }
        for found in &mut found {
            self.best(found, want);
        }
        found
    }

    /// The highest, highest first, no more of a task than are wanted; of equal ones the latest first.
    fn best(&self, found: &mut Vec<(i32, usize)>, want: Wanted) {
        found.sort_unstable_by(|a, b| b.cmp(a));
        if want.copies < want.k {
            let mut times: HashMap<u32, usize> = HashMap::with_capacity(found.len());
            found.retain(|(_, row)| {
                let times = times.entry(self.tasks[*row]).or_default();
                *times += 1;
                *times <= want.copies
            });
        }
        found.truncate(want.k);
    }
}

#[allow(clippy::cast_possible_truncation, reason = "rounded and within ±32,767 by the clamp")]
fn code(x: f32) -> i16 {
    (x * Resident::ONE).round().clamp(-Resident::ONE, Resident::ONE) as i16
}

/// The sum of products; it cannot overflow (see `ONE`), and saying so lets eight numbers be added at once where overflows
/// are checked: a quarter of the time.
fn dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).fold(0_i32, |sum, (x, y)| sum.wrapping_add(i32::from(*x).wrapping_mul(i32::from(*y))))
}

#[cfg(test)]
mod tests {
    use super::Resident;
    use crate::core::episode::Outline;
    use crate::memory::index::filter::Filter;
    use crate::memory::recall::keep::Wanted;

    const ALL: Wanted = Wanted { k: 10, copies: usize::MAX };

    fn filter(arm: &str) -> Filter {
        Filter { arm: Some(arm.to_owned()), ..Filter::default() }
    }

    fn vector(seed: u64) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f32::from(u16::try_from(state & 0xffff).unwrap_or(0)) / 65_536.0 - 0.5
        };
        let mut vector: Vec<f32> = (0..24).map(|_| next()).collect();
        crate::memory::embed::normalise(&mut vector);
        vector
    }

    #[test]
    fn copies_of_a_task_leave_places_for_others() {
        for rows in [300_u64, 30_000] {
            let mut resident = Resident::new(24);
            for row in 0..rows {
                let (task, seed) = if row.is_multiple_of(2) { ("same".to_owned(), 0) } else { (row.to_string(), row) };
                let outline = Outline { place: row, arm: "a".into(), fingerprint: task, ..Outline::default() };
                resident.push(outline, &vector(seed));
            }
            let found = |copies| {
                let found = resident.nearest(&vector(0), Wanted { k: 20, copies }, &[filter("a")]).remove(0);
                found.into_iter().map(|(outline, _)| (outline.fingerprint.clone(), outline.place)).collect::<Vec<_>>()
            };
            assert!(found(usize::MAX).iter().all(|(task, _)| task == "same"), "{rows}");
            let few = found(3);
            assert_eq!(few.len(), 20);
            let same: Vec<u64> = few.iter().filter(|(task, _)| task == "same").map(|(_, place)| *place).collect();
            assert_eq!(same, [rows - 2, rows - 4, rows - 6], "the latest ones");
        }
    }

    #[test]
    fn it_finds_what_comparing_all_finds() {
        for rows in [1_u64, 40, 25_000] {
            let mut resident = Resident::new(24);
            for row in 0..rows {
                let arm = if row.is_multiple_of(3) { "a" } else { "b" }.to_owned();
                resident.push(Outline { place: row, arm, ..Outline::default() }, &vector(row));
            }
            let query = vector(1 << 40);
            let found = resident.nearest(&query, ALL, &[filter("a"), filter("b"), Filter::default(), filter("c")]);
            for (at, passes) in
                [|row: u64| row.is_multiple_of(3), |row: u64| !row.is_multiple_of(3), |_: u64| true, |_: u64| false]
                    .iter()
                    .enumerate()
            {
                let mut all: Vec<(f64, u64)> = (0..rows)
                    .filter(|row| passes(*row))
                    .map(|row| (crate::memory::embed::cosine(&query, &vector(row)), row))
                    .collect();
                all.sort_by(|a, b| b.0.total_cmp(&a.0));
                let expect: Vec<u64> = all.iter().take(10).map(|pair| pair.1).collect();
                let got: Vec<u64> = found[at].iter().map(|pair| pair.0.place).collect();
                let shared = got.iter().filter(|row| expect.contains(row)).count();
                assert_eq!(got.len(), expect.len());
                assert!(shared + 1 >= expect.len(), "{rows} rows, filter {at}: {got:?} instead of {expect:?}");
                for (outline, similarity) in &found[at] {
                    let exact = crate::memory::embed::cosine(&query, &vector(outline.place));
                    assert!((similarity - exact).abs() < 2e-4, "{similarity} instead of {exact}");
                }
            }
        }
    }
}

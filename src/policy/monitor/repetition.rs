//! How much of an answer stands in a loop.
//!
//! Counting repeated n-grams alone would stop every table, log and JSON array: their structure repeats while their
//! content does not. So a word counts only if the copying goes on without news: it stands in the third round of an exact
//! repetition, or the text around it has hardly said anything that was not there twice before.
//!
//! In plain prose their share does tell, if it is nearly all: of the good prose in the tests at most half the n-grams
//! were there so often before, of two phrases in any order all are.

use crate::policy::monitor::words::{Kind, Word};

/// How far back repetitions are found, in words.
const REACH: usize = 1_024;
/// Places for n-grams and for words that have been seen; later ones push out earlier ones, which then count as new.
const PLACES: usize = 2_048;
/// Bytes over which the share in a loop is taken, with exponential decay.
const WINDOW: f64 = 2_400.0;
/// Bytes over which news are counted, likewise.
const NEWS_WINDOW: f64 = 1_000.0;
/// An exact repetition is at least this long in bytes: rows of dashes and indentations are shorter.
const SHORTEST: u32 = 48;
/// News per byte at or below which prose stands still. Good prose has 0.2, the dullest records in the tests 0.04.
const STANDSTILL: f64 = 0.03;
/// The share of letters from which a text is prose; below it stand tables and numbers, whose news are small.
const PROSE: f64 = 0.6;
/// How often an n-gram must have been there before to be worn.
const WORN: u8 = 6;
/// The share of worn n-grams from which prose is dull, where nearly all is prose and there is at most so much news.
const DULL: f64 = 0.95;
const ALL_PROSE: f64 = 0.9;
const LITTLE: f64 = 0.08;
/// What a word of letters counts that was never seen before.
const NEW_WORD: f64 = 16.0;
/// What any other word counts that is not where the repetition had it, or that repeats only once so far.
const OTHER_WORD: f64 = 1.0;
/// What it counts that the repetition goes on elsewhere.
const JUMP: f64 = 2.0;

/// A word that has been seen.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    hash: u32,
    /// How often the words here have been copied, one from the other.
    copies: u8,
}

/// Where an n-gram was last.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    hash: u32,
    at: u32,
    /// How often it was there before that.
    times: u8,
}

/// What has been seen of one text.
#[derive(Debug)]
pub(super) struct Repetition {
    seen: Box<[Seen]>,
    places: Box<[Place]>,
    known: Box<[u32]>,
    ngram: usize,
    /// Words so far.
    at: u32,
    /// How many words back the repetition reads; 0 if there is none.
    lag: u32,
    /// Words and bytes that it has gone on for.
    run: u32,
    run_bytes: u32,
    /// How often the n-gram that ended last was there before.
    times: u8,
    news: f64,
    letters: f64,
    prose: f64,
    worn: f64,
    share: f64,
}

impl Repetition {
    /// Nothing seen yet; repetitions are found by n-grams of this many words, 1 to 8.
    pub(super) fn of(ngram: u64) -> Self {
        Self {
            seen: vec![Seen::default(); REACH].into(),
            places: vec![Place::default(); PLACES].into(),
            known: vec![0; PLACES].into(),
            ngram: usize::try_from(ngram).unwrap_or(8).clamp(1, 8),
            at: 0,
            lag: 0,
            run: 0,
            run_bytes: 0,
            times: 0,
            news: 1.0,
            letters: 1.0,
            prose: 1.0,
            worn: 0.0,
            share: 0.0,
        }
    }

    /// The share of what was written last that stands in a loop, 0 to 1.
    pub(super) const fn share(&self) -> f64 {
        self.share
    }

    /// Takes the next word. One that is data may repeat what it will, and is no part of a loop.
    pub(super) fn take(&mut self, word: Word, is_data: bool) {
        let (copies, news) = self.follow(word);
        self.at += 1;
        let bytes = f64::from(word.bytes);
        let one = |holds: bool| if holds { 1.0 } else { 0.0 };
        let toward = |mean: &mut f64, level: f64, window: f64| *mean += (level - *mean) * bytes / (window + bytes);
        toward(&mut self.news, news / bytes, NEWS_WINDOW);
        toward(&mut self.letters, one(word.kind == Kind::Letters), NEWS_WINDOW);
        toward(&mut self.prose, one(word.is_prose), NEWS_WINDOW);
        toward(&mut self.worn, one(self.times >= WORN), NEWS_WINDOW);
        let exact = copies > 0 && self.run_bytes >= SHORTEST && self.run >= self.lag.saturating_mul(2);
        let still = self.news <= STANDSTILL && self.letters >= PROSE;
        let dull = self.worn >= DULL && self.prose >= ALL_PROSE && self.news <= LITTLE;
        toward(&mut self.share, one((exact || still || dull) && !is_data), WINDOW);
    }

    /// Follows the repetition by one word: how often it has been copied, and what it counts as news.
    fn follow(&mut self, word: Word) -> (u8, f64) {
        let expected = self.back(self.lag).filter(|seen| self.lag > 0 && seen.hash == word.hash);
        let slot = slot(self.at);
        self.seen[slot] = Seen { hash: word.hash, copies: 0 };
        let earlier = self.place_ngram();
        let is_new = self.remember(word.hash);
        let (source, jump) = match (expected, earlier) {
            (Some(seen), _) => {
                self.run = self.run.saturating_add(1);
                self.run_bytes = self.run_bytes.saturating_add(word.bytes);
                (seen, 0.0)
            }
            (None, Some(lag)) => {
                (self.lag, self.run, self.run_bytes) = (lag, 1, word.bytes);
                (self.back(lag).unwrap_or_default(), JUMP)
            }
            (None, None) => {
                (self.run, self.run_bytes) = (0, 0);
                let letters = word.kind == Kind::Letters;
                return (0, if is_new && letters { NEW_WORD } else { OTHER_WORD });
            }
        };
        let copies = source.copies.saturating_add(1);
        self.seen[slot].copies = copies;
        (copies, jump + if copies < 2 { OTHER_WORD } else { 0.0 })
    }

    /// The word so many words before the one that is being taken.
    fn back(&self, lag: u32) -> Option<Seen> {
        let at = self.at.checked_sub(lag)?;
        (usize::try_from(lag).ok()? < REACH).then(|| self.seen[slot(at)])
    }

    /// Notes where the n-gram that ends here stands, and how often; how many words ago it stood before, if within reach.
    fn place_ngram(&mut self) -> Option<u32> {
        self.times = 0;
        let length = u32::try_from(self.ngram).unwrap_or(8);
        let first = (self.at + 1).checked_sub(length)?;
        let hash = (first..=self.at)
            .fold(0_u32, |hash, at| (hash.rotate_left(5) ^ self.seen[slot(at)].hash).wrapping_mul(0x9E37_79B1));
        let place = &mut self.places[place(hash)];
        let before = *place;
        self.times = if before.hash == hash { before.times.saturating_add(1) } else { 0 };
        *place = Place { hash, at: self.at, times: self.times };
        let lag = self.at - before.at;
        (before.hash == hash && lag > 0 && usize::try_from(lag).is_ok_and(|lag| lag < REACH)).then_some(lag)
    }

    /// Whether a word is new; from now on it is not.
    fn remember(&mut self, hash: u32) -> bool {
        std::mem::replace(&mut self.known[place(hash.wrapping_mul(0x9E37_79B1))], hash) != hash
    }
}

/// The place of a word in the ring.
fn slot(at: u32) -> usize {
    usize::try_from(at).unwrap_or_default() % REACH
}

/// The place of a hash in a table; its high bits are the better mixed ones.
fn place(hash: u32) -> usize {
    usize::try_from(hash >> 8).unwrap_or_default() % PLACES
}

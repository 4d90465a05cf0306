//! `bench routing`: does the memory know on which prompts a strong model is worth its price?
//!
//! Offline, half of the data is learned and the other half is asked. Prequential, every prompt is asked before anything is
//! known of it, and only the outcome of the model that was called, by chance or by what it seems to gain, is learned. In a
//! cascade a perfect verifier looks at every answer, and what counts is success less cost.

use crate::app::bench::chance::Chance;
use crate::app::bench::curve::{Curve, Scored, Spread, calibration_error, curve, real};
use crate::app::bench::data::{Row, sets};
use crate::app::bench::report::{Line, Report, SetReport};
use crate::app::bench::trial::{Lab, Lesson, STRONG, Trial, WEAK, vectors};
use crate::core::failure::Outcome;
use crate::memory::embed::Embedder;
use crate::memory::parts::blocking;
use crate::store::open::Store;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use stream::Calls;

mod chain;
mod poison;
mod stream;

/// The column of the strong model looks broken for this subject, so figures are told without it too.
const DOUBTFUL: &str = "high_school_mathematics";

/// Which protocols are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Half learned, half asked; with permuted, poisoned and held-out variants.
    pub offline: bool,
    /// In the order of arrival.
    pub prequential: bool,
    /// With a verifier.
    pub cascade: bool,
    /// Repetitions with other halves and orders.
    pub seeds: u64,
}

/// How far it is: what is done, and how many of how many.
pub type Progress = Arc<dyn Fn(&str, u64, u64) + Send + Sync>;

/// A prompt with its vector.
#[derive(Clone)]
struct Asked {
    row: Arc<Row>,
    vector: Arc<[f32]>,
}

/// Runs the bench. Vectors of prompts are kept in `cache`, for the next time.
pub async fn routing(
    rows: Vec<Row>,
    embedder: Arc<dyn Embedder>,
    cache: Store,
    plan: Plan,
    progress: Progress,
) -> Outcome<Report> {
    let lab = Lab { embedder, cache };
    let (embedding, told) = (lab.clone(), Arc::clone(&progress));
    let (rows, vectors) = blocking(move || {
        let vectors = vectors(&embedding, &rows, &|done, all| told("embedding", done, all))?;
        Ok((rows, vectors))
    })
    .await?;
    let asked: Vec<Asked> =
        rows.iter().zip(vectors).map(|(row, vector)| Asked { row: Arc::new(row.clone()), vector }).collect();
    let mut reports = Vec::new();
    for set in sets(&rows) {
        let of_set: Vec<Asked> = asked.iter().filter(|asked| asked.row.set == set).cloned().collect();
        reports.push(one_set(&lab, &set, &of_set, plan, &progress).await?);
        let sound: Vec<Asked> = of_set.iter().filter(|asked| asked.row.domain != DOUBTFUL).cloned().collect();
        if sound.len() < of_set.len() {
            let plan = Plan { prequential: false, cascade: false, ..plan };
            reports.push(one_set(&lab, &format!("{set} without {DOUBTFUL}"), &sound, plan, &progress).await?);
        }
    }
    Ok(Report { embedder: lab.embedder.id().to_string(), seeds: plan.seeds, sets: reports })
}

async fn one_set(lab: &Lab, set: &str, asked: &[Asked], plan: Plan, progress: &Progress) -> Outcome<SetReport> {
    let right =
        |of: fn(&Row) -> u8| asked.iter().map(|asked| f64::from(of(&asked.row))).sum::<f64>() / real(asked.len());
    let mut found = Findings { lab, lines: Lines::default(), errors: Vec::new(), cascades: Vec::new() };
    for seed in 0..plan.seeds {
        progress(set, seed, plan.seeds);
        let (halves, apart) = (Halves::split(asked, seed), Halves::by_domain(asked, seed));
        if plan.offline {
            found.offline(&halves, seed).await?;
            found.apart(apart.as_ref()).await?;
        }
        if plan.prequential {
            found.prequential(asked, seed).await?;
        }
        if plan.cascade {
            found.cascades(&halves, apart.as_ref()).await?;
        }
    }
    Ok(SetReport {
        set: set.to_owned(),
        prompts: asked.len(),
        weak: right(|row| row.weak),
        strong: right(|row| row.strong),
        lines: found.lines.done(),
        cascades: chain::summed(&found.cascades),
        calibration_error: (!found.errors.is_empty()).then(|| Spread::of(&found.errors)),
    })
}

/// What the seeds of one set have found so far.
struct Findings<'a> {
    lab: &'a Lab,
    lines: Lines,
    errors: Vec<f64>,
    cascades: Vec<chain::Found>,
}

impl Findings<'_> {
    /// Half learned, half asked; then the same with memories that lie.
    async fn offline(&mut self, halves: &Halves, seed: u64) -> Outcome<()> {
        let (scored, error) = offline(self.lab, &halves.learned(), &halves.test).await?;
        self.errors.push(error);
        self.lines.add("offline", "memory", curve(&scored));
        baselines(&mut self.lines, halves, seed);
        let lies =
            [("permuted outcomes", poison::permuted(halves, seed)), ("5% targeted poison", poison::targeted(halves))];
        for (protocol, lessons) in lies {
            self.lines.add(protocol, "memory", curve(&offline(self.lab, &lessons, &halves.test).await?.0));
        }
        Ok(())
    }

    /// Each prompt is asked before anything is known of it.
    async fn prequential(&mut self, asked: &[Asked], seed: u64) -> Outcome<()> {
        for (protocol, calls) in
            [("prequential, second half", Calls::ByChance), ("the same, called by gain", Calls::ByGain)]
        {
            let scored = stream::prequential(self.lab, asked, seed, calls).await?;
            self.lines.add(protocol, "memory", curve(&scored));
        }
        Ok(())
    }

    /// Domains that were never seen.
    async fn apart(&mut self, halves: Option<&Halves>) -> Outcome<()> {
        let Some(halves) = halves else { return Ok(()) };
        let scored = offline(self.lab, &halves.learned(), &halves.test).await?.0;
        self.lines.add("held-out domains", "memory", curve(&scored));
        self.lines.add("held-out domains", "prompt length", curve(&by_length(&halves.test)));
        Ok(())
    }

    async fn cascades(&mut self, halves: &Halves, apart: Option<&Halves>) -> Outcome<()> {
        self.cascades.extend(chain::cascade(self.lab, "all", halves).await?);
        if let Some(apart) = apart {
            self.cascades.extend(chain::cascade(self.lab, "held-out", apart).await?);
        }
        Ok(())
    }
}

/// Curves by protocol and method, in the order of their first appearance.
#[derive(Default)]
struct Lines(Vec<(String, String, Vec<Curve>)>);

impl Lines {
    fn add(&mut self, protocol: &str, method: &str, curve: Curve) {
        match self.0.iter_mut().find(|line| line.0 == protocol && line.1 == method) {
            Some(line) => line.2.push(curve),
            None => self.0.push((protocol.to_owned(), method.to_owned(), vec![curve])),
        }
    }

    fn done(self) -> Vec<Line> {
        self.0.into_iter().map(|(protocol, method, curves)| Line::new(&protocol, &method, &curves)).collect()
    }
}

/// What is learned from, and what is asked.
struct Halves {
    train: Vec<Asked>,
    test: Vec<Asked>,
}

impl Halves {
    fn split(asked: &[Asked], seed: u64) -> Self {
        let mut mixed = asked.to_vec();
        Chance::new(seed).shuffle(&mut mixed);
        let test = mixed.split_off(mixed.len() / 2);
        Self { train: mixed, test }
    }

    /// Half of the domains against the other half; nothing if there is one domain only.
    fn by_domain(asked: &[Asked], seed: u64) -> Option<Self> {
        let mut domains: Vec<&str> = asked.iter().map(|asked| asked.row.domain.as_str()).collect();
        domains.sort_unstable();
        domains.dedup();
        Chance::new(seed).shuffle(&mut domains);
        let known: HashSet<&str> = domains.iter().copied().take(domains.len() / 2).collect();
        let mut mixed = asked.to_vec();
        Chance::new(seed).shuffle(&mut mixed);
        let (train, test) = mixed.into_iter().partition(|asked| known.contains(asked.row.domain.as_str()));
        (domains.len() > 1).then_some(Self { train, test })
    }

    /// Both outcomes of every prompt that is learned from.
    fn learned(&self) -> Vec<Lesson> {
        self.train.iter().flat_map(|asked| [WEAK, STRONG].map(|arm| Lesson::of(&asked.row, arm))).collect()
    }
}

/// Scores what is asked with what was learned, and how well calibrated the posteriors were.
async fn offline(lab: &Lab, lessons: &[Lesson], test: &[Asked]) -> Outcome<(Vec<Scored>, f64)> {
    let trial = Trial::begin(lab).await?;
    trial.learn(lessons).await?;
    let (mut scored, mut predictions) = (Vec::new(), Vec::new());
    for asked in test {
        let [weak, strong] = trial.route(&asked.row, &asked.vector).await?;
        predictions.push((weak.mean(), asked.row.weak == 1));
        predictions.push((strong.mean(), asked.row.strong == 1));
        scored.push(scored_at(&asked.row, strong.mean() - weak.mean()));
    }
    Ok((scored, calibration_error(&predictions)))
}

fn scored_at(row: &Row, score: f64) -> Scored {
    Scored { score, weak: f64::from(row.weak), strong: f64::from(row.strong) }
}

/// What simpler rules make of the same halves.
fn baselines(lines: &mut Lines, halves: &Halves, seed: u64) {
    let mut chance = Chance::new(!seed);
    let random: Vec<Scored> = halves.test.iter().map(|asked| scored_at(&asked.row, chance.share())).collect();
    lines.add("offline", "random", curve(&random));
    // The rule starts every chain with the weak model, whatever the prompt: all scores are equal.
    let rule: Vec<Scored> = halves.test.iter().map(|asked| scored_at(&asked.row, 0.0)).collect();
    lines.add("offline", "rule", curve(&rule));
    lines.add("offline", "prompt length", curve(&by_length(&halves.test)));
    let mut gains: HashMap<&str, (f64, f64)> = HashMap::new();
    for asked in &halves.train {
        let gain = gains.entry(&asked.row.domain).or_default();
        gain.0 += f64::from(asked.row.strong) - f64::from(asked.row.weak);
        gain.1 += 1.0;
    }
    let gain = |row: &Row| gains.get(row.domain.as_str()).map_or(0.0, |(sum, count)| sum / count);
    let domain: Vec<Scored> = halves.test.iter().map(|asked| scored_at(&asked.row, gain(&asked.row))).collect();
    lines.add("offline", "domain label", curve(&domain));
}

fn by_length(test: &[Asked]) -> Vec<Scored> {
    test.iter().map(|asked| scored_at(&asked.row, real(asked.row.prompt.len()))).collect()
}

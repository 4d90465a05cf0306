//! A memory of its own for one trial: what is trained goes through the store and the index, what is asked through recall
//! and posterior.

use crate::app::bench::data::Row;
use crate::core::episode::{Episode, Namespace, Verdict, Verifier, action};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::embed::Embedder;
use crate::memory::learn::Question;
use crate::memory::parts::Parts;
use crate::memory::recall::Memory;
use crate::memory::settings::{EmbedderChoice, MemorySettings};
use crate::memory::situation;
use crate::policy::posterior::Posterior;
use crate::store::open::Store;
use std::sync::Arc;
use tempfile::TempDir;

/// The arms.
pub(super) const WEAK: &str = "weak";
/// The other one.
pub(super) const STRONG: &str = "strong";
/// The failure that a wrong answer of the weak model is.
pub(super) const WRONG: &str = "wrong";

/// Milliseconds since 1970 at which every trial is made: age plays no part in it.
const NOW: u64 = 1_800_000_000_000;
/// Episodes that are written at once.
const WRITE: usize = 512;

/// What all trials share.
#[derive(Clone)]
pub(super) struct Lab {
    pub(super) embedder: Arc<dyn Embedder>,
    /// Holds the vectors of all prompts.
    pub(super) cache: Store,
}

/// One outcome to learn from.
#[derive(Clone, Debug)]
pub(super) struct Lesson {
    /// The prompt.
    pub(super) text: String,
    pub(super) action: &'static str,
    pub(super) arm: &'static str,
    pub(super) won: bool,
    /// How probable it was that this arm was called.
    pub(super) propensity: f64,
}

impl Lesson {
    /// What an arm made of a row.
    pub(super) fn of(row: &Row, arm: &'static str) -> Self {
        let won = if arm == WEAK { row.weak } else { row.strong };
        Self { text: row.prompt.clone(), action: action::ROUTE, arm, won: won == 1, propensity: 1.0 }
    }

    /// What the strong model made of a row that the weak one failed.
    pub(super) fn after(row: &Row) -> Self {
        Self { action: action::ESCALATE, ..Self::of(row, STRONG) }
    }
}

/// A memory in a folder of its own.
pub(super) struct Trial {
    memory: Memory,
    parts: Parts,
    _folder: TempDir,
}

impl Trial {
    /// An empty memory.
    pub(super) async fn begin(lab: &Lab) -> Outcome<Self> {
        let folder = tempfile::tempdir()
            .map_err(|error| Failure::new(FailureKind::Io, format!("no folder for a trial: {error}")))?;
        let store = Store::open(&folder.path().join("rhizo.db"))?;
        // The choice of embedder is not read: the one that is loaded is handed over.
        let settings =
            MemorySettings { folder: folder.path().to_owned(), embedder: EmbedderChoice::Hashing, few: 0, most: 0 };
        let memory = Memory::new(settings, store).with(Arc::clone(&lab.embedder), lab.cache.clone());
        let parts = memory.parts().await?;
        Ok(Self { memory, parts, _folder: folder })
    }

    /// Learns from outcomes.
    pub(super) async fn learn(&self, lessons: &[Lesson]) -> Outcome<()> {
        for some in lessons.chunks(WRITE) {
            self.memory.remember_all(some.iter().map(episode).collect()).await?;
        }
        Ok(())
    }

    /// What is known of both arms where nothing has failed yet.
    pub(super) async fn route(&self, row: &Row, vector: &[f32]) -> Outcome<[Posterior; 2]> {
        let mut known = self.ask(row, vector, action::ROUTE, &[WEAK, STRONG], "").await?;
        let strong = known.pop().unwrap_or_default();
        Ok([known.pop().unwrap_or_default(), strong])
    }

    /// What is known of the strong model where the weak one has failed.
    pub(super) async fn after(&self, row: &Row, vector: &[f32]) -> Outcome<Posterior> {
        Ok(self.ask(row, vector, action::ESCALATE, &[STRONG], WRONG).await?.pop().unwrap_or_default())
    }

    async fn ask(
        &self,
        row: &Row,
        vector: &[f32],
        action: &str,
        arms: &[&str],
        failure: &str,
    ) -> Outcome<Vec<Posterior>> {
        let question = Question {
            situation: situation::canonical(&row.prompt),
            action: action.to_owned(),
            arms: arms.iter().map(|arm| ((*arm).to_owned(), String::new())).collect(),
            failure: failure.to_owned(),
            namespaces: vec![Namespace::Eval],
            now: NOW,
            ..Question::default()
        };
        self.memory.posteriors_at(&self.parts, vector, &question).await
    }
}

fn episode(lesson: &Lesson) -> Episode {
    let failed = lesson.action == action::ESCALATE;
    Episode {
        at: NOW,
        namespace: Namespace::Eval,
        situation: lesson.text.clone(),
        // Of the whole prompt: options of a question are part of the task, and so are the numbers of a sum.
        fingerprint: blake3::hash(lesson.text.as_bytes()).to_hex().chars().take(16).collect(),
        action: lesson.action.to_owned(),
        arm: lesson.arm.to_owned(),
        propensity: lesson.propensity,
        failure: if failed { WRONG.to_owned() } else { String::new() },
        outcome: if lesson.won { Verdict::Success } else { Verdict::Fail },
        verifier: Verifier::Test,
        ..Episode::default()
    }
}

/// The unit vectors of prompts, in order; blocks. `progress` gets (done, all).
pub(super) fn vectors(lab: &Lab, rows: &[Row], progress: &dyn Fn(u64, u64)) -> Outcome<Vec<Arc<[f32]>>> {
    let (parts, all) = (
        Parts { embedder: Arc::clone(&lab.embedder), store: lab.cache.clone(), cache: lab.cache.clone() },
        u64::try_from(rows.len()).unwrap_or(u64::MAX),
    );
    let mut vectors: Vec<Arc<[f32]>> = Vec::with_capacity(rows.len());
    for some in rows.chunks(128) {
        let texts: Vec<String> = some.iter().map(|row| situation::canonical(&row.prompt)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        vectors.extend(parts.vectors(&texts)?.into_iter().map(Arc::from));
        progress(u64::try_from(vectors.len()).unwrap_or(u64::MAX), all);
    }
    Ok(vectors)
}

//! How a search is answered: from working memory where that pays, else through the index.

use crate::core::episode::{Episode, Outline};
use crate::core::failure::Outcome;
use crate::memory::index::EpisodeIndex;
use crate::memory::index::filter::Filter;
use crate::memory::parts::{Parts, blocking};
use crate::memory::recall::{Memory, Near, SMALL};
use crate::memory::resident::Resident;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::HashMap;

/// How many episodes a search is to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::memory) struct Wanted {
    /// All together.
    pub k: usize,
    /// Of one task, at most.
    pub copies: usize,
}

impl Wanted {
    /// The nearest of rows that stand in the order of similarity; of a task's equally near ones the latest.
    fn of(self, mut rows: Vec<Near>) -> Vec<Near> {
        rows.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(b.outline.place.cmp(&a.outline.place)));
        let mut times: HashMap<String, usize> = HashMap::new();
        rows.retain(|near| {
            let times = times.entry(near.outline.fingerprint.clone()).or_default();
            *times += 1;
            *times <= self.copies
        });
        rows.truncate(self.k);
        rows
    }
}

/// New episodes that a search takes in by itself; behind more of them the rows are read anew.
const STEP: usize = 512;

/// Episodes of one task that a search for evidence finds, the latest ones: a task told hundreds of times would fill all
/// places, and weighs like one anyway.
const COPIES: usize = 3;
/// How many times as many rows as are wanted the index is asked for before copies may leave places empty.
const FARTHEST: usize = 16;

impl Memory {
    /// For each filter the `k` episodes nearest to a unit vector, few of any one task.
    ///
    /// Boxed, because the types of LanceDB's queries are so deep that whoever awaits them inline cannot be compiled.
    pub fn near_vector<'a>(
        &'a self,
        parts: &'a Parts,
        vector: &'a [f32],
        k: usize,
        filters: &'a [Filter],
    ) -> BoxFuture<'a, Outcome<Vec<Vec<Near>>>> {
        self.nearest(parts, vector, Wanted { k, copies: COPIES }, filters).boxed()
    }

    /// The same with all episodes of every task.
    pub(super) fn near_all<'a>(
        &'a self,
        parts: &'a Parts,
        vector: &'a [f32],
        k: usize,
        filters: &'a [Filter],
    ) -> BoxFuture<'a, Outcome<Vec<Vec<Near>>>> {
        self.nearest(parts, vector, Wanted { k, copies: usize::MAX }, filters).boxed()
    }

    async fn nearest(
        &self,
        parts: &Parts,
        vector: &[f32],
        wanted: Wanted,
        filters: &[Filter],
    ) -> Outcome<Vec<Vec<Near>>> {
        if self.fill(parts).await? {
            let resident = self.resident.read().await;
            if let Some(resident) = resident.as_ref() {
                let near = |(outline, similarity): (&Outline, f64)| Near { outline: outline.clone(), similarity };
                let found = resident.nearest(vector, wanted, filters);
                return Ok(found.into_iter().map(|rows| rows.into_iter().map(near).collect()).collect());
            }
        }
        let mut all = Vec::new();
        for filter in filters {
            all.push(self.of_index(parts, vector, wanted, filter).await?);
        }
        Ok(all)
    }

    /// The nearest through the index, which knows no tasks: more rows are asked for until enough of them differ.
    async fn of_index(&self, parts: &Parts, vector: &[f32], wanted: Wanted, filter: &Filter) -> Outcome<Vec<Near>> {
        let mut rows = wanted.k;
        loop {
            let search = |index: EpisodeIndex| async move { index.search(vector, rows, filter).await };
            let found = self.shelf.ask(parts, search).await?;
            let all = found.len() < rows;
            let (store, ids) = (self.store.clone(), found.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>());
            let outlines = blocking(move || store.outlines_by_ids(&ids)).await?;
            let outlines: HashMap<&str, &Outline> =
                outlines.iter().map(|outline| (outline.id.as_str(), outline)).collect();
            let near = |(id, similarity): (String, f64)| {
                outlines.get(id.as_str()).map(|outline| Near { outline: (*outline).clone(), similarity })
            };
            let kept = wanted.of(found.into_iter().filter_map(near).collect());
            if all || kept.len() >= wanted.k || rows >= FARTHEST * wanted.k {
                return Ok(kept);
            }
            rows *= 4;
        }
    }

    /// Whether the rows are in working memory and in line with the log; brings them there where it pays.
    async fn fill(&self, parts: &Parts) -> Outcome<bool> {
        let store = self.store.clone();
        let mark = blocking(move || store.episode_mark()).await?;
        if self.resident.read().await.as_ref().is_some_and(|resident| resident.mark == mark) {
            return Ok(true);
        }
        let mut slot = self.resident.write().await;
        if let Some(resident) = slot.as_mut().filter(|resident| resident.mark.1 == mark.1)
            && self.catch_up(parts, resident).await?
        {
            return Ok(true);
        }
        *slot = self.read_all(parts, mark.1).await?;
        Ok(slot.is_some())
    }

    /// All rows, if it pays to have them in working memory.
    async fn read_all(&self, parts: &Parts, forgotten: u64) -> Outcome<Option<Resident>> {
        let (store, often) = (self.store.clone(), self.often());
        let count = blocking(move || store.episode_count()).await?;
        let few = parts.embedder.is_instant() && count <= self.settings.few && !self.shelf.is_open().await;
        if !few && count > SMALL && !often {
            return Ok(None);
        }
        let mut resident = Resident::new(parts.embedder.dimensions());
        resident.mark = (0, forgotten);
        if !few {
            self.read_index(parts, &mut resident).await?;
        }
        while !self.catch_up(parts, &mut resident).await? {}
        Ok(Some(resident))
    }

    /// Fills the rows that the index has with its vectors. The rest is embedded by `catch_up`, so rows go in up to the
    /// first one that the index lacks.
    async fn read_index(&self, parts: &Parts, resident: &mut Resident) -> Outcome<()> {
        let vectors = self.shelf.ask(parts, |index| async move { index.vectors().await }).await?;
        let vectors: HashMap<String, Vec<f32>> = vectors.into_iter().collect();
        let store = self.store.clone();
        for outline in blocking(move || store.outlines_after(0)).await? {
            let Some(vector) = vectors.get(&outline.id) else { break };
            resident.mark.0 = outline.place;
            resident.push(outline, vector);
        }
        Ok(())
    }

    /// Takes in episodes behind the mark, a few hundred at a time; answers whether there are no more.
    async fn catch_up(&self, parts: &Parts, resident: &mut Resident) -> Outcome<bool> {
        let (parts, place) = (parts.clone(), resident.mark.0);
        let (outlines, vectors, last, more) = blocking(move || {
            let mut outlines = parts.store.outlines_after(place)?;
            let more = outlines.len() > STEP;
            outlines.truncate(STEP);
            let last = outlines.last().map_or(place, |outline| outline.place);
            let ids: Vec<String> = outlines.iter().map(|outline| outline.id.clone()).collect();
            let episodes = parts.store.episodes_by_ids(&ids)?;
            let texts: HashMap<&str, &Episode> =
                episodes.iter().map(|episode| (episode.id.as_str(), episode)).collect();
            outlines.retain(|outline| texts.contains_key(outline.id.as_str()));
            let texts: Vec<&str> = outlines
                .iter()
                .filter_map(|outline| Some(texts.get(outline.id.as_str())?.situation.as_str()))
                .collect();
            let vectors = parts.vectors(&texts)?;
            Ok((outlines, vectors, last, more))
        })
        .await?;
        for (outline, vector) in outlines.into_iter().zip(vectors) {
            resident.push(outline, &vector);
        }
        // Behind those that cannot be read too: they would be tried for ever.
        resident.mark.0 = last;
        Ok(!more)
    }
}

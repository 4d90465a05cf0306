//! Trends of arms: fitted when first asked for, and again when a tenth of the rows is new.

use crate::core::failure::Outcome;
use crate::memory::index::filter::Filter;
use crate::memory::parts::blocking;
use crate::memory::recall::Memory;
use crate::memory::trend::{Trend, trends};
use std::sync::{Arc, PoisonError};

impl Memory {
    /// The trends of arms, each given by what its episodes pass; nothing for those with too few episodes, or if these are
    /// not in working memory.
    pub(in crate::memory) async fn trends(&self, filters: &[Filter]) -> Outcome<Vec<Option<Arc<Trend>>>> {
        let key = format!("{filters:?}");
        let slot = Arc::clone(self.trends.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut slot = slot.lock().await;
        let rows = self.resident.read().await.as_ref().map_or(0, |resident| resident.len());
        if rows == 0 {
            return Ok(vec![None; filters.len()]);
        }
        let (fitted, found) = &*slot;
        if (*fitted..=fitted + fitted / 10).contains(&rows) {
            return Ok(found.clone());
        }
        let (resident, filters) = (Arc::clone(&self.resident), filters.to_vec());
        let found = blocking(move || {
            let resident = resident.blocking_read();
            let found = resident.as_ref().map_or_else(|| vec![None; filters.len()], |rows| trends(rows, &filters));
            Ok(found.into_iter().map(|trend| trend.map(Arc::new)).collect::<Vec<_>>())
        })
        .await?;
        *slot = (rows, found.clone());
        Ok(found)
    }
}

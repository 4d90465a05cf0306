//! Trends of arms: fitted when first asked for, and again when a tenth of the rows is new.

use crate::core::failure::Outcome;
use crate::memory::index::filter::Filter;
use crate::memory::parts::blocking;
use crate::memory::recall::Memory;
use crate::memory::trend::Trend;
use std::sync::{Arc, PoisonError};

impl Memory {
    /// The trend of the episodes that pass a filter; nothing if there are too few, or they are not in working memory.
    pub(in crate::memory) async fn trend(&self, filter: &Filter) -> Outcome<Option<Arc<Trend>>> {
        let rows = self.resident.read().await.as_ref().map_or(0, |resident| resident.len());
        if rows == 0 {
            return Ok(None);
        }
        let key = format!("{filter:?}");
        let known = self.trends.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((_, trend)) = known.filter(|(fitted, _)| (*fitted..=fitted + fitted / 10).contains(&rows)) {
            return Ok(trend);
        }
        let (resident, filter) = (Arc::clone(&self.resident), filter.clone());
        let trend = blocking(move || {
            Ok(resident.blocking_read().as_ref().and_then(|resident| Trend::of(resident, &filter)).map(Arc::new))
        })
        .await?;
        self.trends.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (rows, trend.clone()));
        Ok(trend)
    }
}

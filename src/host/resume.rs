//! What a run that goes on has spent, in the words of the budget.

use crate::budget::report::{SpendRow, Totals};
use crate::core::failure::Outcome;
use crate::core::ids::{ModelId, RoleName, RunId};
use crate::store::open::Store;
use crate::store::resume::Spent;

/// What a run and its children have spent so far, by depth, role and model.
pub fn spent(store: &Store, run: &RunId) -> Outcome<Vec<SpendRow>> {
    Ok(store.spending(run)?.into_iter().map(row).collect())
}

fn row(spent: Spent) -> SpendRow {
    // Runs of earlier versions did not record who was asked.
    let named = |text: &str| if text.is_empty() { "earlier".to_owned() } else { text.to_owned() };
    SpendRow {
        depth: spent.depth,
        role: RoleName::new(named(spent.role.as_str())),
        model: ModelId::new(named(spent.model.as_str())),
        totals: Totals {
            calls: spent.calls,
            failed: spent.failed,
            unpriced_calls: spent.unpriced,
            usage: spent.usage,
            cost: spent.cost,
            ..Totals::default()
        },
    }
}

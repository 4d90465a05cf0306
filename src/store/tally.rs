//! Counts of what the episodes say of ways of looking, strategies, and runs with and without hints. Every count is of
//! episodes that worked or failed.

use crate::core::episode::{Namespace, action};
use crate::core::failure::Outcome;
use crate::core::tally::Tally;
use crate::store::fault::Worked;
use crate::store::open::Store;
use crate::store::rows::{collect, number};
use rusqlite::Row;

impl Store {
    /// The arms of an action, the most used first.
    pub fn tallies(&self, namespace: Namespace, action: &str) -> Outcome<Vec<Tally>> {
        self.read(|connection| {
            let sql = "SELECT arm AS name, count(*) AS runs, count(*) FILTER (WHERE outcome = 'success') AS worked,
                    avg(tokens) AS mean_tokens
                FROM episodes WHERE namespace = ?1 AND action = ?2 AND outcome IN ('success', 'fail')
                GROUP BY arm ORDER BY runs DESC, arm";
            let mut query = connection.prepare_cached(sql)?;
            collect(query.query((namespace.name(), action))?, tally)
        })
    }

    /// Runs with hints (`on`) and without (`off`), where chance decided between the two: only these can be compared.
    pub fn uplift(&self, namespace: Namespace) -> Outcome<Vec<Tally>> {
        self.read(|connection| {
            let sql = "SELECT body ->> 'policy' AS name, count(*) AS runs,
                    count(*) FILTER (WHERE outcome = 'success') AS worked, avg(tokens) AS mean_tokens
                FROM (SELECT namespace, action, outcome, tokens, CASE WHEN json_valid(body) THEN body END AS body
                    FROM episodes)
                WHERE namespace = ?1 AND action = ?2 AND outcome IN ('success', 'fail')
                    AND body ->> 'policy' IN ('on', 'off') AND body ->> 'propensity' < 1.0
                GROUP BY name ORDER BY name DESC";
            let mut query = connection.prepare_cached(sql)?;
            collect(query.query((namespace.name(), action::STRATEGY))?, tally)
        })
    }
}

fn tally(row: &Row<'_>) -> Worked<Tally> {
    Ok(Tally {
        name: row.get("name")?,
        runs: number(row, "runs")?,
        worked: number(row, "worked")?,
        mean_tokens: row.get("mean_tokens")?,
    })
}

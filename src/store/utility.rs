//! What the episodes add up to, by cell (namespace, action, role, failure, arm): kept beside them, and rebuildable.
//!
//! A task counts once however often it is told: its share of a cell is its mean verdict, at most one in total.

use crate::core::episode::{Episode, Utility};
use crate::core::failure::Outcome;
use crate::store::fault::Worked;
use crate::store::open::Store;
use crate::store::rows::{collect, int, name, number};
use crate::store::writer::Ack;
use rusqlite::{Connection, Row};

/// What one task adds to a cell: trusted successes and failures, as they stand in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Share {
    wins: f64,
    losses: f64,
}

impl Share {
    /// At most one in total.
    fn capped(self) -> Self {
        let mass = (self.wins + self.losses).max(1.0);
        Self { wins: self.wins / mass, losses: self.losses / mass }
    }
}

/// What the task of an episode adds to its cell so far; asked before the episode is inserted.
pub(super) fn task(connection: &Connection, episode: &Episode) -> Worked<Share> {
    if episode.outcome.worked().is_none() {
        return Ok(Share::default());
    }
    let sql = "SELECT total(trust) FILTER (WHERE outcome = 'success'), total(trust) FILTER (WHERE outcome = 'fail')
        FROM episodes
        WHERE fingerprint = ?1 AND action = ?2 AND arm = ?3 AND namespace = ?4 AND role = ?5 AND failure = ?6";
    let key = (
        &episode.fingerprint,
        &episode.action,
        &episode.arm,
        episode.namespace.name(),
        &episode.role,
        &episode.failure,
    );
    let share = |row: &Row<'_>| Ok(Share { wins: row.get(0)?, losses: row.get(1)? });
    Ok(connection.prepare_cached(sql)?.query_row(key, share)?)
}

/// Counts an inserted episode in its cell; `before` is what its task had added.
pub(super) fn count(connection: &Connection, episode: &Episode, before: Share) -> Worked<()> {
    let Some(won) = episode.outcome.worked() else { return Ok(()) };
    let mut after = before;
    if won {
        after.wins += episode.trust;
    } else {
        after.losses += episode.trust;
    }
    let (before, after) = (before.capped(), after.capped());
    connection
        .prepare_cached(
            "INSERT INTO utility (namespace, action, role, failure, arm, wins, losses, last_use)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET wins = wins + excluded.wins, losses = losses + excluded.losses,
                 last_use = max(last_use, excluded.last_use)",
        )?
        .execute((
            episode.namespace.name(),
            &episode.action,
            &episode.role,
            &episode.failure,
            &episode.arm,
            after.wins - before.wins,
            after.losses - before.losses,
            int(episode.at),
        ))?;
    Ok(())
}

/// Computes all cells anew from the episodes.
pub(super) fn rebuild(connection: &Connection) -> Worked<()> {
    connection.execute_batch(
        "DELETE FROM utility;
         INSERT INTO utility (namespace, action, role, failure, arm, wins, losses, last_use)
         SELECT namespace, action, role, failure, arm,
             total(wins / max(1.0, wins + losses)), total(losses / max(1.0, wins + losses)), max(last_use)
         FROM (
             SELECT namespace, action, role, failure, arm,
                 total(trust) FILTER (WHERE outcome = 'success') AS wins,
                 total(trust) FILTER (WHERE outcome = 'fail') AS losses,
                 max(at) AS last_use
             FROM episodes WHERE outcome IN ('success', 'fail')
             GROUP BY namespace, action, role, failure, arm, fingerprint
         )
         GROUP BY namespace, action, role, failure, arm;",
    )?;
    Ok(())
}

impl Store {
    /// The cells of an action; all cells if it is empty.
    pub fn utilities(&self, action: &str) -> Outcome<Vec<Utility>> {
        self.read(|connection| {
            let sql = "SELECT * FROM utility WHERE ?1 = '' OR action = ?1
                ORDER BY namespace, action, role, failure, arm";
            let mut query = connection.prepare_cached(sql)?;
            self.readable(query.query([action])?, utility)
        })
    }

    /// How often a task was told with a verdict, of an action; in its cell it counts once.
    pub fn tellings(&self, action: &str, fingerprint: &str) -> Outcome<u32> {
        self.read(|connection| {
            let sql = "SELECT count(*) FROM episodes
                WHERE fingerprint = ?1 AND action = ?2 AND outcome IN ('success', 'fail')";
            let count: i64 = connection.prepare_cached(sql)?.query_row((fingerprint, action), |row| row.get(0))?;
            Ok(u32::try_from(count).unwrap_or(u32::MAX))
        })
    }

    /// Computes all cells anew from the episodes.
    pub fn rebuild_utilities(&self) -> Ack<()> {
        self.writer().write(rebuild, |()| {})
    }

    /// The latest predictions of the policy with what became of them, newest first: `(predicted, succeeded)`.
    pub fn predictions(&self, namespace: &str, most: u64) -> Outcome<Vec<(f64, bool)>> {
        self.read(|connection| {
            let sql = "SELECT predicted, outcome = 'success' FROM episodes
                WHERE predicted IS NOT NULL AND namespace = ?1 AND outcome IN ('success', 'fail')
                ORDER BY rowid DESC LIMIT ?2";
            let mut query = connection.prepare_cached(sql)?;
            collect(query.query((namespace, int(most)))?, |row| Ok((row.get(0)?, row.get(1)?)))
        })
    }
}

pub(super) fn utility(row: &Row<'_>) -> Worked<Utility> {
    let (wins, losses): (f64, f64) = (row.get("wins")?, row.get("losses")?);
    Ok(Utility {
        namespace: name(row, "namespace")?,
        action: row.get("action")?,
        role: row.get("role")?,
        failure: row.get("failure")?,
        arm: row.get("arm")?,
        alpha: 1.0 + wins.max(0.0),
        beta: 1.0 + losses.max(0.0),
        n: (wins + losses).max(0.0),
        last_use: number(row, "last_use")?,
    })
}

#[cfg(test)]
mod tests;

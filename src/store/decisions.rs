//! What the episodes and the events say of the policy's decisions.

use crate::core::episode::Episode;
use crate::core::failure::Outcome;
use crate::store::episodes::episode;
use crate::store::open::Store;
use crate::store::rows::{collect, number};
use serde::Serialize;

/// What became of the decisions of one decider on one kind of choice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// Who decided: `rule`, `learned` or `audit`.
    pub decider: String,
    /// The kind of choice.
    pub action: String,
    /// How many there are.
    pub decisions: u64,
    /// Those of which it is known whether they worked.
    pub judged: u64,
    /// Those that worked.
    pub won: u64,
    /// Those of them for which a probability had been given.
    pub predicted: u64,
    /// The mean of these probabilities.
    pub expected: Option<f64>,
    /// The share of these that worked.
    pub observed: Option<f64>,
}

/// A decision that rested on an episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rested {
    /// The run in which it was made.
    pub run: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The kind of choice.
    pub action: String,
    /// What was chosen.
    pub arm: String,
    /// Why, for people.
    pub reason: String,
}

impl Store {
    /// What became of the decisions in a namespace, by decider and kind of choice.
    pub fn decision_records(&self, namespace: &str) -> Outcome<Vec<Record>> {
        self.read(|connection| {
            let sql = "SELECT substr(policy, 1, instr(policy || '/', '/') - 1) AS decider, action,
                    count(*) AS decisions, count(*) FILTER (WHERE judged) AS judged, count(*) FILTER (WHERE won) AS won,
                    count(predicted) FILTER (WHERE judged) AS predicted,
                    avg(predicted) FILTER (WHERE judged) AS expected,
                    avg(won) FILTER (WHERE judged AND predicted IS NOT NULL) AS observed
                FROM (SELECT coalesce(CASE WHEN json_valid(body) THEN body ->> 'policy' END, '') AS policy, action, predicted,
                        outcome IN ('success', 'fail') AS judged, outcome = 'success' AS won
                    FROM episodes WHERE namespace = ?1)
                WHERE policy <> '' GROUP BY decider, action ORDER BY decider, action";
            let mut query = connection.prepare_cached(sql)?;
            collect(query.query([namespace])?, |row| {
                Ok(Record {
                    decider: row.get("decider")?,
                    action: row.get("action")?,
                    decisions: number(row, "decisions")?,
                    judged: number(row, "judged")?,
                    won: number(row, "won")?,
                    predicted: number(row, "predicted")?,
                    expected: row.get("expected")?,
                    observed: row.get("observed")?,
                })
            })
        })
    }

    /// The episodes whose ids begin so, at most two.
    pub fn episodes_named(&self, begins: &str) -> Outcome<Vec<Episode>> {
        self.read(|connection| {
            let sql = "SELECT body FROM episodes WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id <> ?1, id LIMIT 2";
            let mut query = connection.prepare_cached(sql)?;
            self.readable(query.query([begins])?, episode)
        })
    }

    /// The episodes before whose choice this one was shown, oldest first.
    pub fn episodes_shown(&self, id: &str) -> Outcome<Vec<Episode>> {
        self.read(|connection| {
            let sql = "SELECT body FROM episodes WHERE instr(body, ?1) > 0
                AND EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(body) THEN body END, '$.shown') WHERE value = ?1) ORDER BY rowid";
            let mut query = connection.prepare_cached(sql)?;
            self.readable(query.query([id])?, episode)
        })
    }

    /// The decisions that rested on this episode, oldest first.
    pub fn decisions_resting_on(&self, id: &str) -> Outcome<Vec<Rested>> {
        self.read(|connection| {
            let sql = "SELECT run, at, body ->> 'action' AS action, body ->> 'arm' AS arm, body ->> 'reason' AS reason
                FROM (SELECT run, seq, at, CASE WHEN json_valid(body) THEN body END AS body FROM events)
                WHERE instr(body, ?1) > 0 AND body ->> 'event' = 'decided'
                AND EXISTS (SELECT 1 FROM json_each(body, '$.ids') WHERE value = ?1) ORDER BY at, run, seq";
            let mut query = connection.prepare_cached(sql)?;
            collect(query.query([id])?, |row| {
                Ok(Rested {
                    run: row.get("run")?,
                    at: number(row, "at")?,
                    action: row.get("action")?,
                    arm: row.get("arm")?,
                    reason: row.get("reason")?,
                })
            })
        })
    }
}

//! Answers that a run was given in one place and asks for in another: there each has a row of its own, at no cost.
//!
//! Which of them are of use there is decided by the caller.

use crate::core::effect::EffectKey;
use crate::core::failure::Outcome;
use crate::core::ids::{Frame, RunId};
use crate::store::fault::Worked;
use crate::store::group::Owner;
use crate::store::open::Store;
use crate::store::rows::{collect, small};
use crate::store::writer::{Ack, Haste};
use rusqlite::{Connection, Row, named_params};
use serde_json::Value;

/// A model call or a child run of a part of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartCall {
    /// Which effect.
    pub key: EffectKey,
    /// Whether it was answered, and not with a kept answer.
    pub answered: bool,
    /// Whether its answer was given in another place of the run.
    pub again: bool,
    /// Whether its answer turned out to be of no use.
    pub unusable: bool,
}

/// An answer on its way to another place of its run.
pub struct Carry<'a> {
    /// The effect that was answered.
    pub from: &'a EffectKey,
    /// The one that asks the same.
    pub to: &'a EffectKey,
    /// The part of the run that this is made in, if it is in any.
    pub part: Option<&'a str>,
    /// Milliseconds since 1970.
    pub at: u64,
}

impl Store {
    /// The model calls and child runs of a run in this frame and below it, in the order of their first intents.
    pub fn calls_in(&self, run: &RunId, frame: &Frame) -> Outcome<Vec<PartCall>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(CALLS)?;
            collect(query.query((run.as_str(), frame.as_str()))?, call)
        })
    }

    /// Answers an effect that has no row yet with the answer of another one. The caller may use it once this is acked; acked
    /// with `false`, the other one has none any more, and nothing was written.
    pub fn carry(&self, run: &RunId, carry: &Carry<'_>, haste: Haste) -> Ack<bool> {
        let Carry { from, to, part, at } = *carry;
        let (run, from, to, part) = (run.clone(), from.clone(), to.clone(), part.map(str::to_owned));
        let owner = Owner { run: run.clone(), frame: to.frame.clone(), at, is_patient: true };
        let work = move |connection: &Connection| write(connection, &run, (&from, &to), part.as_deref());
        self.writer().hand_over(haste, Some(owner), work, |_| {})
    }
}

/// A slash stands before a nought, so the range holds the frame and what is below it. An answer from another place has no usage
/// and costs 0, also in a fork, where all answers have an origin; a kept one has no usage either, and says what it is.
const CALLS: &str = "
SELECT frame, hash, occurrence, again,
    state = 'done' AND (kind = 'child' OR usage IS NOT NULL OR again) AS answered,
    coalesce(json_extract(CASE WHEN json_valid(usage) THEN usage END, '$.unusable'), 0) AS unusable
FROM (
    SELECT *, origin IS NOT NULL AND usage IS NULL AND cost_nanos IS 0 AND (kind = 'child'
        OR NOT coalesce(json_extract(CASE WHEN json_valid(result) THEN result END, '$.cached'), 0)) AS again
    FROM effects WHERE run = ?1 AND frame >= ?2 AND frame < ?2 || '0' AND kind IN ('model', 'child'))
WHERE frame = ?2 OR substr(frame, length(?2) + 1, 1) = '/'
ORDER BY seq";

/// Its origin is its own run, which has paid for it in its first place.
const CARRY: &str = "
INSERT INTO effects (run, seq, frame, hash, occurrence, kind, state, intent, intent_blob, result, result_blob,
    cost_nanos, started_at, ended_at, role, model, part, origin)
SELECT run, (SELECT max(seq) + 1 FROM effects WHERE run = :run), :frame, hash, :occurrence, kind, state, intent,
    intent_blob, result, result_blob, 0, started_at, ended_at, role, model, :part, coalesce(origin, run)
FROM effects
WHERE run = :run AND frame = :from_frame AND hash = :hash AND occurrence = :from_occurrence AND state = 'done'";

fn write(
    connection: &Connection,
    run: &RunId,
    (from, to): (&EffectKey, &EffectKey),
    part: Option<&str>,
) -> Worked<bool> {
    let written = connection.prepare_cached(CARRY)?.execute(named_params! {
        ":run": run.as_str(), ":frame": to.frame.as_str(), ":occurrence": to.occurrence, ":part": part,
        ":hash": from.hash, ":from_frame": from.frame.as_str(), ":from_occurrence": from.occurrence,
    })?;
    Ok(written == 1)
}

fn call(row: &Row<'_>) -> Worked<PartCall> {
    // A frame is one text in JSON as in the table.
    let frame: Frame = serde_json::from_value(Value::String(row.get("frame")?))?;
    Ok(PartCall {
        key: EffectKey { frame, hash: row.get("hash")?, occurrence: small(row, "occurrence")? },
        answered: row.get("answered")?,
        again: row.get("again")?,
        unusable: row.get("unusable")?,
    })
}

#[cfg(test)]
mod tests;

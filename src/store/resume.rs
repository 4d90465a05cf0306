//! What lets a run go on: one process claims it, and it learns what it has been answered and what it has spent.
//!
//! What is replayed and what is asked again is decided by the caller.

use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, ModelId, RoleName, RunId};
use crate::core::money::Money;
use crate::core::status::RunStatus;
use crate::core::usage::Usage;
use crate::store::effects::EffectState;
use crate::store::fault::Worked;
use crate::store::liveness::{Liveness, Process};
use crate::store::open::Store;
use crate::store::rows::{collect, money, name, number, small};
use crate::store::runs::asked;
use crate::store::value::Encoded;
use crate::store::writer::Ack;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde_json::Value;

/// An effect as a run that goes on looks it up; its answer is read when it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its position in the run.
    pub seq: u64,
    /// Which effect.
    pub key: EffectKey,
    /// What kind.
    pub kind: EffectKind,
    /// How far it came.
    pub state: EffectState,
    /// Whether the run ended with what it came to.
    pub raised: bool,
    /// Whether the run that this one is a copy of had gone past it.
    pub passed: bool,
    /// The part of the run that it was made in, if that is known and there is one.
    pub part: Option<String>,
    /// Whether it was under way when the run, or a part of it, was stopped or held up: it has no end, or that of what stopped it.
    pub open: bool,
    /// Whether a limit refused it.
    pub refused: bool,
}

/// What the calls of one role and model at one depth have used before a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// How deep the runs that made them are nested.
    pub depth: u32,
    /// The role that was played; empty if it was not recorded.
    pub role: RoleName,
    /// The model; empty if it was not recorded.
    pub model: ModelId,
    /// Calls, each attempt counted.
    pub calls: u64,
    /// Those that failed, or whose end is unknown.
    pub failed: u64,
    /// Those that ended without a known price.
    pub unpriced: u64,
    /// Tokens, with those of attempts that were repeated, and the most of those that were under way.
    pub usage: Usage,
    /// Their cost, with those of unknown end at their worst case.
    pub cost: Money,
    /// How many of them cost something and were under way when their process died.
    pub unknown: u64,
    /// What of the cost is the worst case of these.
    pub unknown_cost: Money,
    /// How many answers were of no use.
    pub unusable: u64,
    /// What of the cost was paid for these.
    pub unusable_cost: Money,
}

impl Store {
    /// Makes this process the one that works on a run, whether it has ended, which is forgotten, or its process has died.
    ///
    /// Fails with `Denied` if another process works on it, or may: of a process in another container nobody can tell, and
    /// `force` says that it is gone. Likewise if another process has brought it to its end meanwhile, with an answer that would
    /// be forgotten; sessions and child runs go on behind theirs.
    pub fn claim_run(&self, id: &RunId, force: bool) -> Ack<()> {
        let (id, own) = (id.clone(), Process::own());
        self.writer().write(move |connection| claim(connection, &id, &own, force), |()| {})
    }

    /// Keeps other settings of a run in place of those under which it began.
    pub fn keep_settings(&self, id: &RunId, settings: &Value) -> Ack<()> {
        let (id, settings) = match Encoded::of(settings) {
            Ok(settings) => (id.clone(), settings),
            Err(failure) => return Ack::ready(Err(failure)),
        };
        let work = move |connection: &Connection| {
            let (settings, blob) = settings.columns(connection)?;
            let sql = "UPDATE runs SET settings = ?2, settings_blob = ?3 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute((id.as_str(), settings, blob))?;
            Ok(())
        };
        self.writer().write(work, |()| {})
    }

    /// All effects of a run, in the order of their first intents.
    pub fn recorded(&self, run: &RunId) -> Outcome<Vec<Recorded>> {
        self.read(|connection| {
            let sql =
                "SELECT seq, frame, hash, occurrence, kind, state, raised, part, state = 'intent' OR (state = 'failed'
                AND json_extract(result, '$.kind') IN ('cancelled', 'deadline', 'waiting', 'budget')) IS TRUE AS open,
                (state = 'failed' AND json_extract(result, '$.kind') = 'budget') IS TRUE AS refused
                FROM effects WHERE run = ?1 ORDER BY seq";
            let mut query = connection.prepare_cached(sql)?;
            collect(query.query([run.as_str()])?, recorded)
        })
    }

    /// What the log keeps of the files that steps of a run and its children have written: who did, without what was written.
    pub fn products(&self, run: &RunId) -> Outcome<Vec<Value>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(PRODUCTS)?;
            collect(query.query([run.as_str()])?, |row| Ok(serde_json::from_str(&row.get::<_, String>("product")?)?))
        })
    }

    /// What a run and its children have spent, by depth, role and model; copied answers were paid by another run.
    pub fn spending(&self, run: &RunId) -> Outcome<Vec<Spent>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(&format!("{} {SPENDING} {SUMS}", asked::in_tree()))?;
            collect(query.query([run.as_str()])?, spent)
        })
    }

    /// The same of one model call with all its attempts: one row, or none if it counts for nothing.
    pub fn spending_at(&self, run: &RunId, key: &EffectKey) -> Outcome<Vec<Spent>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(&format!("{} {SPENDING} {SUMS}", asked::at_key()))?;
            collect(query.query((run.as_str(), key.frame.as_str(), &key.hash, key.occurrence))?, spent)
        })
    }

    /// The same of the model calls in each part of a run, without those of its child runs.
    pub fn spending_in_parts(&self, run: &RunId) -> Outcome<Vec<(String, Spent)>> {
        self.read(|connection| {
            let sums = "FROM asked GROUP BY part, depth, role, model";
            let mut query = connection.prepare_cached(&format!("{} {SPENDING}, part {sums}", asked::in_parts()))?;
            collect(query.query([run.as_str()])?, |row| Ok((row.get("part")?, spent(row)?)))
        })
    }
}

/// `total` and not `sum`, which fails where the sum does not fit: one absurd number must not hide all others. It counts exactly
/// up to 2^53, nine million USD.
const SPENDING: &str = "
SELECT depth, role, model, CAST(total(tries) AS INTEGER) AS calls,
    CAST(total(tries) - total(state = 'done') AS INTEGER) AS failed,
    CAST(total(state = 'done' AND cost_nanos IS NULL) AS INTEGER) AS unpriced,
    CAST(total(CASE WHEN state <> 'intent' THEN cost_nanos ELSE worst_nanos END) + total(earlier_nanos) AS INTEGER)
        AS cost,
    CAST(total(unknown_calls) + total(state = 'intent' AND coalesce(worst_nanos, 0) > 0) AS INTEGER) AS unknown,
    CAST(total(CASE WHEN unknown_calls > 0 THEN unknown_nanos END)
        + total(CASE WHEN state = 'intent' THEN worst_nanos END) AS INTEGER) AS unknown_cost,
    CAST(total(unusable) AS INTEGER) AS unusable, CAST(total(unusable_nanos) AS INTEGER) AS unusable_cost,
    CAST(total(json_extract(usage, '$.input_tokens')) + total(earlier_tokens - earlier_output)
        + total(CASE WHEN state = 'intent' THEN worst_tokens - worst_output END) AS INTEGER) AS input,
    CAST(total(json_extract(usage, '$.cached_input_tokens')) AS INTEGER) AS cached,
    CAST(total(json_extract(usage, '$.cache_write_tokens')) AS INTEGER) AS written,
    CAST(total(json_extract(usage, '$.output_tokens')) + total(earlier_output)
        + total(CASE WHEN state = 'intent' THEN worst_output END) AS INTEGER) AS output,
    CAST(total(json_extract(usage, '$.reasoning_tokens')) AS INTEGER) AS reasoning,
    CAST(total(json_extract(usage, '$.unheard_tokens')) + total(earlier_unheard) AS INTEGER) AS unheard,
    coalesce(max(coalesce(json_extract(usage, '$.estimated'), 0) OR earlier_estimated > 0
        OR (state = 'intent' AND worst_tokens > 0)), 0)
        AS estimated";

const SUMS: &str = "FROM asked GROUP BY depth, role, model ORDER BY depth, role, model";

const PRODUCTS: &str = "
WITH RECURSIVE tree (id) AS (VALUES (?1) UNION SELECT runs.id FROM runs JOIN tree ON runs.parent = tree.id),
called (intent) AS (
    SELECT coalesce(intent, (SELECT CAST(body AS TEXT) FROM blobs WHERE id = intent_blob))
    FROM effects JOIN tree ON effects.run = tree.id WHERE kind = 'tool' AND state = 'done'
),
written (product) AS (SELECT CASE WHEN json_valid(intent) THEN json_extract(intent, '$.product') END FROM called)
SELECT product FROM written WHERE json_valid(product)";

const CLAIMED: &str = "
SELECT status, pid, process,
    parent IS NULL AND kind <> 'repl' AND (status = 'completed' OR (status = 'partial' AND refused = 0)) AS is_over
FROM runs WHERE id = ?1";

fn claim(connection: &Connection, id: &RunId, own: &Process, force: bool) -> Worked<()> {
    let found = connection
        .prepare_cached(CLAIMED)?
        .query_row([id.as_str()], |row| {
            let process = Process { pid: row.get("pid")?, mark: row.get("process")? };
            Ok((row.get::<_, String>("status")?, process, row.get::<_, bool>("is_over")?))
        })
        .optional()?;
    let Some((status, process, is_over)) = found else {
        return Err(Failure::new(FailureKind::NotFound, format!("there is no run `{id}`")).into());
    };
    if is_over {
        let what = format!("run {id} has come to its end meanwhile, in another process");
        return Err(Failure::new(FailureKind::Denied, what)
            .hint(format!("`rhizo resume {id}` gives its answer"))
            .into());
    }
    if status == RunStatus::Running.name() && process != *own {
        match process.liveness() {
            Liveness::Dead | Liveness::Ended => {}
            Liveness::Unknown if force => {}
            Liveness::Unknown => return Err(process.untold(id).into()),
            Liveness::Alive => {
                let what = format!("process {} is working on run {id}", process.pid);
                let hint = format!("wait for it, or end it first; `rhizo logs {id}` shows what it does");
                return Err(Failure::new(FailureKind::Denied, what).hint(hint).into());
            }
        }
    }
    connection
        .prepare_cached(
            "UPDATE runs SET status = :running, pid = :pid, process = :mark, ended_at = NULL, failure = NULL,
             refused = 0, result = NULL, result_blob = NULL WHERE id = :id",
        )?
        .execute(named_params! {
            ":running": RunStatus::Running.name(),
            ":pid": own.pid,
            ":mark": own.mark,
            ":id": id.as_str(),
        })?;
    Ok(())
}

fn recorded(row: &Row<'_>) -> Worked<Recorded> {
    // A frame is one text in JSON as in the table.
    let frame: Frame = serde_json::from_value(Value::String(row.get("frame")?))?;
    Ok(Recorded {
        seq: number(row, "seq")?,
        key: EffectKey { frame, hash: row.get("hash")?, occurrence: small(row, "occurrence")? },
        kind: name(row, "kind")?,
        state: name(row, "state")?,
        raised: number(row, "raised")? == 1,
        passed: number(row, "raised")? == 2,
        part: row.get("part")?,
        open: row.get("open")?,
        refused: row.get("refused")?,
    })
}

fn spent(row: &Row<'_>) -> Worked<Spent> {
    Ok(Spent {
        depth: small(row, "depth")?,
        role: RoleName::new(row.get::<_, String>("role")?),
        model: ModelId::new(row.get::<_, String>("model")?),
        calls: number(row, "calls")?,
        failed: number(row, "failed")?,
        unpriced: number(row, "unpriced")?,
        usage: Usage {
            input_tokens: number(row, "input")?,
            cached_input_tokens: number(row, "cached")?,
            cache_write_tokens: number(row, "written")?,
            output_tokens: number(row, "output")?,
            reasoning_tokens: number(row, "reasoning")?,
            unheard_tokens: number(row, "unheard")?,
            estimated: number(row, "estimated")? > 0,
        },
        cost: money(row, "cost")?.unwrap_or_default(),
        unknown: number(row, "unknown")?,
        unknown_cost: money(row, "unknown_cost")?.unwrap_or_default(),
        unusable: number(row, "unusable")?,
        unusable_cost: money(row, "unusable_cost")?.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests;

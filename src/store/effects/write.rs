//! The two writes of an effect, made ready outside the writing thread.

use crate::core::effect::EffectKey;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::core::money::Money;
use crate::core::price::Bound;
use crate::store::effects::{EffectEnd, Intent};
use crate::store::fault::Worked;
use crate::store::rows::{int, nanos, text};
use crate::store::value::Encoded;
use rusqlite::{Connection, OptionalExtension, named_params};
use std::sync::LazyLock;

/// A new attempt keeps the position of the first and adds up what the earlier ones cost. One that never went out is none. What
/// was copied from another run is this run's own from now on. A sum that does not fit becomes a real number, which no column of
/// these takes: CAST makes it the largest integer. With no unknown calls `unknown_nanos` is what a person said that earlier
/// attempts cost, and `unknown_tokens` and `unknown_output` are what these used.
static BEGIN: LazyLock<String> = LazyLock::new(|| {
    let nanos = unknown("nanos", "coalesce(cost_nanos, 0)");
    let tokens = unknown("tokens", &format!("{INPUT} + {OUTPUT}"));
    let output = unknown("output", OUTPUT);
    format!(
        "
INSERT INTO effects (run, seq, frame, hash, occurrence, kind, state, intent, intent_blob, worst_nanos,
    worst_tokens, worst_output, requests, role, model, part, started_at, result, result_blob, usage, cost_nanos,
    ended_at)
VALUES (:run, (SELECT coalesce(max(seq), 0) + 1 FROM effects WHERE run = :run), :frame, :hash, :occurrence, :kind,
    :state, :intent, :intent_blob, :worst, :worst_tokens, :worst_output, 1, :role, :model, :part, :at, :result,
    :result_blob, :usage, :cost, :ended_at)
ON CONFLICT (run, frame, hash, occurrence) DO UPDATE SET
    state = excluded.state, intent = excluded.intent, intent_blob = excluded.intent_blob,
    earlier_nanos = CAST(earlier_nanos + CASE state
        WHEN 'intent' THEN coalesce(worst_nanos, 0) ELSE coalesce(cost_nanos, 0) END AS INTEGER),
    earlier_tokens = CAST(earlier_tokens + {INPUT} + {OUTPUT}
        + CASE state WHEN 'intent' THEN worst_tokens ELSE 0 END AS INTEGER),
    earlier_output = CAST(earlier_output + {OUTPUT}
        + CASE state WHEN 'intent' THEN worst_output ELSE 0 END AS INTEGER),
    earlier_unheard = CAST(earlier_unheard + coalesce(json_extract(usage, '$.unheard_tokens'), 0) AS INTEGER),
    earlier_estimated = earlier_estimated + (coalesce(json_extract(usage, '$.estimated'), 0)
        OR (state = 'intent' AND worst_tokens > 0)),
    unknown_calls = unknown_calls + (state = 'intent' AND coalesce(worst_nanos, 0) > 0),
    {nanos}, {tokens}, {output},
    attempts = attempts + (state <> 'failed'
        OR NOT coalesce(json_extract(CASE WHEN json_valid(result) THEN result END, '$.details.unsent'), 0)),
    worst_nanos = excluded.worst_nanos, worst_tokens = excluded.worst_tokens, worst_output = excluded.worst_output,
    requests = excluded.requests, role = excluded.role, model = excluded.model, part = coalesce(part, excluded.part),
    started_at = excluded.started_at, origin = NULL, raised = 0, result = excluded.result,
    result_blob = excluded.result_blob, usage = excluded.usage, cost_nanos = excluded.cost_nanos,
    ended_at = excluded.ended_at, provider = NULL
WHERE state <> 'done'"
    )
});

/// Tokens that an attempt used.
const INPUT: &str = "coalesce(json_extract(usage, '$.input_tokens'), 0)";
const OUTPUT: &str = "coalesce(json_extract(usage, '$.output_tokens'), 0)";

/// How the column of that name grows by an attempt that is over: by its worst case if nobody knows what became of it, by what
/// it `used` if a person said that.
fn unknown(name: &str, used: &str) -> String {
    format!(
        "unknown_{name} = CAST(CASE
        WHEN state = 'intent' AND worst_nanos > 0
            THEN worst_{name} + CASE WHEN unknown_calls > 0 THEN unknown_{name} ELSE 0 END
        WHEN state = 'failed' AND unknown_calls = 0
                AND json_extract(CASE WHEN json_valid(result) THEN result END, '$.details.settled')
            THEN unknown_{name} + {used}
        ELSE unknown_{name} END AS INTEGER)"
    )
}

const END: &str = "
UPDATE effects SET state = :state, result = :result, result_blob = :result_blob, usage = :usage, cost_nanos = :cost,
    ended_at = :at
WHERE run = :run AND frame = :frame AND hash = :hash AND occurrence = :occurrence AND state = :from";

const AGAIN: &str = "
UPDATE effects SET worst_nanos = CAST(worst_nanos + ?5 AS INTEGER), worst_tokens = CAST(worst_tokens + ?6 AS INTEGER),
    worst_output = CAST(worst_output + ?7 AS INTEGER), requests = requests + 1
WHERE run = ?1 AND frame = ?2 AND hash = ?3 AND occurrence = ?4 AND state = 'intent'";

const PROVIDER: &str = "
UPDATE effects SET provider = ?5
WHERE run = ?1 AND frame = ?2 AND hash = ?3 AND occurrence = ?4 AND state = 'intent'";

const PROVIDERS: &str = "
SELECT provider FROM effects
WHERE run = ?1 AND frame = ?2 AND hash = ?3 AND occurrence = ?4 AND state = 'intent'";

const STATE: &str = "SELECT state FROM effects WHERE run = ?1 AND frame = ?2 AND hash = ?3 AND occurrence = ?4";

/// An intent on its way to the disk.
pub(super) struct Begun {
    run: RunId,
    key: EffectKey,
    kind: &'static str,
    intent: Encoded,
    worst: Option<i64>,
    worst_tokens: i64,
    worst_output: i64,
    role: String,
    model: String,
    part: Option<String>,
    at: i64,
}

impl Begun {
    pub(super) fn of(run: &RunId, key: &EffectKey, intent: Intent) -> Self {
        let (role, model) = intent.asked.map_or_else(Default::default, |(r, m)| (r.to_string(), m.to_string()));
        Self {
            run: run.clone(),
            key: key.clone(),
            kind: intent.kind.name(),
            intent: Encoded::of_text(intent.text),
            worst: nanos(intent.worst_cost),
            worst_tokens: int(intent.bound.total()),
            worst_output: int(intent.bound.output_tokens),
            role,
            model,
            part: intent.part,
            at: int(intent.at),
        }
    }

    /// Writes it, together with its end if it has ended already.
    pub(super) fn store(&self, connection: &Connection, ended: Option<&Ended>) -> Worked<()> {
        let (intent, intent_blob) = self.intent.columns(connection)?;
        let (result, result_blob) = ended.map_or(Ok((None, None)), |ended| ended.result.columns(connection))?;
        let changed = connection.prepare_cached(&BEGIN)?.execute(named_params! {
            ":run": self.run.as_str(),
            ":frame": self.key.frame.as_str(),
            ":hash": self.key.hash,
            ":occurrence": self.key.occurrence,
            ":kind": self.kind,
            ":state": ended.map_or("intent", |ended| ended.state),
            ":intent": intent,
            ":intent_blob": intent_blob,
            ":worst": self.worst,
            ":worst_tokens": self.worst_tokens,
            ":worst_output": self.worst_output,
            ":role": self.role,
            ":model": self.model,
            ":part": self.part,
            ":at": self.at,
            ":result": result,
            ":result_blob": result_blob,
            ":usage": ended.and_then(|ended| ended.usage.as_deref()),
            ":cost": ended.and_then(|ended| ended.cost),
            ":ended_at": ended.map(|ended| ended.at),
        })?;
        if changed == 0 { Err(answered(&self.run, &self.key).into()) } else { Ok(()) }
    }
}

/// Adds what another request of a call may cost and use; a model without a price costs nobody knows what.
pub(super) fn again(
    connection: &Connection,
    run: &RunId,
    key: &EffectKey,
    worst_cost: Option<Money>,
    bound: Bound,
) -> Worked<()> {
    let (cost, tokens, output) = (nanos(worst_cost), int(bound.total()), int(bound.output_tokens));
    let row = (run.as_str(), key.frame.as_str(), &key.hash, key.occurrence, cost, tokens, output);
    connection.prepare_cached(AGAIN)?.execute(row)?;
    Ok(())
}

/// Notes the provider's id of a request; of a call that has ended meanwhile nobody needs it.
pub(super) fn provider(
    connection: &Connection,
    run: &RunId,
    key: &EffectKey,
    (request, id): (usize, &str),
) -> Worked<()> {
    let row = (run.as_str(), key.frame.as_str(), &key.hash, key.occurrence);
    let known = connection.prepare_cached(PROVIDERS)?.query_row(row, |row| row.get(0)).optional()?;
    let Some(known) = known else { return Ok(()) };
    let mut ids = ids(known);
    // A later id of the same request is the better one; a request before it may have none.
    ids.resize(request.saturating_sub(1), String::new());
    ids.push(id.to_owned());
    let row = (row.0, row.1, row.2, row.3, text(&ids)?);
    connection.prepare_cached(PROVIDER)?.execute(row)?;
    Ok(())
}

/// The ids of a call's requests, empty where one has none; earlier versions kept that of the last one, as it is.
pub(super) fn ids(stored: Option<String>) -> Vec<String> {
    let one = |stored: String| serde_json::from_str(&stored).unwrap_or_else(|_| vec![stored]);
    stored.map(one).unwrap_or_default()
}

/// A result on its way to the disk.
pub(super) struct Ended {
    run: RunId,
    key: EffectKey,
    /// The state that it has before.
    from: &'static str,
    state: &'static str,
    result: Encoded,
    usage: Option<String>,
    cost: Option<i64>,
    at: i64,
}

impl Ended {
    pub(super) fn of(run: &RunId, key: &EffectKey, end: EffectEnd<'_>) -> Outcome<Self> {
        let (state, result) = match end.result {
            Ok(text) => ("done", Encoded::of_text(text)),
            Err(failure) => ("failed", Encoded::of(failure)?),
        };
        Ok(Self {
            run: run.clone(),
            key: key.clone(),
            from: "intent",
            state,
            result,
            usage: end.usage.as_ref().map(text).transpose()?,
            cost: nanos(end.cost),
            at: int(end.at),
        })
    }

    /// The end of an effect that had ended well.
    pub(super) fn after_all(self) -> Self {
        Self { from: "done", ..self }
    }

    pub(super) fn store(&self, connection: &Connection) -> Worked<()> {
        let (result, result_blob) = self.result.columns(connection)?;
        let changed = connection.prepare_cached(END)?.execute(named_params! {
            ":from": self.from,
            ":state": self.state,
            ":result": result,
            ":result_blob": result_blob,
            ":usage": self.usage,
            ":cost": self.cost,
            ":at": self.at,
            ":run": self.run.as_str(),
            ":frame": self.key.frame.as_str(),
            ":hash": self.key.hash,
            ":occurrence": self.key.occurrence,
        })?;
        if changed == 1 { Ok(()) } else { Err(self.refusal(connection)?.into()) }
    }

    fn refusal(&self, connection: &Connection) -> Worked<Failure> {
        let key = (self.run.as_str(), self.key.frame.as_str(), &self.key.hash, self.key.occurrence);
        let state: Option<String> = connection.prepare_cached(STATE)?.query_row(key, |row| row.get(0)).optional()?;
        Ok(match state {
            Some(_) => answered(&self.run, &self.key),
            None => Failure::new(
                FailureKind::Internal,
                format!("an effect in {} of run {} ended without having begun", self.key.frame, self.run),
            ),
        })
    }
}

fn answered(run: &RunId, key: &EffectKey) -> Failure {
    Failure::new(FailureKind::Replay, format!("an effect in {} of run {run} has been answered already", key.frame))
        .hint("another process may be working on the same run; `rhizo runs show` tells")
}

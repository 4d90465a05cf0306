//! A person's word on an effect: the answer to a question, or what became of a call that was under way when its process
//! died.

use crate::core::effect::EffectKind;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::core::money::Money;
use crate::core::usage::Usage;
use crate::store::charged::{EARLIER, EARLIER_INPUT, EARLIER_OUTPUT, LAST, LAST_INPUT, LAST_OUTPUT, correct};
use crate::store::effects::{EffectRow, EffectState};
use crate::store::fault::Worked;
use crate::store::liveness::{Liveness, Process};
use crate::store::open::Store;
use crate::store::rows::{MOST_NANOS, MOST_TOKENS, int, nanos, text};
use crate::store::unused;
use crate::store::value::Encoded;
use crate::store::writer::Ack;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};

/// The detail of an effect that is to be made again whose last attempt is charged at its worst case among the earlier ones.
pub const AT_WORST: &str = "at_worst";

/// What a person says of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// It answered this.
    Value(Value),
    /// It is to be made again.
    Repeat,
    /// It cost this, and its answer is lost: it is to be made again.
    Cost {
        /// What it cost.
        cost: Money,
        /// Tokens used; `None` leaves them as they are charged.
        usage: Option<Usage>,
    },
    /// Its provider still has its answer.
    Answer {
        /// The answer, as the call would have logged it.
        value: Value,
        /// Tokens used.
        usage: Usage,
        /// What it cost; `None` for what has no price.
        cost: Option<Money>,
    },
}

/// What a settlement leaves in the log.
struct Settled {
    state: &'static str,
    result: Encoded,
    used: Option<Usage>,
    usage: Option<String>,
    cost: Option<Money>,
}

impl Settled {
    fn of(settlement: &Settlement) -> Outcome<Self> {
        let again = json!({"kind": "cancelled", "message": "a person settled that it is to be made again",
            "details": {"settled": true}});
        let (state, value, used, cost) = match settlement {
            Settlement::Value(value) => ("done", value, None, None),
            Settlement::Repeat => ("failed", &again, None, None),
            Settlement::Cost { cost, usage } => ("failed", &again, *usage, Some(*cost)),
            Settlement::Answer { value, usage, cost } => ("done", value, Some(*usage), *cost),
        };
        can_be(cost.unwrap_or_default(), used.as_ref())?;
        let usage = used.as_ref().map(text).transpose()?;
        Ok(Self { state, result: Encoded::of(value)?, used, usage, cost })
    }
}

/// Refuses what no call costs or uses: it would stand in the sums of the run, and in those of all runs around it.
fn can_be(cost: Money, used: Option<&Usage>) -> Outcome<()> {
    let most = Money::from_nanos(MOST_NANOS.unsigned_abs());
    if cost > most {
        let what = format!("{cost} is more than {most}, and no call costs that much");
        return Err(Failure::new(FailureKind::Invalid, what).hint("the amount is in USD; write it as 0.0123"));
    }
    match used.map(Usage::total).filter(|tokens| *tokens > MOST_TOKENS) {
        Some(tokens) => {
            let what = format!("{tokens} tokens are more than {MOST_TOKENS}, and no call uses that many");
            Err(Failure::new(FailureKind::Invalid, what)
                .hint("those of the prompt come first, then those of the answer"))
        }
        None => Ok(()),
    }
}

impl Store {
    /// Settles the effect with this number in its run.
    ///
    /// Fails with `NotFound` if there is none, with `Invalid` if it has an answer that was used already, or for a cost that no call has, and
    /// with `Denied` if a process works on the run, or may: `force` says that one of which nobody can tell is gone.
    pub fn settle_effect(&self, run: &RunId, seq: u64, settlement: &Settlement, at: u64, force: bool) -> Ack<()> {
        let (settled, run) = match Settled::of(settlement) {
            Ok(settled) => (settled, run.clone()),
            Err(failure) => return Ack::ready(Err(failure)),
        };
        let work = move |connection: &Connection| {
            is_at_rest(connection, &run, force)?;
            settle(connection, &run, seq, &settled, at)
        };
        self.writer().write(work, |()| {})
    }

    /// Sets what the earlier attempts of an effect cost whose end nobody knew, and what they used if that is known, in place of
    /// their worst case or of what a person said before.
    ///
    /// Fails with `Invalid` if it has none, or for what no call costs or uses, and likewise with `Denied`.
    pub fn settle_earlier(&self, run: &RunId, seq: u64, said: (Money, Option<Usage>), force: bool) -> Ack<()> {
        if let Err(failure) = can_be(said.0, said.1.as_ref()) {
            return Ack::ready(Err(failure));
        }
        let run = run.clone();
        let work = move |connection: &Connection| {
            is_at_rest(connection, &run, force)?;
            earlier(connection, &run, seq, said)
        };
        self.writer().write(work, |()| {})
    }

    /// The one effect of a run that a person means (`EffectRow::is_called`); without a name the only one.
    ///
    /// Fails with `NotFound` if there is none among those without an answer, or with an attempt before it whose end nobody
    /// knows, or more than one. Behind these stand effects with an attempt before the last of which a person said what above 0 it
    /// cost.
    pub fn open_effect(&self, run: &RunId, named: Option<&str>, only: Option<EffectKind>) -> Outcome<EffectRow> {
        let open = |effect: &EffectRow| {
            // A choice asked nobody, so there is nothing to settle.
            let is_asked = effect.kind != EffectKind::Decision;
            let unknown = is_asked && effect.state != EffectState::Done || effect.unknown_calls > 0;
            unknown && only.is_none_or(|kind| effect.kind == kind)
        };
        let (mut all, rest): (Vec<EffectRow>, Vec<EffectRow>) = self.effects(run)?.into_iter().partition(open);
        let what = only.map_or("effect without an answer", |kind| {
            if kind == EffectKind::Person { "open question" } else { "open effect" }
        });
        let listed: Vec<String> = all.iter().map(|e| format!("{} ({})", e.seq, e.key.frame)).collect();
        let hint = open_ones(run, &listed, only);
        let is_meant = |effect: &EffectRow| named.is_none_or(|named| effect.is_called(named));
        all.retain(is_meant);
        if all.is_empty() && only.is_none() {
            let is_said = |effect: &EffectRow| effect.unknown_cost > Money::ZERO && is_meant(effect);
            all.extend(rest.into_iter().filter(is_said));
        }
        let told = match (all.len(), all.pop(), named) {
            (1, Some(effect), _) => return Ok(effect),
            (0, _, None) | (_, None, None) => format!("run {run} has no {what}"),
            (0, _, Some(named)) | (_, None, Some(named)) => format!("run {run} has no {what} `{named}`"),
            (_, _, None) => format!("run {run} has more than one {what}"),
            (_, _, Some(named)) => format!("more than one {what} of run {run} is called `{named}`"),
        };
        Err(Failure::new(FailureKind::NotFound, told).hint(hint))
    }
}

/// What a person may have meant; where no question is open, other effects may be, and those of child runs.
fn open_ones(run: &RunId, listed: &[String], only: Option<EffectKind>) -> String {
    match only {
        _ if !listed.is_empty() => format!("there are: {}", listed.join(", ")),
        None => format!("everything in it has its answer; `rhizo runs show {run} --all` lists what it asked"),
        Some(_) => format!("`rhizo runs show {run}` lists what is open, also in its child runs"),
    }
}

/// Nobody settles what a process is at work on.
fn is_at_rest(connection: &Connection, run: &RunId, force: bool) -> Worked<()> {
    let process = connection
        .prepare_cached("SELECT pid, process FROM runs WHERE id = ?1 AND status = 'running'")?
        .query_row([run.as_str()], |row| Ok(Process { pid: row.get(0)?, mark: row.get(1)? }))
        .optional()?;
    match process.map(|process| (process.liveness(), process)) {
        Some((Liveness::Alive, _)) => {
            let what = format!("run {run} is at work, and will hear its answers itself");
            Err(Failure::new(FailureKind::Denied, what).hint("wait until it has ended, or end it first").into())
        }
        Some((Liveness::Unknown, process)) if !force => Err(process.untold(run).into()),
        _ => Ok(()),
    }
}

/// What was said stays beside the count of none, so that a slip can be corrected; a 0 cannot be told from nothing said.
fn earlier(connection: &Connection, run: &RunId, seq: u64, (cost, used): (Money, Option<Usage>)) -> Worked<()> {
    correct(connection, (run, seq), cost.nanos(), &EARLIER)?;
    if let Some(used) = &used {
        correct(connection, (run, seq), used.input_tokens, &EARLIER_INPUT)?;
        correct(connection, (run, seq), used.output_tokens, &EARLIER_OUTPUT)?;
    }
    let (tokens, output) = (used.map(|used| int(used.total())), used.map(|used| int(used.output_tokens)));
    let changed = connection
        .prepare_cached(
            "UPDATE effects SET earlier_nanos = CAST(earlier_nanos - unknown_nanos + ?3 AS INTEGER), unknown_nanos = ?3,
                unknown_calls = 0,
                earlier_estimated = max(0, earlier_estimated - iif(?4 IS NULL, 0, unknown_calls)),
                earlier_tokens = CAST(max(0, earlier_tokens - unknown_tokens + coalesce(?4, unknown_tokens)) AS INTEGER),
                earlier_output = CAST(max(0, earlier_output - unknown_output + coalesce(?5, unknown_output)) AS INTEGER),
                unknown_tokens = coalesce(?4, unknown_tokens), unknown_output = coalesce(?5, unknown_output)
             WHERE run = ?1 AND seq = ?2 AND (unknown_calls > 0 OR unknown_nanos > 0)",
        )?
        .execute((run.as_str(), int(seq), int(cost.nanos()), tokens, output))?;
    if changed == 1 {
        return Ok(());
    }
    let what = format!("no attempt of effect {seq} of run {run} has an end that nobody knows");
    Err(Failure::new(FailureKind::Invalid, what).hint(format!("`rhizo runs show {run}` lists those")).into())
}

/// An attempt under way that is to be made again becomes one before the last, whose end nobody knows: as if the run had gone
/// on without a word. `at_worst` says that it may still be settled otherwise.
const SET_ASIDE: &str = "
UPDATE effects SET state = 'failed', result = '{\"details\":{\"at_worst\":true}}', cost_nanos = NULL, usage = NULL,
    earlier_nanos = CAST(earlier_nanos + coalesce(worst_nanos, 0) AS INTEGER),
    earlier_tokens = CAST(earlier_tokens + worst_tokens AS INTEGER),
    earlier_output = CAST(earlier_output + worst_output AS INTEGER),
    earlier_estimated = earlier_estimated + (worst_tokens > 0),
    unknown_calls = unknown_calls + (coalesce(worst_nanos, 0) > 0),
    unknown_nanos = CASE WHEN coalesce(worst_nanos, 0) = 0 THEN unknown_nanos
        ELSE CAST(worst_nanos + CASE WHEN unknown_calls > 0 THEN unknown_nanos ELSE 0 END AS INTEGER) END,
    unknown_tokens = CASE WHEN coalesce(worst_nanos, 0) = 0 THEN unknown_tokens
        ELSE CAST(worst_tokens + CASE WHEN unknown_calls > 0 THEN unknown_tokens ELSE 0 END AS INTEGER) END,
    unknown_output = CASE WHEN coalesce(worst_nanos, 0) = 0 THEN unknown_output
        ELSE CAST(worst_output + CASE WHEN unknown_calls > 0 THEN unknown_output ELSE 0 END AS INTEGER) END
WHERE run = ?1 AND seq = ?2 AND state = 'intent'";

/// Undoes that, for another word.
const TAKEN_UP: &str = "
UPDATE effects SET state = 'intent', result = NULL, ended_at = NULL,
    earlier_nanos = max(0, earlier_nanos - coalesce(worst_nanos, 0)),
    earlier_tokens = max(0, earlier_tokens - worst_tokens),
    earlier_output = max(0, earlier_output - worst_output),
    earlier_estimated = max(0, earlier_estimated - (worst_tokens > 0)),
    unknown_calls = unknown_calls - (coalesce(worst_nanos, 0) > 0),
    unknown_nanos = max(0, unknown_nanos - coalesce(worst_nanos, 0)),
    unknown_tokens = max(0, unknown_tokens - CASE WHEN worst_nanos > 0 THEN worst_tokens ELSE 0 END),
    unknown_output = max(0, unknown_output - CASE WHEN worst_nanos > 0 THEN worst_output ELSE 0 END)
WHERE run = ?1 AND seq = ?2 AND state = 'failed' AND (unknown_calls > 0 OR coalesce(worst_nanos, 0) = 0)
    AND json_extract(CASE WHEN json_valid(result) THEN result END, '$.details.at_worst')";

fn settle(connection: &Connection, run: &RunId, seq: u64, settled: &Settled, at: u64) -> Worked<()> {
    connection.prepare_cached(TAKEN_UP)?.execute((run.as_str(), int(seq)))?;
    unused::take_back(connection, run, seq)?;
    if let Some(cost) = settled.cost {
        correct(connection, (run, seq), cost.nanos(), &LAST)?;
    }
    if let Some(usage) = &settled.used {
        correct(connection, (run, seq), usage.input_tokens, &LAST_INPUT)?;
        correct(connection, (run, seq), usage.output_tokens, &LAST_OUTPUT)?;
    }
    if settled.state == "failed" && settled.cost.is_none() {
        connection.prepare_cached(SET_ASIDE)?.execute((run.as_str(), int(seq)))?;
    }
    let (result, blob) = settled.result.columns(connection)?;
    // What an unanswered call may have cost and used stays charged until somebody says what it did. One that never went out
    // (`unsent`) is still none when it is to be made again.
    let changed = connection
        .prepare_cached(
            "UPDATE effects SET state = ?3, result_blob = ?5, ended_at = ?7,
                result = CASE WHEN state = 'failed' AND ?3 = 'failed' AND ?6 IS NULL
                        AND json_extract(CASE WHEN json_valid(result) THEN result END, '$.details.unsent')
                    THEN json_set(?4, '$.details.unsent', json('true'))
                    WHEN state = 'failed' AND ?3 = 'failed' AND ?6 IS NULL
                        AND json_extract(CASE WHEN json_valid(result) THEN result END, '$.details.at_worst')
                    THEN json_set(?4, '$.details.at_worst', json('true')) ELSE ?4 END,
                cost_nanos = coalesce(?6, cost_nanos, CASE WHEN state = 'intent' THEN worst_nanos END),
                usage = coalesce(?8, usage, CASE WHEN state = 'intent' AND worst_tokens > 0 THEN
                    json_object('input_tokens', worst_tokens - worst_output, 'output_tokens', worst_output,
                        'estimated', json('true')) END)
             WHERE run = ?1 AND seq = ?2 AND state <> 'done'",
        )?
        .execute((run.as_str(), int(seq), settled.state, result, blob, nanos(settled.cost), int(at), &settled.usage))?;
    if changed == 1 {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Invalid, format!("effect {seq} of run {run} has an answer, or does not exist"))
        .hint(format!("`rhizo runs show {run}` lists those without one"))
        .into())
}

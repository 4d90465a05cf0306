//! The table of runs: begun, ended, listed.

pub(super) mod asked;
mod named;
mod unfinished;

use crate::core::effect::EffectKey;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::money::Money;
use crate::core::status::RunStatus;
use crate::store::fault::Worked;
use crate::store::fork;
use crate::store::group::Owner;
use crate::store::liveness::{Liveness, Process};
use crate::store::open::Store;
use crate::store::rows::{int, json, name, nanos, number, optional_number, small, text};
use crate::store::runs::unfinished::{UnderWay, recorded, so_far};
use crate::store::value::{Encoded, StoredValue, stored};
use crate::store::writer::{Ack, Haste};
use rusqlite::{Connection, Row, named_params};
use serde::Serialize;
use serde_json::Value;
use ulid::Ulid;

/// A run that begins.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// Its id, see `new_run_id`.
    pub id: RunId,
    /// The run that started it.
    pub parent: Option<RunId>,
    /// What kind it is: `ask`, `run`, `eval`, `repl`, `child`, ...
    pub kind: String,
    /// What it shall do.
    pub task: String,
    /// The program's version.
    pub version: String,
    /// The settings under which it runs, without keys.
    pub settings: Value,
    /// 0 for a run that a person started.
    pub depth: u32,
    /// Milliseconds since 1970.
    pub started_at: u64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnd {
    /// Its status from now on.
    pub status: RunStatus,
    /// The result document.
    pub result: Option<Value>,
    /// Why it did not complete.
    pub failure: Option<Failure>,
    /// The effects that this comes from: they are made again when the run goes on.
    pub raised: Vec<EffectKey>,
    /// The effects of the log that nobody asked for, by number, where the run had one when it began.
    pub unused: Option<Vec<u64>>,
    /// What it and its children cost; `None` if some of it has no known price.
    pub cost: Option<Money>,
    /// Model calls, children's included.
    pub calls: u64,
    /// Calls that a budget refused, children's included.
    pub refused: u64,
    /// Prompt tokens, children's included.
    pub input_tokens: u64,
    /// Answer tokens, children's included.
    pub output_tokens: u64,
    /// Milliseconds since 1970.
    pub ended_at: u64,
}

/// A run as the store knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// The run that started it.
    pub parent: Option<RunId>,
    /// What kind it is.
    pub kind: String,
    /// The recorded status; see `shown_status`.
    pub status: RunStatus,
    /// What is known of its process.
    pub liveness: Liveness,
    /// What it shall do.
    pub task: String,
    /// The program's version.
    pub version: String,
    /// 0 for a run that a person started.
    pub depth: u32,
    /// The settings under which it ran.
    pub settings: Option<StoredValue>,
    /// The result document.
    pub result: Option<StoredValue>,
    /// Why it did not complete.
    pub failure: Option<Failure>,
    /// What it cost, so far if it has not ended; `None` if nothing was asked or some of it has no known price.
    pub cost: Option<Money>,
    /// The calls that are, or were when its process died, under way; they are among the `calls`.
    pub under_way: Option<UnderWay>,
    /// Model calls.
    pub calls: u64,
    /// Calls that a budget refused by its end.
    pub refused: u64,
    /// Prompt tokens.
    pub input_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// Milliseconds since 1970.
    pub started_at: u64,
    /// Milliseconds since 1970.
    pub ended_at: Option<u64>,
    /// The process that works or worked on it.
    pub pid: u32,
}

/// Which runs to list; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Leaves out child runs.
    pub top_level: bool,
    /// Only this kind.
    pub kind: Option<String>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// A new id for a run that begins at `at`, in milliseconds since 1970; ids sort by this time.
pub fn new_run_id(at: u64) -> RunId {
    RunId::new(Ulid::from_parts(at, Ulid::generate().random()).to_string())
}

impl Store {
    /// Records that a run has begun in this process; answers its id once it is on disk.
    pub fn begin_run(&self, run: NewRun) -> Ack<RunId> {
        let settings = match Encoded::of(&run.settings) {
            Ok(settings) => settings,
            Err(failure) => return Ack::ready(Err(failure)),
        };
        let process = Process::own();
        self.writer().write_in(
            Haste::WithOthers,
            move |connection| insert(connection, &run, &settings, &process),
            |_| {},
        )
    }

    /// Records how a run ended. Its answer is paid, so it waits like a result while another process keeps the store locked.
    ///
    /// Fails with `NotFound` if there is no such run.
    pub fn end_run(&self, id: &RunId, end: RunEnd) -> Ack<()> {
        let encoded = end.result.as_ref().map_or(Ok(Encoded::Absent), Encoded::of);
        let failure = end.failure.as_ref().map(text).transpose();
        let (result, failure) = match (encoded, failure) {
            (Ok(result), Ok(failure)) => (result, failure),
            (Err(failure), _) | (_, Err(failure)) => return Ack::ready(Err(failure)),
        };
        let id = id.clone();
        let owner = Owner { run: id.clone(), frame: Frame::root(), at: end.ended_at, is_patient: true };
        let work = move |connection: &Connection| update(connection, &id, &end, &result, failure.as_deref());
        self.writer().write_result(Haste::Now, owner, work)
    }

    /// The runs that pass the filter, newest first: by when they were recorded, which no clock that was wrong changes.
    pub fn runs(&self, filter: &RunFilter) -> Outcome<Vec<RunRow>> {
        let sql = "SELECT * FROM runs WHERE (NOT ?1 OR parent IS NULL) AND (?2 IS NULL OR kind = ?2)
                   ORDER BY rowid DESC LIMIT ?3";
        let limit = filter.limit.map_or(-1, i64::from);
        self.read(|connection| {
            let mut query = connection.prepare_cached(sql)?;
            let rows = query.query((filter.top_level, filter.kind.as_deref(), limit))?;
            self.readable(rows, |row| run_row(connection, row))
        })
    }

    /// What a run cost, for people who look at a list: that its effects cannot be read is noted, and hides no other run.
    pub fn listed_cost(&self, row: &RunRow) -> String {
        self.shown_cost(row).unwrap_or_else(|failure| {
            self.note(failure);
            "unknown".to_owned()
        })
    }

    /// The runs that this one started, oldest first.
    pub fn children(&self, id: &RunId) -> Outcome<Vec<RunRow>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT * FROM runs WHERE parent = ?1 ORDER BY rowid")?;
            self.readable(query.query([id.as_str()])?, |row| run_row(connection, row))
        })
    }
}

fn insert(connection: &Connection, run: &NewRun, settings: &Encoded, process: &Process) -> Worked<RunId> {
    let (settings, settings_blob) = settings.columns(connection)?;
    connection
        .prepare_cached(
            "INSERT INTO runs (id, parent, kind, status, task, version, depth, settings, settings_blob, started_at, pid,
             process) VALUES (:id, :parent, :kind, :status, :task, :version, :depth, :settings, :settings_blob,
             :started_at, :pid, :process)",
        )?
        .execute(named_params! {
            ":id": run.id.as_str(),
            ":parent": run.parent.as_ref().map(RunId::as_str),
            ":kind": run.kind,
            ":status": RunStatus::Running.name(),
            ":task": run.task,
            ":version": run.version,
            ":depth": run.depth,
            ":settings": settings,
            ":settings_blob": settings_blob,
            ":started_at": int(run.started_at),
            ":pid": process.pid,
            ":process": process.mark,
        })?;
    Ok(run.id.clone())
}

fn update(connection: &Connection, id: &RunId, end: &RunEnd, result: &Encoded, failure: Option<&str>) -> Worked<()> {
    let (result, result_blob) = result.columns(connection)?;
    let changed = connection
        .prepare_cached(
            "UPDATE runs SET status = :status, result = :result, result_blob = :result_blob, failure = :failure,
             cost_nanos = :cost, calls = :calls, refused = :refused, input_tokens = :input, output_tokens = :output,
             ended_at = :ended_at WHERE id = :id",
        )?
        .execute(named_params! {
            ":status": end.status.name(),
            ":result": result,
            ":result_blob": result_blob,
            ":failure": failure,
            ":cost": nanos(end.cost),
            ":calls": int(end.calls),
            ":refused": int(end.refused),
            ":input": int(end.input_tokens),
            ":output": int(end.output_tokens),
            ":ended_at": int(end.ended_at),
            ":id": id.as_str(),
        })?;
    match changed {
        0 => Err(Failure::new(FailureKind::NotFound, format!("there is no run `{id}` to end")).into()),
        _ => {
            end.unused.as_ref().map_or(Ok(()), |unused| fork::note_unused(connection, id, unused))?;
            end.raised.iter().try_for_each(|key| raise(connection, id, key))
        }
    }
}

fn raise(connection: &Connection, id: &RunId, key: &EffectKey) -> Worked<()> {
    connection
        .prepare_cached(
            "UPDATE effects SET raised = 1 WHERE run = ?1 AND frame = ?2 AND hash = ?3 AND occurrence = ?4",
        )?
        .execute((id.as_str(), key.frame.as_str(), &key.hash, key.occurrence))?;
    Ok(())
}

pub(super) fn run_row(connection: &Connection, row: &Row<'_>) -> Worked<RunRow> {
    let status = name(row, "status")?;
    let process = Process { pid: small(row, "pid")?, mark: row.get("process")? };
    let liveness = if status == RunStatus::Running { process.liveness() } else { Liveness::Ended };
    let id = RunId::new(row.get::<_, String>("id")?);
    let used = if status == RunStatus::Running { so_far(connection, &id)? } else { recorded(row)? };
    Ok(RunRow {
        id,
        parent: row.get::<_, Option<String>>("parent")?.map(RunId::new),
        kind: row.get("kind")?,
        status,
        liveness,
        task: row.get("task")?,
        version: row.get("version")?,
        depth: small(row, "depth")?,
        settings: stored(connection, row, "settings")?,
        result: stored(connection, row, "result")?,
        failure: json(row, "failure")?,
        cost: used.cost,
        under_way: used.under_way,
        calls: used.calls,
        refused: number(row, "refused")?,
        input_tokens: used.input_tokens,
        output_tokens: used.output_tokens,
        started_at: number(row, "started_at")?,
        ended_at: optional_number(row, "ended_at")?,
        pid: process.pid,
    })
}

#[cfg(test)]
pub(in crate::store) mod tests;

//! The log of events: numbered within their run, so that a viewer can join at any point.

use crate::core::event::{Event, EventRecord};
use crate::core::failure::Outcome;
use crate::core::ids::{Frame, RunId};
use crate::store::bus;
use crate::store::fault::Worked;
use crate::store::group::Owner;
use crate::store::open::Store;
use crate::store::rows::{collect, int, number};
use crate::store::value::{Encoded, body};
use crate::store::writer::{Ack, Haste};
use rusqlite::{Connection, Row};
use serde_json::Value;

/// Two statements: one that answers the number that it gave opens a table and a journal of its own for that.
const NEXT: &str = "SELECT coalesce(max(seq), 0) + 1 FROM events WHERE run = ?1";
const APPEND: &str = "INSERT INTO events (run, seq, at, frame, body, body_blob) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

impl Store {
    /// Appends an event at `at`, in milliseconds since 1970, and shows it on the live bus once it is on disk.
    ///
    /// Answers its number in the run, from 1; 0 for an event that is only shown. Order is kept between both sorts.
    pub fn append(&self, run: &RunId, at: u64, frame: &Frame, event: &Event) -> Ack<u64> {
        let mut record = EventRecord { run: run.clone(), seq: 0, at, frame: frame.clone(), event: event.clone() };
        let bus = self.bus().clone();
        if !is_stored(event) {
            return self.writer().then(Haste::WithOthers, move |_| {
                bus::publish(&bus, record);
                Ok(0)
            });
        }
        let (run, frame) = (run.clone(), frame.clone());
        match Encoded::of(event) {
            // As patient as results: a run whose answers are all there has not failed for what was told meanwhile.
            Ok(event) => self.writer().hand_over(
                Haste::WithOthers,
                Some(Owner { run: run.clone(), frame: frame.clone(), at, is_patient: true }),
                move |connection| insert(connection, &run, at, &frame, &event),
                move |seq| {
                    record.seq = *seq;
                    bus::publish(&bus, record);
                },
            ),
            Err(failure) => Ack::ready(Err(failure)),
        }
    }

    /// The stored events of a run after number `after`, oldest first; 0 for all.
    pub fn events(&self, run: &RunId, after: u64) -> Outcome<Vec<EventRecord>> {
        self.read(|connection| {
            let mut query =
                connection.prepare_cached("SELECT * FROM events WHERE run = ?1 AND seq > ?2 ORDER BY seq")?;
            collect(query.query((run.as_str(), int(after)))?, |row| event_record(connection, run, row))
        })
    }

    /// What `read` makes of the newest event that it takes, among those in which `text` stands of runs that judge the
    /// intention of a pipeline.
    pub fn judged<T>(&self, text: &str, read: impl Fn(Event) -> Option<T>) -> Outcome<Option<T>> {
        // Named as in the index of these runs, without which all runs would be read. A long event stands elsewhere.
        let sql = "SELECT e.* FROM runs AS r CROSS JOIN events AS e ON e.run = r.id
             WHERE r.kind = 'intention' AND (e.body IS NULL OR instr(e.body, ?1) > 0)
             ORDER BY r.rowid DESC, e.seq DESC";
        self.read(|connection| {
            let mut query = connection.prepare_cached(sql)?;
            let mut rows = query.query([text])?;
            while let Some(row) = rows.next()? {
                let run = RunId::new(row.get::<_, String>("run")?);
                if let Some(found) = read(event_record(connection, &run, row)?.event) {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    }
}

const fn is_stored(event: &Event) -> bool {
    !matches!(event, Event::ModelText { .. } | Event::BatchProgress { .. })
}

fn insert(connection: &Connection, run: &RunId, at: u64, frame: &Frame, event: &Encoded) -> Worked<u64> {
    let (body, blob) = event.columns(connection)?;
    let seq: i64 = connection.prepare_cached(NEXT)?.query_row([run.as_str()], |row| row.get(0))?;
    let row = (run.as_str(), seq, int(at), frame.as_str(), body, blob);
    connection.prepare_cached(APPEND)?.execute(row)?;
    Ok(u64::try_from(seq).unwrap_or_default())
}

pub(super) fn event_record(connection: &Connection, run: &RunId, row: &Row<'_>) -> Worked<EventRecord> {
    Ok(EventRecord {
        run: run.clone(),
        seq: number(row, "seq")?,
        at: number(row, "at")?,
        frame: serde_json::from_value(Value::String(row.get("frame")?))?,
        event: serde_json::from_slice(&body(connection, row, "body")?)?,
    })
}

#[cfg(test)]
mod tests;

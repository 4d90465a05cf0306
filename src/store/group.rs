//! Group commit: many jobs, one transaction; a job that fails alone takes no other with it.

use crate::core::event::{Event, EventRecord};
use crate::core::failure::Outcome;
use crate::core::ids::{Frame, RunId};
use crate::store::bus;
use crate::store::fault::{Fault, Worked};
use crate::store::queue::Queue;
use crate::store::writer::{Job, Tally};
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// How long results wait for another process: giving the room of a large store back takes minutes.
const PATIENCE: Duration = Duration::from_secs(300);
/// The pause between two tries, each of which waits by itself.
const PAUSE: Duration = Duration::from_millis(20);
/// How many tries the usual wait has. After the first one in vain, which takes a second, a person is told.
pub(super) const TRIES: u32 = 10;

/// Whose result, event or intent a write holds: who looks at that run is told what it waits for.
#[derive(Debug)]
pub(super) struct Owner {
    /// The run.
    pub(super) run: RunId,
    /// Where in it.
    pub(super) frame: Frame,
    /// Milliseconds since 1970.
    pub(super) at: u64,
    /// Whether it is paid, and not given up because another process keeps the file for long.
    pub(super) is_patient: bool,
}

/// What the writing thread has at hand beside its connection.
pub(super) struct Desk {
    /// The file.
    pub(super) path: PathBuf,
    /// Where the jobs come from.
    pub(super) queue: Arc<Queue>,
    /// What is told outside of acks.
    pub(super) tally: Arc<Tally>,
    /// Who looks on.
    bus: broadcast::Sender<Arc<EventRecord>>,
    /// How long most writes wait for another process.
    pub(super) patience: Duration,
}

impl Desk {
    /// The desk of a store's file.
    pub(super) fn new(path: &Path, bus: broadcast::Sender<Arc<EventRecord>>, patience: Duration) -> Self {
        Self { path: path.to_owned(), queue: Arc::default(), tally: Arc::default(), bus, patience }
    }

    /// Says why an answer that has come is not seen yet, or why a call does not go out. It cannot be stored meanwhile,
    /// so it is only shown.
    fn tell(&self, owner: &Owner) {
        let Owner { run, frame, at, is_patient } = owner;
        let (who, most) = if *is_patient {
            ("answers", format!("{} minutes", PATIENCE.as_secs() / 60))
        } else {
            ("calls", format!("{} seconds", self.patience.as_secs()))
        };
        let text = format!("the store is locked by another process; {who} wait for it, up to {most}");
        let (run, frame, event) = (run.clone(), frame.clone(), Event::Note { text });
        bus::publish(&self.bus, EventRecord { run, seq: 0, at: *at, frame, event });
    }
}

/// Commits the jobs and tells their callers, in order.
///
/// If the group as a whole cannot be committed (the disk is full), each job is tried alone, so that one value that
/// is too large does not lose the others. While another process keeps the file all of them wait for
/// some seconds; with a result among them, for minutes.
pub(super) fn commit(connection: &mut Connection, mut jobs: Vec<Box<dyn Job>>, desk: &Desk) {
    match patiently(connection, &mut jobs, desk) {
        Ok(outcomes) => jobs.into_iter().zip(outcomes).for_each(|(job, outcome)| job.tell(outcome, &desk.tally)),
        Err(fault) if jobs.len() == 1 || fault.is_busy() => {
            let failure = fault.about(&desk.path);
            for job in jobs {
                let outcome = if job.writes() { Err(failure.clone()) } else { Ok(()) };
                job.tell(outcome, &desk.tally);
            }
        }
        Err(_) => jobs.into_iter().for_each(|job| commit(connection, vec![job], desk)),
    }
}

/// Tries again while another process keeps the file, and says so once; for results it does so longer, if the store
/// stays open.
fn patiently(connection: &mut Connection, jobs: &mut [Box<dyn Job>], desk: &Desk) -> Worked<Vec<Outcome<()>>> {
    let (begun, mut told) = (Instant::now(), false);
    loop {
        let done = transact(connection, jobs, &desk.path, &desk.tally);
        if !done.as_ref().is_err_and(Fault::is_busy) {
            return done;
        }
        let owner = jobs.iter().filter_map(|job| job.owner()).max_by_key(|owner| owner.is_patient);
        if let Some(owner) = owner
            && !std::mem::replace(&mut told, true)
        {
            desk.tell(owner);
        }
        let (waited, closes) = (begun.elapsed(), desk.queue.closes_within(PAUSE));
        let is_patient = owner.is_some_and(|owner| owner.is_patient) && !closes;
        let most = if is_patient { PATIENCE } else { desk.patience };
        if waited >= most {
            return done;
        }
    }
}

fn transact(
    connection: &mut Connection,
    jobs: &mut [Box<dyn Job>],
    path: &Path,
    tally: &Tally,
) -> Worked<Vec<Outcome<()>>> {
    if !jobs.iter().any(|job| job.writes()) {
        return Ok(jobs.iter().map(|_| Ok(())).collect());
    }
    // Savepoints copy each page that a job changes; they are made only where one of the jobs fails.
    let outcomes = match together(connection, jobs) {
        Ok(()) => jobs.iter().map(|_| Ok(())).collect(),
        Err(fault) if fault.is_busy() || is_refusal(jobs, &fault) => return Err(fault),
        Err(_) => apart(connection, jobs, path)?,
    };
    tally.commits.fetch_add(1, Ordering::Relaxed);
    Ok(outcomes)
}

/// Whether a job that is alone was refused by this program, which it would be again.
fn is_refusal(jobs: &[Box<dyn Job>], fault: &Fault) -> bool {
    jobs.len() == 1 && matches!(fault, Fault::Told(_))
}

/// All jobs or none of them.
fn together(connection: &mut Connection, jobs: &mut [Box<dyn Job>]) -> Worked<()> {
    // Dropped without a commit it rolls back.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    jobs.iter_mut().filter(|job| job.writes()).try_for_each(|job| job.apply(&transaction))?;
    Ok(transaction.commit()?)
}

/// The jobs that can be done, whatever becomes of the others.
fn apart(connection: &mut Connection, jobs: &mut [Box<dyn Job>], path: &Path) -> Worked<Vec<Outcome<()>>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs.iter_mut() {
        outcomes.push(if job.writes() { attempt(&transaction, job.as_mut(), path)? } else { Ok(()) });
    }
    transaction.commit()?;
    Ok(outcomes)
}

/// One job in a savepoint of its own: the inner result is the job's, the outer one the transaction's.
fn attempt(connection: &Connection, job: &mut dyn Job, path: &Path) -> Worked<Outcome<()>> {
    connection.prepare_cached("SAVEPOINT job")?.execute(())?;
    match job.apply(connection) {
        Ok(()) => {
            connection.prepare_cached("RELEASE job")?.execute(())?;
            Ok(Ok(()))
        }
        // SQLite has rolled the whole transaction back (full disk, broken file).
        Err(fault) if connection.is_autocommit() => Err(fault),
        Err(fault) => {
            connection.prepare_cached("ROLLBACK TO job")?.execute(())?;
            connection.prepare_cached("RELEASE job")?.execute(())?;
            Ok(Err(fault.about(path)))
        }
    }
}

//! Group commit: many jobs, one transaction; a job that fails alone takes no other with it.

use crate::core::failure::Outcome;
use crate::store::fault::Worked;
use crate::store::writer::{Job, Tally};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::sync::atomic::Ordering;

/// Commits the jobs and tells their callers, in order.
///
/// If the group as a whole cannot be committed (the disk is full), each job is tried alone, so that one value that
/// is too large does not lose the others. A lock of another process is not tried again: the wait for it was long.
pub(super) fn commit(connection: &mut Connection, mut jobs: Vec<Box<dyn Job>>, path: &Path, tally: &Tally) {
    match transact(connection, &mut jobs, path, tally) {
        Ok(outcomes) => jobs.into_iter().zip(outcomes).for_each(|(job, outcome)| job.tell(outcome, tally)),
        Err(fault) if jobs.len() == 1 || fault.is_busy() => {
            let failure = fault.about(path);
            for job in jobs {
                let outcome = if job.writes() { Err(failure.clone()) } else { Ok(()) };
                job.tell(outcome, tally);
            }
        }
        Err(_) => jobs.into_iter().for_each(|job| commit(connection, vec![job], path, tally)),
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
    // Dropped without a commit it rolls back.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs.iter_mut() {
        outcomes.push(if job.writes() { attempt(&transaction, job.as_mut(), path)? } else { Ok(()) });
    }
    transaction.commit()?;
    tally.commits.fetch_add(1, Ordering::Relaxed);
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

//! A run that goes on, or is looked at again: the same program over the same context, with the answers of its log.

use crate::app::launch::Launch;
use crate::app::run::{Parts, Run};
use crate::context::library::Library;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::kit::Kit;
use crate::host::replay::resume;
use crate::host::replay::{Mode, Replay};
use crate::store::effects::EffectState;
use crate::store::open::Store;
use crate::store::runs::{RunFilter, RunRow};
use std::sync::Arc;

/// The run of this name, if it can go on. The last one is the newest that keeps how it was started, and no session of the
/// REPL where these are not wanted: named by its id one is found all the same, to be refused in words of its own.
///
/// Fails with `NotFound`, or with `Replay` for a child run or one that cannot be started again.
pub fn find(store: &Store, named: &str, sessions: bool) -> Outcome<(RunRow, Launch)> {
    let row = store.run(named)?;
    let fits = |row: &RunRow| sessions || row.kind != "repl";
    if named.trim().eq_ignore_ascii_case("last") && !(fits(&row) && Launch::kept(store, &row)?.is_some()) {
        for row in store.runs(&RunFilter { top_level: true, ..RunFilter::default() })?.into_iter().filter(fits) {
            if let Some(launch) = Launch::kept(store, &row)? {
                return Ok((row, launch));
            }
        }
    }
    if row.parent.is_some() {
        let top = store.top(&row.id)?;
        let what = format!("run {} is a part of run {top} and goes on with it", row.id);
        return Err(Failure::new(FailureKind::Replay, what).hint(format!("name that one: {top}")));
    }
    let launch = Launch::of(store, &row)?;
    Ok((row, launch))
}

/// Goes on with a run in this process: what it was answered is not asked again, and what it has spent counts.
///
/// Fails with `Denied` if another process works on it.
pub async fn again(kit: &Arc<Kit>, row: &RunRow, library: Library, parts: Parts, force: bool) -> Outcome<Run> {
    kit.store.claim_run(&row.id, force).await?;
    let replay = Replay::load(&kit.store, &row.id, Mode::Live)?.after(row);
    let (answers, under_way) = (replay.count(EffectState::Done), replay.count(EffectState::Intent));
    let event = Event::RunResumed { answers, under_way };
    let spent = resume::spent(&kit.store, &row.id)?;
    let run = Run::of(
        kit,
        row.id.clone(),
        (&row.kind, &row.task),
        library,
        Parts { replay: Some(Arc::new(replay)), ..parts },
    );
    run.host.scope.restore(&spent);
    run.host.emit(&Frame::root(), &event);
    Ok(run)
}

/// Looks at a run again without asking anybody or writing anything; `mode` is `Sealed` or `Ahead`.
pub fn sealed(kit: &Arc<Kit>, row: &RunRow, library: Library, parts: Parts, mode: Mode) -> Outcome<Run> {
    let replay = Replay::load(&kit.store, &row.id, mode)?.after(row);
    Ok(Run::of(kit, row.id.clone(), (&row.kind, &row.task), library, Parts { replay: Some(Arc::new(replay)), ..parts }))
}

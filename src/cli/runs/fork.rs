//! `rhizo runs fork`: a new run with the answers of another one up to a point.

use crate::app::build::App;
use crate::app::plan::ANSWERERS;
use crate::app::resume;
use crate::cli::printer::Printer;
use crate::core::event::{Event, EventRecord};
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::core::status::StepOutcome;
use crate::host::past;
use crate::store::effects::{EffectRow, EffectState};
use crate::store::runs::new_run_id;
use clap::Args;
use serde_json::json;
use std::collections::HashSet;

/// Most steps that are named where one is not found.
const NAMED: usize = 20;

/// Arguments of `fork`.
#[derive(Debug, Args)]
pub struct Fork {
    /// The run: `last`, or the beginning or end of its id.
    pub run: String,
    /// The last step that is taken over, itself with it: the number of an effect, a frame, or a part of one (`turn3`, a
    /// step's name); all if it is left out.
    #[arg(long, value_name = "STEP")]
    pub at: Option<String>,
}

/// Runs `fork`.
pub async fn fork(app: &App, printer: &Printer, args: &Fork) -> Outcome<Exit> {
    let store = &app.kit.store;
    let (row, _) = resume::find(store, &args.run)?;
    if row.kind == "repl" {
        return Err(Failure::new(FailureKind::Invalid, "a session of the REPL cannot be forked")
            .hint(format!("rhizo resume {} goes on with it; .save keeps its variables in a file", row.id)));
    }
    let effects = store.effects(&row.id)?;
    let upto = match &args.at {
        None => effects.last().map_or(0, |effect| effect.seq),
        Some(at) => {
            let events = store.events(&row.id, 0)?;
            let found = last_of(&effects, at).or_else(|| last_before_end(&events, &effects, at));
            found.ok_or_else(|| unknown(&row.id, &events, at))?
        }
    };
    let at = (app.kit.clock)();
    let new = new_run_id(at);
    let past = past::gone_past(store, &row.id, upto)?;
    store.fork_run(&row.id, &new, (upto, &past), at).await?;
    let kept = effects.iter().filter(|effect| effect.seq <= upto && is_answer(effect)).count();
    printer.rows(&json!({"run": new, "from": row.id, "at": upto, "answers": kept}), || new.to_string());
    if !printer.json {
        printer.dim(&format!("{kept} answers of {ANSWERERS} are kept of run {}; rhizo resume {new}", row.id));
    }
    Ok(Exit::Ok)
}

/// What `resume --dry-run` counts as replayed.
fn is_answer(effect: &EffectRow) -> bool {
    effect.state == EffectState::Done && !effect.kind.is_reading()
}

/// The number of the last effect at a step.
fn last_of(effects: &[EffectRow], at: &str) -> Option<u64> {
    if let Ok(seq) = at.parse::<u64>() {
        return effects.iter().map(|effect| effect.seq).filter(|known| *known == seq).max();
    }
    effects.iter().filter(|effect| effect.is_called(at)).map(|effect| effect.seq).max()
}

/// The number of the last effect before whatever began only when a step had ended that has none of its own.
fn last_before_end(events: &[EventRecord], effects: &[EffectRow], at: &str) -> Option<u64> {
    let mut told = HashSet::new();
    // A run that goes on tells again what its log answers.
    let ends =
        events.iter().filter(|record| ended(record).is_some_and(|step| step == at || record.frame.as_str() == at));
    let end = ends.filter(|record| told.insert(&record.frame)).map(|record| record.seq).max()?;
    let begun = |is_late: bool| {
        let began = move |record: &&EventRecord| {
            matches!(record.event, Event::StepStarted { .. }) && (record.seq > end) == is_late
        };
        events.iter().filter(began).map(|record| record.frame.as_str())
    };
    let early: HashSet<&str> = begun(false).collect();
    let late: HashSet<&str> = begun(true).filter(|frame| !early.contains(frame)).collect();
    let is_late = |effect: &&EffectRow| {
        let mut around = Some(effect.key.frame.as_str());
        while let Some(frame) = around.filter(|frame| !late.contains(frame)) {
            around = frame.rsplit_once('/').map(|(around, _)| around);
        }
        around.is_some()
    };
    let last = effects.last().map_or(0, |effect| effect.seq);
    Some(effects.iter().find(is_late).map_or(last, |effect| effect.seq.saturating_sub(1)))
}

/// The name of a step that came to its end.
fn ended(record: &EventRecord) -> Option<&str> {
    match &record.event {
        Event::StepFinished { step, outcome: StepOutcome::Ok, .. } => Some(step.as_str()),
        _ => None,
    }
}

fn unknown(run: &RunId, events: &[EventRecord], at: &str) -> Failure {
    let mut steps: Vec<&str> = Vec::new();
    for step in events.iter().filter_map(ended) {
        if !steps.contains(&step) && steps.len() < NAMED {
            steps.push(step);
        }
    }
    let frames = format!("`rhizo runs export {run}` lists the frames of its effects");
    let hint = if steps.is_empty() { frames } else { format!("its steps are {}; {frames}", steps.join(", ")) };
    Failure::new(FailureKind::NotFound, format!("run {run} has no step `{at}`")).hint(hint)
}

//! `rhizo runs fork`: a new run with the answers of another one up to a point.

use crate::app::build::App;
use crate::app::plan::ANSWERERS;
use crate::app::resume;
use crate::cli::printer::Printer;
use crate::cli::runs::beside::{self, Beside, Side};
use crate::cli::runs::{children, reached};
use crate::core::effect::EffectKind;
use crate::core::event::{Event, EventRecord};
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::text::{meant, quoted};
use crate::host::replay::past;
use crate::store::effects::{EffectRow, EffectState};
use crate::store::fork::{Child, Kept};
use crate::store::open::Store;
use crate::store::runs::new_run_id;
use clap::Args;
use indexmap::IndexSet;
use serde_json::json;
use std::collections::HashSet;

/// Most steps that are named.
const NAMED: usize = 20;

/// Arguments of `fork`.
#[derive(Debug, Args)]
pub struct Fork {
    /// The run: `last`, or the beginning or end of its id.
    pub run: String,
    /// The last step that is taken over, itself with it: the number of an effect, a frame, or a part of one (`turn3`, a
    /// step's name, also with its item: `work[a]`; `batch0` or its label for a whole batch); all if it is left out. Of a pipeline also steps, items and branches that do
    /// not come after a named one; of a script what was asked until then, as all that follows may rest on it.
    #[arg(long, value_name = "STEP")]
    pub at: Option<String>,
    /// A step that is left out instead, with what comes after it; of a pipeline all else is taken over, of a script what was asked
    /// before it, as before a number. It may be given several times.
    #[arg(long, value_name = "STEP", conflicts_with = "at")]
    pub before: Vec<String>,
}

impl Fork {
    /// Where it ends; with a `graph` the steps of a pipeline are told apart by that.
    fn point(&self, store: &Store, run: &RunId, effects: &[EffectRow], graph: bool) -> Outcome<Point> {
        match (&self.at, self.before.as_slice()) {
            (Some(at), _) => point(store, run, effects, (at, graph)),
            (None, []) => Ok(Point { upto: last(effects), ..Point::default() }),
            (None, steps) => before(store, run, effects, (steps, graph)),
        }
    }

    /// On which side of the steps that it names.
    fn side(&self) -> Side {
        if self.before.is_empty() { Side::Behind } else { Side::Before }
    }
}

/// Runs `fork`.
pub async fn fork(app: &App, printer: &Printer, args: &Fork) -> Outcome<Exit> {
    let store = &app.kit.store;
    let (row, launch) = resume::find(store, &args.run, false)?;
    if row.kind == "repl" {
        return Err(Failure::new(FailureKind::Invalid, "a session of the REPL cannot be forked")
            .hint(format!("rhizo resume {} goes on with it; .save keeps its variables in a file", row.id)));
    }
    let effects = store.effects(&row.id)?;
    let is_named = args.at.is_some() || !args.before.is_empty();
    let pipeline = is_named.then(|| beside::pipeline(app, &row, &launch)).flatten();
    let point = args.point(store, &row.id, &effects, pipeline.is_some())?;
    let (upto, pipeline) = (point.upto, pipeline.filter(|_| !point.frames.is_empty()));
    let beside = match &pipeline {
        Some(pipeline) => beside::of(&pipeline.block, &effects, (upto, args.side()), &point.frames),
        None => Beside::until(&effects, upto),
    };
    let at = (app.kit.clock)();
    let new = new_run_id(at);
    // A point in time knows nothing of what was asked later; a step that is taken over keeps what the whole run made of it.
    let past = past::gone_past(store, &row.id, |seq| pipeline.is_some() || seq <= upto)?;
    let children = children::begun(store, &effects, |seq| beside.effects.contains(&seq), &past, at)?;
    let taken = Kept { upto, effects: &beside.effects, past: &past, children: &children };
    store.fork_run(&row.id, &new, &taken, at).await?;
    let kept = effects.iter().filter(|effect| beside.effects.contains(&effect.seq) && is_answer(effect)).count();
    let on: Vec<_> = children.iter().map(|child| json!({"from": child.from, "run": child.new})).collect();
    let told = json!({"run": new, "from": row.id, "at": upto, "answers": kept, "children": on});
    printer.rows(&told, || new.to_string());
    if !printer.json {
        point.taken.iter().for_each(|taken| printer.dim(taken));
        told_beside(&beside).iter().for_each(|beside| printer.dim(beside));
        let on = |child: &Child| format!("child run {} had not answered, and goes on as {}", child.from, child.new);
        children.iter().for_each(|child| printer.dim(&on(child)));
        let (kept, are) = (answers(kept), are(kept));
        printer.dim(&format!("{kept} of {ANSWERERS} {are} kept of run {}; rhizo resume {new}", row.id));
        let left = left_of_batch(&effects, upto, &beside).filter(|_| args.side() == Side::Behind);
        left.iter().for_each(|left| printer.dim(left));
    }
    Ok(Exit::Ok)
}

fn told_beside(beside: &Beside) -> Option<String> {
    let steps = (!beside.steps.is_empty()).then(|| listed(beside.steps.iter().map(String::as_str)))?;
    Some(format!("also kept, as they do not come after it: {steps}"))
}

fn answers(count: usize) -> String {
    if count == 1 { "1 answer".to_owned() } else { format!("{count} answers") }
}

const fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// What is not kept of the batch in which a fork ends: its items were asked in the order in which they came to a place.
fn left_of_batch(effects: &[EffectRow], upto: u64, beside: &Beside) -> Option<String> {
    let end = effects.iter().find(|effect| effect.seq == upto)?;
    let batch = batch(end.key.frame.as_str())?;
    let is_left = |effect: &&EffectRow| {
        is_answer(effect) && !beside.effects.contains(&effect.seq) && is_of_batch(effect.key.frame.as_str(), batch)
    };
    let left = effects.iter().filter(is_left).count();
    let all = quoted(batch);
    let told = || format!("{} of {batch} {} not kept; --at {all} keeps all of it", answers(left), are(left));
    (left > 0).then(told)
}

/// The batch that a frame is in, as `root/e1/batch0`.
fn batch(frame: &str) -> Option<&str> {
    let from = frame.rfind("/batch")?;
    let items = frame.get(from..)?.find('[')?;
    frame.get(..from + items)
}

/// Whether a frame is in an item of a batch that is named so: by its frame, or the last part of that.
fn is_of_batch(frame: &str, named: &str) -> bool {
    let item = format!("{named}[");
    let is_batch = named.rsplit('/').next().is_some_and(|part| part.starts_with("batch"));
    is_batch && (frame.starts_with(&item) || frame.split('/').any(|part| part.starts_with(&item)))
}

/// The items of batches that have this label.
fn labelled<'a>(events: &'a [EventRecord], named: &str) -> HashSet<&'a Frame> {
    let is_named = |record: &&EventRecord| match &record.event {
        Event::ModelStarted { label: Some(label), .. } => label == named && batch(record.frame.as_str()).is_some(),
        _ => false,
    };
    events.iter().filter(is_named).map(|record| &record.frame).collect()
}

/// What `resume --dry-run` counts as replayed.
fn is_answer(effect: &EffectRow) -> bool {
    effect.state == EffectState::Done && !effect.kind.is_reading()
}

/// Where a fork ends.
#[derive(Default)]
struct Point {
    /// The number of its last effect.
    upto: u64,
    /// The frames of all effects and steps that were named; none for a number, which is a point in time.
    frames: HashSet<Frame>,
    /// What was taken where the name stands for several steps.
    taken: Option<String>,
}

/// The number of the last effect.
fn last(effects: &[EffectRow]) -> u64 {
    effects.last().map_or(0, |effect| effect.seq)
}

/// Whether a name is a number: that of one effect, and a point in time.
fn is_number(name: &str) -> bool {
    name.parse::<u64>().is_ok()
}

/// The effects that a person means.
fn called<'a>(effects: &'a [EffectRow], events: &[EventRecord], name: &str) -> Vec<&'a EffectRow> {
    let labelled = labelled(events, name);
    let is_meant = |effect: &&EffectRow| {
        let frame = &effect.key.frame;
        effect.is_called(name) || !is_number(name) && (is_of_batch(frame.as_str(), name) || labelled.contains(frame))
    };
    effects.iter().filter(is_meant).collect()
}

/// The point before all of these steps.
fn before(store: &Store, run: &RunId, effects: &[EffectRow], (steps, graph): (&[String], bool)) -> Outcome<Point> {
    let events = store.events(run, 0)?;
    let (mut upto, mut frames) = (last(effects), HashSet::new());
    for step in steps {
        let (own, ended) = (called(effects, &events, step), reached::frames(&events, step));
        match own.iter().map(|effect| effect.seq).min() {
            Some(first) => upto = upto.min(first.saturating_sub(1)),
            None if ended.is_empty() => return Err(unknown(run, effects, &events, step)),
            None if !graph => return Err(untold(run, &format!("the first of step `{step}`"))),
            // By the graph alone: it asked nobody.
            None => {}
        }
        frames.extend(own.iter().map(|effect| &effect.key.frame).chain(ended).cloned());
    }
    if steps.iter().any(|step| is_number(step)) {
        frames.clear();
    }
    Ok(Point { upto, frames, taken: None })
}

/// The point that a person means. With a `graph` that has the steps the order of the log need not tell of it.
fn point(store: &Store, run: &RunId, effects: &[EffectRow], (at, graph): (&str, bool)) -> Outcome<Point> {
    let events = store.events(run, 0)?;
    let step = reached::step(&events, at);
    let meant = called(effects, &events, at);
    // A run that goes on notes anew, behind all the rest, what it had gone past.
    let asked = meant.iter().rfind(|effect| effect.kind != EffectKind::Handled);
    let (upto, taken) = match (asked, &step, meant.last()) {
        (Some(last), ..) | (None, None, Some(last)) => (last.seq, format!("the last effect of them is {}", last.seq)),
        (None, Some(step), _) => {
            let sure = step.last_effect(&events, effects);
            let untold = || untold(run, &format!("the last before step `{}` ended", step.name));
            let seq = sure.or_else(|last| if graph { Ok(last) } else { Err(untold()) })?;
            (seq, format!("the last of them to end is {}", step.name))
        }
        (None, None, None) => return Err(unknown(run, effects, &events, at)),
    };
    if is_number(at) {
        return Ok(Point { upto, ..Point::default() });
    }
    let ended = step.iter().flat_map(|step| step.frames.iter().copied());
    let frames = meant.iter().map(|effect| &effect.key.frame).chain(ended).cloned().collect();
    let several = step.as_ref().map(|step| step.frames.len()).filter(|steps| *steps > 1);
    let taken = several.map(|steps| format!("`{at}` stands for {steps} steps; {taken}, and is taken over"));
    Ok(Point { upto, frames, taken })
}

fn untold(run: &RunId, which: &str) -> Failure {
    let what = format!("the log of run {run} does not tell which effect was {which}");
    Failure::new(FailureKind::Invalid, what).hint(format!("give the number of an effect: {}", numbers(run)))
}

fn numbers(run: &RunId) -> String {
    format!("`rhizo runs show {run}` lists calls by number")
}

/// Names what is there: the steps that ended and those that asked something, and where there are none the parts of the frames of
/// effects.
fn unknown(run: &RunId, effects: &[EffectRow], events: &[EventRecord], at: &str) -> Failure {
    let parts: IndexSet<&str> =
        effects.iter().flat_map(|effect| effect.key.frame.as_str().split('/').skip(1)).collect();
    let asked = parts.iter().filter_map(|part| part.strip_prefix("step:"));
    let steps: IndexSet<&str> = events.iter().filter_map(reached::ended).map(|(step, _)| step).chain(asked).collect();
    let (what, named) = if steps.is_empty() { ("its frames have", &parts) } else { ("its steps are", &steps) };
    let told = if named.is_empty() { String::new() } else { format!("{what} {}; or ", listed(named.iter().copied())) };
    let fresh = if events.is_empty() { "a fork has no steps before it has been resumed; " } else { "" };
    let hint = meant(at, steps.union(&parts).copied())
        .unwrap_or_else(|| format!("{fresh}{told}give the number of an effect: {}", numbers(run)));
    Failure::new(FailureKind::NotFound, format!("run {run} has no step `{at}`")).hint(hint)
}

/// Names, the first of them if there are many.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = if names.len() > NAMED { ", .." } else { "" };
    format!("{}{more}", names.take(NAMED).collect::<Vec<_>>().join(", "))
}

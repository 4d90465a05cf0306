//! `rhizo runs answer`: a person's answer to a question on which a run waits.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::runs::settle::{onward, told};
use crate::core::effect::EffectKind;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::store::effects::{EffectRow, EffectState};
use crate::store::open::Store;
use crate::store::settle::Settlement;
use clap::Args;
use serde_json::Value;

/// Arguments of `answer`.
#[derive(Debug, Args)]
pub struct Answer {
    /// The run: `last`, or the beginning or end of its id.
    pub run: String,
    /// The question: its number, its frame or the name of its step (`q[4]` in item 4); `-` for the only open one.
    pub step: String,
    /// The answer.
    pub value: String,
    /// Takes the run's process for gone where nobody can tell.
    #[arg(long)]
    pub force: bool,
}

/// Runs `answer`.
pub async fn answer(app: &App, printer: &Printer, args: &Answer) -> Outcome<Exit> {
    let store = &app.kit.store;
    let row = store.run(&args.run)?;
    let effect = question(store, &row.id, &args.step)?;
    let intent = effect.intent.as_ref().map(|stored| store.load(stored)).transpose()?.unwrap_or_default();
    let choices: Vec<&str> = intent["choices"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !choices.is_empty() && !choices.contains(&args.value.as_str()) {
        return Err(Failure::new(FailureKind::Invalid, format!("`{}` is none of the choices", args.value))
            .hint(format!("choose one of: {}", choices.join(", "))));
    }
    let value = Settlement::Value(Value::String(args.value.clone()));
    let onward = onward(store, &row.id)?;
    store.settle_effect(&row.id, effect.seq, &value, (app.kit.clock)(), args.force).await?;
    let how = if effect.state == EffectState::Done { "answered anew, in place of the word before" } else { "answered" };
    told(printer, (&row.id, effect.seq), how, &onward)
}

/// The question that a person means: an open one, or else one whose answer nobody has gone on with yet.
fn question(store: &Store, run: &RunId, step: &str) -> Outcome<EffectRow> {
    let named = Some(step).filter(|step| *step != "-");
    let means = |effect: &EffectRow| named.is_none_or(|named| effect.is_called(named));
    let is_asked = |effect: &EffectRow| effect.kind == EffectKind::Person && means(effect);
    let asked: Vec<EffectRow> = store.effects(run)?.into_iter().filter(is_asked).collect();
    let is_open = asked.iter().any(|effect| effect.state != EffectState::Done);
    let unused: Vec<EffectRow> = store.unused_answers(run)?.into_iter().filter(means).collect();
    if let (false, [given]) = (is_open, unused.as_slice()) {
        return Ok(given.clone());
    }
    store.open_effect(run, named, Some(EffectKind::Person)).map_err(|failure| match (asked.last(), unused.as_slice()) {
        (Some(used), []) if !is_open => failure.hint(used_hint(run, used.seq)),
        (_, [_, _, ..]) if !is_open => {
            let all: Vec<String> = unused.iter().map(|given| format!("{} ({})", given.seq, given.key.frame)).collect();
            failure.hint(format!("these can be answered anew: {}", all.join(", ")))
        }
        _ => failure,
    })
}

fn used_hint(run: &RunId, seq: u64) -> String {
    let how = match seq {
        0 | 1 => "only a new run asks again".to_owned(),
        _ => format!("`rhizo runs fork {run} --at {}` makes a run that asks again", seq - 1),
    };
    format!("effect {seq} has its answer, and the run has gone on with it; {how}")
}

//! `rhizo runs fork`: a new run with the answers of another one up to a point.

use crate::app::build::App;
use crate::app::plan::ANSWERERS;
use crate::app::resume;
use crate::cli::printer::Printer;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::host::past;
use crate::store::effects::{EffectRow, EffectState};
use crate::store::runs::new_run_id;
use clap::Args;
use serde_json::json;

/// Arguments of `fork`.
#[derive(Debug, Args)]
pub struct Fork {
    /// The run: `last`, or the beginning or end of its id.
    pub run: String,
    /// The last step that is taken over: the number of an effect, a frame, or a part of one (`turn3`, a step's name); all
    /// if it is left out.
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
        Some(at) => last_of(&effects, at).ok_or_else(|| {
            Failure::new(FailureKind::NotFound, format!("run {} has no step `{at}`", row.id))
                .hint(format!("`rhizo runs export {}` lists the frames of its effects", row.id))
        })?,
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
    let names = |part: &str| part == at || part.split_once(':').is_some_and(|(_, name)| name == at);
    let is_there = |effect: &&EffectRow| {
        let frame = effect.key.frame.as_str();
        frame == at || frame.split('/').any(names)
    };
    effects.iter().filter(is_there).map(|effect| effect.seq).max()
}

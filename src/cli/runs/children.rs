//! The child runs that a fork goes on with under ids of their own, as `resume` would: those that had not answered yet.

use crate::cli::runs::calls;
use crate::core::effect::EffectKind;
use crate::core::failure::Outcome;
use crate::core::ids::RunId;
use crate::host::replay::past;
use crate::store::effects::{EffectRow, EffectState};
use crate::store::fork::Child;
use crate::store::open::Store;
use crate::store::runs::new_run_id;
use serde_json::json;

/// Those of these effects of a run that a fork takes over; `past` are the failures that the run had gone past.
///
/// # Errors
/// Those of the store.
pub fn begun(
    store: &Store,
    effects: &[EffectRow],
    is_kept: impl Fn(u64) -> bool,
    past: &[u64],
    at: u64,
) -> Outcome<Vec<Child>> {
    let is_open = |effect: &&EffectRow| {
        let is_child = effect.kind == EffectKind::Child && effect.state != EffectState::Done;
        is_child && is_kept(effect.seq) && !past.contains(&effect.seq)
    };
    effects.iter().filter(is_open).filter_map(|effect| child(store, effect, at).transpose()).collect()
}

/// The child of an effect, with those below it. Its row may have been swept, or the process may have died before it was written:
/// then it begins anew.
fn child(store: &Store, effect: &EffectRow, at: u64) -> Outcome<Option<Child>> {
    let mut intent = calls::load(store, effect.intent.as_ref())?;
    let named = intent["child"].as_str().map(RunId::new).filter(|id| store.run(id.as_str()).is_ok());
    let Some(from) = named else { return Ok(None) };
    let new = new_run_id(at);
    intent["child"] = json!(new);
    let (effects, past) = (store.effects(&from)?, past::gone_past(store, &from, |_| true)?);
    let children = begun(store, &effects, |_| true, &past, at)?;
    Ok(Some(Child { effect: effect.seq, intent, from, new, past, children }))
}

//! What a run that goes on has spent, in the words of the budget.

use crate::budget::report::{Refused, SpendRow, Totals};
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::Outcome;
use crate::core::ids::{ModelId, RoleName, RunId};
use crate::core::status::RunStatus;
use crate::host::replay::{Found, Replay};
use crate::host::run_host::RunHost;
use crate::host::tools::product;
use crate::store::open::Store;
use crate::store::resume::Spent;
use std::collections::BTreeMap;
use std::ops::Bound;

/// What a run and its children have spent so far, by depth, role and model.
pub fn spent(store: &Store, run: &RunId) -> Outcome<Vec<SpendRow>> {
    Ok(store.spending(run)?.into_iter().map(row).collect())
}

/// Enters what was spent in a part before its run went on, when it begins: of what is asked in it at once, what is new may be
/// allowed before the log has answered the rest.
pub fn charge_part(host: &RunHost) -> Outcome<()> {
    let (Some(replay), Some(part)) = (&host.replay, &host.within) else { return Ok(()) };
    if !host.scope.is_part() {
        return Ok(());
    }
    let known = match replay.spent.get() {
        Some(known) => known,
        None => {
            let known = by_part(host, replay)?;
            replay.spent.get_or_init(|| known)
        }
    };
    let from = known.range::<str, _>((Bound::Included(part.path()), Bound::Unbounded));
    let own = from.take_while(|(path, _)| path.starts_with(part.path())).filter(|(path, _)| part.holds(path));
    own.flat_map(|(_, spent)| spent).for_each(|spent| host.scope.restore_part(spent));
    Ok(())
}

/// What was spent in the parts of a run, each without those within it.
fn by_part(host: &RunHost, replay: &Replay) -> Outcome<BTreeMap<String, Vec<Totals>>> {
    let store = &host.kit.store;
    let mut all: BTreeMap<String, Vec<Totals>> = BTreeMap::new();
    for (part, spent) in store.spending_in_parts(&host.run)? {
        all.entry(part).or_default().push(row(spent).totals);
    }
    for (part, key) in replay.children_in_parts() {
        // What was copied from another run was paid by that.
        if let Some((child, None)) = child(host, &key)? {
            let spent = store.spending(&child)?.into_iter().map(|spent| row(spent).totals);
            all.entry(part).or_default().extend(spent);
        }
    }
    Ok(all)
}

/// Enters what an effect and its earlier attempts cost and used before a run went on into the parts that it is in, whose budgets
/// hold for the run's whole life too, unless they had it when they began. The run itself has it already.
pub fn charge_parts(host: &RunHost, key: &EffectKey, kind: EffectKind) -> Outcome<()> {
    if !host.scope.is_part() {
        return Ok(());
    }
    let made_in = host.replay.as_ref().and_then(|replay| replay.part(key));
    if host.within.as_ref().is_some_and(|part| made_in.is_some_and(|path| part.holds(&path))) {
        return Ok(());
    }
    let store = &host.kit.store;
    let spent = match kind {
        EffectKind::Model => store.spending_at(&host.run, key)?,
        EffectKind::Child => match child(host, key)? {
            // What was copied from another run was paid by that.
            Some((child, None)) => store.spending(&child)?,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    spent.into_iter().map(row).for_each(|row| host.scope.restore_in_parts(&row.totals));
    Ok(())
}

/// Takes over what the log of a child run tells: the files that it wrote, and, unless it runs again, the calls that it was
/// refused and whether a part of it failed. These are not asked for again, and it still lacks their answers.
pub fn recall_child(host: &RunHost, key: &EffectKey, kind: EffectKind, runs_again: bool) -> Outcome<()> {
    if kind != EffectKind::Child {
        return Ok(());
    }
    let Some((child, _)) = child(host, key)? else { return Ok(()) };
    product::recall(host, &child, &key.frame, runs_again);
    // Its row may have been swept.
    let row = host.kit.store.run(child.as_str()).ok().filter(|_| !runs_again);
    match row {
        Some(row) if row.refused > 0 => {
            let by = "the limits of a child run that has ended".to_owned();
            host.scope.refuse(&Refused { by, hint: None }, row.refused);
        }
        Some(row) if row.status == RunStatus::Partial => host.lose(format!("child run {child}: a part of it failed")),
        _ => {}
    }
    Ok(())
}

/// Notes for the parts that an effect is in whether the log has its answer, or it is made.
pub fn note(host: &RunHost, kind: EffectKind, found: &Found) {
    if kind.is_outward() {
        host.scope.note(matches!(found, Found::Answer(_) | Found::Failure(_)));
    }
}

/// The child run of an effect, and the run that its answer was copied from.
fn child(host: &RunHost, key: &EffectKey) -> Outcome<Option<(RunId, Option<RunId>)>> {
    let Some(effect) = host.kit.store.effect(&host.run, key)? else { return Ok(None) };
    let Some(intent) = effect.intent else { return Ok(None) };
    let kept = host.kit.store.load(&intent)?;
    Ok(kept["child"].as_str().map(|child| (RunId::new(child), effect.origin)))
}

fn row(spent: Spent) -> SpendRow {
    // Runs of earlier versions did not record who was asked.
    let named = |text: &str| if text.is_empty() { "earlier".to_owned() } else { text.to_owned() };
    SpendRow {
        depth: spent.depth,
        role: RoleName::new(named(spent.role.as_str())),
        model: ModelId::new(named(spent.model.as_str())),
        totals: Totals {
            calls: spent.calls,
            failed: spent.failed,
            unpriced_calls: spent.unpriced,
            usage: spent.usage,
            cost: spent.cost,
            unknown: spent.unknown,
            unknown_cost: spent.unknown_cost,
            unusable: spent.unusable,
            unusable_cost: spent.unusable_cost,
            ..Totals::default()
        },
    }
}

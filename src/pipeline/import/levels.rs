//! What a failure that ends the run holds up.
//!
//! There steps run in levels: all that have nothing left to wait for begin at once, and after a failure no later level begins.
//! Here a dependency says so of each later step, and those of the same level need not wait. `on_failure: fail`, which holds up
//! all that stands behind a step in the file, is left only where dependencies would say something else.

use crate::pipeline::import::failure::{needs, routes, skips};
use crate::pipeline::import::step::{self, field};
use crate::pipeline::import::ties::Tie;
use crate::pipeline::tree::{Data, Node};
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// A step of a block, as far as others wait for it. Steps are named by their positions.
struct Place {
    /// Its name here.
    name: String,
    /// The steps that end before it begins.
    needs: BTreeSet<usize>,
    /// Those without which it is skipped.
    severs: BTreeSet<usize>,
    /// Those of which it asks what became of them, so that it runs in spite of their failure.
    watches: BTreeSet<usize>,
    /// Those that it waits for only because their failure ends the run.
    added: BTreeSet<usize>,
    /// Its failure ends the run.
    ends: bool,
    /// Its failure skips what needs it, and the run goes on.
    skips: bool,
    /// It goes round as long as a condition holds, which there begins when nothing else is left to do.
    repeats: bool,
}

/// Lets the steps of a block wait for those of earlier levels whose failure ends the run, and nobody else.
pub(super) fn part(ties: &[Tie<'_>], steps: &mut Map<String, Value>) {
    // Where a step may lead elsewhere, the order of the file decides what is passed over.
    if ties.iter().any(|tie| !routes(tie.item).is_empty()) {
        return;
    }
    let mut places = places(ties, steps);
    let kept = kept(&places);
    hold_up(&mut places, &kept);
    // A step that keeps its word holds up what stands behind it, which must not be what it waits for.
    if !kept.is_empty() && !is_in_order(&places) {
        return;
    }
    for (at, place) in places.iter().enumerate() {
        let Some(Value::Object(step)) = steps.get_mut(&place.name) else { continue };
        if place.ends && !kept.contains(&at) {
            step.shift_remove("on_failure");
        }
        let added = place.added.iter().filter_map(|need| places.get(*need));
        let added: Vec<Value> = added.map(|need| need.name.as_str().into()).collect();
        match step.get_mut("dependencies") {
            Some(Value::Array(names)) => names.extend(added),
            _ if added.is_empty() => {}
            _ => drop(step.insert("dependencies".to_owned(), Value::Array(added))),
        }
    }
}

fn places(ties: &[Tie<'_>], steps: &Map<String, Value>) -> Vec<Place> {
    let positions: HashMap<String, usize> =
        ties.iter().enumerate().map(|(at, tie)| (step::name(&tie.id), at)).collect();
    let place = |(own, tie): (usize, &Tie<'_>)| {
        let name = step::name(&tie.id);
        let said = |key: &str| steps.get(&name).and_then(|step| step.get(key));
        let found = |name: &String| positions.get(name).copied().filter(|at| *at != own);
        let waits = said("dependencies").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let only: BTreeSet<String> =
            waits.filter_map(|name| name.strip_prefix("outcomes.")).map(ToOwned::to_owned).collect();
        let watches: BTreeSet<usize> = tie.uses.watches.iter().chain(&only).filter_map(found).collect();
        let declared: Vec<String> = declared(tie.item).iter().map(|id| step::name(id)).collect();
        let reads: BTreeSet<usize> = tie.uses.reads.iter().chain(&declared).filter_map(found).collect();
        let ends = said("on_failure").and_then(Value::as_str) == Some("fail");
        let repeats = said("while").is_some();
        Place {
            needs: reads.union(&watches).copied().collect(),
            severs: reads.difference(&watches).copied().collect(),
            watches,
            added: BTreeSet::new(),
            ends,
            skips: skips(tie.item),
            repeats,
            name,
        }
    };
    ties.iter().enumerate().map(place).collect()
}

/// What a step and those of its body say that they wait for.
fn declared(item: &Node) -> Vec<String> {
    let inner = match field(item, "steps").map(|node| &node.data) {
        Some(Data::List(inner)) => inner.iter().flat_map(declared).collect(),
        _ => Vec::new(),
    };
    needs(item).into_iter().chain(inner).collect()
}

/// The steps whose failure ends the run and must say so themselves: another one asks what became of it and would run, or it
/// may be skipped where the run goes on.
fn kept(places: &[Place]) -> BTreeSet<usize> {
    let ends = |at: &usize| places.get(*at).is_some_and(|place| place.ends);
    let mut kept = BTreeSet::new();
    for (at, place) in places.iter().enumerate() {
        let severs = severing(places, at);
        kept.extend(place.watches.difference(&severs).copied().filter(ends));
        let skipped = severs.iter().filter_map(|need| places.get(*need)).any(|need| need.skips);
        kept.extend(Some(at).filter(|at| skipped && ends(at)));
    }
    kept
}

/// Lets each step wait for those of earlier levels whose failure ends the run, if it does not do so already.
fn hold_up(places: &mut [Place], kept: &BTreeSet<usize>) {
    let levels = levels(places);
    let level = |at: usize| levels.get(at).copied().unwrap_or_default();
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|at| level(*at));
    let ends = |at: &usize| places.get(*at).is_some_and(|place| place.ends) && !kept.contains(at);
    let mut ending: Vec<usize> = (0..places.len()).filter(ends).collect();
    ending.sort_by_key(|at| Reverse(level(*at)));
    for at in order {
        let mut severs = severing(places, at);
        for end in ending.iter().copied().filter(|end| level(*end) < level(at)) {
            if severs.insert(end) {
                severs.extend(severing(places, end));
                if let Some(place) = places.get_mut(at) {
                    place.severs.insert(end);
                    place.added.insert(end);
                }
            }
        }
    }
}

/// The steps without one of which this one is skipped, at once or because another one is.
fn severing(places: &[Place], at: usize) -> BTreeSet<usize> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![at]);
    while let Some(next) = open.pop() {
        let severs = places.get(next).into_iter().flat_map(|place| &place.severs);
        open.extend(severs.filter(|need| seen.insert(**need)));
    }
    seen
}

/// How many levels run before that of each step.
fn levels(places: &[Place]) -> Vec<usize> {
    let late = settled(places, |place, late: &[bool]| {
        place.repeats || place.needs.iter().any(|need| late.get(*need) == Some(&true))
    });
    let level = |place: &Place, levels: &[usize], first: usize| {
        let behind = place.needs.iter().filter_map(|need| levels.get(*need)).max().map_or(0, |most| most + 1);
        if place.repeats { behind.max(first) } else { behind }
    };
    let early = settled(places, |place, levels: &[usize]| level(place, levels, 0));
    let early = early.iter().zip(&late).filter(|(_, late)| !**late).map(|(level, _)| level + 1);
    let first = early.max().unwrap_or(0);
    settled(places, |place, levels: &[usize]| level(place, levels, first))
}

/// What holds of each step by what holds of those that it needs.
fn settled<T: PartialEq>(places: &[Place], own: impl Fn(&Place, &[T]) -> T) -> Vec<T> {
    let mut known: Vec<T> = places.iter().map(|place| own(place, &[])).collect();
    // As often as the longest way is long; a circle is told when the file is checked.
    for _ in places {
        let next: Vec<T> = places.iter().map(|place| own(place, &known)).collect();
        if next == known {
            break;
        }
        known = next;
    }
    known
}

/// Whether each step stands behind all that it waits for.
fn is_in_order(places: &[Place]) -> bool {
    places.iter().enumerate().all(|(at, place)| place.needs.iter().chain(&place.added).all(|need| *need < at))
}

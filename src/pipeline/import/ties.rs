//! Who waits for whom, and who runs though another one has failed.

use crate::pipeline::import::failure::{is_gone_past, needs};
use crate::pipeline::import::step::{self, field};
use crate::pipeline::import::{Importer, Kind, act};
use crate::pipeline::tree::Node;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};

/// What holds a step to others.
pub(super) struct Tie<'n> {
    /// Its name there.
    pub(super) id: String,
    /// The step.
    pub(super) item: &'n Node,
    /// What its expressions look at.
    pub(super) uses: Uses,
}

/// The steps that expressions look at, by their names here.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    /// Those whose values are read.
    pub(super) reads: BTreeSet<String>,
    /// Those of which is asked what became of them.
    pub(super) watches: BTreeSet<String>,
}

impl Uses {
    /// Looks also at what others look at.
    pub(super) fn extend(&mut self, other: &Self) {
        self.reads.extend(other.reads.iter().cloned());
        self.watches.extend(other.watches.iter().cloned());
    }
}

impl Importer {
    /// Lets each step of a block wait for what it says. Who reads a value needs it; who only waits runs also after a failure,
    /// as there.
    pub(super) fn tie(&mut self, ties: &[Tie<'_>], steps: &mut Map<String, Value>) {
        let block = Ties::of(ties);
        for tie in ties {
            let mut names = Vec::new();
            for id in needs(tie.item) {
                match self.steps.get(&id).map(|known| known.name.clone()) {
                    Some(name) if block.needs_value(tie, &name) => names.push(Value::from(name)),
                    Some(name) => names.push(format!("outcomes.{name}").into()),
                    None => {
                        let at = field(tie.item, "dependencies").or_else(|| field(tie.item, "depends_on"));
                        self.fault(
                            at.map_or(tie.item.at, |at| at.at),
                            format!("the dependency `{id}`, which is no step"),
                        );
                    }
                }
            }
            if let Some(Value::Object(step)) = steps.get_mut(&step::name(&tie.id)).filter(|_| !names.is_empty()) {
                step.insert("dependencies".to_owned(), Value::Array(names));
            }
        }
    }
}

/// The steps of a block by their names here.
struct Ties<'t, 'n> {
    known: HashMap<String, &'t Tie<'n>>,
}

impl<'t, 'n> Ties<'t, 'n> {
    fn of(ties: &'t [Tie<'n>]) -> Self {
        Self { known: ties.iter().map(|tie| (step::name(&tie.id), tie)).collect() }
    }

    /// Whether a step cannot run without the value of another one that it waits for.
    fn needs_value(&self, tie: &Tie<'_>, name: &str) -> bool {
        let other = self.known.get(name);
        tie.uses.reads.contains(name) || other.is_none_or(|other| !is_gone_past(other.item) || self.may_be_lost(other))
    }

    /// Whether the step may be skipped because a value that it reads, or one that it waits for reads, is missing: there the
    /// reader would fail and end the run, so that what waits for it is skipped here as well.
    fn may_be_lost(&self, tie: &Tie<'_>) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![step::name(&tie.id)]);
        while let Some(name) = open.pop() {
            let Some(tie) = self.known.get(&name) else { continue };
            let mut reads = tie.uses.reads.iter().filter_map(|read| self.known.get(read));
            if reads.any(|read| act::kind(read.item) != Kind::Said) {
                return true;
            }
            if seen.insert(name) {
                open.extend(needs(tie.item).iter().map(|id| step::name(id)));
            }
        }
        false
    }
}

//! What only the whole file shows: fields that are read, values that may be absent, products with one path.

mod absence;
mod deeds;
mod fields;
mod forms;
mod given;
mod idle;
mod lacks;
mod products;
pub(super) mod schemas;
mod wanted;
mod ways;
mod words;

use crate::pipeline::check::absence::Absence;
use crate::pipeline::check::forms::Forms;
use crate::pipeline::check::ways::Ways;
use crate::pipeline::plan::{Block, Pipeline, Step};
use crate::pipeline::read::Reader;
use crate::script::expression::Made;
use indexmap::IndexMap;
use std::rc::Rc;

/// Checks a file that has been read, and says what is known of its answer.
pub(super) fn check(reader: &mut Reader<'_, '_>, pipeline: &Pipeline) -> Made {
    let known = Known::of(pipeline);
    let absence = Absence::of(&known, pipeline);
    let forms = Forms::of(&reader.file, pipeline, &known, &absence);
    fields::check(reader, pipeline, &forms);
    products::check(reader, pipeline);
    given::check(reader, &forms);
    idle::check(reader, &forms);
    words::check(reader, pipeline, &known);
    forms.answer(pipeline)
}

/// A step with where it stands.
struct Seen<'p> {
    step: &'p Step,
    /// Its position in its block.
    at: usize,
    /// The ways through that.
    ways: Rc<Ways<'p>>,
    /// The step whose body it stands in.
    parent: Option<&'p str>,
}

impl Seen<'_> {
    /// Whether both stand in one block.
    fn stands_beside(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.ways, &other.ways)
    }
}

/// All steps of a file in its order, those of bodies too.
struct Known<'p> {
    steps: IndexMap<&'p str, Seen<'p>>,
}

impl<'p> Known<'p> {
    fn of(pipeline: &'p Pipeline) -> Self {
        let mut known = Self { steps: IndexMap::new() };
        known.add(&pipeline.block, None);
        known
    }

    fn add(&mut self, block: &'p Block, parent: Option<&'p str>) {
        let ways = Rc::new(Ways::of(block));
        for (at, step) in block.steps.iter().enumerate() {
            self.steps.insert(&step.name, Seen { step, at, ways: Rc::clone(&ways), parent });
            step.act.blocks().into_iter().for_each(|block| self.add(block, Some(&step.name)));
        }
    }

    /// A step and those around it, from the inside out.
    fn around(&self, name: &str) -> Vec<&Seen<'p>> {
        let mut around = Vec::new();
        let mut next = self.steps.get(name);
        while let Some(seen) = next {
            around.push(seen);
            next = seen.parent.and_then(|parent| self.steps.get(parent));
        }
        around
    }
}

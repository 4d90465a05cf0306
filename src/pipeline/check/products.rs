//! Products never share a path, as far as files tell: those of a file, and those of the pipelines that it calls.

use crate::config::fault::Fault;
use crate::core::failure::FailureKind;
use crate::pipeline::plan::{Act, Block, Each, Input, Nested, Pipeline, Product, Step, Template};
use crate::pipeline::product::{HOLE, impossible, is_below, plain, relative};
use crate::pipeline::read::{Reader, told};
use crate::pipeline::values::as_text;
use crate::script::expression::{Expression, Reference};
use crate::tools::workspace::Workspace;
use serde_json::Map;
use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};

/// Checks the paths of all products.
pub(super) fn check(reader: &mut Reader<'_, '_>, pipeline: &Pipeline) {
    let workspace = reader.loader.workspace.as_ref();
    let inputs = &pipeline.inputs;
    let (taken, usual) = (BTreeMap::new(), BTreeMap::new());
    let mut paths = Paths { faults: &mut reader.faults, workspace, inputs, taken, usual };
    paths.block(&pipeline.block, &Around { folder: &pipeline.output_dir, items: Vec::new(), call: None });
}

/// The paths that were seen.
struct Paths<'r, 'p> {
    faults: &'r mut Vec<Fault>,
    /// Where they are written; without one no run begins.
    workspace: Option<&'r Workspace>,
    /// What the file is given.
    inputs: &'p [Input],
    /// The step of the file that writes each, or that calls the pipeline that does; what lies below a path follows it.
    taken: BTreeMap<PathBuf, &'p str>,
    /// The same by the paths that they have if no input is given, as far as these tell them, and whether they do.
    usual: BTreeMap<PathBuf, (&'p str, bool)>,
}

impl<'p> Paths<'_, 'p> {
    fn block(&mut self, block: &'p Block, around: &Around<'p>) {
        for step in &block.steps {
            for product in &step.products {
                // What a called file writes is looked at with that file.
                let why = self.unwritable(&product.path, around.folder).or_else(|| self.nowhere(&product.path));
                let why = why.filter(|_| around.call.is_none());
                self.faults.extend(why.map(|why| Fault::new(product.place.clone(), why)));
                self.product(step, product, around);
            }
            match &step.act {
                Act::Nested(nested) => self.block(&nested.pipeline.block, &around.called(step, nested)),
                Act::Each(each) => self.block(&each.block, &around.inside(each)),
                act => act.blocks().into_iter().for_each(|inner| self.block(inner, around)),
            }
        }
    }

    fn product(&mut self, step: &'p Step, product: &'p Product, around: &Around<'p>) {
        let Some(written) = product.path.written() else { return };
        let path = plain(Path::new(written.trim()));
        let whole = plain(&around.folder.join(&path));
        // What is wrong with a pipeline that holds by itself is told where the file calls it.
        let (own, place, shown, of) = match around.call {
            None => (step, &product.place, &path, String::new()),
            Some((caller, nested)) => {
                (caller, &caller.place, &whole, format!(", a product of `{}`", nested.path.display()))
            }
        };
        let shown = shown.display();
        if let Some(items) = around.items.iter().rev().find(|items| !items.reach(step, &product.path)) {
            let hole = if around.call.is_some() { "inputs.NAME" } else { items.told };
            let hint = format!("put what tells them apart into it, as `{{{{ {hole} }}}}`");
            self.faults.push(Fault::new(place.clone(), format!("every item would write `{shown}`{of}: {hint}")));
        }
        // What the holes of another file stand for is known when it runs.
        if around.call.is_some() && product.path.constant().is_none() {
            return;
        }
        let message = match self.near(&whole) {
            None => {
                let usual = self.usual(&own.name, &product.path, around.folder);
                self.faults.extend(usual.map(|message| Fault::new(place.clone(), message)));
                self.taken.insert(whole, &own.name);
                return;
            }
            Some((known, first)) if *known == whole => {
                format!("step `{first}` writes `{shown}` too{of}: give each its own path")
            }
            Some((known, first)) => {
                let known = known.display();
                format!("`{shown}`{of} and `{known}` of step `{first}` cannot both be files: one lies in the other")
            }
        };
        self.faults.push(Fault::new(place.clone(), message));
    }

    /// Notes the path of a product where no input is given; what is wrong with it if another step writes it then.
    fn usual(&mut self, step: &'p str, path: &Template, folder: &Path) -> Option<String> {
        let holes = path.expressions();
        if !holes.iter().all(|hole| self.known(hole).is_some()) {
            return None;
        }
        let filled = plain(Path::new(path.text_with(|hole| self.known(hole).unwrap_or_default())?.trim()));
        let is_given = holes.iter().any(|hole| !hole.references().is_empty());
        let (first, was_given) = self.usual.insert(plain(&folder.join(&filled)), (step, is_given))?;
        let (filled, defaults) = (filled.display(), if is_given || was_given { ", as by the defaults" } else { "" });
        Some(format!("step `{first}` writes `{filled}` too{defaults}: give each its own path"))
    }

    /// Why a product could not be written now, if its path is one that names a file. What stands behind a hole is known
    /// when it runs, but nothing below a folder that is closed can be written.
    fn unwritable(&self, path: &Template, folder: &Path) -> Option<String> {
        let file = relative(&path.text_with(|_| HOLE.to_owned())?).filter(|file| !file.as_os_str().is_empty())?;
        let whole = plain(&folder.join(file));
        // What is wrong with the folder, or with the name, is told where it is read.
        if !is_below(folder) || impossible(&whole).is_some() {
            return None;
        }
        let failure = self.workspace?.resolve_write(&whole.to_string_lossy()).err()?;
        let told_now = match failure.kind {
            FailureKind::Denied => true,
            FailureKind::Invalid => path.constant().is_some(),
            _ => false,
        };
        told_now.then(|| format!("the product cannot be written: {}", told(&failure)))
    }

    /// Why a product has no path if its inputs are not given.
    fn nowhere(&self, path: &Template) -> Option<String> {
        let open = path.text_with(|_| HOLE.to_owned())?;
        let filled = path.text_with(|hole| self.default(hole).unwrap_or_else(|| HOLE.to_owned()))?;
        if filled == open {
            return None;
        }
        let written = path.written()?;
        let (written, shown) = (written.trim(), filled.trim());
        match relative(&filled) {
            None => Some(format!(
                "a product lies below output_dir, and `{written}` does not where it is {shown:?}, as by the defaults"
            )),
            Some(file) if file.as_os_str().is_empty() => {
                Some(format!("the product `{written}` names no file where it is {shown:?}, as by the defaults"))
            }
            Some(_) => None,
        }
    }

    /// The text that an expression is if it reads nothing, or an input that is not given.
    fn known(&self, hole: &Expression) -> Option<String> {
        if !hole.references().is_empty() {
            return self.default(hole);
        }
        // What is wrong with it is told elsewhere, or when it runs.
        hole.evaluate(&Map::new()).ok().map(as_text)
    }

    /// The text that an expression is if it is an input that is not given.
    fn default(&self, hole: &Expression) -> Option<String> {
        let [of, name] = hole.sole()? else { return None };
        let input = self.inputs.iter().find(|input| of == "inputs" && input.name == *name)?;
        input.default.clone().filter(|value| !value.is_null()).map(as_text)
    }

    /// A path that is taken and is this one, a folder of it, or below it.
    fn near(&self, whole: &Path) -> Option<(&PathBuf, &'p str)> {
        let above = whole.ancestors().find_map(|path| self.taken.get_key_value(path));
        let behind = (Bound::Included(whole), Bound::Unbounded);
        let below = || self.taken.range::<Path, _>(behind).next().filter(|(path, _)| path.starts_with(whole));
        above.or_else(below).map(|(path, step)| (path, *step))
    }
}

/// What stands around a block.
struct Around<'p> {
    /// The output folder of its pipeline.
    folder: &'p Path,
    /// The items of each `each`, from the outside in.
    items: Vec<Items<'p>>,
    /// The step of the file that calls its pipeline, if that is another one, and what the step calls.
    call: Option<(&'p Step, &'p Nested)>,
}

impl<'p> Around<'p> {
    /// The same inside of an `each`.
    fn inside(&self, each: &'p Each) -> Self {
        let around = self.items.iter().map(|items| items.inside(each));
        Self { items: around.chain([Items::of(each)]).collect(), ..*self }
    }

    /// The same in a pipeline that a step calls.
    fn called(&self, step: &'p Step, nested: &'p Nested) -> Self {
        let items = self.items.iter().map(|items| items.called(nested)).collect();
        Self { folder: &nested.pipeline.output_dir, items, call: self.call.or(Some((step, nested))) }
    }
}

/// What may differ between the items of one `each`.
#[derive(Clone)]
struct Items<'p> {
    /// The name of an item.
    item: &'p str,
    /// The name that tells them apart, for messages.
    told: &'p str,
    /// Values.
    names: HashSet<&'p str>,
    /// Inputs of the pipeline that is called.
    inputs: HashSet<&'p str>,
}

impl<'p> Items<'p> {
    /// The item with its place, and the steps of its body.
    fn of(each: &'p Each) -> Self {
        let mut names = HashSet::from([each.name.as_str(), "key", "index"]);
        gather(&each.block, &mut names);
        Self { item: &each.name, told: "key", names, inputs: HashSet::new() }
    }

    /// The same inside of a further `each`: its items may differ where they are made of what differs, and so may their
    /// keys, but no positions in a list.
    fn inside(&self, each: &'p Each) -> Self {
        let mut inner = Self { told: self.item, ..self.clone() };
        inner.names.remove("index");
        let differ = self.fill(&each.items);
        if differ {
            inner.names.insert(&each.name);
        }
        let keyed = match &each.key {
            Some(key) => key.references().iter().any(|reference| inner.has(reference)),
            None => differ && !matches!(each.items, Template::List(_)),
        };
        inner.names.remove("key");
        if keyed {
            inner.names.insert("key");
        }
        inner
    }

    /// The same in a pipeline that is called: its steps, and the inputs that are made of what differs.
    fn called(&self, nested: &'p Nested) -> Self {
        let mut names = HashSet::new();
        gather(&nested.pipeline.block, &mut names);
        let inputs = match &nested.inputs {
            Template::Map(given) => {
                given.iter().filter(|(_, value)| self.fill(value)).map(|(name, _)| name.as_str()).collect()
            }
            _ => HashSet::new(),
        };
        Self { names, inputs, ..*self }
    }

    /// Whether the path of a product reads anything of it; what the step itself answers may differ too.
    fn reach(&self, step: &Step, path: &Template) -> bool {
        let answered = |reference: &Reference| step.vars.iter().any(|var| reference.path.first() == Some(&var.name));
        self.fill(path) || references(path).any(answered)
    }

    fn fill(&self, template: &Template) -> bool {
        references(template).any(|reference| self.has(reference))
    }

    fn has(&self, reference: &Reference) -> bool {
        match reference.path.as_slice() {
            [inputs] if inputs == "inputs" => !self.inputs.is_empty(),
            [inputs, name, ..] if inputs == "inputs" => self.inputs.contains(name.as_str()),
            [name, ..] => self.names.contains(name.as_str()),
            [] => false,
        }
    }
}

/// What a value reads.
fn references(template: &Template) -> impl Iterator<Item = &Reference> {
    template.expressions().into_iter().flat_map(|expression| expression.references())
}

/// The names of the steps of a block, those of bodies too.
fn gather<'p>(block: &'p Block, names: &mut HashSet<&'p str>) {
    for step in &block.steps {
        names.insert(&step.name);
        step.act.blocks().into_iter().for_each(|inner| gather(inner, names));
    }
}

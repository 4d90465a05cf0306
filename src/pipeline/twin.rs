//! The twin of a pipeline: a script that asks for the same things, each step as the primitive that it is.
//!
//! A block without jumps becomes statements, one with jumps a loop over the name of the step that comes next; bodies that
//! run at the same time become functions, which are given what they read, so that no two threads share a variable, and so
//! do steps with limits of their own, for `within`. What a script has no words for is told in comments. `fates` knows what
//! may become of a step.

mod act;
mod bodies;
pub mod code;
mod fates;
mod flow;
mod functions;
mod jumps;
mod lacks;
mod late;
mod limits;
mod pictures;
mod products;
mod step;

use crate::pipeline::plan::{Act, Block, Pipeline, Step, Template};
use crate::pipeline::product;
use code::{Lines, text};
use fates::Fates;
use std::collections::BTreeSet;

/// The script.
pub fn script(pipeline: &Pipeline) -> String {
    let mut twin = Twin::new(pipeline);
    let mut body = Lines::default();
    limits::whole(pipeline, &mut body);
    twin.inputs(pipeline, &mut body);
    twin.context(&mut body);
    let value = twin.block(&pipeline.block, &mut body, pipeline.outputs.is_empty());
    match pipeline.outputs.as_slice() {
        [] => body.add(&value),
        outputs => twin.outputs(&pipeline.block, outputs, &mut body),
    }
    let name = pipeline.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut whole = format!(
        "// The same as {name}, as a script. What a budget, a deadline or Ctrl-C stops depends on speed, in both.\n"
    );
    whole.extend(limits::left_out(pipeline).iter().map(|line| format!("{line}\n")));
    if product::none(&pipeline.block).is_err() {
        whole.push_str(
            "// The files that the pipeline writes need no leave, those of this script do: rhizo run --approve auto.\n",
        );
    }
    let functions = functions::ALL.iter().chain([&pictures::FUNCTION]);
    for function in functions.filter(|function| twin.used.contains(function.0)) {
        whole.push_str(&format!("\n{}", function.1));
    }
    for function in &twin.bodies {
        whole.push_str(&format!("\n{function}"));
    }
    limits::sized(format!("{whole}\n{}", body.whole()))
}

/// What is known while it is written.
struct Twin {
    /// The functions that it calls.
    used: BTreeSet<&'static str>,
    /// Functions made of bodies.
    bodies: Vec<String>,
    /// The names of steps and items.
    taken: BTreeSet<String>,
    /// The names whose outcomes or errors are read.
    read: BTreeSet<String>,
    /// The variables that can be seen.
    scope: Vec<String>,
    /// The folder of the products.
    folder: std::path::PathBuf,
    /// How many items are worked on at once.
    parallel: usize,
    /// How deep in bodies that is which is written.
    depth: usize,
}

/// A block with what may become of its steps, and the variables that lead through it.
struct Place<'b> {
    block: &'b Block,
    fates: Fates,
    /// The step that comes next, if there are jumps.
    next: Option<String>,
    /// The step that has ended the block, the last one if there are several.
    over: String,
    /// The first step of the file that has ended the block.
    closed: String,
    /// How often steps were visited.
    visits: String,
    /// How often jumps led back to steps that may be skipped each time.
    returns: String,
    /// The steps that are lost, and to whom.
    lost: String,
    /// The failures that the block ends with once all else is done, by step.
    failed: String,
    /// The steps that it goes on without, or without a part of them.
    missing: String,
    /// The steps that a jump went past.
    past: String,
}

impl Twin {
    fn new(pipeline: &Pipeline) -> Self {
        let mut twin = Self {
            used: BTreeSet::new(),
            bodies: Vec::new(),
            taken: BTreeSet::new(),
            read: BTreeSet::new(),
            scope: vec!["inputs".to_owned()],
            folder: pipeline.output_dir.clone(),
            parallel: pipeline.limits.max_parallel,
            depth: 0,
        };
        twin.gather(&pipeline.block);
        let told = pipeline.outputs.iter().flat_map(|(_, value)| value.expressions());
        for reference in told.flat_map(|expression| expression.references()) {
            if let [of, name, ..] = reference.path.as_slice()
                && matches!(of.as_str(), "outcomes" | "errors")
            {
                twin.read.insert(name.clone());
            }
        }
        twin
    }

    /// Finds the names that are taken, and those whose outcome is read.
    fn gather(&mut self, block: &Block) {
        for step in &block.steps {
            self.taken.insert(step.name.clone());
            if let Act::Each(each) = &step.act {
                self.taken.insert(each.name.clone());
            }
            self.read.extend(step.watches.iter().cloned());
            step.act.blocks().into_iter().for_each(|inner| self.gather(inner));
        }
    }

    fn inputs(&mut self, pipeline: &Pipeline, body: &mut Lines) {
        if pipeline.inputs.is_empty() {
            body.add("let inputs = #{};");
            return;
        }
        body.add("let inputs = #{");
        for input in &pipeline.inputs {
            let name = &input.name;
            let given = match &input.default {
                Some(value) => format!("args.get({}) ?? {}", text(name), code::literal(value)),
                None if input.required => format!("args.{name}"),
                None => format!("args.get({})", text(name)),
            };
            // A command line makes a number of what looks like one.
            let written = input.schema.get("type").is_some_and(|kind| kind == "string");
            let sure = input.required || input.default.as_ref().is_some_and(|value| !value.is_null());
            let value = if written && sure { format!("{}({given})", self.call("as_text")) } else { given };
            body.add(&format!("    {name}: {value},"));
        }
        body.add("};");
    }

    /// The values of the whole. What cannot be computed is a failure of the data, as in the pipeline.
    fn outputs(&mut self, block: &Block, outputs: &[(String, Template)], body: &mut Lines) {
        let mut entries = Vec::with_capacity(outputs.len());
        let computed =
            |template: &Template| template.expressions().into_iter().any(|one| late::is_computed(block, one));
        if outputs.iter().any(|(_, template)| computed(template)) {
            body.add(&code::in_step(""));
        }
        for (name, template) in outputs {
            let mut value = self.value(template);
            if computed(template) {
                let made = self.fresh(&format!("output_{name}"));
                let what = text(&format!("the output `{name}` cannot be made: "));
                body.add(&format!("let {made} = ();"));
                body.add(&format!("try {{ {made} = {value}; }} catch (failure) {{"));
                body.deeper();
                body.add("failure = error_of(failure);");
                body.add(&format!("failure.message = {what} + failure.message;"));
                body.add("throw failure;");
                body.shallower();
                body.add("}");
                value = made;
            }
            entries.push(format!("    {name}: {value},"));
        }
        body.add("#{");
        body.extend(entries);
        body.add("}");
    }

    /// Keeps the context of the run where the name of a step or an item would hide it.
    fn context(&mut self, body: &mut Lines) {
        let kept = self.fresh("context");
        if kept != "context" {
            body.add(&format!("let {kept} = context;"));
            self.scope.push(kept);
        }
    }

    /// The steps of a block; answers the expression of its value, if that is used.
    fn block(&mut self, block: &Block, body: &mut Lines, used: bool) -> String {
        let first = block.steps.first().map_or("", |step| step.name.as_str());
        let jumps = block.steps.iter().any(Step::may_lead_away);
        let fates = Fates::of(block, &self.read, used);
        let over = self.fresh(&format!("over_of_{first}"));
        let place = Place {
            block,
            next: jumps.then(|| self.fresh(&format!("next_of_{first}"))),
            closed: if late::ends_twice(&fates, block) {
                self.fresh(&format!("closed_of_{first}"))
            } else {
                over.clone()
            },
            fates,
            over,
            visits: self.fresh(&format!("visits_of_{first}")),
            returns: self.fresh(&format!("returns_of_{first}")),
            lost: self.fresh("lost"),
            failed: self.fresh("failed"),
            missing: self.missing(block),
            past: self.fresh("past"),
        };
        self.begin(&place, body);
        if place.next.is_some() {
            self.flow(&place, body);
        } else {
            for at in place.fates.order.clone() {
                self.step(&place, at, body);
            }
        }
        self.end(&place, body);
        self.worth(&place, used)
    }

    /// The name of a function that the script shall have.
    fn call(&mut self, name: &'static str) -> &'static str {
        self.used.insert(name);
        self.used.extend(functions::CALLED.iter().filter(|(by, _)| *by == name).map(|(_, called)| *called));
        name
    }

    /// A name that is no step's.
    fn fresh(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.taken.contains(&name) {
            name.push('_');
        }
        name
    }
}

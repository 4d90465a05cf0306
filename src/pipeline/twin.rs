//! The twin of a pipeline: a script that asks for the same things in the same order, each step as the primitive that it is.
//!
//! A block without jumps becomes statements, one with jumps a loop over the name of the step that comes next. The twin is
//! for reading and for going on in Rhai; priorities, budgets and timeouts of steps stay in the pipeline.

mod act;
mod code;
mod flow;
mod functions;

use crate::pipeline::graph;
use crate::pipeline::plan::{Act, Block, Jump, Pipeline, Retry, Step};
use code::{Lines, branch, text};
use flow::{goes_on, leap, severing};
use std::collections::BTreeSet;

/// The script.
pub fn script(pipeline: &Pipeline) -> String {
    let mut twin = Twin {
        used: BTreeSet::new(),
        watched: BTreeSet::new(),
        folder: pipeline.output_dir.display().to_string(),
        parallel: pipeline.limits.max_parallel,
    };
    twin.watch(&pipeline.block);
    let mut body = Lines::default();
    twin.inputs(pipeline, &mut body);
    if !twin.watched.is_empty() {
        body.add("let outcomes = #{};");
        body.add("let errors = #{};");
    }
    twin.block(&pipeline.block, &mut body, true);
    twin.unhandled(&pipeline.block, &mut body);
    match pipeline.outputs.as_slice() {
        [] => body.extend(pipeline.block.steps.last().map(|last| last.name.clone())),
        outputs => {
            body.add("#{");
            for (name, value) in outputs {
                let value = twin.value(value);
                body.add(&format!("    {name}: {value},"));
            }
            body.add("}");
        }
    }
    let name = pipeline.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut whole = format!("// The same as {name}, as a script.\n");
    for function in functions::ALL.iter().filter(|function| twin.used.contains(function.0)) {
        whole.push_str(&format!("\n{}", function.1));
    }
    format!("{whole}\n{}", body.whole())
}

/// What is known while it is written.
struct Twin {
    /// The functions that it calls.
    used: BTreeSet<&'static str>,
    /// The steps whose outcome matters.
    watched: BTreeSet<String>,
    /// The folder of the products.
    folder: String,
    /// How many items are worked on at once.
    parallel: usize,
}

impl Twin {
    /// Finds the steps whose outcome matters: they are read, or go on after a failure without those that need them.
    fn watch(&mut self, block: &Block) {
        for step in &block.steps {
            self.watched.extend(step.watches.iter().cloned());
            if goes_on(step) {
                self.watched.insert(step.name.clone());
            }
            step.act.blocks().into_iter().for_each(|inner| self.watch(inner));
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
            let value = match &input.default {
                Some(value) => format!("args.get({}) ?? {}", text(name), code::literal(value)),
                None if input.required => format!("args.{name}"),
                None => format!("args.get({})", text(name)),
            };
            body.add(&format!("    {name}: {value},"));
        }
        body.add("};");
    }

    /// The steps of a block; their values are variables of their names behind it.
    fn block(&mut self, block: &Block, body: &mut Lines, top: bool) {
        if block.steps.iter().any(Step::is_control) {
            self.flow(block, body, top);
            return;
        }
        for at in graph::order(block) {
            if let Some(step) = block.steps.get(at) {
                self.step(block, step, body, "let ");
            }
        }
    }

    /// A block with jumps: a loop over the name of the next step.
    fn flow(&mut self, block: &Block, body: &mut Lines, top: bool) {
        for step in &block.steps {
            body.add(&format!("let {} = ();", step.name));
        }
        let first = block.steps.first().map_or("", |step| step.name.as_str());
        let way = format!("next_of_{first}");
        let visits = format!("visits_of_{first}");
        let counted = block.steps.iter().any(|step| step.max_visits.is_some());
        if counted {
            body.add(&format!("let {visits} = #{{}};"));
        }
        body.add(&format!("let {way} = {};", text(first)));
        body.add(&format!("while {way} != \"\" {{"));
        body.deeper();
        body.add(&format!("switch {way} {{"));
        body.deeper();
        for (at, step) in block.steps.iter().enumerate() {
            let follows = block.steps.get(at + 1).map_or("", |next| next.name.as_str());
            body.add(&format!("{} => {{", text(&step.name)));
            body.deeper();
            body.add(&format!("{way} = {};", text(follows)));
            if let Some(most) = step.max_visits {
                self.used.insert("visited");
                body.add(&format!("{visits} = visited({visits}, {}, {most});", text(&step.name)));
            }
            self.jumping(block, step, body, (&way, top));
            body.shallower();
            body.add("}");
        }
        body.shallower();
        body.add("}");
        body.shallower();
        body.add("}");
    }

    /// One step of a block with jumps.
    fn jumping(&mut self, block: &Block, step: &Step, body: &mut Lines, (way, top): (&str, bool)) {
        let condition = self.condition(block, step);
        if let Some(condition) = &condition {
            body.add(&format!("if {condition} {{"));
            body.deeper();
        }
        if let (Act::End(value), true) = (&step.act, top) {
            let value = self.value(value);
            body.add(&format!("return {value};"));
        } else {
            self.plain(step, body, "", Some(way));
            if let Act::Switch(switch) = &step.act {
                let cases = switch.cases.iter().map(|(value, jump)| (text(value), jump));
                body.add(&format!("switch {}({}) {{", self.call("as_text"), step.name));
                for (value, jump) in cases {
                    body.add(&format!("    {value} => {{ {} }}", leap(jump, step, way)));
                }
                let rest = switch.default.as_ref().map_or_else(String::new, |jump| leap(jump, step, way));
                body.add(&format!("    _ => {{ {rest} }}"));
                body.add("}");
            }
            body.extend(step.on_success.as_ref().map(|jump| leap(jump, step, way)).filter(|line| !line.is_empty()));
        }
        if condition.is_some() {
            body.shallower();
            let otherwise = step.on_false.as_ref().map(|jump| leap(jump, step, way)).filter(|line| !line.is_empty());
            match otherwise {
                Some(line) => body.add(&format!("}} else {{ {line} }}")),
                None => body.add("}"),
            }
        }
    }

    /// One step of a block without jumps.
    fn step(&mut self, block: &Block, step: &Step, body: &mut Lines, declare: &str) {
        let condition = self.condition(block, step);
        let Some(condition) = condition else {
            self.plain(step, body, declare, None);
            return;
        };
        body.add(&format!("{declare}{} = ();", step.name));
        body.add(&format!("if {condition} {{"));
        body.deeper();
        self.plain(step, body, "", None);
        body.shallower();
        let fails = step.on_false == Some(Jump::Fail);
        if fails {
            let message = text(&format!("the condition of `{}` does not hold", step.name));
            body.add(&format!("}} else {{ throw #{{kind: \"invalid\", message: {message}}}; }}"));
        } else if self.watched.contains(&step.name) {
            body.add(&format!("}} else {{ outcomes.{} = \"skipped\"; }}", step.name));
        } else {
            body.add("}");
        }
    }

    /// The condition of a step, with the failures that it does not survive.
    fn condition(&mut self, block: &Block, step: &Step) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        if !step.always {
            for name in severing(block, step) {
                parts.push(format!("(outcomes.get({}) ?? \"skipped\") == \"ok\"", text(name)));
            }
        }
        parts.extend(step.condition.as_ref().map(|condition| branch(condition.source())));
        (!parts.is_empty()).then(|| parts.join(" && "))
    }

    /// What a step does, with its attempts, its outcome and its files.
    fn plain(&mut self, step: &Step, body: &mut Lines, declare: &str, way: Option<&str>) {
        let name = &step.name;
        let watched = self.watched.contains(name);
        let caught = watched || step.on_failure.as_ref().is_some_and(|jump| *jump != Jump::Fail);
        if caught {
            if !declare.is_empty() {
                body.add(&format!("{declare}{name} = ();"));
            }
            body.add("try {");
            body.deeper();
        }
        let head = if caught { format!("{name} = ") } else { format!("{declare}{name} = ") };
        let mut act = self.act(step);
        if step.retry.times > 0 {
            act = self.retried(act, &step.retry);
        }
        body.assign(&head, &act);
        self.products(step, body);
        if watched {
            body.add(&format!("outcomes.{name} = \"ok\";"));
        }
        if caught {
            body.shallower();
            body.add("} catch (failure) {");
            body.deeper();
            if watched {
                body.add(&format!("outcomes.{name} = \"failed\";"));
                body.add(&format!("errors.{name} = failure;"));
            }
            let jump = step.on_failure.as_ref().zip(way).map(|(jump, way)| leap(jump, step, way));
            body.extend(jump.filter(|line| !line.is_empty()));
            body.shallower();
            body.add("}");
        }
    }

    fn retried(&mut self, act: Vec<String>, retry: &Retry) -> Vec<String> {
        let wait = retry.wait.as_secs_f64();
        let head = format!("{}({}, {wait:?}, {:?}, || ", self.call("retried"), retry.times, retry.factor.max(1.0));
        code::around(&head, act, ")")
    }

    /// Failures that nothing dealt with, and that others only looked at.
    fn unhandled(&self, block: &Block, body: &mut Lines) {
        for step in block.steps.iter().filter(|step| self.watched.contains(&step.name) && step.on_failure.is_none()) {
            let name = text(&step.name);
            body.add(&format!("if (outcomes.get({name}) ?? \"\") == \"failed\" {{ throw errors.{}; }}", step.name));
        }
    }

    /// The name of a function that the script shall have.
    fn call(&mut self, name: &'static str) -> &'static str {
        self.used.insert(name);
        name
    }
}

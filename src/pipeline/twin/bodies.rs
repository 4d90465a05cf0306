//! Bodies: those of items, of branches and of steps with limits as functions that are given what they read, those of loops
//! where they stand.

use crate::pipeline::plan::{Block, Branch, Each, OnItemFailure, Step, While};
use crate::pipeline::twin::code::{Lines, branch, in_step, text};
use crate::pipeline::twin::lacks::{may_lack, may_lose_parts};
use crate::pipeline::twin::{Place, Twin};

impl Twin {
    /// Items at the same time.
    pub(super) fn each(&mut self, place: &Place<'_>, step: &Step, each: &Each, watched: bool) -> Vec<String> {
        let (all, given, name) = (self.fresh("all"), self.fresh("given"), &each.name);
        let results = self.fresh("results");
        let stop = each.on_item_failure == OnItemFailure::Stop;
        let mut body = Lines::default();
        body.add("{");
        body.deeper();
        body.add(&format!("let {all} = {};", self.value(&each.items)));
        body.add(&format!("let {given} = [];"));
        body.add(&format!("for ({name}, index) in {}({all}) {{", self.call("listed")));
        let key = match &each.key {
            Some(key) => self.source(key),
            None => format!("{}({all})[index]", self.call("keys_of")),
        };
        let key = format!("{}({})", self.call("as_text"), branch(&key));
        body.add(&format!("    {given}.push(#{{{name}: {name}, index: index, key: {key}}});"));
        body.add("}");
        let items = if each.key.is_some() { format!("{}({given})", self.call("distinct")) } else { given.clone() };
        let work = self.function("item", step, Some(&[name.as_str(), "index", "key"]), &mut |twin, body| {
            let done = twin.fresh("done");
            body.add(&format!("let {done} = #{{key: key, value: ()}};"));
            // What fails here ends the rest, or is noted.
            let failed = match stop {
                true => "throw step_failure(failure);".to_owned(),
                false => format!("{done}.failure = error_of(failure);"),
            };
            let missing = format!("{done}.missing = true;");
            twin.done(&each.block, &format!("{done}.value"), &missing, &[failed], body);
            body.add(&done);
        });
        let most = each.max_parallel.unwrap_or(self.parallel).clamp(1, 1_024);
        let stops = if stop { ", stop: true" } else { "" };
        body.add(&format!("let {results} = par_map({items}, {work}, #{{concurrency: {most}{stops}}});"));
        if stop {
            body.add(&format!("{}({results}, {given}, {});", self.call("named"), text(&step.name)));
        }
        if watched && !stop {
            body.add(&format!("errors.{} = {}({results});", step.name, self.call("failures")));
        }
        body.extend(incomplete(place, step, &results));
        let keyed = if each.key.is_some() { "true".to_owned() } else { format!("type_of({all}) == \"map\"") };
        body.add(&format!("{}({results}, {keyed}, {stop})", self.call("gathered")));
        body.shallower();
        body.add("}");
        body.list()
    }

    /// Branches at the same time.
    pub(super) fn parallel(&mut self, place: &Place<'_>, step: &Step, branches: &[Branch]) -> Vec<String> {
        let mut body = Lines::default();
        let work = self.function("branch", step, Some(&[]), &mut |twin, body| {
            let (done, given) = (twin.fresh("done"), twin.fresh("given"));
            let failed =
                [format!("{done}.failure = step_failure(failure);"), format!("{done}.failure.branch = {given};")];
            let missing = format!("{done}.missing = true;");
            body.add(&format!("let {done} = #{{key: {given}, value: ()}};"));
            body.add(&format!("switch {given} {{"));
            body.deeper();
            for one in branches {
                body.add(&format!("{} => {{", text(&one.name)));
                body.deeper();
                twin.done(&one.block, &format!("{done}.value"), &missing, &failed, body);
                body.shallower();
                body.add("}");
            }
            body.shallower();
            body.add("}");
            body.add(&done);
        });
        let names: Vec<String> = branches.iter().map(|one| text(&one.name)).collect();
        let most = self.parallel.min(branches.len()).clamp(1, 1_024);
        body.add("{");
        body.deeper();
        body.add(&format!("let results = par_map([{}], {work}, #{{concurrency: {most}}});", names.join(", ")));
        body.extend(incomplete(place, step, "results"));
        body.add(&format!("{}(results, true, true)", self.call("gathered")));
        body.shallower();
        body.add("}");
        body.list()
    }

    /// The body again and again.
    pub(super) fn repeat(&mut self, place: &Place<'_>, step: &Step, repeat: &While) -> Vec<String> {
        let mut body = Lines::default();
        let outside = self.scope.len();
        self.scope.extend(["prev".to_owned(), "iteration".to_owned()]);
        body.add("{");
        body.deeper();
        body.add("let prev = ();");
        body.add("let iteration = 1;");
        body.add(&format!("while {} {{", self.condition(&repeat.condition)));
        body.deeper();
        let message = text(&format!("`{}` did not come to its end in {} iterations", step.name, repeat.max_iterations));
        let hint = text("raise `max_iterations`, or let the condition become false earlier; `last` has the last value");
        body.add(&format!("if iteration > {} {{", repeat.max_iterations));
        body.add(&format!("    throw #{{kind: \"loop_exhausted\", message: {message}, hint: {hint}, last: prev}};"));
        body.add("}");
        let failed = ["failure = step_failure(failure);", "failure.iteration = iteration;", "throw failure;"];
        let failed = failed.map(str::to_owned);
        self.done(&repeat.block, "prev", &place.misses(step), &failed, &mut body);
        body.add(&in_step(&step.name));
        body.add("iteration += 1;");
        body.shallower();
        body.add("}");
        body.add("prev");
        body.shallower();
        body.add("}");
        self.scope.truncate(outside);
        body.list()
    }

    /// What became of a body: its value, with a note if a part of it is missing, or what is done about its failure. What is
    /// added to a failure is assigned: a new map would forget from which call it comes.
    fn done(&mut self, block: &Block, place: &str, missing: &str, failed: &[String], body: &mut Lines) {
        let outside = self.scope.len();
        body.add("try {");
        body.deeper();
        self.depth += 1;
        let value = self.block(block, body, true);
        self.depth -= 1;
        body.add(&format!("{place} = {value};"));
        if may_lack(block) {
            body.add(&format!("if !{}.is_empty() {{ {missing} }}", self.missing(block)));
        }
        body.shallower();
        body.add("} catch (failure) {");
        body.deeper();
        body.extend(failed.iter().cloned());
        body.shallower();
        body.add("}");
        self.scope.truncate(outside);
    }

    /// A function made of a body, with all that the body reads of what stands around it, ready to be called with a map of
    /// its own names; with nothing, if it has none.
    pub(super) fn function(
        &mut self,
        what: &str,
        step: &Step,
        own: Option<&[&str]>,
        write: &mut dyn FnMut(&mut Self, &mut Lines),
    ) -> String {
        let (is_given, own) = (own.is_some(), own.unwrap_or_default());
        let name = format!("{what}_of_{}", step.name);
        let around = self.scope.clone();
        self.scope.extend(own.iter().map(|name| (*name).to_owned()));
        let mut body = Lines::default();
        body.deeper();
        write(self, &mut body);
        self.scope.clone_from(&around);
        let body = body.list().join("\n");
        let read = |name: &&str| words(&body).any(|word| word == *name);
        let mut shared: Vec<&str> =
            around.iter().map(String::as_str).filter(|name| !own.contains(name)).filter(read).collect();
        shared.sort_unstable();
        shared.dedup();
        let (outer, given) = (self.fresh("around"), self.fresh("given"));
        let parameters = [(!shared.is_empty()).then_some(outer.as_str()), is_given.then_some(given.as_str())];
        let parameters: Vec<&str> = parameters.into_iter().flatten().collect();
        let mut lines = Lines::default();
        lines.add(&format!("fn {name}({}) {{", parameters.join(", ")));
        lines.extend(shared.iter().map(|name| format!("    let {name} = {outer}.{name};")));
        lines.extend(own.iter().filter(|name| read(name)).map(|name| format!("    let {name} = {given}.{name};")));
        self.bodies.push(format!("{}{body}\n}}\n", lines.whole()));
        if shared.is_empty() {
            return format!("Fn({})", text(&name));
        }
        let handed: Vec<String> = shared.iter().map(|name| format!("{name}: {name}")).collect();
        format!("Fn({}).curry(#{{{}}})", text(&name), handed.join(", "))
    }
}

/// The statement that notes a step if one of the results of its parts lacks something.
fn incomplete(place: &Place<'_>, step: &Step, results: &str) -> Option<String> {
    let lacks = "|one| one.contains(\"failure\") || one.contains(\"missing\")";
    may_lose_parts(step).then(|| format!("if {results}.some({lacks}) {{ {} }}", place.misses(step)))
}

/// The words of a script.
fn words(script: &str) -> impl Iterator<Item = &str> {
    script.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

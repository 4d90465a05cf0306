//! A block: what is noted of its steps, the loop that follows its jumps, and what it comes to.

use crate::pipeline::plan::{Act, Step};
use crate::pipeline::twin::code::{Lines, text};
use crate::pipeline::twin::fates::ends;
use crate::pipeline::twin::jumps::{is_back_target, is_bounded};
use crate::pipeline::twin::{Place, Twin, lacks, late};

impl Twin {
    /// Declares what is noted of the steps. A body has its own notes, which end with it.
    pub(super) fn begin(&mut self, place: &Place<'_>, body: &mut Lines) {
        let fates = &place.fates;
        let named = |value: &str| {
            let names = fates.watched.iter().filter_map(|at| place.block.steps.get(*at));
            names.map(|step| format!("{}: {value}", step.name)).collect::<Vec<_>>().join(", ")
        };
        if !fates.watched.is_empty() {
            for (name, value) in [("outcomes", "\"skipped\""), ("errors", "()")] {
                let around =
                    if self.scope.iter().any(|known| known == name) { format!("{name} + ") } else { String::new() };
                body.add(&format!("let {name} = {around}#{{{}}};", named(value)));
                self.scope.push(name.to_owned());
            }
        }
        if !fates.skippable.is_empty() {
            body.add(&format!("let {} = #{{}};", place.lost));
            self.scope.push(place.lost.clone());
        }
        let lacks = lacks::may_lack(place.block);
        let notes = [(!fates.late.is_empty(), &place.failed), (lacks, &place.missing), (fates.notes_past, &place.past)];
        body.extend(notes.iter().filter(|(kept, _)| *kept).map(|(_, name)| format!("let {name} = #{{}};")));
        if place.block.steps.iter().any(ends) || fates.over {
            body.add(&format!("let {} = \"\";", place.over));
            body.extend((place.closed != place.over).then(|| format!("let {} = \"\";", place.closed)));
        }
    }

    /// A loop over the name of the next step.
    pub(super) fn flow(&mut self, place: &Place<'_>, body: &mut Lines) {
        let (block, next) = (place.block, place.next.as_deref().unwrap_or_default());
        for step in &block.steps {
            body.add(&format!("let {} = ();", step.name));
            self.scope.push(step.name.clone());
        }
        let counted: Vec<String> = (0..block.steps.len())
            .filter(|at| is_back_target(block, *at) || is_bounded(block, *at))
            .filter_map(|at| block.steps.get(at).map(|step| format!("{}: 0", step.name)))
            .collect();
        if !counted.is_empty() {
            body.add(&format!("let {} = #{{{}}};", place.visits, counted.join(", ")));
        }
        let returned: Vec<String> = (0..block.steps.len())
            .filter(|at| is_back_target(block, *at) && place.fates.may_skip(block, *at))
            .filter_map(|at| block.steps.get(at).map(|step| format!("{}: 0", step.name)))
            .collect();
        if !returned.is_empty() {
            body.add(&format!("let {} = #{{{}}};", place.returns, returned.join(", ")));
        }
        let order = &place.fates.order;
        let name = |at: Option<&usize>| at.and_then(|at| block.steps.get(*at)).map_or("", |step| step.name.as_str());
        body.add(&format!("let {next} = {};", text(name(order.first()))));
        body.add(&format!("while {next} != \"\" {{"));
        body.deeper();
        body.add(&format!("switch {next} {{"));
        body.deeper();
        for (turn, at) in order.iter().enumerate() {
            body.add(&format!("{} => {{", text(name(Some(at)))));
            body.deeper();
            body.add(&format!("{next} = {};", text(name(order.get(turn + 1)))));
            let passed = place.fates.notes_past && place.fates.passed_over.contains(at);
            if passed {
                body.add(&format!("if !{}.contains({}) {{", place.past, text(name(Some(at)))));
                body.deeper();
            }
            self.step(place, *at, body);
            for _ in 0..=usize::from(passed) {
                body.shallower();
                body.add("}");
            }
        }
        for _ in 0..2 {
            body.shallower();
            body.add("}");
        }
    }

    /// Failures that nothing dealt with, what the whole lacks, and a value that ends it.
    pub(super) fn end(&self, place: &Place<'_>, body: &mut Lines) {
        for (at, step) in place.block.steps.iter().enumerate() {
            body.extend(late::told(place, at, step));
        }
        if self.depth == 0 && lacks::may_lack(place.block) {
            body.add(&format!("partial({}.keys());", place.missing));
        }
        for step in place.block.steps.iter().filter(|step| matches!(step.act, Act::End(_))) {
            body.add(&format!("if {} == {} {{ return {}; }}", place.over, text(&step.name), step.name));
        }
    }

    /// The value of a block: that of the step that ended it, else of the last one but for those that were left out. One that
    /// failed, or was skipped with one that it needs, is `()`.
    pub(super) fn worth(&self, place: &Place<'_>, used: bool) -> String {
        let named = |at: &usize| place.block.steps.get(*at).map_or("()", |step| step.name.as_str());
        let fates = &place.fates;
        if !used {
            return "()".to_owned();
        }
        let one = |at: &usize| {
            let (name, lost) = (named(at), &place.lost);
            let with_others = format!(" || ({lost}.get({}) ?? \"\") == \"all\"", text(name));
            let with_others = if fates.skippable.contains(at) { with_others.as_str() } else { "" };
            format!("if outcomes.{name} != \"skipped\"{with_others} {{ {name} }} else ")
        };
        let mut value: String = fates.unsure().iter().map(one).collect();
        let last = fates.values.last().map_or("()", named);
        let plain = if value.is_empty() { last.to_owned() } else { format!("{{ {last} }}") };
        value.push_str(&plain);
        let enders: Vec<&Step> = place.block.steps.iter().filter(|step| ends(step)).collect();
        if enders.is_empty() {
            return value;
        }
        let one = |step: &&Step| format!("{} => {}", text(&step.name), step.name);
        let ended: Vec<String> = enders.iter().map(one).collect();
        format!("switch {} {{ {}, _ => {{ {value} }} }}", place.over, ended.join(", "))
    }
}

//! Jumps as statements.

use crate::pipeline::graph;
use crate::pipeline::plan::{Block, Jump, Step, Switch};
use crate::pipeline::twin::code::{Lines, text};
use crate::pipeline::twin::fates::ends_block;
use crate::pipeline::twin::lacks::may_be_noted;
use crate::pipeline::twin::{Place, Twin, late};

impl Twin {
    /// The statements of a jump; `why` is told if it leads to a failure.
    pub(super) fn leap(&mut self, place: &Place<'_>, at: usize, jump: &Jump, why: &str) -> Vec<String> {
        let Some(step) = place.block.steps.get(at) else { return Vec::new() };
        let next = place.next.as_deref().unwrap_or_default();
        match jump {
            Jump::Continue => Vec::new(),
            Jump::Skip => self.lost(place, at, "needs"),
            Jump::To(name) => match place.block.position(name) {
                Some(target) if target <= at => self.back(place, at, target),
                Some(target) if place.fates.notes_past => {
                    let passed = place.block.steps.get(at + 1..target).unwrap_or_default();
                    passed.iter().map(|step| format!("{}.{} = true;", place.past, step.name)).collect()
                }
                _ => vec![format!("{next} = {};", text(name))],
            },
            Jump::Retry => self.back(place, at, at),
            Jump::End => {
                let mut lines = late::ended(place, at, step);
                if !place.fates.over {
                    lines.push(format!("{next} = \"\";"));
                }
                lines
            }
            Jump::Fail => {
                let failure = format!("#{{kind: \"invalid\", message: {}}}", text(why));
                if !place.fates.over {
                    return vec![format!("throw {failure};")];
                }
                [late::noted(place, at, step, &failure, true), self.ended_by_failure(place, at)].concat()
            }
        }
    }

    /// The statements of a failure that ends the block, once it is noted.
    pub(super) fn ended_by_failure(&self, place: &Place<'_>, at: usize) -> Vec<String> {
        let Some(step) = place.block.steps.get(at) else { return Vec::new() };
        let mut lines = late::ended(place, at, step);
        if place.fates.fails_before(place.block, at) {
            lines.extend(self.lost(place, at, "all"));
        }
        lines
    }

    /// Notes that a step is lost: to those that need it, or to all behind it.
    pub(super) fn lost(&self, place: &Place<'_>, at: usize, whom: &str) -> Vec<String> {
        let noted = place.block.steps.get(at).filter(|_| place.fates.tells_lost(at));
        noted.map(|step| format!("{}.{} = {};", place.lost, step.name, text(whom))).into_iter().collect()
    }

    /// Back to a step, as often as it may be visited; what is repeated is forgotten.
    fn back(&mut self, place: &Place<'_>, at: usize, target: usize) -> Vec<String> {
        let steps = &place.block.steps;
        let Some((from, step)) = steps.get(at).zip(steps.get(target)) else { return Vec::new() };
        let (name, next) = (&step.name, place.next.as_deref().unwrap_or_default());
        let bound = format!("{}, {}, #{{last: {}}}", text(name), step.max_visits.unwrap_or(1), from.name);
        let (again, visits, returns) = (self.call("again"), &place.visits, &place.returns);
        let mut lines = if place.fates.may_skip(place.block, target) {
            // One that is skipped each time has no visits.
            let count =
                format!("if {visits}.{name} > {returns}.{name} {{ {visits}.{name} }} else {{ {returns}.{name} }}");
            vec![format!("{next} = {again}({count}, {bound});"), format!("{returns}.{name} += 1;")]
        } else {
            vec![format!("{next} = {again}({visits}.{name}, {bound});")]
        };
        lines.extend((target..=at).flat_map(|repeated| forgotten(place, repeated)));
        if !place.fates.spent.contains(&at) {
            return unless_over(place, at, target, lines);
        }
        // One jump too many is a failure of the step that makes it; what does not need the step goes on.
        let noted = [late::noted(place, at, from, "failure", true), self.lost(place, at, "all")].concat();
        let tried = format!("try {{ {} }} catch (failure) {{ {} }}", lines.join(" "), noted.join(" "));
        unless_over(place, at, target, vec![tried])
    }

    /// Where the value of a switch leads; without `fails` those that lead to a failure are left out.
    pub(super) fn dispatch(&mut self, place: &Place<'_>, at: usize, switch: &Switch, fails: bool, body: &mut Lines) {
        let Some(step) = place.block.steps.get(at) else { return };
        body.add(&format!("switch {}({}) {{", self.call("as_text"), step.name));
        body.deeper();
        let rest = switch.default.as_ref().unwrap_or(&Jump::Continue);
        let cases = switch.cases.iter().map(|(value, jump)| (text(value), jump)).chain([("_".to_owned(), rest)]);
        for (value, jump) in cases {
            let lines = match jump {
                // A value that is not to be is a failure of the step, whatever may run all the same.
                Jump::Fail if fails => vec![unwanted(step, switch)],
                Jump::Fail => Vec::new(),
                other => self.leap(place, at, other, ""),
            };
            body.add(&format!("{value} => {{ {} }}", lines.join(" ")));
        }
        body.shallower();
        body.add("}");
    }
}

/// The statement that lets a value that is not to be fail, where the failure must be caught.
pub(super) fn refusal(twin: &mut Twin, step: &Step, switch: &Switch) -> Vec<String> {
    let throw = unwanted(step, switch);
    let rest = switch.default.as_ref() == Some(&Jump::Fail);
    if !rest && !switch.cases.iter().any(|(_, jump)| *jump == Jump::Fail) {
        return Vec::new();
    }
    let case = |(value, jump): &(String, Jump)| {
        let lead = if *jump == Jump::Fail { throw.as_str() } else { "" };
        format!("{} => {{ {lead} }}", text(value))
    };
    let cases: Vec<String> = switch.cases.iter().map(case).collect();
    let rest = if rest { throw.as_str() } else { "" };
    vec![format!("switch {}({}) {{ {}, _ => {{ {rest} }} }}", twin.call("as_text"), step.name, cases.join(", "))]
}

/// The statement that fails for a value that is not to be.
fn unwanted(step: &Step, switch: &Switch) -> String {
    let on = text(&format!("`{}` is ", switch.on.source()));
    format!("throw #{{kind: \"invalid\", message: {on} + json_text({}) + \", which is not to be\"}};", step.name)
}

/// The statements of a jump back; what always runs behind the end of its block leads back to nothing before it.
fn unless_over(place: &Place<'_>, at: usize, target: usize, lines: Vec<String>) -> Vec<String> {
    let steps = |range: std::ops::Range<usize>| place.block.steps.get(range).unwrap_or_default().iter();
    let always = place.block.steps.get(at).is_some_and(|step| step.always);
    if !always || !place.fates.over || !steps(target..at).any(ends_block) {
        return lines;
    }
    let before = steps(0..target).filter(|step| ends_block(step)).map(|step| text(&step.name));
    let open: Vec<String> =
        std::iter::once(text("")).chain(before).map(|name| format!("{} == {name}", place.over)).collect();
    vec![format!("if {} {{ {} }}", open.join(" || "), lines.join(" "))]
}

/// What the first visit left of a step that the second one may skip.
fn forgotten(place: &Place<'_>, at: usize) -> Vec<String> {
    let fates = &place.fates;
    let Some(step) = place.block.steps.get(at) else { return Vec::new() };
    let mut lines = Vec::new();
    let sets = [&fates.skippable, &fates.passed_over, &fates.caught];
    if step.condition.is_some() || sets.into_iter().any(|set| set.contains(&at)) {
        lines.push(format!("{} = ();", step.name));
    }
    if fates.watched.contains(&at) {
        lines.push(format!("outcomes.{} = \"skipped\";", step.name));
        lines.push(format!("errors.{} = ();", step.name));
    }
    if fates.late.contains(&at) {
        lines.push(format!("{}.remove({});", place.failed, text(&step.name)));
    }
    if may_be_noted(step) {
        lines.push(place.regains(step));
    }
    if fates.cuts.contains(&at) && fates.tells_lost(at) {
        lines.push(format!("{}.remove({});", place.lost, text(&step.name)));
    }
    lines
}

/// Whether a step leads back to this one, or to itself.
pub(super) fn is_back_target(block: &Block, at: usize) -> bool {
    let named = |step: &Step| graph::targets(step).filter_map(|name| block.position(name)).any(|to| to == at);
    let retries = |step: &Step| graph::jumps(step).any(|jump| *jump == Jump::Retry);
    block.steps.iter().enumerate().any(|(from, step)| from >= at && named(step) || from == at && retries(step))
}

/// Whether a step bounds its visits within a loop that leads back to another one.
pub(super) fn is_bounded(block: &Block, at: usize) -> bool {
    let back = |(from, step): (usize, &Step)| {
        let mut to = graph::targets(step).filter_map(|name| block.position(name));
        from >= at && to.any(|to| to < at)
    };
    let bounds = block.steps.get(at).is_some_and(|step| step.max_visits.is_some());
    bounds && block.steps.iter().enumerate().any(back)
}

/// The statements that count a visit of a step that bounds them: one too many is a failure of the step.
pub(super) fn counted(twin: &mut Twin, place: &Place<'_>, at: usize) -> Vec<String> {
    let Some(step) = place.block.steps.get(at).filter(|_| is_bounded(place.block, at)) else { return Vec::new() };
    let (visits, name) = (&place.visits, &step.name);
    let (again, most) = (twin.call("again"), step.max_visits.unwrap_or(1));
    vec![format!("{again}({visits}.{name}, {}, {most}, #{{}});", text(name)), format!("{visits}.{name} += 1;")]
}

//! One step: whether it runs, its attempts, what is caught, and where it leads.

use crate::pipeline::plan::{Act, Jump, OnItemFailure, Step};
use crate::pipeline::twin::code::{Lines, in_step, text};
use crate::pipeline::twin::jumps::{counted, is_back_target, is_bounded, refusal};
use crate::pipeline::twin::lacks::may_lose_parts;
use crate::pipeline::twin::{Place, Twin, late, limits};

impl Twin {
    /// Writes a step of a block.
    pub(super) fn step(&mut self, place: &Place<'_>, at: usize, body: &mut Lines) {
        let Some(step) = place.block.steps.get(at) else { return };
        let (fates, jumps) = (&place.fates, place.next.is_some());
        let guard = guard(place, at, step);
        let caught = fates.caught.contains(&at);
        let noted = late::before(place, at);
        let bare = guard.is_none() && step.condition.is_none() && !caught && step.retry.times == 0 && noted.is_empty();
        if !jumps && !bare {
            body.add(&format!("let {} = ();", step.name));
        }
        let head = if jumps || !bare { format!("{} = ", step.name) } else { format!("let {} = ", step.name) };
        if let Some(guard) = &guard {
            body.add(&format!("if {guard} {{"));
            body.deeper();
        }
        body.add(&in_step(&step.name));
        if is_back_target(place.block, at) && !is_bounded(place.block, at) {
            body.add(&format!("{}.{} += 1;", place.visits, step.name));
        }
        late::behind(noted, body, |body| match caught {
            true => self.caught(place, at, step, body),
            false => self.conditional(place, at, step, &head, body),
        });
        if guard.is_some() {
            body.shallower();
            let lost = self.lost(place, at, "all");
            body.add(&if lost.is_empty() { "}".to_owned() } else { format!("}} else {{ {} }}", lost.join(" ")) });
        }
        if !jumps {
            self.scope.push(step.name.clone());
        }
    }

    /// A step whose failure is not caught.
    fn conditional(&mut self, place: &Place<'_>, at: usize, step: &Step, head: &str, body: &mut Lines) {
        let condition = step.condition.as_ref().map(|condition| self.condition(condition));
        body.extend(counted(self, place, at));
        if let Some(condition) = &condition {
            body.add(&format!("if {condition} {{"));
            body.deeper();
        }
        self.attempts(place, at, step, head, body);
        self.after_success(place, at, step, body);
        if condition.is_some() {
            body.shallower();
            let lines = self.after_false(place, at, step);
            body.add(&if lines.is_empty() { "}".to_owned() } else { format!("}} else {{ {} }}", lines.join(" ")) });
        }
    }

    /// A step whose failure leads somewhere.
    fn caught(&mut self, place: &Place<'_>, at: usize, step: &Step, body: &mut Lines) {
        let condition = step.condition.as_ref().map(|condition| self.condition(condition));
        body.add("try {");
        body.deeper();
        body.extend(counted(self, place, at));
        if let Some(condition) = &condition {
            body.add(&format!("if {condition} {{"));
            body.deeper();
        }
        self.attempts(place, at, step, &format!("{} = ", step.name), body);
        if condition.is_some() {
            body.shallower();
            body.add("}");
        }
        let (mut succeeded, failed) = (Lines::default(), self.after_failure(place, at, step));
        self.after_success(place, at, step, &mut succeeded);
        let (succeeded, skipped) = (succeeded.list(), self.after_false(place, at, step));
        let chain = !succeeded.is_empty() || !skipped.is_empty();
        body.shallower();
        body.add("} catch (failure) {");
        body.deeper();
        if fails_with_value(step) {
            body.add(&format!("{} = ();", step.name));
        }
        body.extend(late::noted(place, at, step, "failure", place.fates.throws_late(at, step)));
        body.extend(step.goes_on().then(|| place.misses(step)));
        if !chain {
            body.extend(failed.iter().cloned());
        }
        body.shallower();
        body.add("}");
        if chain {
            let mut word = "if";
            for (outcome, lines) in [("ok", succeeded), ("failed", failed), ("skipped", skipped)] {
                if lines.is_empty() {
                    continue;
                }
                body.add(&format!("{word} outcomes.{} == \"{outcome}\" {{", step.name));
                body.deeper();
                body.extend(lines);
                body.shallower();
                body.add("}");
                word = "else if";
            }
        }
    }

    /// What a step does, within its limits, and what is noted of its success.
    fn attempts(&mut self, place: &Place<'_>, at: usize, step: &Step, head: &str, body: &mut Lines) {
        match limits::of(step) {
            Some(limits) => self.limited(place, at, step, (head, limits.as_str()), body),
            None => self.tries(place, at, step, head, body),
        }
        if place.fates.watched.contains(&at) {
            body.add(&format!("outcomes.{} = \"ok\";", step.name));
        }
    }

    /// What a step does under limits of its own: a function, which ends as a whole. What it notes of its parts it answers
    /// beside its value.
    fn limited(&mut self, place: &Place<'_>, at: usize, step: &Step, (head, limits): (&str, &str), body: &mut Lines) {
        let name = &step.name;
        let goes_on = matches!(&step.act, Act::Each(each) if each.on_item_failure == OnItemFailure::Continue);
        let (notes, lacks) = (goes_on && self.tells(place, at, step), may_lose_parts(step));
        let work = self.function("limited", step, None, &mut |twin, body| {
            if !twin.scope.contains(name) {
                body.add(&format!("let {name} = ();"));
            }
            body.extend(lacks.then(|| format!("let {} = #{{}};", place.missing)));
            twin.tries(place, at, step, &format!("{name} = "), body);
            let errors = if notes { format!(", errors: errors.{name}") } else { String::new() };
            let whole = format!("#{{value: {name}, missing: {}{errors}}}", place.missing);
            body.add(if lacks { &whole } else { name });
        });
        let call = format!("within({limits}, {work})");
        if !lacks {
            return body.add(&format!("{head}{call};"));
        }
        let came = self.fresh(&format!("came_of_{name}"));
        body.add(&format!("let {came} = {call};"));
        body.extend(notes.then(|| format!("errors.{name} = {came}.errors;")));
        body.add(&format!("if !{came}.missing.is_empty() {{ {} }}", place.misses(step)));
        body.add(&format!("{head}{came}.value;"));
    }

    /// Whether what failed in a step, though it came to its end, is noted.
    fn tells(&self, place: &Place<'_>, at: usize, step: &Step) -> bool {
        place.fates.watched.contains(&at) && self.read.contains(&step.name)
    }

    /// What a step does, again and again if it may fail first.
    fn tries(&mut self, place: &Place<'_>, at: usize, step: &Step, head: &str, body: &mut Lines) {
        let retry = &step.retry;
        let pause = self.fresh(&format!("pause_of_{}", step.name));
        let left = self.fresh(&format!("left_of_{}", step.name));
        if retry.times > 0 {
            body.add(&format!("let {left} = {};", retry.times));
            if !retry.wait.is_zero() {
                body.add(&format!("let {pause} = {:?};", retry.wait.as_secs_f64()));
            }
            body.add("loop {");
            body.deeper();
            body.add("try {");
            body.deeper();
        }
        let act = self.act(place, step, self.tells(place, at, step));
        body.assign(head, &act);
        if let Act::Switch(switch) = &step.act
            && (retry.times > 0 || place.fates.caught.contains(&at))
        {
            body.extend(refusal(self, step, switch));
        }
        self.products(step, body);
        if retry.times > 0 {
            body.add("break;");
            body.shallower();
            again(place, step, (&left, &pause), body);
            body.shallower();
            body.add("}");
        }
    }

    fn after_success(&mut self, place: &Place<'_>, at: usize, step: &Step, body: &mut Lines) {
        if step.on_success == Some(Jump::Fail) {
            body.extend(self.leap(place, at, &Jump::Fail, "its success ends the pipeline"));
            // A step that failed has no value for those that always run.
            body.extend(place.fates.over.then(|| format!("{} = ();", step.name)));
            return;
        }
        match &step.act {
            Act::Switch(switch) => {
                let fails = step.retry.times == 0 && !place.fates.caught.contains(&at);
                self.dispatch(place, at, switch, fails, body);
            }
            Act::End(_) => body.extend(self.leap(place, at, &Jump::End, "")),
            _ => {
                let jump = step.on_success.as_ref();
                body.extend(jump.map(|jump| self.leap(place, at, jump, "")).unwrap_or_default());
            }
        }
    }

    fn after_false(&mut self, place: &Place<'_>, at: usize, step: &Step) -> Vec<String> {
        let (Some(condition), Some(jump)) = (&step.condition, &step.on_false) else { return Vec::new() };
        self.leap(place, at, jump, &format!("the condition `{}` does not hold", condition.source()))
    }

    fn after_failure(&mut self, place: &Place<'_>, at: usize, step: &Step) -> Vec<String> {
        match &step.on_failure {
            None => self.lost(place, at, "all"),
            // Its failure is noted already, and thrown when what always runs has run.
            Some(Jump::Fail) => self.ended_by_failure(place, at),
            Some(Jump::Skip | Jump::Continue) => self.lost(place, at, "needs"),
            Some(jump) => {
                let back = matches!(jump, Jump::Retry)
                    || matches!(jump, Jump::To(name) if place.block.position(name).is_some_and(|to| to <= at));
                let lost = if back { Vec::new() } else { self.lost(place, at, "needs") };
                [lost, self.leap(place, at, jump, "")].concat()
            }
        }
    }
}

/// Whether a step can fail when its value is there already.
fn fails_with_value(step: &Step) -> bool {
    let refuses = match &step.act {
        Act::Switch(switch) => {
            let mut jumps = switch.cases.iter().map(|(_, jump)| jump).chain(&switch.default);
            jumps.any(|jump| *jump == Jump::Fail)
        }
        _ => false,
    };
    refuses || !step.products.is_empty()
}

/// What follows an attempt that failed.
fn again(place: &Place<'_>, step: &Step, (left, pause): (&str, &str), body: &mut Lines) {
    let retry = &step.retry;
    body.add("} catch (failure) {");
    body.deeper();
    body.add(&format!("if {left} <= 0 {{ throw step_failure(failure); }}"));
    body.add(&format!("{left} -= 1;"));
    body.extend(may_lose_parts(step).then(|| place.regains(step)));
    // A turn of its body may have failed.
    body.extend(matches!(step.act, Act::While(_)).then(|| in_step(&step.name)));
    if !retry.wait.is_zero() {
        body.add(&format!("sleep({pause});"));
        let factor = retry.factor.max(1.0);
        if factor > 1.0 {
            body.add(&format!("{pause} *= {factor:?};"));
        }
    }
    body.shallower();
    body.add("}");
}

/// The condition under which a step runs at all, whatever its own one says: nothing that it needs is lost.
fn guard(place: &Place<'_>, at: usize, step: &Step) -> Option<String> {
    let (block, fates) = (place.block, &place.fates);
    let mut parts = Vec::new();
    if fates.over && !step.always {
        let spared = fates.spared_by(block, at);
        let spared = spared.iter().filter_map(|end| block.steps.get(*end)).map(|end| text(&end.name));
        let open: Vec<String> =
            std::iter::once(text("")).chain(spared).map(|name| format!("{} == {name}", place.closed)).collect();
        parts.push(if open.len() > 1 { format!("({})", open.join(" || ")) } else { open.concat() });
    }
    if fates.skippable.contains(&at) {
        let watched = |needed: usize| block.steps.get(needed).is_some_and(|other| step.watches.contains(&other.name));
        for (list, after) in [(&step.after, true), (&step.behind, false)] {
            let set = if after { &fates.cuts } else { &fates.stops };
            let lost = list.iter().filter(|needed| set.contains(needed) && !watched(**needed));
            for other in lost.filter_map(|needed| block.steps.get(*needed)) {
                parts.push(match after {
                    true => format!("!{}.contains({})", place.lost, text(&other.name)),
                    false => format!("({}.get({}) ?? \"\") != \"all\"", place.lost, text(&other.name)),
                });
            }
        }
    }
    (!parts.is_empty()).then(|| parts.join(" && "))
}

//! Steps as a person is told of them: a line for each that ended, and what runs with how long it may
//! still take. It prints nothing.

use crate::core::event::{Event, EventRecord};
use crate::core::ids::Frame;
use crate::core::money::Money;
use crate::core::status::StepOutcome;
use crate::core::text::one_line;
use std::collections::BTreeMap;

/// How many running steps are named.
const NAMED: usize = 3;

/// The steps under way and their siblings.
#[derive(Debug, Default)]
pub struct Steps {
    /// Those under way, by frame.
    running: BTreeMap<Frame, String>,
    /// Steps of the same name in items of the same step, by the frame of that and the name.
    siblings: BTreeMap<(String, String), Siblings>,
}

#[derive(Debug)]
struct Siblings {
    /// When the first began that the log did not answer, in milliseconds since 1970.
    since: u64,
    /// When the last one ended.
    until: u64,
    done: usize,
    /// Of these, those that the log answered: they took no time, and the others will.
    replayed: usize,
    of: usize,
}

impl Steps {
    /// Notes an event; a line about a step that ended, if it is about one.
    pub fn hear(&mut self, record: &EventRecord) -> Option<String> {
        match &record.event {
            Event::StepStarted { step, key, of, .. } => {
                self.running.insert(record.frame.clone(), named(&record.frame, step, key.as_deref()));
                if let Some(parent) = parent(&record.frame).filter(|_| *of > 1) {
                    let fresh = Siblings { since: record.at, until: record.at, done: 0, replayed: 0, of: *of };
                    self.siblings.entry((parent, step.clone())).or_insert(fresh);
                }
                None
            }
            Event::StepFinished { step, replayed, .. } => {
                self.running.remove(&record.frame);
                if let Some(siblings) = parent(&record.frame).and_then(|at| self.siblings.get_mut(&(at, step.clone())))
                {
                    siblings.end(record.at, *replayed);
                }
                // The items of a step that is over are over, also those that never began.
                let at = record.frame.as_str();
                self.siblings.retain(|(parent, _), siblings| siblings.done < siblings.of && parent != at);
                ended(record)
            }
            _ => None,
        }
    }

    /// What is under way, on one line; empty if nothing is.
    pub fn live(&self) -> String {
        // A step around others is known by those in it.
        let inner = |frame: &Frame| {
            let below = format!("{frame}/");
            !self.running.range(frame.clone()..).skip(1).any(|(other, _)| other.as_str().starts_with(&below))
        };
        let names: Vec<&str> =
            self.running.iter().filter(|(frame, _)| inner(frame)).map(|(_, name)| name.as_str()).collect();
        let more = names.len().saturating_sub(NAMED);
        let mut text = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
        for ((_, step), siblings) in &self.siblings {
            text.push_str(&format!(" · {step} {} of {}{}", siblings.done, siblings.of, siblings.left()));
        }
        text
    }

    /// Forgets steps whose end was never told.
    pub fn forget(&mut self) {
        self.running.clear();
        self.siblings.clear();
    }
}

impl Siblings {
    fn end(&mut self, at: u64, replayed: bool) {
        self.done += 1;
        self.until = at;
        self.replayed += usize::from(replayed);
        // The others begin where the log ends.
        if self.replayed == self.done {
            self.since = at;
        }
    }

    /// How long the others will take if they take as long as those that have ended, the log's answers left out.
    fn left(&self) -> String {
        let (timed, left) = (self.done - self.replayed, self.of.saturating_sub(self.done));
        let (Ok(timed), Ok(left)) = (u64::try_from(timed), u64::try_from(left)) else { return String::new() };
        if timed == 0 {
            return String::new();
        }
        let millis = self.until.saturating_sub(self.since) * left / timed;
        format!(", about {} s left", millis.div_ceil(1_000))
    }
}

/// The frame of the step whose items these are.
fn parent(frame: &Frame) -> Option<String> {
    let (parent, _) = frame.as_str().rsplit_once("/item:")?;
    Some(parent.to_owned())
}

/// A step with the item that it is of, and the turn of the `while` that is around it.
pub fn named(frame: &Frame, step: &str, key: Option<&str>) -> String {
    let around = frame.as_str().rsplit_once("/step:").map_or("", |(around, _)| around);
    let turn = around.rsplit('/').next().and_then(|part| part.strip_prefix("turn:"));
    let parts: Vec<String> = key.map(|key| one_line(key, 40)).into_iter().chain(turn.map(str::to_owned)).collect();
    if parts.is_empty() { step.to_owned() } else { format!("{step} [{}]", parts.join(", ")) }
}

/// A line about a step that ended, set in by how deep it is; `None` of other events.
pub fn ended(record: &EventRecord) -> Option<String> {
    let Event::StepFinished { step, key, outcome, cost, millis, reason, failure, replayed } = &record.event else {
        return None;
    };
    let depth = record.frame.as_str().matches("/step:").count().saturating_sub(1);
    let name = named(&record.frame, step, key.as_deref());
    let cost = if *cost == Money::ZERO { String::new() } else { format!(" · {cost}") };
    // What the log answers was paid for before, and took its time then.
    let time = if *replayed { " · replayed".to_owned() } else { format!(" · {millis} ms{cost}") };
    let why = failure.as_ref().map(|failure| one_line(&failure.message, 120)).unwrap_or_else(|| reason.clone());
    let why = if why.is_empty() { why } else { format!(": {why}") };
    let line = match outcome {
        StepOutcome::Ok => format!("✓ {name}{time}{why}"),
        StepOutcome::Failed => format!("✗ {name}{time}{why}"),
        StepOutcome::Skipped => format!("- {name} skipped{why}"),
        StepOutcome::Waiting => format!("? {name} waits{why}"),
        StepOutcome::Cancelled => format!("✗ {name} stopped{time}"),
        StepOutcome::Unknown => format!("? {name} is unknown{why}"),
    };
    Some(format!("{}{line}", "  ".repeat(depth)))
}

#[cfg(test)]
mod tests {
    use super::Steps;
    use crate::core::event::{Event, EventRecord};
    use crate::core::failure::{Failure, FailureKind};
    use crate::core::ids::{Frame, RunId};
    use crate::core::money::Money;
    use crate::core::status::StepOutcome;

    fn record(frame: &str, at: u64, event: Event) -> EventRecord {
        EventRecord { run: RunId::new("R"), seq: 1, at, frame: Frame::root().child(frame), event }
    }

    fn started(step: &str, key: Option<&str>, of: usize) -> Event {
        let (step, key) = (step.to_owned(), key.map(str::to_owned));
        Event::StepStarted { step, act: "llm".to_owned(), key, visit: 1, of, reason: String::new() }
    }

    fn finished(step: &str, key: Option<&str>, outcome: StepOutcome) -> Event {
        let failure = (outcome == StepOutcome::Failed).then(|| Failure::new(FailureKind::Tool, "it did not work"));
        let reason = if outcome == StepOutcome::Skipped { "`a` failed".to_owned() } else { String::new() };
        let (step, key, cost) = (step.to_owned(), key.map(str::to_owned), Money::from_nanos(2_000_000));
        Event::StepFinished { step, key, outcome, cost, millis: 7, reason, failure, replayed: false }
    }

    fn judged(step: &str, verdict: &str) -> Event {
        let (step, reason, outcome) = (step.to_owned(), verdict.to_owned(), StepOutcome::Ok);
        let (cost, failure) = (Money::ZERO, None);
        Event::StepFinished { step, key: None, outcome, cost, millis: 7, reason, failure, replayed: false }
    }

    fn answered_by_the_log(event: Event) -> Event {
        let Event::StepFinished { step, key, outcome, cost, millis, reason, failure, .. } = event else { return event };
        Event::StepFinished { step, key, outcome, cost, millis, reason, failure, replayed: true }
    }

    #[test]
    fn a_line_for_each_end_below_the_step_around_it() {
        let mut steps = Steps::default();
        for (frame, event, expected) in [
            ("step:a", finished("a", None, StepOutcome::Ok), "✓ a · 7 ms · $0.002"),
            (
                "step:a/item:x/step:b",
                finished("b", Some("x"), StepOutcome::Failed),
                "  ✗ b [x] · 7 ms · $0.002: it did not work",
            ),
            ("step:c", finished("c", None, StepOutcome::Skipped), "- c skipped: `a` failed"),
            ("step:d", judged("d", "approve"), "✓ d · 7 ms: approve"),
            ("step:e", answered_by_the_log(finished("e", None, StepOutcome::Ok)), "✓ e · replayed"),
            ("step:f/turn:2/step:g", finished("g", None, StepOutcome::Ok), "  ✓ g [2] · 7 ms · $0.002"),
            ("step:f/turn:2/step:g/visit:3", finished("g", Some("x"), StepOutcome::Ok), "  ✓ g [x, 2] · 7 ms · $0.002"),
        ] {
            assert_eq!(steps.hear(&record(frame, 0, event)).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_runs_is_named_and_the_rest_is_estimated_from_finished_siblings() {
        let mut steps = Steps::default();
        steps.hear(&record("step:all", 0, started("all", None, 1)));
        for key in ["x", "y"] {
            steps.hear(&record(&format!("step:all/item:{key}/step:b"), 1_000, started("b", Some(key), 4)));
        }
        assert_eq!(steps.live(), "b [x], b [y] · b 0 of 4");
        steps.hear(&record("step:all/item:x/step:b", 3_000, finished("b", Some("x"), StepOutcome::Ok)));
        assert_eq!(steps.live(), "b [y] · b 1 of 4, about 6 s left");
        steps.forget();
        assert_eq!(steps.live(), "");
    }

    #[test]
    fn items_that_never_began_are_over_with_the_step_around_them() {
        let mut steps = Steps::default();
        steps.hear(&record("step:all", 0, started("all", None, 1)));
        steps.hear(&record("step:all/item:x/step:b", 1_000, started("b", Some("x"), 4)));
        steps.hear(&record("step:all/item:x/step:b", 2_000, finished("b", Some("x"), StepOutcome::Failed)));
        assert_eq!(steps.live(), "all · b 1 of 4, about 3 s left");
        steps.hear(&record("step:all", 2_000, finished("all", None, StepOutcome::Failed)));
        assert_eq!(steps.live(), "");
    }

    #[test]
    fn what_the_log_answered_says_nothing_of_the_rest() {
        let mut steps = Steps::default();
        let frame = |key: &str| format!("step:all/item:{key}/step:b");
        for key in ["v", "w", "x"] {
            steps.hear(&record(&frame(key), 1_000, started("b", Some(key), 6)));
        }
        for (key, at) in [("v", 1_001), ("w", 2_000)] {
            let ended = answered_by_the_log(finished("b", Some(key), StepOutcome::Ok));
            steps.hear(&record(&frame(key), at, ended));
        }
        assert_eq!(steps.live(), "b [x] · b 2 of 6", "nobody knows yet");
        steps.hear(&record(&frame("x"), 6_000, finished("b", Some("x"), StepOutcome::Ok)));
        assert_eq!(steps.live(), " · b 3 of 6, about 12 s left");
    }
}

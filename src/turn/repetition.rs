//! A program that failed and is written again just as it was: the model is told, and where that does not help the run
//! ends, as the same call would else be paid until its turns are used up.

use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::RoleName;
use crate::turn::observation::Observation;
use crate::turn::stages::ToolRound;

/// How many such turns in a row end a run.
const MOST: u32 = 4;

/// The detail of a failure with the number of such turns. Going on replays them, and so comes to the same end.
pub const REPEATED: &str = "repeated";

/// The last turns, as far as they failed in the same way.
#[derive(Default)]
pub struct Repetition(Option<Failed>);

/// A turn that failed.
struct Failed {
    role: RoleName,
    sources: Vec<String>,
    outcomes: Vec<String>,
    /// The first turn that was the same.
    first: u32,
    /// How many were the same, one after the other.
    times: u32,
}

impl Repetition {
    /// Takes note of a turn. One that did the same as that before says so with its outcome; one without a program
    /// counts as another, and so does one whose failure the program is not to blame for.
    pub fn note(&mut self, turn: u32, role: &RoleName, is_to_blame: bool, round: &mut ToolRound) {
        let before = self.0.take();
        if !is_to_blame || round.sources.is_empty() {
            return;
        }
        let outcomes: Vec<String> = round.observations.iter().map(|seen| seen.text.clone()).collect();
        let is_same = |b: &Failed| b.role == *role && b.sources == round.sources && b.outcomes == outcomes;
        let (first, times) = before.filter(is_same).map_or((turn, 1), |before| (before.first, before.times + 1));
        let (role, sources) = (role.clone(), round.sources.clone());
        self.0 = Some(Failed { role, sources, outcomes, first, times });
        if times > 1 {
            let text = format!("this is the program of turn {first} again, with the same outcome: do something else");
            round.observations.push(Observation { text, ok: false, answers: None });
        }
    }

    /// Why the run ends, if the model that failed so often is the one that goes on.
    pub fn end(&self, next: &RoleName) -> Option<Failure> {
        let last = self.0.as_ref().filter(|last| last.times >= MOST && last.role == *next)?;
        let Failed { first, times, .. } = last;
        let what = format!("the program of turn {first} failed {times} times in a row, each time the same");
        let failure = Failure::new(FailureKind::Turns, what).detail(REPEATED, *times);
        Some(failure.hint("choose a stronger --model, or ask a narrower question"))
    }
}

//! Where jumps lead, and what becomes of the steps that they pass or repeat.

use super::{Flow, Next};
use crate::core::failure::{Failure, FailureKind};
use crate::core::status::StepOutcome;
use crate::pipeline::plan::{Jump, Step};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Running,
    /// A jump over it was made.
    Passed(usize),
    /// It has ended, and its jump backward has not been made yet.
    Jumping(usize),
    Ended,
}

pub(super) struct Cell {
    pub(super) state: State,
    pub(super) outcome: StepOutcome,
    /// What needs it is skipped.
    pub(super) severs: bool,
    /// What stands behind it as a point of control is skipped too: nobody knows where it would have led.
    pub(super) blocks: bool,
    /// Nobody has dealt with its failure.
    pub(super) open: bool,
    pub(super) visits: u32,
    /// How often a jump led back to it: a bound also where it is skipped each time.
    pub(super) returns: u32,
}

impl Flow<'_> {
    /// Sends the flow from a step that has ended to where its jump leads.
    pub(super) fn lead(&mut self, index: usize, jump: Option<&Jump>, target: Option<usize>) {
        match (jump, target) {
            (Some(Jump::Fail), _) => self.failed = Some(self.failed.map_or(index, |at| at.min(index))),
            (Some(Jump::End), _) => self.end = Some(index),
            (_, Some(to)) if to <= index => {
                self.set(index, State::Jumping(to));
                if let Some(cell) = self.cells.get_mut(to) {
                    cell.returns += 1;
                }
            }
            (_, Some(to)) => {
                let passed = self.cells.get_mut(index + 1..to).into_iter().flatten();
                for cell in passed.filter(|cell| cell.state == State::Waiting) {
                    cell.state = State::Passed(index);
                }
            }
            _ => {}
        }
    }

    pub(super) fn exhausted(&self, to: usize) -> Option<Failure> {
        let step = self.steps.get(to)?;
        let came = self.cells.get(to).map_or(0, |cell| cell.visits.max(cell.returns));
        step.max_visits.filter(|most| came >= *most).map(|most| spent(step, most))
    }

    /// Makes the jump backward that is due, once all before it have ended.
    pub(super) fn jump(&mut self) -> Option<Next> {
        let (from, to) = self.cells.iter().enumerate().find_map(|(index, cell)| match cell.state {
            State::Jumping(to) => Some((index, to)),
            _ => None,
        })?;
        if !(0..from).all(|index| self.has_ended(index)) {
            return None;
        }
        if self.stopped.is_some() {
            self.set(from, State::Ended);
            return None;
        }
        for cell in self.cells.get_mut(to..=from).into_iter().flatten() {
            (cell.state, cell.severs, cell.blocks, cell.open) = (State::Waiting, false, false, false);
            // One that the next round goes past has no value any more.
            cell.outcome = StepOutcome::Skipped;
        }
        Some(Next::Repeat(to, from))
    }
}

/// The failure of what was visited as often as it may be.
pub(super) fn spent(step: &Step, visits: u32) -> Failure {
    let what = format!("`{}` was visited {visits} times and is wanted once more", step.name);
    Failure::new(FailureKind::LoopExhausted, what)
        .hint(format!("raise `max_visits` of `{}`, or give the loop another way out", step.name))
}

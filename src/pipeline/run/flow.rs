//! The order of a block as a state machine: which step may start, which is skipped, where a jump leads. It runs nothing.
//!
//! What is asked depends on the file and on what steps came to, never on which of two steps was faster: a jump changes
//! only what stands behind it, a failure that ends the block is such a jump, and one backward waits until all before it
//! have ended. Only what no step deals with, as the end of the budget, stops whatever has not begun.

mod jumps;

use crate::core::failure::Failure;
use crate::core::status::StepOutcome;
use crate::pipeline::plan::{Act, Block, Jump, Step};
use crate::pipeline::run::flow::jumps::{Cell, State, spent};

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Start the step at this position.
    Start(usize),
    /// Say that it is skipped.
    Skip(usize, StepOutcome, String),
    /// Forget what the steps from the first to the second position came to: they are repeated.
    Repeat(usize, usize),
    /// Wait for a step that runs.
    Wait,
    /// All have ended.
    Over,
}

/// The state of a block.
pub struct Flow<'a> {
    steps: &'a [Step],
    cells: Vec<Cell>,
    /// Positions, in the order in which ready steps go first.
    order: Vec<usize>,
    running: usize,
    /// Why nothing more is started, and whether not even what always runs.
    stopped: Option<(String, bool)>,
    /// The step at which the block ended early.
    end: Option<usize>,
    /// The step whose failure ended the block.
    failed: Option<usize>,
}

impl<'a> Flow<'a> {
    /// A block that has not begun.
    pub fn new(block: &'a Block) -> Self {
        let steps = block.steps.as_slice();
        let fresh = |_: &Step| Cell {
            state: State::Waiting,
            outcome: StepOutcome::Skipped,
            severs: false,
            blocks: false,
            open: false,
            visits: 0,
            returns: 0,
        };
        let mut order: Vec<usize> = (0..steps.len()).collect();
        order.sort_by_key(|index| steps.get(*index).map_or(0, |step| -i64::from(step.priority)));
        let cells = steps.iter().map(fresh).collect();
        Self { steps, cells, order, running: 0, stopped: None, end: None, failed: None }
    }

    /// What is to be done next; `room` says whether another step that does something itself may start.
    pub fn next(&mut self, room: bool) -> Next {
        if let Some(next) = self.jump() {
            return next;
        }
        for at in 0..self.order.len() {
            let Some(index) = self.order.get(at).copied() else { break };
            if let Some(next) = self.judge(index, room) {
                return next;
            }
        }
        if self.running > 0 { Next::Wait } else { Next::Over }
    }

    /// How often a step has started.
    pub fn visits(&self, index: usize) -> u32 {
        self.cells.get(index).map_or(0, |cell| cell.visits)
    }

    /// The failure of a step that was led to more often than it may be visited, by a jump to one before it.
    pub fn too_often(&self, index: usize) -> Option<Failure> {
        let step = self.steps.get(index)?;
        step.max_visits.filter(|most| self.visits(index) > *most).map(|most| spent(step, most))
    }

    /// Whether a step has ended.
    pub fn has_ended(&self, index: usize) -> bool {
        self.cells.get(index).is_some_and(|cell| cell.state == State::Ended)
    }

    /// The step at which the block ended early.
    pub const fn end(&self) -> Option<usize> {
        self.end
    }

    /// The steps whose failure nobody has dealt with, in the order of the file.
    pub fn open(&self) -> Vec<usize> {
        self.cells.iter().enumerate().filter(|(_, cell)| cell.open).map(|(index, _)| index).collect()
    }

    /// The step whose value is that of the block: the last of the file, but for those that their conditions or a jump left
    /// out; none if it failed, or was skipped with one that it needs.
    pub fn last(&self) -> Option<usize> {
        let is_left_out = |cell: &Cell| cell.outcome == StepOutcome::Skipped && !cell.blocks;
        let last = self.cells.iter().rposition(|cell| !is_left_out(cell))?;
        self.cells.get(last).is_some_and(|cell| cell.outcome == StepOutcome::Ok).then_some(last)
    }

    /// Nothing more is started.
    pub fn stop(&mut self, why: String, at_all: bool) {
        if self.stopped.as_ref().is_none_or(|(_, known)| at_all && !known) {
            self.stopped = Some((why, at_all));
        }
    }

    /// Notes what a step came to and where it sends the flow; its failure if it may not go there once more.
    pub fn finish(&mut self, index: usize, outcome: StepOutcome, jump: Option<&Jump>) -> Option<Failure> {
        self.running -= 1;
        let target = match jump {
            Some(Jump::To(name)) => self.steps.iter().position(|step| step.name == *name),
            Some(Jump::Retry) => Some(index),
            _ => None,
        };
        // What always runs behind the end of the block leads back to nothing before it.
        let target = target.filter(|to| *to > index || self.ends().all(|(at, _)| at < *to));
        let exhausted = target.filter(|to| *to <= index).and_then(|to| self.exhausted(to));
        let failed = |outcome| !matches!(outcome, StepOutcome::Ok | StepOutcome::Skipped);
        if let Some(cell) = self.cells.get_mut(index) {
            cell.outcome = if exhausted.is_some() { StepOutcome::Failed } else { outcome };
            cell.open = exhausted.is_some() || (failed(outcome) && matches!(jump, None | Some(Jump::Fail)));
            cell.blocks = cell.open;
            // A failure that is dealt with lets the flow go on, but there is still no value for those that need it.
            cell.severs = cell.open || failed(outcome) || matches!(jump, Some(Jump::Skip));
            cell.state = State::Ended;
        }
        if exhausted.is_some() {
            return exhausted;
        }
        self.lead(index, jump, target);
        None
    }

    /// The steps that ended the block, and what is told of them.
    fn ends(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let told = [(self.failed, "failed"), (self.end, "ended the block")];
        told.into_iter().filter_map(|(at, what)| at.map(|at| (at, what)))
    }

    /// What is to be done about one step that waits; nothing yet if something must end first.
    fn judge(&mut self, index: usize, room: bool) -> Option<Next> {
        let step = self.steps.get(index)?;
        match self.cells.get(index)?.state {
            State::Waiting => {}
            State::Passed(by) => {
                self.set(index, State::Ended);
                return Some(Next::Skip(index, StepOutcome::Skipped, self.says(by, "went past it")));
            }
            State::Running | State::Jumping(_) | State::Ended => return None,
        }
        let spared = self.stopped.as_ref().is_some_and(|(_, at_all)| step.always && !at_all);
        if let Some((why, _)) = self.stopped.clone().filter(|_| !spared) {
            return Some(self.skip(index, StepOutcome::Skipped, why));
        }
        let over = self.ends().find(|(at, _)| index > *at && !step.always);
        if let Some((by, what)) = over {
            return Some(self.skip(index, StepOutcome::Skipped, self.says(by, what)));
        }
        if !step.after.iter().chain(&step.behind).all(|needed| self.has_ended(*needed)) {
            return None;
        }
        if let Some(needed) = self.waits(step) {
            return Some(self.skip(index, StepOutcome::Waiting, self.says(needed, "waits")));
        }
        if let Some((needed, outcome)) = self.severed(step) {
            return Some(self.skip(index, StepOutcome::Skipped, self.says(needed, outcome_word(outcome))));
        }
        if !room && is_leaf(&step.act) {
            return None;
        }
        let cell = self.cells.get_mut(index)?;
        cell.visits += 1;
        cell.state = State::Running;
        self.running += 1;
        Some(Next::Start(index))
    }

    /// The first step before this one that waits for a person. It has come to nothing yet, so that what always runs, or
    /// asks what became of it, waits with it: else it would be done now, and again in other words after the answer.
    /// Where another one has failed the block ends with that, and waits for nobody.
    fn waits(&self, step: &Step) -> Option<usize> {
        let needed = || step.after.iter().chain(&step.behind).copied();
        let waits = |at: &usize| self.cells.get(*at).is_some_and(|cell| cell.outcome == StepOutcome::Waiting);
        let fails = |at: usize| !waits(&at) && self.cells.get(at).is_some_and(|cell| cell.open);
        if step.always && needed().any(fails) { None } else { needed().find(waits) }
    }

    /// The first step without which this one cannot run.
    fn severed(&self, step: &Step) -> Option<(usize, StepOutcome)> {
        if step.always {
            return None;
        }
        let watched = |index: usize| self.steps.get(index).is_some_and(|needed| step.watches.contains(&needed.name));
        let mut needed = step.after.iter().chain(&step.behind).copied();
        needed.find_map(|index| {
            let cell = self.cells.get(index)?;
            let severs = if step.after.contains(&index) { cell.severs } else { cell.blocks };
            (severs && !watched(index)).then_some((index, cell.outcome))
        })
    }

    fn skip(&mut self, index: usize, outcome: StepOutcome, why: String) -> Next {
        if let Some(cell) = self.cells.get_mut(index) {
            (cell.state, cell.outcome, cell.severs, cell.blocks) = (State::Ended, outcome, true, true);
        }
        Next::Skip(index, outcome, why)
    }

    fn set(&mut self, index: usize, state: State) {
        if let Some(cell) = self.cells.get_mut(index) {
            cell.state = state;
        }
    }

    fn says(&self, index: usize, what: &str) -> String {
        self.steps.get(index).map_or_else(String::new, |step| format!("`{}` {what}", step.name))
    }
}

fn outcome_word(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Ok => "skips what needs it",
        StepOutcome::Failed => "failed",
        StepOutcome::Skipped => "was skipped",
        StepOutcome::Waiting => "waits",
        StepOutcome::Cancelled => "was stopped",
        StepOutcome::Unknown => "is unknown",
    }
}

/// Whether an act does something itself, and so takes one of the places of its pipeline.
pub const fn is_leaf(act: &Act) -> bool {
    !matches!(act, Act::Each(_) | Act::While(_) | Act::Parallel(_) | Act::Nested(_))
}

//! A part of a program with a timeout: how many answers it has been given, and, where the log has that it ran out of time,
//! with how many it did. A run that goes on has those answers at once, and no time passes: then the part ends where it ended.

use crate::core::failure::{Failure, Outcome};
use crate::core::ids::Frame;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_util::sync::CancellationToken;

/// What stops a part.
#[derive(Clone)]
pub struct Alarm {
    /// Whether its time is up.
    pub rung: CancellationToken,
    /// What ends the work in it.
    pub cancel: CancellationToken,
}

impl Alarm {
    /// Ends the part, in this order, so that whoever is stopped by it knows by what.
    pub fn ring(&self) {
        self.rung.cancel();
        self.cancel.cancel();
    }
}

/// A part that has a timeout.
pub struct Timed {
    /// Whose answers count. Those of branches do not: they come in any order, and what they were given is seen at their end.
    frame: Frame,
    answers: AtomicU64,
    /// With how many answers it ran out of time before.
    until: Option<u64>,
    alarm: Alarm,
    /// The part around it.
    outer: Option<Arc<Self>>,
}

impl Timed {
    /// A part of what is worked on in this frame.
    pub fn new(frame: &Frame, until: Option<u64>, alarm: Alarm, outer: Option<Arc<Self>>) -> Self {
        Self { frame: frame.clone(), answers: AtomicU64::new(0), until, alarm, outer }
    }

    /// Lets a question out, unless this part, or one around it, ran out of time before it was answered.
    ///
    /// # Errors
    /// `cancelled`.
    pub fn admit(&self) -> Outcome<()> {
        if self.until.is_some_and(|until| self.answers() >= until) {
            self.alarm.ring();
            return Err(Failure::cancelled());
        }
        self.outer.as_ref().map_or(Ok(()), |outer| outer.admit())
    }

    /// Takes note of an answer to whoever works in this frame, if it came in time; whether it did, here and around.
    pub fn note(&self, frame: &Frame) -> bool {
        let in_time = !self.alarm.rung.is_cancelled();
        if in_time && *frame == self.frame {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        self.outer.as_ref().is_none_or(|outer| outer.note(frame)) && in_time
    }

    /// Whether its time is up, or that of a part around it.
    pub fn is_overdue(&self) -> bool {
        self.alarm.rung.is_cancelled() || self.outer.as_ref().is_some_and(|outer| outer.is_overdue())
    }

    /// How many answers have come in time.
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }
}

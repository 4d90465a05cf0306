//! Chains that were given up because a check refused their answers. A run that ended with one asks once more when it goes on,
//! as after every failure that ended it.
//!
//! What was answered is judged first, by the check as it is now, so that an answer which passes is never paid twice.

use crate::core::effect::EffectKind;
use crate::core::failure::{Failure, Outcome};
use crate::core::ids::Frame;
use crate::host::door::{self, Asked};
use crate::host::run_host::RunHost;
use serde_json::json;

/// The frame of a chain that has been taken up so often: what it asks then is not counted among what was asked before.
pub(in crate::host) fn place(frame: &Frame, times: u32) -> Frame {
    if times == 0 { frame.clone() } else { frame.child(format_args!("again{times}")) }
}

/// Whether a chain is taken up that had been given up with this failure, for the so many-th time.
///
/// # Errors
/// Those of the log.
pub(in crate::host) fn is_due(host: &RunHost, frame: &Frame, failure: &Failure, times: u32) -> Outcome<bool> {
    let Some(replay) = &host.replay else { return Ok(false) };
    let Some(given_up) = host.counts.causes.effects(failure).pop() else { return Ok(false) };
    let intent = json!({"again": given_up.hash, "occurrence": given_up.occurrence});
    let asked = || Asked::new(EffectKind::Decision, &intent);
    let was_due = host.knows(frame, &asked());
    if !was_due && !replay.takes_up(&given_up, place(frame, times)) {
        return Ok(false);
    }
    // Who only looks ahead stops at the call itself, and says so.
    if was_due || !replay.is_sealed() { door::told(host, frame, asked(), true) } else { Ok(true) }
}

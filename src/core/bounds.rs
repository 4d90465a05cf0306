//! What options of a call may be, wherever they are given.

use crate::core::failure::{Failure, FailureKind, Outcome};
use std::time::Duration;

/// Refuses a limit of no tokens, which some servers take for no limit at all.
///
/// # Errors
/// `invalid`, with the function that was called in its message.
pub fn some_tokens(function: &str, max_tokens: Option<u64>) -> Outcome<()> {
    if max_tokens != Some(0) {
        return Ok(());
    }
    let message = format!("{function}: max_tokens must be more than 0");
    Err(Failure::new(FailureKind::Invalid, message).hint("leave max_tokens out for the usual limit"))
}

/// Refuses a temperature that no provider takes, as the settings do.
///
/// # Errors
/// `invalid`, with the function that was called in its message.
pub fn fit_temperature(function: &str, temperature: Option<f64>) -> Outcome<()> {
    match temperature {
        Some(given) if !(0.0..=2.0).contains(&given) => {
            let message = format!("{function}: temperature must be from 0 to 2, not {given}");
            Err(Failure::new(FailureKind::Invalid, message).hint("leave temperature out for the role's own"))
        }
        _ => Ok(()),
    }
}

/// Seconds as a limit of time. In no time nothing is done that would not be paid for in vain.
///
/// # Errors
/// `invalid`, with the function that was called in its message.
pub fn some_time(function: &str, seconds: f64) -> Outcome<Duration> {
    let limit = Duration::try_from_secs_f64(seconds).ok().filter(|limit| !limit.is_zero());
    limit.ok_or_else(|| {
        let message = format!("{function}: timeout must be a positive number of seconds, not {seconds}");
        Failure::new(FailureKind::Invalid, message).hint("leave timeout out for no limit of its own")
    })
}

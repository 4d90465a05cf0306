//! Repeating a failed call: how often by kind of failure, how long to wait, and one loop that does it.
//!
//! The loop serves every provider, streamed or not. It does not judge failures (`classify`) and does not choose another
//! model (`policy`).

use crate::budget::report::{LIMIT, RAISE};
use crate::core::failure::{Failure, FailureKind};
use crate::core::message::{ChatReply, FailedCall};
use crate::core::usage::Usage;
use crate::model::chat::{Piece, Watch};
use crate::model::exchange::later;
use crate::model::lane::pass::Pass;
use crate::model::lane::{Lane, UNSENT};
use crate::model::rate::Need;
use crate::model::retry_after::Advice;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How failed attempts are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most attempts of one call, the first included.
    pub attempts: u32,
    /// The longest first wait; it doubles with each attempt.
    pub base: Duration,
    /// The longest wait that the doubling reaches. A server may ask for more.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 6, base: Duration::from_millis(500), cap: Duration::from_secs(30) }
    }
}

/// One attempt that failed.
#[derive(Clone, Debug)]
pub struct FailedAttempt {
    /// The failure and what the attempt used.
    pub failed: FailedCall,
    /// What the server said about another attempt.
    pub advice: Advice,
    /// Text of it has been shown.
    pub shown: bool,
}

/// Where a call's attempts go, and how long all of them may take.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// The way to the model.
    pub lane: &'a Arc<Lane>,
    /// What each attempt needs.
    pub need: Need,
    /// The most time of the whole call, waits between attempts included.
    pub total: Duration,
}

/// The name of the detail that says how near a broken connection came to the server.
pub const REACH: &str = "reach";
/// Value of `REACH`: nobody listens there, or nobody knows the name.
pub const UNREACHED: &str = "nobody";
/// Value of `REACH`: the request may have arrived, and the server may be at work on it.
pub const ASKED: &str = "asked";

/// The name of the detail of a failed call that was not tried again because a budget does not allow it.
pub const NOT_REPEATED: &str = "not_repeated";

/// The longest that a call waits for a server while another model stands by.
const STANDBY_WAIT: Duration = Duration::from_secs(5);

impl RetryPolicy {
    /// The most attempts for a failure of this kind; 1 is no repetition. With a `standby`, a model that answers in this
    /// one's place, they are few.
    pub fn attempts_for(&self, failure: &Failure, standby: bool) -> u32 {
        let unreached = failure.details.get(REACH).is_some_and(|reach| reach == UNREACHED);
        let most = match failure.kind {
            kind if !kind.retryable() => 1,
            // A server that is being restarted is back at once, and one that is not running stays away.
            FailureKind::Transport if unreached => 3,
            // Each of these has already cost a whole timeout.
            FailureKind::Stalled => 3,
            _ => u32::MAX,
        };
        let few = match failure.kind {
            FailureKind::Stalled => 1,
            // The server works, and mostly has a place again in a moment.
            FailureKind::RateLimit => 3,
            _ => 2,
        };
        most.min(self.attempts.max(1)).min(if standby { few } else { u32::MAX })
    }

    /// The wait after the given attempt (from 1). `share`, from 0 to 1, is the place in the range of the jitter.
    ///
    /// Full jitter, after <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>. What a server
    /// asks for is never undercut, and spread by a quarter, so that parallel calls do not all return at once.
    pub fn wait(&self, attempt: u32, asked: Option<Duration>, share: f64) -> Duration {
        let doubled = self.base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        let ceiling = doubled.min(self.cap);
        match asked {
            Some(asked) => asked.saturating_add(ceiling.min(asked / 4).mul_f64(share)),
            None => ceiling.mul_f64(share),
        }
    }
}

/// Makes attempts until one succeeds, the policy gives up, the watch is cancelled, or a wait would pass the deadline.
///
/// Each attempt waits on the lane for its turn. `total` limits the whole call; what it waits for its own rate limits
/// does not count, because the server is not to blame.
///
/// # Errors
/// The last attempt's failure, with the usage of all attempts; its detail `attempts` counts them. A reply's usage also
/// includes that of the failed attempts before it.
pub async fn persist<F, Attempt>(
    policy: &RetryPolicy,
    way: Way<'_>,
    watch: &Watch,
    attempt: F,
) -> Result<ChatReply, FailedCall>
where
    F: Fn(Pass, Instant) -> Attempt,
    Attempt: Future<Output = Result<ChatReply, FailedAttempt>>,
{
    repeat(policy, way, watch, attempt).await.map_err(|failed| {
        let FailedCall { failure, usage } = failed;
        FailedCall { failure: unheard(failure, &usage), usage }
    })
}

/// A failure that says what is charged for answers that nobody heard: a flaky network must not use up a budget in silence.
pub fn unheard(failure: Failure, usage: &Usage) -> Failure {
    if usage.unheard_tokens == 0 {
        return failure;
    }
    let told = format!(
        "the server had the request and may bill it: {} answer tokens are charged, the most that it can have written",
        usage.unheard_tokens
    );
    hinted(failure, told).detail("unheard_tokens", usage.unheard_tokens)
}

/// The same failure with one more thing to know about it.
fn hinted(failure: Failure, told: String) -> Failure {
    let hint = match &failure.hint {
        Some(hint) => format!("{hint}; {told}"),
        None => told,
    };
    failure.hint(hint)
}

/// The failure of an attempt behind which a budget allows no other, with the words of that.
fn not_repeated(failure: Failure, refusal: Failure) -> Failure {
    let Failure { message, hint, mut details, .. } = refusal;
    let failure = match (details.remove(LIMIT), hint) {
        (Some(limit), Some(raise)) => {
            let told = format!("{} allows no other attempt: {raise}", limit.as_str().unwrap_or("a budget"));
            hinted(failure, told).detail(LIMIT, limit).detail(RAISE, raise)
        }
        _ => hinted(failure, format!("there was no other attempt: {message}")),
    };
    failure.detail(NOT_REPEATED, message)
}

async fn repeat<F, Attempt>(
    policy: &RetryPolicy,
    way: Way<'_>,
    watch: &Watch,
    attempt: F,
) -> Result<ChatReply, FailedCall>
where
    F: Fn(Pass, Instant) -> Attempt,
    Attempt: Future<Output = Result<ChatReply, FailedAttempt>>,
{
    let mut spent = Usage::default();
    let patience = if watch.standby { way.total.min(STANDBY_WAIT) } else { way.total };
    let mut deadline = later(Instant::now(), way.total);
    let mut number = 1;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let pass = match way.lane.pass(way.need, patience.min(left), watch).await {
            Ok(pass) => pass,
            Err(failure) if number == 1 => return Err(failure.detail(UNSENT, true).into()),
            Err(failure) => return Err(FailedCall { failure: failure.detail("attempts", number - 1), usage: spent }),
        };
        deadline += pass.limited();
        let FailedAttempt { failed, advice, shown } = match attempt(pass, deadline).await {
            Ok(reply) => return Ok(ChatReply { usage: spent + reply.usage, ..reply }),
            Err(failed) => failed,
        };
        spent += failed.usage;
        let failure = failed.failure;
        // A server that is too busy for one call is too busy for the others.
        advice.wait.into_iter().for_each(|wait| way.lane.pause(wait));
        if advice.never || number >= policy.attempts_for(&failure, watch.standby) {
            return Err(FailedCall { failure: failure.detail("attempts", number), usage: spent });
        }
        let wait = policy.wait(number, advice.wait, share());
        if watch.standby && wait > patience {
            return Err(FailedCall { failure: failure.detail("attempts", number), usage: spent });
        }
        if deadline.checked_duration_since(Instant::now()).is_none_or(|left| left <= wait) {
            let failure = too_late(failure, advice.wait).detail("attempts", number);
            return Err(FailedCall { failure, usage: spent });
        }
        if failed.usage.total() > 0
            && let Err(refusal) = (watch.afford)(failed.usage).await
        {
            let failure = not_repeated(failure, refusal).detail("attempts", number);
            return Err(FailedCall { failure, usage: spent });
        }
        announce(watch, shown, number, wait, &failure, failed.usage.unheard_tokens);
        tokio::select! {
            biased;
            () = watch.cancel.cancelled() => return Err(FailedCall { failure: cancelled(), usage: spent }),
            () = sleep(wait) => {}
        }
        number += 1;
    }
}

/// The failure of a call that the caller ended.
pub fn cancelled() -> Failure {
    Failure::new(FailureKind::Cancelled, "the model call was cancelled")
}

fn announce(watch: &Watch, shown: bool, attempt: u32, wait: Duration, failure: &Failure, unheard: u64) {
    if shown {
        watch.show(Piece::Reset);
    }
    let wait_millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    let charged = if unheard > 0 { format!("; {unheard} answer tokens are charged unheard") } else { String::new() };
    watch.show(Piece::Retry { attempt, wait_millis, reason: format!("{}{charged}", failure.message) });
}

fn too_late(failure: Failure, asked: Option<Duration>) -> Failure {
    let Some(asked) = asked else { return failure };
    let seconds = asked.as_secs_f64();
    let hint = format!("the server asks to wait {seconds:.1} s, which is longer than the call's total timeout leaves");
    failure.hint(hint).detail("retry_after", seconds)
}

/// A random number from 0 to 1. The standard library seeds its hashers from the system's randomness.
fn share() -> f64 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
    f64::from(u32::from_le_bytes([a, b, c, d])) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests;

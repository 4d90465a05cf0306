//! The table of attempts, the waits, and the loop with attempts that fail as told.

use super::{FailedAttempt, REACH, RetryPolicy, UNREACHED, Way, persist, share};
use crate::config::traffic::RateLimits;
use crate::core::failure::{Failure, FailureKind};
use crate::core::message::{ChatReply, FailedCall, Finish};
use crate::core::usage::Usage;
use crate::model::chat::{Piece, Watch};
use crate::model::lane::Lane;
use crate::model::rate::Need;
use crate::model::retry_after::Advice;
use futures::FutureExt;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn attempts_by_kind() {
    let policy = RetryPolicy::default();
    for kind in FailureKind::ALL {
        let expect = match kind {
            FailureKind::RateLimit | FailureKind::Server | FailureKind::Transport => 6,
            FailureKind::Stalled => 3,
            _ => 1,
        };
        let failure = Failure::new(*kind, "");
        let with_standby = match kind {
            FailureKind::RateLimit => 3,
            FailureKind::Server | FailureKind::Transport => 2,
            _ => 1,
        };
        let found = (policy.attempts_for(&failure, false), policy.attempts_for(&failure, true));
        assert_eq!(found, (expect, with_standby), "{}", kind.name());
    }
    let refused = Failure::new(FailureKind::Transport, "").detail(REACH, UNREACHED);
    assert_eq!(policy.attempts_for(&refused, false), 3);
    let none = RetryPolicy { attempts: 0, ..policy };
    assert_eq!(none.attempts_for(&Failure::new(FailureKind::Server, ""), false), 1);
}

#[test]
fn waits_double_to_the_cap_and_never_undercut_the_server() {
    let policy = RetryPolicy::default();
    let check = |attempt: u32, asked: Option<u64>, share: f64, millis: u64| {
        let wait = policy.wait(attempt, asked.map(Duration::from_millis), share);
        assert_eq!(wait, Duration::from_millis(millis), "attempt {attempt}, asked {asked:?}, share {share}");
    };
    check(1, None, 1.0, 500);
    check(1, None, 0.0, 0);
    check(2, None, 1.0, 1_000);
    check(4, None, 0.5, 2_000);
    check(7, None, 1.0, 30_000);
    check(u32::MAX, None, 1.0, 30_000);
    check(1, Some(2_000), 0.0, 2_000);
    check(1, Some(2_000), 1.0, 2_500);
    check(3, Some(4_000), 1.0, 5_000);
    check(9, Some(3_600_000), 1.0, 3_630_000);
}

#[test]
fn jitter_stays_in_its_range_and_varies() {
    let shares: Vec<f64> = (0..100).map(|_| share()).collect();
    assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
    assert!(shares.iter().any(|share| *share < 0.5) && shares.iter().any(|share| *share > 0.5));
}

/// What the loop does with attempts that end as listed.
async fn run(
    ends: Vec<Result<ChatReply, FailedAttempt>>,
    total: Duration,
    cancel_at: Option<u32>,
) -> (Result<ChatReply, FailedCall>, Vec<Piece>) {
    let policy = RetryPolicy { attempts: 6, base: Duration::from_millis(1), cap: Duration::from_millis(2) };
    let pieces = Arc::new(Mutex::new(Vec::new()));
    let mut watch = Watch::silent();
    let (log, cancel) = (Arc::clone(&pieces), watch.cancel.clone());
    watch.on_text = Arc::new(move |piece| {
        if matches!(piece, Piece::Retry { attempt, .. } if Some(attempt) == cancel_at) {
            cancel.cancel();
        }
        log.lock().unwrap().push(piece);
    });
    let ends = RefCell::new(ends.into_iter());
    let next = |_, _| std::future::ready(ends.borrow_mut().next().expect("one attempt too many"));
    let lane = Lane::new("m", RateLimits::default());
    let way = Way { lane: &lane, need: Need::default(), total };
    let result = persist(&policy, way, &watch, next).await;
    assert_eq!(ends.borrow().len(), 0, "too few attempts");
    let shown = pieces.lock().unwrap().clone();
    (result, shown)
}

fn failed(kind: FailureKind, output_tokens: u64, shown: bool, advice: Advice) -> Result<ChatReply, FailedAttempt> {
    let usage = Usage { output_tokens, ..Usage::default() };
    Err(FailedAttempt { failed: FailedCall { failure: Failure::new(kind, "broken"), usage }, advice, shown })
}

fn reply() -> Result<ChatReply, FailedAttempt> {
    let usage = Usage { input_tokens: 7, output_tokens: 1, ..Usage::default() };
    Ok(ChatReply {
        text: "yes".to_owned(),
        thoughts: Vec::new(),
        tool_requests: Vec::new(),
        finish: Finish::Stop,
        usage,
    })
}

const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn repeats_until_it_succeeds_and_adds_up_what_was_used() {
    let none = Advice::default();
    let ends =
        vec![failed(FailureKind::Server, 3, true, none), failed(FailureKind::RateLimit, 0, false, none), reply()];
    let (result, pieces) = run(ends, LONG, None).await;
    assert_eq!(result.unwrap().usage, Usage { input_tokens: 7, output_tokens: 4, ..Usage::default() });
    assert!(
        matches!(
            pieces.as_slice(),
            [Piece::Reset, Piece::Retry { attempt: 1, wait_millis: 0..=1, reason }, Piece::Retry { attempt: 2, .. }]
                if reason == "broken"
        ),
        "{pieces:?}"
    );
}

#[tokio::test]
async fn gives_up_when_it_should() {
    let none = Advice::default();
    let check = async |ends: Vec<Result<ChatReply, FailedAttempt>>, kind: FailureKind, retries: usize| {
        let made = ends.len();
        let (result, pieces) = run(ends, LONG, None).await;
        let failure = result.unwrap_err().failure;
        assert_eq!((failure.kind, pieces.len()), (kind, retries));
        assert_eq!(failure.details.get("attempts"), Some(&made.into()));
    };
    check(vec![failed(FailureKind::Server, 0, false, none); 6], FailureKind::Server, 5).await;
    check(vec![failed(FailureKind::Auth, 0, false, none)], FailureKind::Auth, 0).await;
    let never = Advice { never: true, ..none };
    check(vec![failed(FailureKind::Server, 0, true, never)], FailureKind::Server, 0).await;
    let hour = Advice { wait: Some(Duration::from_secs(3_600)), never: false };
    check(vec![failed(FailureKind::RateLimit, 0, false, hour)], FailureKind::RateLimit, 0).await;
}

#[tokio::test]
async fn a_wait_that_passes_the_deadline_is_not_begun() {
    let none = Advice::default();
    let (result, pieces) = run(vec![failed(FailureKind::Server, 2, false, none)], Duration::ZERO, None).await;
    let failed = result.unwrap_err();
    assert_eq!((failed.failure.kind, failed.usage.output_tokens), (FailureKind::Server, 2));
    assert_eq!(pieces, []);
}

#[tokio::test]
async fn a_wait_can_be_cancelled() {
    let hour = Advice { wait: Some(Duration::from_secs(3_600)), never: false };
    let ends = vec![failed(FailureKind::RateLimit, 5, false, hour)];
    let (result, _) = run(ends, Duration::from_secs(36_000), Some(1)).await;
    let failed = result.unwrap_err();
    assert_eq!((failed.failure.kind, failed.usage.output_tokens), (FailureKind::Cancelled, 5));
}

#[tokio::test]
async fn another_attempt_waits_until_its_worst_case_is_noted() {
    let (noted, seen) = (Arc::new(AtomicBool::new(false)), RefCell::new(Vec::new()));
    let mut watch = Watch::silent();
    watch.afford = Arc::new({
        let noted = Arc::clone(&noted);
        move |_: Usage| {
            let noted = Arc::clone(&noted);
            let work = async move {
                tokio::task::yield_now().await;
                noted.store(true, Ordering::Relaxed);
                Ok::<_, Failure>(())
            };
            work.boxed()
        }
    });
    let ends = RefCell::new(vec![failed(FailureKind::Server, 3, false, Advice::default()), reply()].into_iter());
    let next = |_, _| {
        seen.borrow_mut().push(noted.load(Ordering::Relaxed));
        std::future::ready(ends.borrow_mut().next().expect("one attempt too many"))
    };
    let policy = RetryPolicy { attempts: 6, base: Duration::from_millis(1), cap: Duration::from_millis(2) };
    let lane = Lane::new("m", RateLimits::default());
    let way = Way { lane: &lane, need: Need::default(), total: LONG };
    persist(&policy, way, &watch, next).await.unwrap();
    assert_eq!(*seen.borrow(), [false, true]);
}

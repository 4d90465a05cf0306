//! Waiting on a lane. What may go out when is tested in `rate` and `breaker`, which are told the time.

use super::{Lane, Lanes, Need, Pass, RateLimits, UNSENT};
use crate::core::failure::{Failure, FailureKind};
use crate::core::message::{ChatReply, FailedCall, Finish};
use crate::core::usage::Usage;
use crate::model::allowance::{Allowance, Left};
use crate::model::breaker::Standing;
use crate::model::chat::{Piece, Watch};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

const NEED: Need = Need { prompt: 10, most: 100 };
const PATIENCE: Duration = Duration::from_secs(600);

async fn pass(lane: &Arc<Lane>) -> Result<Pass, Failure> {
    lane.pass(NEED, PATIENCE, &Watch::silent()).await
}

#[tokio::test]
async fn places_go_round_and_never_more_than_there_are() {
    let lane = Lane::new("m", RateLimits { concurrency: Some(3), ..RateLimits::default() });
    let most = Arc::new(Mutex::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..1_000 {
        let (lane, most) = (Arc::clone(&lane), Arc::clone(&most));
        tasks.spawn(async move {
            let pass = pass(&lane).await.unwrap();
            {
                let mut most = most.lock().unwrap();
                *most = lane.rate().under_way.max(*most);
            }
            tokio::task::yield_now().await;
            pass.used(&Usage::default());
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    assert_eq!((*most.lock().unwrap(), lane.rate().under_way), (3, 0));
}

#[tokio::test]
async fn a_wait_is_told_and_can_be_cancelled() {
    let lane = Lane::new("m", RateLimits { requests_per_minute: Some(1), ..RateLimits::default() });
    drop(pass(&lane).await.unwrap());
    let pieces = Arc::new(Mutex::new(Vec::new()));
    let mut watch = Watch::silent();
    let (log, cancel) = (Arc::clone(&pieces), watch.cancel.clone());
    watch.on_text = Arc::new(move |piece| {
        log.lock().unwrap().push(piece);
        cancel.cancel();
    });
    let failure = lane.pass(NEED, PATIENCE, &watch).await.unwrap_err();
    assert_eq!((failure.kind, lane.rate().under_way), (FailureKind::Cancelled, 0));
    let pieces = pieces.lock().unwrap();
    let [Piece::Waiting { wait_millis, reason }] = pieces.as_slice() else { panic!("{pieces:?}") };
    assert!(wait_millis.is_some_and(|millis| (1..=61_000).contains(&millis)), "{wait_millis:?}");
    assert_eq!(reason, "requests_per_minute is reached");
}

#[tokio::test]
async fn what_the_server_asks_is_heeded_within_reason() {
    let lane = Lane::new("m", RateLimits::default());
    let mut first = pass(&lane).await.unwrap();
    let left = Left { remaining: 0, limit: Some(1), reset: Some(Duration::from_millis(20)) };
    first.heed(&Allowance { requests: Some(left), ..Allowance::default() });
    first.again(NEED, PATIENCE, &Watch::silent()).await.unwrap();
    assert_eq!(lane.rate().under_way, 1);
    lane.pause(Duration::from_secs(3_600));
    let failure = pass(&lane).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimit);
    assert!(failure.message.starts_with("m: the server asked to wait; it is back in 3"), "{failure}");
}

fn reply() -> Result<ChatReply, FailedCall> {
    let usage = Usage::default();
    Ok(ChatReply {
        text: "yes".to_owned(),
        thoughts: Vec::new(),
        tool_requests: Vec::new(),
        finish: Finish::Stop,
        usage,
    })
}

async fn fails(lane: &Lane, kind: FailureKind) -> Failure {
    lane.call(false, async { Err(Failure::new(kind, "broken").into()) }).await.unwrap_err().failure
}

#[tokio::test]
async fn an_open_breaker_fails_at_once_and_says_until_when() {
    let lane = Lane::new("m at h", RateLimits::default());
    for kind in [FailureKind::Transport, FailureKind::Stalled, FailureKind::Cancelled, FailureKind::Transport] {
        fails(&lane, kind).await;
    }
    fails(&lane, FailureKind::Server).await;
    assert_eq!(lane.health().failures, 4, "who cancels says nothing about the server");
    fails(&lane, FailureKind::Rejected).await;
    assert_eq!(lane.health().failures, 0, "a server that answers 400 works");
    let dropped = lane.call(false, std::future::pending());
    assert!(tokio::time::timeout(Duration::from_millis(1), dropped).await.is_err());
    for _ in 0..5 {
        assert_eq!(fails(&lane, FailureKind::Transport).await.message, "broken");
    }
    let failure = lane.call(false, async { unreachable!("it is not made") }).await.unwrap_err().failure;
    let start = "5 calls in a row to m at h did not get through; it is tried again in ";
    assert!(failure.kind == FailureKind::Transport && failure.message.starts_with(start), "{failure}");
    assert!(failure.details["retry_after"].as_f64().is_some_and(|seconds| seconds <= 30.0));
    assert_eq!(lane.health().breaker, Standing::Open);
    assert!(Lane::new("n", RateLimits::default()).call(false, async { reply() }).await.is_ok());
}

#[tokio::test]
async fn with_a_standby_one_failed_call_is_enough() {
    let lane = Lane::new("m at h", RateLimits::default());
    fails(&lane, FailureKind::RateLimit).await;
    let failure = lane.call(true, async { unreachable!("it is not made") }).await.unwrap_err().failure;
    assert!(failure.message.starts_with("the last call to m at h failed (broken); it is tried again in "), "{failure}");
    assert_eq!(failure.details[UNSENT], true);
    assert!(lane.call(false, async { reply() }).await.is_ok(), "who has no standby asks all the same");
    assert!(lane.call(true, async { reply() }).await.is_ok(), "an answer closes it");
}

#[test]
fn lanes_are_shared_by_address_and_model() {
    let (lanes, limits) = (Lanes::default(), RateLimits::default());
    let lane = lanes.of("http://a/v1", "m", limits);
    assert!(Arc::ptr_eq(&lane, &lanes.of("http://a/v1", "m", limits)));
    assert!(!Arc::ptr_eq(&lane, &lanes.of("http://a/v1", "n", limits)));
    assert!(!Arc::ptr_eq(&lane, &lanes.of("http://b/v1", "m", limits)));
}

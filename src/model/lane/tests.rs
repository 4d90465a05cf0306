//! Waiting on a lane. What may go out when is tested in `rate` and `breaker`, which are told the time.

use super::{Lane, Lanes, Need, Pass, RateLimits, Shared, UNSENT};
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

/// At most one request at once.
const ONE: RateLimits = RateLimits { concurrency: Some(1), requests_per_minute: None, tokens_per_minute: None };

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
                *most = lane.own.rate().under_way.max(*most);
            }
            tokio::task::yield_now().await;
            pass.used(&Usage::default());
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    assert_eq!((*most.lock().unwrap(), lane.own.rate().under_way), (3, 0));
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
    assert_eq!((failure.kind, lane.own.rate().under_way), (FailureKind::Cancelled, 0));
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
    assert_eq!(lane.own.rate().under_way, 1);
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
    let lane = lanes.of("http://a/v1", "m", limits, None);
    assert!(Arc::ptr_eq(&lane, &lanes.of("http://a/v1", "m", limits, None)));
    assert!(!Arc::ptr_eq(&lane, &lanes.of("http://a/v1", "n", limits, None)));
    assert!(!Arc::ptr_eq(&lane, &lanes.of("http://b/v1", "m", limits, None)));
}

/// The lanes to two models of one service; the first model has limits of its own.
fn of_one_service(first: RateLimits, limits: RateLimits) -> [Arc<Lane>; 2] {
    let (lanes, shared) = (Lanes::default(), Shared { address: "http://a/v1".to_owned(), limits });
    [("m", first), ("n", RateLimits::default())]
        .map(|(model, own)| lanes.of("http://a/v1", model, own, Some(shared.clone())))
}

/// How many requests are under way to the model, and how many to all of its service.
fn under_way(lane: &Lane) -> (u64, u64) {
    let there = lane.service.as_ref().map(|service| service.rate().under_way);
    (lane.own.rate().under_way, there.unwrap_or(0))
}

#[tokio::test]
async fn places_of_a_service_go_round_among_its_models() {
    let lanes = of_one_service(RateLimits::default(), RateLimits { concurrency: Some(3), ..ONE });
    let most = Arc::new(Mutex::new(0));
    let mut tasks = JoinSet::new();
    for number in 0..1_000 {
        let (lane, most) = (Arc::clone(&lanes[number % 2]), Arc::clone(&most));
        tasks.spawn(async move {
            let pass = pass(&lane).await.unwrap();
            {
                let mut most = most.lock().unwrap();
                *most = under_way(&lane).1.max(*most);
            }
            tokio::task::yield_now().await;
            pass.used(&Usage::default());
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    assert_eq!((*most.lock().unwrap(), under_way(&lanes[0]), under_way(&lanes[1])), (3, (0, 0), (0, 0)));
}

#[tokio::test]
async fn the_models_of_a_service_take_turns_however_many_calls_one_has() {
    let [many, few] = of_one_service(RateLimits::default(), ONE);
    let (held, order) = (pass(&many).await.unwrap(), Arc::new(Mutex::new(Vec::new())));
    let mut tasks = JoinSet::new();
    for (name, lane) in [("first", &many), ("second", &many), ("third", &many), ("other", &few)] {
        let (lane, order) = (Arc::clone(lane), Arc::clone(&order));
        tasks.spawn(async move {
            let pass = pass(&lane).await.unwrap();
            order.lock().unwrap().push(name);
            drop(pass);
        });
        // Every task is in its queue before the next one begins.
        tokio::task::yield_now().await;
    }
    drop(held);
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["first", "other", "second", "third"]);
}

#[tokio::test]
async fn whom_its_own_model_holds_back_is_in_no_other_models_way() {
    let [slow, quick] = of_one_service(ONE, RateLimits { concurrency: Some(2), ..ONE });
    let held = pass(&slow).await.unwrap();
    let waiting = tokio::spawn({
        let slow = Arc::clone(&slow);
        async move { pass(&slow).await.map(drop) }
    });
    tokio::task::yield_now().await;
    drop(pass(&quick).await.unwrap());
    assert_eq!(under_way(&slow), (1, 1), "it still waits");
    drop(held);
    waiting.await.unwrap().unwrap();
    assert_eq!(under_way(&slow), (0, 0));
}

#[tokio::test]
async fn who_no_longer_waits_at_its_service_is_in_nobodys_way() {
    let [held, left] = of_one_service(RateLimits::default(), ONE);
    let first = pass(&held).await.unwrap();
    // One has the turn at the service, and one waits for that.
    let watches = [Watch::silent(), Watch::silent()];
    let waiting = [&held, &left].into_iter().zip(watches.clone()).map(|(lane, watch)| {
        let lane = Arc::clone(lane);
        tokio::spawn(async move { lane.pass(NEED, PATIENCE, &watch).await.map(drop) })
    });
    let waiting: Vec<_> = waiting.collect();
    tokio::task::yield_now().await;
    watches.iter().for_each(|watch| watch.cancel.cancel());
    for ended in waiting {
        assert_eq!(ended.await.unwrap().unwrap_err().kind, FailureKind::Cancelled);
    }
    assert_eq!(under_way(&left), (0, 1));
    drop(first);
    drop(pass(&left).await.unwrap());
    assert_eq!((under_way(&held), under_way(&left)), ((0, 0), (0, 0)));
}

#[tokio::test]
async fn a_wait_for_a_service_is_told_as_such() {
    let [first, second] =
        of_one_service(RateLimits::default(), RateLimits { requests_per_minute: Some(1), ..RateLimits::default() });
    drop(pass(&first).await.unwrap());
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let mut watch = Watch::silent();
    let (log, cancel) = (Arc::clone(&reasons), watch.cancel.clone());
    watch.on_text = Arc::new(move |piece| {
        let Piece::Waiting { wait_millis: Some(1..=61_000), reason } = piece else { panic!("{piece:?}") };
        log.lock().unwrap().push(reason);
        cancel.cancel();
    });
    assert_eq!(second.pass(NEED, PATIENCE, &watch).await.unwrap_err().kind, FailureKind::Cancelled);
    assert_eq!(*reasons.lock().unwrap(), ["requests_per_minute of its service is reached"]);
}

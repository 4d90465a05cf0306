//! The book of the last minute, told the time.

use super::{Allowance, Cause, Left, Need, Rate, RateLimits, WINDOW, Wait};
use proptest::prelude::{Strategy, any, prop, prop_assert_eq, proptest};
use std::time::Duration;
use tokio::time::Instant;

const NEED: Need = Need { prompt: 10, most: 100 };

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn rate(requests: Option<u64>, tokens: Option<u64>, concurrency: Option<u64>) -> Rate {
    Rate::new(RateLimits { requests_per_minute: requests, tokens_per_minute: tokens, concurrency })
}

fn until(begin: Instant, seconds: u64, cause: Cause) -> Option<Wait> {
    Some(Wait { until: Some(begin + secs(seconds)), cause })
}

#[test]
fn without_limits_nothing_waits_and_nothing_is_kept() {
    let (mut rate, now) = (rate(None, None, None), Instant::now());
    for _ in 0..10_000 {
        rate.admit(now, NEED).unwrap();
    }
    assert_eq!((rate.sent.len(), rate.under_way), (0, 10_000));
}

#[test]
fn requests_leave_after_their_minute() {
    let (mut rate, begin) = (rate(Some(2), None, None), Instant::now());
    rate.admit(begin, NEED).unwrap();
    rate.admit(begin + secs(10), NEED).unwrap();
    assert_eq!(rate.admit(begin + secs(11), NEED).err(), until(begin, 61, Cause::Requests));
    assert_eq!(rate.admit(begin + secs(60), NEED).err(), until(begin, 61, Cause::Requests));
    rate.admit(begin + secs(61), NEED).unwrap();
    assert_eq!(rate.admit(begin + secs(61), NEED).err(), until(begin, 71, Cause::Requests));
}

#[test]
fn tokens_are_held_at_their_most_until_they_are_known() {
    let (mut rate, begin) = (rate(None, Some(250), None), Instant::now());
    let first = rate.admit(begin, NEED).unwrap();
    rate.admit(begin + secs(5), NEED).unwrap();
    assert_eq!(rate.admit(begin + secs(6), NEED).err(), until(begin, 61, Cause::Tokens));
    rate.settle(first, 30);
    rate.admit(begin + secs(6), NEED).unwrap();
    let all = Need { prompt: 10, most: 1_000 };
    assert_eq!(rate.admit(begin + secs(7), all).err(), until(begin, 67, Cause::Tokens));
    rate.admit(begin + secs(67), all).unwrap();
    rate.settle(first, 5_000);
    assert_eq!(rate.tokens, 250, "one that has left the minute is not settled again");
}

#[test]
fn places_are_given_back() {
    let (mut rate, now) = (rate(None, None, Some(1)), Instant::now());
    rate.admit(now, NEED).unwrap();
    assert_eq!(rate.admit(now, NEED).err(), Some(Wait { until: None, cause: Cause::Concurrency }));
    rate.leave();
    rate.admit(now, NEED).unwrap();
}

#[test]
fn the_server_is_heeded() {
    let (mut rate, begin) = (rate(None, None, None), Instant::now());
    let left = |remaining, reset| Some(Left { remaining, limit: Some(60), reset: Some(secs(reset)) });
    let first = rate.admit(begin, NEED).unwrap();
    let second = rate.admit(begin, NEED).unwrap();
    rate.heed(begin, first, &Allowance { requests: left(3, 20), ..Allowance::default() });
    for _ in 0..2 {
        rate.admit(begin, NEED).unwrap();
    }
    assert_eq!(
        rate.admit(begin, NEED).err(),
        until(begin, 20, Cause::ServerRequests),
        "3 left, of which 1 was on its way"
    );
    let tokens = |tokens| Allowance { tokens, ..Allowance::default() };
    rate.heed(begin, second, &tokens(Some(Left { remaining: 5, limit: None, reset: None })));
    rate.admit(begin + secs(20), NEED).unwrap();
    rate.heed(begin, second, &tokens(left(9, 40)));
    assert_eq!(rate.admit(begin + secs(20), NEED).err(), until(begin, 40, Cause::ServerTokens));
    rate.pause(begin + secs(90));
    rate.pause(begin + secs(80));
    assert_eq!(rate.admit(begin + secs(50), NEED).err(), until(begin, 90, Cause::ServerPause));
    rate.admit(begin + secs(90), NEED).unwrap();
}

#[test]
fn a_quota_smaller_than_any_request_is_not_waited_for_in_vain() {
    let (mut rate, begin) = (rate(None, None, None), Instant::now());
    let ticket = rate.admit(begin, NEED).unwrap();
    let left = Left { remaining: 8, limit: Some(8), reset: Some(secs(30)) };
    rate.heed(begin, ticket, &Allowance { tokens: Some(left), ..Allowance::default() });
    rate.admit(begin, NEED).unwrap();
}

#[test]
fn each_kind_of_tokens_is_held_against_its_own_allowance() {
    let begin = Instant::now();
    let left = |remaining, reset| Some(Left { remaining, limit: Some(60), reset: Some(secs(reset)) });
    for (input, output, expect) in [
        (left(60, 20), left(5, 40), None),
        (left(60, 20), left(0, 40), until(begin, 40, Cause::ServerTokens)),
        (left(9, 20), Some(Left { limit: Some(4), ..left(4, 40).unwrap() }), until(begin, 20, Cause::ServerTokens)),
        (left(9, 20), left(0, 40), until(begin, 40, Cause::ServerTokens)),
        (left(19, 20), left(5, 40), None),
    ] {
        let mut rate = rate(None, None, None);
        let ticket = rate.admit(begin, NEED).unwrap();
        rate.heed(begin, ticket, &Allowance { input, output, ..Allowance::default() });
        assert_eq!(rate.admit(begin, NEED).err(), expect, "{input:?} {output:?}");
    }
}

/// What a server saw of a batch: when its requests arrived, in milliseconds, and how many were under way at most.
struct Seen {
    arrivals: Vec<u64>,
    most: u64,
    millis: u64,
}

/// Sends this many requests in virtual time. An answer takes 3 s, and a request up to 900 ms to arrive.
fn batch(limits: RateLimits, requests: u64) -> Seen {
    let (mut rate, begin) = (Rate::new(limits), Instant::now());
    let at = |millis: u64| begin + Duration::from_millis(millis);
    let mut seen = Seen { arrivals: Vec::new(), most: 0, millis: 0 };
    let (mut now, mut under_way) = (0, Vec::new());
    for number in 0..requests {
        let ticket = loop {
            under_way.retain(|(end, ticket)| {
                let over = *end <= now;
                if over {
                    rate.settle(*ticket, 25);
                    rate.leave();
                }
                !over
            });
            match rate.admit(at(now), NEED) {
                Ok(ticket) => break ticket,
                Err(wait) => {
                    let next_end = under_way.iter().map(|(end, _)| *end).min();
                    let until = wait.until.map(|until| u64::try_from((until - begin).as_millis()).unwrap());
                    now = until.into_iter().chain(next_end).min().expect("something will change");
                }
            }
        };
        seen.arrivals.push(now + number * 397 % 900);
        under_way.push((now + 3_000, ticket));
        seen.most = seen.most.max(rate.under_way);
        seen.millis = now;
    }
    seen
}

#[test]
fn a_batch_of_a_thousand_never_exceeds_its_limits() {
    for (limits, most, under_way, minutes) in [
        ((Some(50), None, None), 50, 50, 19),
        ((Some(1), None, None), 1, 1, 999),
        ((None, Some(1_000), None), 40, 10, 28),
        ((None, None, Some(7)), 200, 7, 6),
        ((Some(100), None, Some(4)), 100, 4, 12),
        ((Some(600), Some(3_000), Some(64)), 120, 30, 8),
    ] {
        let (requests_per_minute, tokens_per_minute, concurrency) = limits;
        let seen = batch(RateLimits { requests_per_minute, tokens_per_minute, concurrency }, 1_000);
        let within = |begin: &u64| seen.arrivals.iter().filter(|at| (*begin..*begin + 60_000).contains(*at)).count();
        let busiest = seen.arrivals.iter().map(within).max();
        assert!(busiest <= Some(most), "{limits:?}: {busiest:?} within a minute");
        assert!(seen.most <= under_way, "{limits:?}: {} under way", seen.most);
        let took = seen.millis / 61_000;
        assert!((minutes..=minutes + 1).contains(&took), "{limits:?}: {took} windows instead of {minutes}");
    }
}

#[test]
fn what_one_book_refuses_stands_in_neither() {
    let begin = Instant::now();
    for (own, shared, expect) in [
        ((None, None, Some(1)), (None, None, Some(9)), Wait { until: None, cause: Cause::Concurrency }),
        ((None, None, Some(9)), (None, None, Some(1)), Wait { until: None, cause: Cause::SharedConcurrency }),
        ((None, None, Some(1)), (None, None, Some(1)), Wait { until: None, cause: Cause::Concurrency }),
        ((None, None, None), (Some(1), None, None), until(begin, 61, Cause::SharedRequests).unwrap()),
        ((Some(9), None, None), (None, Some(150), None), until(begin, 61, Cause::SharedTokens).unwrap()),
        ((Some(1), None, None), (None, Some(150), None), until(begin, 61, Cause::Requests).unwrap()),
    ] {
        let book = |(requests, tokens, concurrency)| rate(requests, tokens, concurrency);
        let (mut one, mut service) = (book(own), book(shared));
        one.admit_with(&mut service, begin, NEED).unwrap();
        assert_eq!(one.admit_with(&mut service, begin, NEED).err(), Some(expect), "{own:?} {shared:?}");
        assert_eq!((one.under_way, one.next, service.under_way, service.next), (1, 1, 1, 1), "{own:?} {shared:?}");
    }
}

fn limits() -> impl Strategy<Value = RateLimits> {
    let each = (prop::option::of(1..8_u64), prop::option::of(50..900_u64), prop::option::of(1..5_u64));
    each.prop_map(|(requests_per_minute, tokens_per_minute, concurrency)| RateLimits {
        requests_per_minute,
        tokens_per_minute,
        concurrency,
    })
}

/// Whether one more request fits where so many went out within the minute and so many are under way.
fn fits(limits: RateLimits, sent: u64, under_way: u64) -> bool {
    let below = |most: Option<u64>, found: u64| most.is_none_or(|most| found < most);
    let tokens = limits.tokens_per_minute.is_none_or(|most| (sent + 1) * NEED.most.min(most) <= most);
    below(limits.requests_per_minute, sent) && below(limits.concurrency, under_way) && tokens
}

proptest! {
    /// Of each ask it is given which model is asked, after how many seconds, and whether an earlier call of it has ended.
    #[test]
    fn a_request_goes_out_exactly_if_its_model_and_its_service_have_room(
        own in limits(),
        shared in limits(),
        asks in prop::collection::vec((0..2_usize, 0..20_u64, any::<bool>()), 1..200),
    ) {
        let (mut books, mut service) = ([Rate::new(own), Rate::new(own)], Rate::new(shared));
        let (mut sent, mut under_way, mut now) = (Vec::<(Instant, usize)>::new(), [0_u64; 2], Instant::now());
        for (model, seconds, ended) in asks {
            now += secs(seconds);
            if ended && under_way[model] > 0 {
                under_way[model] -= 1;
                books[model].leave();
                service.leave();
            }
            sent.retain(|(at, _)| now - *at < WINDOW);
            let all = u64::try_from(sent.len()).unwrap();
            let its = u64::try_from(sent.iter().filter(|(_, asked)| *asked == model).count()).unwrap();
            let room = fits(own, its, under_way[model]) && fits(shared, all, under_way[0] + under_way[1]);
            let goes = books[model].admit_with(&mut service, now, NEED).is_ok();
            prop_assert_eq!(goes, room, "{} and {} within the minute, {:?} under way", its, all, under_way);
            if goes {
                sent.push((now, model));
                under_way[model] += 1;
            }
            let counted = [books[0].under_way, books[1].under_way, service.under_way];
            prop_assert_eq!(counted, [under_way[0], under_way[1], under_way[0] + under_way[1]]);
        }
    }
}

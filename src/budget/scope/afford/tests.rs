//! Answers shortened to what is left, alone and beside others.

use super::Wish;
use crate::budget::ledger::{Ledger, Tag};
use crate::budget::reservation::Reservation;
use crate::budget::scope::Scope;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{ModelId, RoleName};
use crate::core::limits::Limits;
use crate::core::money::Money;
use crate::core::price::{Bound, Price};
use crate::core::slack::Slack;
use crate::core::usage::Usage;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

/// One nano-USD per prompt token, three per answer token.
static PRICE: Price = Price::flat(1_000_000, 3_000_000);

impl Scope {
    /// The same for who does not wait.
    pub(in crate::budget) fn reserve_now(&self, wish: Wish, price: Option<&Price>, tag: Tag) -> Outcome<Reservation> {
        match pin!(self.reserve(wish, price, tag)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(held) => held,
            Poll::Pending => Err(Failure::new(FailureKind::Budget, "it would wait")),
        }
    }
}

fn root(nanos: u64) -> Scope {
    Ledger::new(Limits { max_cost: Some(Money::from_nanos(nanos)), ..Limits::default() }).root()
}

fn tag() -> Tag {
    Tag { role: RoleName::new("worker"), model: ModelId::new("p/m") }
}

fn wish(input_tokens: u64, output_tokens: u64) -> Wish {
    let bound = Bound { input_tokens, output_tokens, images: 0 };
    Wish { bound, least: 16.min(output_tokens), slack: Slack::default() }
}

fn granted(scope: &Scope, wish: Wish) -> Result<u64, Failure> {
    scope.reserve_now(wish, Some(&PRICE), tag()).map(|held| {
        let output = held.bound().output_tokens;
        held.release();
        output
    })
}

#[test]
fn an_answer_is_shortened_to_what_is_left_and_no_further() {
    for (nanos, input, output, expect) in [
        (400, 100, 100, Some(100)),
        (399, 100, 100, Some(99)),
        (148, 100, 100, Some(16)),
        (147, 100, 100, None),
        (99, 100, 100, None),
        (130, 100, 10, Some(10)),
        (129, 100, 10, None),
        (0, 0, 0, Some(0)),
    ] {
        assert_eq!(granted(&root(nanos), wish(input, output)).ok(), expect, "{nanos} for {input} + {output}");
    }
    let tokens = Ledger::new(Limits { max_tokens: Some(150), ..Limits::default() }).root();
    assert_eq!(granted(&tokens, wish(100, 100)).ok(), Some(50));
    let both = Limits { max_tokens: Some(150), max_cost: Some(Money::from_nanos(190)), ..Limits::default() };
    assert_eq!(granted(&Ledger::new(both).root(), wish(100, 100)).ok(), Some(30));
}

#[test]
fn a_refusal_says_what_the_shortest_answer_would_need() {
    let failure = granted(&root(147), wish(100, 100)).expect_err("148 are needed");
    assert_eq!(
        failure.message,
        "the money budget of the run does not allow a call to p/m: limit $0.000000147, spent $0.00, reserved $0.00, \
         needed up to $0.000000148 for a prompt of 100 bytes and an answer of 16 tokens; left $0.000000147"
    );
    assert!(failure.hint.is_some_and(|hint| hint.starts_with("raise --max-cost")));
    let calls = Ledger::new(Limits { max_calls: Some(0), max_tokens: Some(150), ..Limits::default() }).root();
    let failure = granted(&calls, wish(100, 100)).expect_err("no call is allowed");
    assert!(failure.message.ends_with("needed up to 1"), "{}", failure.message);
}

#[test]
fn beside_others_a_shortened_call_leaves_half() {
    let root = root(1_000);
    let first = root.reserve_now(wish(100, 100), Some(&PRICE), tag()).expect("fits");
    // 600 are left, of which the prompt takes 100: 166 tokens of answer, and half of these.
    let second = root.reserve_now(wish(100, 1_000), Some(&PRICE), tag()).expect("shortened");
    assert_eq!(second.bound().output_tokens, 83);
    let third = root.reserve_now(wish(100, 50), Some(&PRICE), tag()).expect("there is some left");
    for held in [first, second, third] {
        held.release();
    }
}

#[test]
fn a_batch_waits_for_a_whole_answer_before_it_takes_a_shorter_one() {
    let mut context = Context::from_waker(Waker::noop());
    let root = root(500);
    let first = root.reserve_now(wish(100, 100), Some(&PRICE), tag()).expect("fits");
    let mut second = pin!(root.reserve(wish(100, 130), Some(&PRICE), tag()));
    assert!(second.as_mut().poll(&mut context).is_pending(), "it fits when the first has ended");
    first.settle(&Usage { input_tokens: 100, ..Usage::default() });
    // 400 are left and 490 would be needed: never again.
    let Poll::Ready(Ok(second)) = second.as_mut().poll(&mut context) else { panic!("it is shortened") };
    assert_eq!(second.bound().output_tokens, 100);
    let mut third = pin!(root.reserve(wish(100, 100), Some(&PRICE), tag()));
    assert!(third.as_mut().poll(&mut context).is_pending());
    second.settle(&Usage { input_tokens: 260, ..Usage::default() });
    assert!(matches!(third.as_mut().poll(&mut context), Poll::Ready(Err(_))), "140 are left, 148 needed");
}

#[test]
fn to_ask_whether_a_call_fits_refuses_no_other() {
    // One call fits, and the question must not take its place for a moment.
    let (root, asking) = (root(400), AtomicBool::new(true));
    let refused = std::thread::scope(|all| {
        all.spawn(|| {
            while asking.load(Ordering::Relaxed) {
                root.is_affordable(&wish(100, 100), Some(&PRICE), &tag());
            }
        });
        let refused = (0..20_000).any(|_| granted(&root, wish(100, 100)).ok() != Some(100));
        asking.store(false, Ordering::Relaxed);
        refused
    });
    assert!(!refused);
}

proptest! {
    #[test]
    fn a_shortened_call_fits_and_one_token_more_does_not(
        nanos in 0_u64..5_000, input in 0_u64..2_000, output in 0_u64..2_000, per_input in 0_u64..4_000_000, per_output in 0_u64..4_000_000
    ) {
        let price = Price::flat(per_input, per_output);
        let slack = Slack { input_tokens: 9, share: 16, output_tokens: 64 };
        let (root, wish) = (root(nanos), Wish { slack, ..wish(input, output) });
        let bound = |output_tokens| slack.upon(Bound { input_tokens: input, output_tokens, images: 0 });
        let fits = |output_tokens| price.worst(&bound(output_tokens)) <= Money::from_nanos(nanos);
        match root.reserve_now(wish, Some(&price), tag()) {
            Ok(held) => {
                let granted = held.bound().output_tokens;
                held.release();
                prop_assert!(fits(granted) && granted >= wish.least);
                prop_assert!(granted == output || !fits(granted + 1));
            }
            Err(_) => prop_assert!(!fits(wish.least)),
        }
        prop_assert_eq!(root.is_affordable(&wish, Some(&price), &tag()), fits(wish.least));
        prop_assert_eq!(root.left().cost, Some(Money::from_nanos(nanos)));
    }
}

//! The rule table, and when evidence overrules it.

use super::{Bounds, Chain, Decider, Move, Offer, Rung, allowed, decide, rule, rungs, start};
use crate::core::failure::FailureKind;
use crate::core::ids::RoleName;
use crate::policy::posterior::Posterior;

fn role(name: &str) -> RoleName {
    RoleName::new(name)
}

fn up(name: &str) -> Move {
    Move::Escalate(role(name))
}

/// A worker's chain with the whole ladder above it.
fn chain(failure: FailureKind) -> Chain {
    let ladder = rungs(&[(role("worker"), Some(10)), (role("expert"), Some(40)), (role("architect"), Some(100))]);
    let (gated, retries, thinks, escalations) = (false, 0, 0, 0);
    let (explores, delegates, explorable, delegable) = (0, 0, false, false);
    Chain { ladder, failure, gated, retries, thinks, escalations, explores, delegates, explorable, delegable }
}

fn known(mean: f64, n: f64) -> Posterior {
    Posterior { alpha: mean * (n + 5.0), beta: (1.0 - mean) * (n + 5.0), n, ..Posterior::default() }
}

fn unknown<T>((choice, cost): (T, f64)) -> Offer<T> {
    Offer { choice, posterior: known(0.5, 0.0), cost }
}

fn bounds() -> Bounds {
    Bounds { audit: 0.0, ..Bounds::default() }
}

#[test]
fn the_rules() {
    let check = |chain: &Chain, expect: &Move| {
        assert_eq!(rule(chain, &bounds()), *expect, "{chain:?}");
        assert!(allowed(chain, &bounds()).contains(expect), "{chain:?}");
    };
    use FailureKind::{Auth, Budget, ContextOverflow, EarlyAbort, Invalid, Refusal, Server, Truncated};
    let after = |failure, retries, thinks, escalations| Chain { retries, thinks, escalations, ..chain(failure) };
    // A wrong form never escalates, and has been shown to its model already.
    check(&chain(Invalid), &Move::GiveUp);
    // An answer that was going wrong escalates at once.
    check(&chain(EarlyAbort), &up("expert"));
    // A wrong answer: once more with feedback, then up, at most twice.
    check(&chain(Refusal), &Move::Retry);
    check(&after(Refusal, 1, 0, 0), &up("expert"));
    check(&Chain { gated: true, ..after(Invalid, 1, 0, 1) }, &up("expert"));
    check(&after(Refusal, 1, 0, 2), &Move::GiveUp);
    check(&after(EarlyAbort, 0, 0, 2), &Move::Retry);
    // Too little room: more of it, then up.
    check(&chain(Truncated), &Move::Think);
    check(&after(Truncated, 0, 1, 0), &up("expert"));
    check(&chain(ContextOverflow), &Move::GiveUp);
    check(&Chain { explorable: true, ..chain(ContextOverflow) }, &Move::Explore);
    check(&Chain { delegable: true, ..chain(ContextOverflow) }, &Move::Delegate);
    // Who has an input looks further once nobody is left, then hands it out, each once.
    let open = |explores, delegates, escalations| Chain {
        explores,
        delegates,
        explorable: true,
        delegable: true,
        ..after(Refusal, 1, 0, escalations)
    };
    check(&open(0, 0, 0), &up("expert"));
    check(&open(0, 0, 2), &Move::Explore);
    check(&open(1, 0, 2), &Move::Delegate);
    check(&open(1, 1, 2), &Move::GiveUp);
    for nobody in [Server, Auth, Budget] {
        check(&chain(nobody), &Move::GiveUp);
    }
    let top = Chain { ladder: vec![Rung { role: role("architect"), cost: 1.0 }], ..after(Refusal, 1, 0, 0) };
    check(&top, &Move::GiveUp);
}

#[test]
fn limits_bind_the_learner_too() {
    let never = |chain: &Chain, denied: &dyn Fn(&Move) -> bool| {
        assert!(!allowed(chain, &bounds()).iter().any(denied), "{chain:?}");
    };
    never(&chain(FailureKind::Invalid), &|m| *m != Move::GiveUp);
    never(&Chain { escalations: 2, ..chain(FailureKind::Refusal) }, &|m| matches!(m, Move::Escalate(_)));
    never(&Chain { retries: 1, ..chain(FailureKind::Refusal) }, &|m| *m == Move::Retry);
    never(&chain(FailureKind::Transport), &|m| *m != Move::GiveUp);
    let further: &dyn Fn(&Move) -> bool = &|m| matches!(m, Move::Explore | Move::Delegate);
    never(&chain(FailureKind::Refusal), further);
    let (explores, delegates, explorable, delegable) = (1, 1, true, true);
    never(&Chain { explores, delegates, explorable, delegable, ..chain(FailureKind::Refusal) }, further);
}

#[test]
fn evidence_overrules_the_rule_only_if_there_is_enough() {
    let chain = chain(FailureKind::Refusal);
    let check = |retry: Posterior, expert: Posterior, bounds: Bounds, expect: (Move, Decider)| {
        let offers = [
            Offer { choice: Move::Retry, posterior: retry, cost: 0.1 },
            Offer { choice: up("expert"), posterior: expert, cost: 0.4 },
        ];
        let decision = decide(&chain, &offers, &bounds, 0.5);
        assert_eq!((decision.choice, decision.decider), expect, "{}", decision.reason);
        assert!((decision.propensity - 1.0).abs() < 1e-9);
    };
    let learned = (up("expert"), Decider::Learned);
    let ruled = (Move::Retry, Decider::Rule);
    // A repetition leaves the escalation open, so it must be dear or hopeless to be skipped.
    let dear = Bounds { lambda: 0.8, ..bounds() };
    check(known(0.01, 60.0), known(0.95, 60.0), dear, learned.clone());
    check(known(0.01, 4.0), known(0.95, 60.0), dear, ruled.clone());
    check(known(0.01, 60.0), known(0.95, 4.0), dear, ruled.clone());
    check(known(0.45, 60.0), known(0.5, 60.0), bounds(), ruled.clone());
    check(known(0.01, 60.0), known(0.95, 60.0), Bounds { trusted: false, ..dear }, ruled.clone());
    // Nothing helps, and trying costs: the learner stops, the rule would not. A few failures are not enough for that.
    check(known(0.01, 90.0), known(0.02, 90.0), dear, (Move::GiveUp, Decider::Learned));
    check(known(0.01, 20.0), known(0.02, 20.0), dear, ruled);
}

#[test]
fn the_reason_of_a_rule_names_the_next_best_and_what_it_lacks() {
    let check = |retry: Posterior, expert: Posterior, lambda: f64, told: &[&str]| {
        let offers = [
            Offer { choice: Move::Retry, posterior: retry, cost: 0.1 },
            Offer { choice: up("expert"), posterior: expert, cost: 0.4 },
        ];
        let reason = decide(&chain(FailureKind::Refusal), &offers, &Bounds { lambda, ..bounds() }, 0.5).reason;
        let rest = told.iter().try_fold(reason.as_str(), |rest, told| rest.split_once(told).map(|(_, rest)| rest));
        assert_eq!(rest, Some(" [policy 4]"), "{told:?} in {reason}");
    };
    check(
        known(0.45, 60.0),
        known(0.5, 60.0),
        0.1,
        &[
            "the rule: nothing is known to beat retry (works 45% of 60, worth ",
            "): escalate:expert (works 50% of 60, worth ",
            ") is only ",
            "% sure to be better, 80% are needed",
        ],
    );
    check(
        known(0.01, 60.0),
        known(0.95, 4.0),
        0.8,
        &["nothing is known to beat retry (", "): of nothing else there are 8 similar episodes"],
    );
    check(
        known(0.01, 20.0),
        known(0.02, 20.0),
        0.8,
        &["nothing is known to beat retry (", "): give_up is ", "% sure to be better, which takes 24 similar episodes"],
    );
    for (similar, n, told) in [
        (0, 0.0, "nothing similar is remembered by which"),
        (1, 1.0, "one similar episode is too few"),
        (4, 4.0, "4 similar episodes are too few"),
        (60, 0.0, "60 similar episodes, which count as one at most, are too few"),
        (60, 2.0, "60 similar episodes, which count as 2, are too few"),
    ] {
        let retry = Posterior { similar, ..known(0.5, n) };
        check(retry, known(0.5, 0.0), 0.1, &["the rule: ", told, " to choose otherwise"]);
    }
}

#[test]
fn an_escalation_that_fails_may_be_followed_by_another_one() {
    let chain = chain(FailureKind::Refusal);
    let offers = [
        Offer { choice: Move::Retry, posterior: known(0.01, 600.0), cost: 0.1 },
        Offer { choice: up("expert"), posterior: known(0.5, 600.0), cost: 0.4 },
        Offer { choice: up("architect"), posterior: known(0.9, 600.0), cost: 1.0 },
    ];
    for (escalations, expect) in [(2, "expert"), (1, "architect")] {
        let bounds = Bounds { lambda: 0.3, escalations, ..bounds() };
        let decision = decide(&chain, &offers, &bounds, 0.5);
        assert_eq!(decision.choice, up(expect), "{escalations}: {}", decision.reason);
    }
}

#[test]
fn a_weak_start_may_still_end_strong() {
    let offers = |weak: f64, strong: f64| {
        [
            Offer { choice: role("worker"), posterior: known(weak, 60.0), cost: 0.1 },
            Offer { choice: role("expert"), posterior: known(strong, 60.0), cost: 1.0 },
        ]
    };
    let check = |weak: f64, strong: f64, lambda: f64, standard: &str, expect: &str| {
        let bounds = Bounds { lambda, ..bounds() };
        let decision = start(&offers(weak, strong), &role(standard), &[], &bounds, 0.9).expect("it is offered");
        assert_eq!(decision.choice, role(expect), "weak {weak}, strong {strong}: {}", decision.reason);
    };
    check(0.6, 0.9, 0.3, "worker", "worker");
    check(0.02, 0.95, 0.9, "worker", "expert");
    check(0.9, 0.92, 0.3, "expert", "worker");
    assert_eq!(start(&offers(0.5, 0.5), &role("nobody"), &[], &bounds(), 0.9), None);
}

#[test]
fn chance_is_logged_with_its_probability() {
    let chain = chain(FailureKind::Refusal);
    let offers = [
        Offer { choice: Move::Retry, posterior: known(0.5, 0.0), cost: 0.1 },
        Offer { choice: Move::Think, posterior: known(0.5, 0.0), cost: 0.2 },
        Offer { choice: up("expert"), posterior: known(0.5, 0.0), cost: 0.4 },
    ];
    let bounds = Bounds { audit: 0.04, ..Bounds::default() };
    let mut times = std::collections::HashMap::new();
    let draws = 10_000_u32;
    for draw in 0..draws {
        let decision = decide(&chain, &offers, &bounds, f64::from(draw) / f64::from(draws));
        let count = times.entry(decision.choice.arm()).or_insert((0, decision.propensity));
        count.0 += 1;
        assert!((count.1 - decision.propensity).abs() < 1e-9);
    }
    for (arm, expect) in [("retry", 0.96), ("think", 0.02), ("escalate:expert", 0.02)] {
        let (count, propensity) = times[arm];
        assert!((f64::from(count) / f64::from(draws) - expect).abs() < 1e-3, "{times:?}");
        assert!((propensity - expect).abs() < 1e-9, "{times:?}");
    }
    assert_eq!(times.len(), 3, "giving up teaches nothing: {times:?}");
    let unknown = "(nothing is known of it yet)";
    let told = format!("by chance, to learn: think {unknown} instead of retry {unknown} [policy 4]");
    assert_eq!(decide(&chain, &offers, &bounds, 0.01).reason, told);
}

#[test]
fn chance_hands_nothing_out_and_draws_nothing_that_is_much_dearer() {
    let drawn = |chain: &Chain, costs: &[(Move, f64)]| {
        let offers: Vec<Offer<Move>> = costs.iter().cloned().map(unknown).collect();
        let bounds = Bounds { audit: 0.5, ..Bounds::default() };
        let draws = (0..100).map(|draw| decide(chain, &offers, &bounds, f64::from(draw) / 100.0));
        let mut arms: Vec<String> =
            draws.filter(|drawn| drawn.decider == Decider::Audit).map(|drawn| drawn.choice.arm()).collect();
        arms.dedup();
        arms
    };
    let moves = |retry: f64| {
        let dearer = [(Move::Think, 2.0 * retry), (up("expert"), 10.0 * retry), (up("architect"), 1.0)];
        [&[(Move::Retry, retry)][..], &dearer, &[(Move::Delegate, 10.0 * retry)]].concat()
    };
    let refused = Chain { explorable: true, delegable: true, ..chain(FailureKind::Refusal) };
    assert_eq!(drawn(&refused, &moves(0.01)), ["think", "escalate:expert"]);
    // Nothing is paid by chance where what is done otherwise is free.
    assert_eq!(drawn(&refused, &moves(0.0)), ["think", "escalate:expert"]);
    // Where the rule would stop, the cheapest attempt is the measure.
    let last = Chain { retries: 1, escalations: 2, ..chain(FailureKind::Refusal) };
    assert_eq!(drawn(&last, &[(Move::Think, 0.2)]), ["think"]);
    let starts = [("worker", 0.01), ("expert", 0.1), ("architect", 1.0)];
    let starts = starts.map(|(name, cost)| unknown((role(name), cost)));
    let bounds = Bounds { audit: 0.5, ..Bounds::default() };
    let begins = |draw| start(&starts, &role("worker"), &[], &bounds, draw).map(|decision| decision.choice.to_string());
    for (draw, expect) in [(0.0, "expert"), (0.49, "expert"), (0.5, "worker")] {
        assert_eq!(begins(draw).as_deref(), Some(expect), "{draw}");
    }
}

#[test]
fn rungs_cost_what_they_are_priced() {
    let costs = |priced: &[(RoleName, Option<u64>)]| rungs(priced).iter().map(|rung| rung.cost).collect::<Vec<_>>();
    assert_eq!(costs(&[(role("a"), Some(5)), (role("b"), Some(20))]), [0.25, 1.0]);
    assert_eq!(costs(&[(role("a"), None), (role("b"), None)]), [0.5, 1.0]);
    assert_eq!(costs(&[(role("a"), Some(0)), (role("b"), Some(0))]), [0.5, 1.0]);
}

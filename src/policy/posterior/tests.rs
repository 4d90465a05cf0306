//! Posteriors of hand-made neighbourhoods.

use super::{HALF_LIFE, Neighbour, PRIOR, Posterior, Prior, SEEDS, posterior, prior};
use crate::core::episode::{Utility, Verdict};

fn near(task: usize, won: bool) -> Neighbour {
    Neighbour {
        id: format!("{task}"),
        similarity: 0.5,
        outcome: if won { Verdict::Success } else { Verdict::Fail },
        trust: 1.0,
        age: 0.0,
        fingerprint: format!("task {task}"),
        other_model: false,
        seed: false,
        stands_alone: true,
        tokens: 100,
    }
}

/// So many tasks, of which the first ones worked.
fn tasks(count: usize, won: usize) -> Vec<Neighbour> {
    (0..count).map(|task| near(task, task < won)).collect()
}

fn check(neighbours: &[Neighbour], alpha: f64, beta: f64) -> Posterior {
    let found = posterior(neighbours, Prior::of(0.5));
    assert!((found.alpha - alpha).abs() < 1e-9 && (found.beta - beta).abs() < 1e-9, "{found:?}");
    found
}

#[test]
fn episodes_count_on_top_of_the_prior() {
    check(&[], 2.5, 2.5);
    let found = check(&tasks(10, 7), 9.5, 5.5);
    assert!((found.n - 10.0).abs() < 1e-9 && (found.tokens - 100.0).abs() < 1e-9);
    assert_eq!(found.ids.len(), 8);
    assert!((posterior(&[], Prior::of(0.9)).mean() - 0.9).abs() < 1e-9 && PRIOR > 0.0);
}

#[test]
fn one_task_told_many_times_counts_once() {
    let told: Vec<Neighbour> = (0..60).map(|_| near(1, true)).collect();
    let found = check(&told, 3.5, 2.5);
    assert!(found.n <= 1.0 + 1e-9, "{found:?}");
}

#[test]
fn trust_age_and_another_model_take_mass_away() {
    let all = |change: &dyn Fn(&mut Neighbour)| {
        let mut neighbours = tasks(8, 8);
        neighbours.iter_mut().for_each(change);
        neighbours
    };
    check(&all(&|near| near.trust = 0.5), 6.5, 2.5);
    check(&all(&|near| near.age = HALF_LIFE), 6.5, 2.5);
    check(&all(&|near| near.other_model = true), 6.5, 2.5);
    // Similarity is relative, unless all are so far that they say nothing of this place.
    check(&all(&|near| near.similarity = 0.4), 10.5, 2.5);
    check(&all(&|near| near.similarity = 0.275), 6.5, 2.5);
    check(&all(&|near| near.similarity = 0.2), 2.5, 2.5);
    check(&all(&|near| near.similarity = -0.3), 2.5, 2.5);
}

#[test]
fn nearer_ones_weigh_more() {
    let mut neighbours = tasks(2, 1);
    neighbours[0].similarity = 0.6;
    neighbours[1].similarity = 0.2;
    // Squares 0.36 and 0.04, scaled to a mean of one.
    check(&neighbours, 2.5 + 1.8, 2.5 + 0.2);
}

#[test]
fn seeds_weigh_at_most_three_episodes() {
    let mut seeds = tasks(50, 50);
    for seed in &mut seeds {
        (seed.seed, seed.trust) = (true, 0.2);
    }
    let found = check(&seeds, 2.5 + SEEDS, 2.5);
    assert!(found.n.abs() < 1e-9, "shipped knowledge is no evidence of its own: {found:?}");
}

#[test]
fn ends_that_say_nothing_of_the_arm_are_left_out() {
    let mut neighbours = tasks(4, 4);
    neighbours[0].outcome = Verdict::Infra;
    neighbours[1].outcome = Verdict::Unknown;
    check(&neighbours, 4.5, 2.5);
}

#[test]
fn a_weak_verdict_waits_for_a_second_task() {
    let weak = |task: usize, won: bool| Neighbour { stands_alone: false, ..near(task, won) };
    check(&[weak(1, true), weak(1, true), weak(1, true)], 2.5, 2.5);
    check(&[weak(1, true), weak(2, true)], 4.5, 2.5);
    check(&[weak(1, true), near(2, true)], 4.5, 2.5);
    check(&[weak(1, true), near(2, false)], 2.5, 3.5);
}

#[test]
fn the_prior_backs_off() {
    let cell = |role: &str, failure: &str, arm: &str, wins: f64, losses: f64| Utility {
        role: role.to_owned(),
        failure: failure.to_owned(),
        arm: arm.to_owned(),
        alpha: 1.0 + wins,
        beta: 1.0 + losses,
        ..Utility::default()
    };
    let cells = [cell("worker", "refusal", "retry", 0.0, 20.0), cell("expert", "script", "retry", 30.0, 0.0)];
    let of = |role: &str, failure: &str| prior(&cells, "retry", role, failure);
    assert!((prior(&cells, "other", "worker", "refusal") - 0.5).abs() < 1e-9);
    assert!(of("worker", "refusal") < 0.1, "{}", of("worker", "refusal"));
    assert!(of("worker", "refusal") < of("worker", "truncated"));
    assert!(of("worker", "truncated") < of("architect", ""));
    assert!(of("architect", "") < of("expert", "script"));
}

#[test]
fn a_strong_prior_moves_the_mean_and_makes_nobody_sure() {
    let plain = posterior(&tasks(80, 40), Prior::of(0.5));
    let strong = posterior(&tasks(80, 40), Prior { mean: 0.9, weight: 80.0 });
    assert!((strong.mean() - 0.7).abs() < 1e-9, "{strong:?}");
    assert!((strong.alpha + strong.beta - plain.alpha - plain.beta).abs() < 1e-9);
    assert!((strong.n - plain.n).abs() < 1e-9);
}

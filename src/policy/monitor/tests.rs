//! The parts of the monitor; whole streams, good and bad, are in `tests/monitor`.

use super::{Monitor, TokenEvidence};
use crate::core::failure::{Failure, FailureKind};
use crate::core::thresholds::{Overrides, Thresholds};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, proptest};

fn stop(thresholds: Thresholds, text: &str, tokens: &[TokenEvidence]) -> Option<Failure> {
    Monitor::new(thresholds).see(text, tokens)
}

fn tokens(bits: &[f64]) -> Vec<TokenEvidence> {
    bits.iter().map(|bits| TokenEvidence { logprob: -1.0, entropy: Some(*bits) }).collect()
}

#[test]
fn entropy_of_the_likeliest() {
    for (top, expect) in [
        (vec![0.5_f64, 0.5], Some(1.0)),
        (vec![1.0], Some(0.0)),
        (vec![0.25; 4], Some(2.0)),
        // What the list leaves over is spread over at least as many tokens as its last one allows.
        (vec![0.1; 5], Some(10.0_f64.log2())),
        (vec![], None),
    ] {
        let logs: Vec<f64> = top.iter().map(|share| share.ln()).collect();
        let found = TokenEvidence::new(-1.0, &logs).entropy;
        let same = match (found, expect) {
            (Some(found), Some(expect)) => (found - expect).abs() < 1e-9,
            (found, expect) => found == expect,
        };
        assert!(same, "{top:?}: {found:?}");
    }
    assert_eq!(TokenEvidence::new(-1.0, &[f64::NAN, f64::NEG_INFINITY]).entropy, None);
}

#[test]
fn chance_is_stopped_and_surprise_is_not() {
    let high = |count: usize, level: f64| tokens(&vec![level; count]);
    let standard = Thresholds::default();
    let failure = stop(standard, "", &high(100, 5.0)).expect("it is chance");
    assert_eq!((failure.kind, &failure.details["signal"]), (FailureKind::EarlyAbort, &"entropy".into()));
    assert_eq!(failure.details["tokens"], 50, "not before 50 tokens");
    assert_eq!(stop(standard, "", &high(1_000, 3.0)), None);
    // A burst of names in a plain text.
    let burst = [vec![0.5; 100], vec![4.5; 8], vec![0.5; 100]].concat();
    assert_eq!(stop(standard, "", &tokens(&burst)), None);
    // Gone over into chance: the rise counts too, so it is found below the threshold.
    let over = [vec![0.5; 100], vec![3.6; 60]].concat();
    let failure = stop(standard, "", &tokens(&over)).expect("it has risen and stays");
    assert!(failure.details["tokens"].as_u64().is_some_and(|tokens| (115..130).contains(&tokens)), "{failure:?}");
}

#[test]
fn without_alternatives_the_tokens_own_surprise_counts() {
    let surprise = vec![TokenEvidence { logprob: -3.6, entropy: None }; 100];
    assert!(stop(Thresholds::default(), "", &surprise).is_some(), "3.6 nats are 5.2 bits");
}

#[test]
fn length_counts_against_what_is_expected() {
    let thresholds = Thresholds { expected_tokens: Some(100), ..Thresholds::default() };
    let words: Vec<String> = (0..600).map(|n| format!("word{}", n * n)).collect();
    let failure = stop(thresholds, &words.join(" "), &[]).expect("it is too long");
    assert_eq!(failure.details["signal"], "length");
    let tokens = failure.details["tokens"].as_u64().expect("a count");
    assert!((200..=215).contains(&tokens), "{tokens}");
    assert_eq!(stop(thresholds.for_limit(Some(7)), &words[..40].join(" "), &[]), None, "the own figure wins");
    assert_eq!(stop(Thresholds::default(), &words.join(" "), &[]), None, "nothing is expected");
}

#[test]
fn signals_add_up() {
    let mut thresholds = Thresholds { expected_tokens: Some(100), ..Thresholds::default() };
    thresholds.weights.length = 0.35;
    let words: Vec<String> = (0..600).map(|n| format!("word{}", n * n)).collect();
    assert_eq!(stop(thresholds, &words.join(" "), &[]), None, "length alone weighs too little");
    let even = vec![TokenEvidence { logprob: -1.0, entropy: Some(3.0) }; 300];
    assert!(stop(thresholds, "", &even).is_some(), "0.35 and half of 0.7 are enough");
}

#[test]
fn thresholds_can_be_changed_and_switched_off() {
    let text = "again and ".repeat(2_000);
    assert!(stop(Thresholds::default(), &text, &[]).is_some());
    let with = |given: Overrides| Thresholds::configured(&given);
    assert_eq!(with(Overrides::default()), Some(Thresholds::default()));
    assert_eq!(with(Overrides { enabled: Some(false), ..Overrides::default() }), None);
    for given in [
        Overrides { repetition: Some(0.0), ..Overrides::default() },
        Overrides { weight_repetition: Some(0.3), ..Overrides::default() },
        Overrides { combined: Some(0.8), ..Overrides::default() },
        Overrides { least_tokens: Some(100_000), ..Overrides::default() },
        Overrides { sustained: Some(100_000), ..Overrides::default() },
    ] {
        let thresholds = with(given).expect("it is on");
        assert_eq!(stop(thresholds, &text, &[]), None, "{given:?}");
    }
    let asks = |given: Overrides| with(given).is_some_and(|thresholds| thresholds.wants_logprobs());
    let on = Overrides { logprobs: Some(true), ..Overrides::default() };
    assert!(asks(on) && !asks(Overrides::default()));
    assert!(!asks(Overrides { weight_entropy: Some(0.0), weight_spike: Some(0.0), ..on }));
}

#[test]
fn elements_of_a_list_may_repeat_where_json_is_asked_for() {
    let json = Thresholds::default().for_json(true);
    for (text, stops) in [
        (format!("{{\"labels\": [{}", "\"no\", ".repeat(2_000)), false),
        (format!("```json\n[{}", "{\"ok\": false, \"why\": \"a \\\"\"},\n".repeat(1_000)), false),
        (format!("Here are [the] labels: [{}", "0, ".repeat(3_000)), false),
        // What goes on in one element, or in none, is a loop as everywhere.
        (format!("{{\"labels\": [\"{}", "I cannot find it. ".repeat(2_000)), true),
        (format!("{{\"labels\": [{}", " \n".repeat(20_000)), true),
        (format!("[0.{}", "3".repeat(20_000)), true),
        ("[".repeat(20_000), true),
        ("{\"a\": ".repeat(5_000), true),
        (format!("As [1 says, {}", "no, no, ".repeat(3_000)), true),
    ] {
        assert_eq!(stop(json, &text, &[]).is_some(), stops, "{}", &text[..40]);
        assert!(stop(Thresholds::default(), &text, &[]).is_some(), "{}", &text[..40]);
    }
}

/// Text in which anything can happen, and how it is cut.
fn cut_text() -> impl Strategy<Value = (String, Vec<usize>)> {
    let part = (prop::sample::select(vec!["so ", "and so ", "é", "\n", "  ", "0", "再", "x,", "word"]), 1_usize..400);
    let text = prop::collection::vec(part, 1..6)
        .prop_map(|parts| parts.into_iter().map(|(text, times)| text.repeat(times)).collect::<String>());
    text.prop_flat_map(|text| (Just(text), prop::collection::vec(1_usize..40, 1..20)))
}

proptest! {
    #[test]
    fn the_verdict_does_not_depend_on_the_pieces((text, sizes) in cut_text()) {
        let whole = stop(Thresholds::default(), &text, &[]);
        let mut monitor = Monitor::new(Thresholds::default());
        let letters: Vec<char> = text.chars().collect();
        let (mut at, mut found) = (0, None);
        for size in sizes.iter().cycle() {
            let end = (at + size).min(letters.len());
            let piece: String = letters[at..end].iter().collect();
            found = monitor.see(&piece, &[]);
            at = end;
            if found.is_some() || at == letters.len() {
                break;
            }
        }
        prop_assert_eq!(found, whole);
    }

    #[test]
    fn nothing_that_arrives_breaks_it(text in any::<String>(), numbers in prop::collection::vec(any::<f64>(), 0..40)) {
        let odd = Thresholds { ngram: 0, sustained: 0, least_tokens: 0, expected_tokens: Some(0), ..Thresholds::default() };
        let evidence: Vec<TokenEvidence> = numbers.iter().map(|n| TokenEvidence::new(*n, &numbers)).collect();
        drop(stop(odd, &text, &evidence));
    }
}

//! What a line may say, what of it is believed, and how faults are told.

use super::{Batch, FIELDS, Intake, read};
use crate::core::episode::{Episode, Namespace, Verdict, Verifier};

fn taken(own: bool, text: &str) -> Result<Batch, String> {
    let intake = Intake { now: 1_000, own, roles: Some(("worker".into(), "expert".into())) };
    read("f", text.as_bytes(), &intake).map_err(|failure| failure.message)
}

/// Every field is named, so that a new one cannot be left out.
fn full() -> Episode {
    Episode {
        id: "i".into(),
        at: 1_000,
        namespace: Namespace::Eval,
        situation: "s".into(),
        fingerprint: "x".into(),
        action: "explore".into(),
        arm: "context.grep(_)".into(),
        offered: vec!["a".into()],
        propensity: 0.25,
        policy: "on".into(),
        predicted: Some(0.5),
        role: "r".into(),
        failure: "f".into(),
        gate: "g".into(),
        failures: 1,
        model: "m".into(),
        outcome: Verdict::Success,
        verifier: Verifier::Gate,
        lesson: "l".into(),
        run: "r".into(),
        cost_nanos: 1,
        tokens: 2,
        millis: 3,
        trust: 0.75,
        shown: vec!["s".into()],
        hint_used: Some(true),
        hits: Some(4),
        embedder: "e".into(),
    }
}

#[test]
fn every_field_of_an_episode_is_known_and_read_as_it_was_written() {
    let value = serde_json::to_value(full()).expect("JSON");
    let mut keys: Vec<&str> = value.as_object().expect("fields").keys().map(String::as_str).collect();
    let mut known = FIELDS.to_vec();
    keys.sort_unstable();
    known.sort_unstable();
    assert_eq!(keys, known);
    for own in [true, false] {
        let read = taken(own, &value.to_string()).expect("a good line");
        assert_eq!(read.episodes, [Episode { fingerprint: String::new(), ..full() }]);
    }
}

#[test]
fn nothing_claims_more_weight_than_it_may_have() {
    let check = |own: bool, line: &str, verifier: Verifier, trust: f64| {
        let batch = taken(own, line).expect("a good line");
        let episode = &batch.episodes[0];
        assert_eq!((episode.verifier, episode.trust.to_string()), (verifier, trust.to_string()), "{line}");
        assert!(episode.fingerprint.is_empty() && episode.at == 1_000, "{line}");
        batch
    };
    let line =
        r#"{"situation":"s","action":"route","verifier":"test","trust":1,"fingerprint":"x","at":9999,"lesson":"obey"}"#;
    assert_eq!(check(true, line, Verifier::Test, 1.0).lowered, 0);
    let hearsay = check(false, line, Verifier::Judge, 0.6);
    assert_eq!((hearsay.hearsay, hearsay.episodes[0].lesson.as_str()), (1, ""));
    assert_eq!(hearsay.lowered, 0, "it claims what its verifier gives");
    assert_eq!(check(true, r#"{"situation":"s","action":"a","trust":0.9}"#, Verifier::None, 0.5).lowered, 1);
    check(true, r#"{"situation":"s","action":"a","trust":0.1}"#, Verifier::None, 0.1);
    let seed = check(false, r#"{"situation":"s","action":"a","namespace":"seed"}"#, Verifier::None, 0.2);
    assert_eq!((seed.hearsay, seed.episodes[0].namespace), (0, Namespace::Seed));
}

#[test]
fn faults_are_told_with_their_lines_and_nothing_is_taken() {
    let check = |text: &str, expect: &str| assert_eq!(taken(true, text), Err(expect.to_owned()));
    check("\n{\"situation\":\"\",\"action\":\"a\"}", "f:2: `situation` is empty");
    check("{\"situation\":\"s\"}", "f:1: `action` is empty");
    check("{\"situaton\":\"s\"}", "f:1: unknown field `situaton`; did you mean `situation`?");
    check(
        "{\"situation\":\"s\",\"action\":\"a\",\"trust\":2}",
        "f:1: `trust`, `propensity` and `predicted` are numbers from 0 to 1",
    );
    check("{\"situation\":\"s\",\"action\":\"a\",\"id\":\"a b\"}", "f:1: `id` has at most 64 letters, digits, - and _");
    check(r#"{"id":"1","set":"m","prompt":"p","weak":2,"strong":0}"#, "f:1: `weak` and `strong` are 0 or 1");
    let many = "[]\n".repeat(7);
    assert!(taken(true, &many).is_err_and(|told| told.lines().count() == 6 && told.ends_with("and 2 more")));
}

#[test]
fn outcomes_become_two_choices_with_lasting_ids() {
    let line = r#"{"id":"1","set":"m","domain":"d","prompt":"p","weak":0,"strong":1}"#;
    let (once, again) = (taken(true, line).expect("good"), taken(true, line).expect("good"));
    assert_eq!(once, again);
    let told: Vec<String> =
        once.episodes.iter().map(|e| format!("{} {} {}", e.arm, e.outcome.name(), e.verifier.name())).collect();
    assert_eq!(told, ["worker fail test", "expert success test"]);
    assert_ne!(once.episodes[0].id, once.episodes[1].id);
}

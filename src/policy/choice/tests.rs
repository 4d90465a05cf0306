//! A table of pools and wishes, each with what is chosen and why, or what is missing.

use super::{Candidate, Origin, Wanted, choose};
use crate::core::failure::FailureKind;
use crate::core::ids::ModelId;
use crate::core::price::Price;
use crate::core::strategy::Strategy;
use crate::registry::models::{Capabilities, ModelSpec, offline};
use std::sync::Arc;

fn spec(id: &str, words: &str, usd: Option<u64>) -> ModelSpec {
    let mut capabilities = Capabilities::default();
    let mut tags = Vec::new();
    for word in words.split_whitespace() {
        match word {
            "vision" => capabilities.vision = true,
            "json" => capabilities.json = true,
            "tools" => capabilities.tools = true,
            tag => tags.push(tag.to_owned()),
        }
    }
    let nanos = |usd: u64| usd * 1_000_000_000;
    let price = usd.map(|usd| Price::flat(nanos(usd), nanos(usd)));
    ModelSpec { id: ModelId::new(id), capabilities, tags, price, base_url: "https://a.b/v1".to_owned(), ..offline() }
}

fn candidate(id: &str, words: &str, usd: Option<u64>) -> Candidate {
    Candidate { spec: Arc::new(spec(id, words, usd)), missing_key: None, barred: None }
}

fn keyless(id: &str, words: &str) -> Candidate {
    Candidate { missing_key: Some("THE_KEY".to_owned()), ..candidate(id, words, Some(1)) }
}

/// Three models: a cheap blind one, a middling one that sees, a dear one that can do everything.
fn range() -> Vec<Candidate> {
    vec![
        candidate("cheap", "json fast", Some(1)),
        candidate("dear", "vision json tools", Some(9)),
        candidate("mid", "vision json", Some(3)),
    ]
}

#[test]
fn what_is_chosen_and_why() {
    use Strategy::{Balanced, Cost, Performance};
    let role = Origin::Role;
    let keyless_first = || [vec![keyless("locked", "vision")], range()].concat();
    for (pool, origin, requires, strategy, chosen, reason) in [
        (range(), &Origin::All, "", Some(Cost), "cheap", "cheapest of 3 models"),
        (range(), &Origin::All, "", Some(Performance), "dear", "best of 3 models"),
        (range(), &Origin::All, "", Some(Balanced), "mid", "best balance of cost and rank among 3 models"),
        (range(), &Origin::All, "vision", Some(Cost), "mid", "cheapest of 2 models with vision"),
        (range(), &Origin::All, "fast", Some(Performance), "cheap", "the only one with fast"),
        (range(), &Origin::All, "vision tools", Some(Cost), "dear", "the only one with vision and tools"),
        (range(), &role, "", None, "cheap", "first of the role's models"),
        (range(), &role, "vision", None, "dear", "number 2 of the role's models: cheap has no vision"),
        (range(), &role, "vision", Some(Cost), "mid", "cheapest of 2 models of the role's with vision"),
        (keyless_first(), &role, "", None, "cheap", "number 2 of the role's models: locked THE_KEY is not set"),
        (
            vec![candidate("one", "", None)],
            &Origin::Named("named by the call".to_owned()),
            "",
            None,
            "one",
            "named by the call",
        ),
    ] {
        let requires: Vec<String> = requires.split_whitespace().map(str::to_owned).collect();
        let choice = choose(&pool, origin, Wanted { requires: &requires, of_role: &[], strategy });
        let picked = choice.picked.as_ref().ok().and_then(|at| pool.get(*at)).map(|c| c.spec.id.as_str());
        assert_eq!((picked, choice.reason.as_str()), (Some(chosen), reason), "{requires:?} {strategy:?}");
        assert_eq!(choice.considered.len(), pool.len());
        assert_eq!(choice.considered.first().map(|c| (c.model.as_str(), c.chosen)), Some((chosen, true)));
    }
}

#[test]
fn what_is_missing_is_named() {
    let named = Origin::Named("named by the call".to_owned());
    let one = || vec![candidate("cheap", "json", Some(1))];
    for (pool, origin, requires, kind, message, hint) in [
        (
            range(),
            &Origin::All,
            "logprobs json",
            FailureKind::NoModel,
            "no model has `logprobs`",
            "write logprobs = true under a model that has it",
        ),
        (range(), &Origin::All, "visoin", FailureKind::NoModel, "no model has `visoin`", "did you mean `vision`?"),
        (
            range(),
            &Origin::All,
            "fast vision",
            FailureKind::NoModel,
            "no model has `fast` and `vision` together",
            "tags",
        ),
        (
            range(),
            &Origin::Role,
            "logprobs",
            FailureKind::NoModel,
            "none of the role's models has `logprobs`",
            "logprobs",
        ),
        (
            one(),
            &named,
            "vision",
            FailureKind::NoModel,
            "cheap, named by the call, does not have `vision`",
            "vision = true",
        ),
        (
            vec![keyless("locked", "vision")],
            &Origin::All,
            "vision",
            FailureKind::NoModel,
            "can be called has `vision`",
            "locked would do",
        ),
        (
            vec![keyless("locked", "")],
            &Origin::Role,
            "",
            FailureKind::Auth,
            "locked needs a key and THE_KEY is not set",
            "export THE_KEY",
        ),
    ] {
        let requires: Vec<String> = requires.split_whitespace().map(str::to_owned).collect();
        let wanted = Wanted { requires: &requires, of_role: &[], strategy: Some(Strategy::Cost) };
        let failure = choose(&pool, origin, wanted).picked.expect_err("nobody can");
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.contains(message), "{message:?} is not in {failure}");
        assert!(failure.hint.as_deref().unwrap_or_default().contains(hint), "{hint:?} is not in {failure}");
    }
}

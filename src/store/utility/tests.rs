//! Sums kept beside the episodes, and the same computed anew.

use crate::core::episode::{Episode, Namespace, Utility, Verdict};
use crate::store::open::Store;
use proptest::prelude::{Strategy, any, prop, proptest};
use tempfile::TempDir;

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("rhizo.db")).expect("a store");
    (folder, store)
}

fn episode(id: u32, task: &str, arm: &str, outcome: Verdict, trust: f64) -> Episode {
    Episode {
        id: format!("{id:026}"),
        at: u64::from(id) + 1,
        situation: task.to_owned(),
        fingerprint: task.to_owned(),
        action: "route".to_owned(),
        arm: arm.to_owned(),
        outcome,
        trust,
        ..Episode::default()
    }
}

fn cell(store: &Store, arm: &str) -> (f64, f64, f64, u64) {
    let found = store.utilities("route").expect("it reads").into_iter().find(|cell| cell.arm == arm);
    let cell = found.unwrap_or_default();
    (cell.alpha, cell.beta, cell.n, cell.last_use)
}

#[test]
fn a_task_counts_once_and_infrastructure_not_at_all() {
    let (_folder, store) = store();
    let episodes = vec![
        episode(1, "a", "weak", Verdict::Success, 1.0),
        episode(2, "a", "weak", Verdict::Success, 1.0),
        episode(3, "a", "weak", Verdict::Fail, 1.0),
        episode(4, "b", "weak", Verdict::Fail, 0.5),
        episode(5, "c", "weak", Verdict::Infra, 1.0),
        episode(6, "d", "weak", Verdict::Unknown, 1.0),
        episode(7, "d", "strong", Verdict::Success, 0.2),
    ];
    store.append_episodes(episodes).wait().expect("it is written");
    let near = |found: (f64, f64, f64, u64), expect: (f64, f64, f64, u64)| {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(found.0, expect.0) && close(found.1, expect.1) && close(found.2, expect.2), "{found:?}");
        assert_eq!(found.3, expect.3);
    };
    near(cell(&store, "weak"), (1.0 + 2.0 / 3.0, 1.0 + 1.0 / 3.0 + 0.5, 1.5, 5));
    near(cell(&store, "strong"), (1.2, 1.0, 0.2, 8));
    let tellings = |task: &str| store.tellings("route", task).expect("it reads");
    assert_eq!((tellings("a"), tellings("c"), tellings("d"), tellings("e")), (3, 0, 1, 0));
}

#[test]
fn what_is_forgotten_is_gone_and_does_not_come_back() {
    let (_folder, store) = store();
    let all = vec![episode(1, "a", "weak", Verdict::Success, 1.0), episode(2, "b", "weak", Verdict::Fail, 1.0)];
    assert_eq!(store.add_episodes(all.clone()).wait(), Ok(2));
    assert_eq!(store.add_episodes(all.clone()).wait(), Ok(0), "twice without doubling");
    let before = store.episode_mark().expect("it reads");
    assert_eq!(store.forget_episodes(vec![all[1].id.clone(), "unknown".to_owned()], 9).wait(), Ok(1));
    assert_ne!(store.episode_mark().expect("it reads"), before, "whoever follows the log must notice");
    assert_eq!(store.add_episodes(all.clone()).wait(), Ok(0));
    assert_eq!(store.episodes(), Ok(vec![all[0].clone()]));
    assert!((cell(&store, "weak").1 - 1.0).abs() < 1e-9);
}

proptest! {
    #[test]
    fn sums_kept_and_sums_computed_anew_agree(
        rows in prop::collection::vec((0_u8..4, 0_u8..3, 0_u8..4, 0_u8..=4, any::<bool>()), 1..40)
            .prop_filter("some", |rows| !rows.is_empty())
    ) {
        let (_folder, store) = store();
        let outcomes = [Verdict::Success, Verdict::Fail, Verdict::Infra, Verdict::Unknown];
        let episodes: Vec<Episode> = (0..).zip(&rows).map(|(id, (task, arm, outcome, trust, seed))| Episode {
            role: ["worker", "expert"][usize::from(*arm) % 2].to_owned(),
            namespace: if *seed { Namespace::Seed } else { Namespace::Prod },
            ..episode(id, &task.to_string(), &arm.to_string(), outcomes[usize::from(*outcome)], f64::from(*trust) / 4.0)
        }).collect();
        // Some in one transaction, the rest one by one.
        let (first, rest) = episodes.split_at(episodes.len() / 2);
        store.append_episodes(first.to_vec()).wait().expect("it is written");
        for episode in rest {
            store.append_episodes(vec![episode.clone()]).wait().expect("it is written");
        }
        let kept = store.utilities("").expect("it reads");
        store.rebuild_utilities().wait().expect("it is computed");
        let anew = store.utilities("").expect("it reads");
        assert_eq!(kept.len(), anew.len());
        for (a, b) in kept.iter().zip(&anew) {
            let numbers = |cell: &Utility| [cell.alpha, cell.beta, cell.n];
            for (x, y) in numbers(a).into_iter().zip(numbers(b)) {
                assert!((x - y).abs() < 1e-9, "{a:?} instead of {b:?}");
            }
            assert_eq!((&a.arm, &a.role, a.namespace, a.last_use), (&b.arm, &b.role, b.namespace, b.last_use));
        }
    }
}

//! The memory over a real index: what is kept, found, refused and repaired.

use super::{Memory, MemorySettings};
use crate::core::episode::{Episode, Namespace, Verdict, Verifier};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::index::filter::Filter;
use crate::memory::settings::EmbedderChoice;
use crate::memory::situation::{self, Situation};
use crate::memory::trend::Trend;
use crate::store::open::Store;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A folder, and a store in it.
fn place() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("rhizo.db")).expect("a store");
    (folder, store)
}

fn memory(folder: &Path, log: &Store) -> Memory {
    let settings = MemorySettings { folder: folder.to_owned(), embedder: EmbedderChoice::Hashing, few: 0, most: 0 };
    Memory::new(settings, log.clone())
}

fn episode(situation: &str) -> Episode {
    let (situation, arm) = (situation.to_owned(), "weak".to_owned());
    Episode { situation, arm, action: "route".into(), at: 1_700_000_000_000, trust: 1.0, ..Episode::default() }
}

const TASKS: [&str; 4] = [
    "count the invoices in the ledger",
    "summarise the novel by chapter",
    "find the bug in the parser",
    "translate the menu into French",
];

async fn filled(folder: &Path, log: &Store) -> Memory {
    let memory = memory(folder, log);
    memory.remember_all(TASKS.map(episode).to_vec()).await.expect("it remembers");
    assert_eq!(best(&memory, TASKS[0]).await, TASKS[0]);
    memory
}

async fn best(memory: &Memory, query: &str) -> String {
    let found = memory.recall(query, 1).await.expect("it recalls");
    found.first().map(|recalled| recalled.episode.situation.clone()).unwrap_or_default()
}

#[tokio::test]
async fn what_is_remembered_is_recalled_also_by_the_next_process() {
    let (folder, log) = place();
    let first = filled(folder.path(), &log).await;
    let lesson =
        Episode { lesson: "read the footer".into(), outcome: Verdict::Success, ..episode("sum up the ledger") };
    let id = first.remember(lesson).await.expect("it remembers");
    assert_eq!(id.len(), 26);
    for memory in [&first, &memory(folder.path(), &log)] {
        assert_eq!(best(memory, "counting invoices").await, TASKS[0]);
        let found = memory.recall("sum up the ledger", 2).await.expect("it recalls");
        assert_eq!(found[0].episode, *log.episodes().expect("it reads").last().expect("it was logged"));
        assert!(found[0].similarity > 0.999 && found[1].similarity < 0.9, "{found:?}");
        assert_eq!(memory.recall("ledger", 99).await.map(|found| found.len()), Ok(5));
        assert_eq!(memory.take_notes(), []);
    }
}

#[tokio::test]
async fn a_typed_situation_finds_itself() {
    let (folder, log) = place();
    let memory = filled(folder.path(), &log).await;
    let task = format!("  who\n\nsigned {}", "this long contract and when ".repeat(80));
    let text =
        situation::text(&Situation { context: "1 document".into(), role: "worker".into(), ..Situation::of_task(task) });
    memory.remember(episode(&text)).await.expect("it remembers");
    let found = memory.recall(&text, 1).await.expect("it recalls").remove(0);
    assert_eq!(found.episode.situation, text);
    assert!(found.similarity > 0.999, "{}", found.similarity);
}

#[tokio::test]
async fn evaluations_stay_out_of_real_runs() {
    let (folder, log) = place();
    let memory = memory(folder.path(), &log);
    memory.remember(Episode { namespace: Namespace::Eval, ..episode(TASKS[0]) }).await.expect("it remembers");
    memory.remember(Episode { namespace: Namespace::Seed, ..episode(TASKS[1]) }).await.expect("it remembers");
    assert_eq!(best(&memory, TASKS[0]).await, TASKS[1]);
    let filter = Filter { namespaces: vec![Namespace::Eval], ..Filter::default() };
    let found = memory.recall_where(TASKS[0], 5, &filter).await.expect("it recalls");
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn an_episode_without_words_or_time_is_refused() {
    let (folder, log) = place();
    let memory = memory(folder.path(), &log);
    for wrong in [episode(" \n "), Episode { at: 0, ..episode("fine") }] {
        assert_eq!(memory.remember(wrong).await.map_err(|failure| failure.kind), Err(FailureKind::Invalid));
    }
    assert_eq!(log.episode_count(), Ok(0));
    assert!(!folder.path().join("index").exists(), "nothing was needed, so nothing was made");
}

#[tokio::test]
async fn another_embedder_loses_no_episode_and_reindex_cures_it() {
    let (folder, log) = place();
    drop(filled(folder.path(), &log).await);
    let label = folder.path().join("index/embedder.json");
    let text = fs::read_to_string(&label).expect("there is a label");
    fs::write(&label, text.replace("hashing-v1/384", "fastembed/all-MiniLM-L6-v2/384")).expect("it is written");
    let memory = memory(folder.path(), &log);
    let failure = memory.recall("ledger", 1).await.expect_err("it is another embedder's");
    assert_eq!(failure.kind, FailureKind::Config);
    memory.remember(episode("a new one")).await.expect("the log has it");
    assert_eq!(log.episode_count(), Ok(5));
    let stats = memory.stats().await.expect("it can tell");
    assert_eq!((stats.episodes, stats.indexed, stats.fault.map(|fault| fault.kind)), (5, 0, Some(FailureKind::Config)));
    let steps = Mutex::new(Vec::new());
    let count = memory.reindex(&|done, all| steps.lock().expect("one thread").push((done, all))).await;
    assert_eq!((count, steps.into_inner().expect("one thread")), (Ok(5), vec![(0, 5), (5, 5)]));
    assert_eq!(best(&memory, "a new one").await, "a new one");
    assert_eq!(memory.stats().await.map(|stats| (stats.indexed, stats.fault)), Ok((5, None)));
}

#[tokio::test]
async fn a_damaged_or_missing_index_is_rebuilt_from_the_log() {
    let check = async |damage: fn(&Path), noted: bool| {
        let (folder, log) = place();
        drop(filled(folder.path(), &log).await);
        damage(&folder.path().join("index"));
        let memory = memory(folder.path(), &log);
        assert_eq!(best(&memory, "bug in parser").await, TASKS[2]);
        assert_eq!(memory.stats().await.map(|stats| (stats.indexed, stats.fault)), Ok((4, None)));
        let notes = memory.take_notes();
        assert_eq!(!notes.is_empty(), noted, "{notes:?}");
    };
    check(|index| fs::remove_dir_all(index).expect("it goes"), false).await;
    check(|index| fs::write(index.join("embedder.json"), "{").expect("it is written"), true).await;
    check(|index| empty_files(index, "_versions"), true).await;
    check(|index| empty_files(index, "data"), true).await;
}

fn empty_files(index: &Path, part: &str) {
    for table in fs::read_dir(index).expect("an index").flatten().filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(table.path().join(part)).expect("the table's part").flatten() {
            fs::write(file.path(), "").expect("it is emptied");
        }
    }
}

#[tokio::test]
async fn episodes_that_only_the_log_has_are_added_at_the_next_start() {
    let (folder, log) = place();
    drop(filled(folder.path(), &log).await);
    let late = Episode { id: "01HZZZZZZZZZZZZZZZZZZZZZZZ".into(), ..episode("written just before a crash") };
    log.append_episodes(vec![late]).await.expect("it appends");
    let memory = memory(folder.path(), &log);
    assert_eq!(best(&memory, "crash").await, "written just before a crash");
}

#[tokio::test]
async fn a_rebuild_by_another_process_is_followed() {
    let (folder, log) = place();
    let (one, other) = (filled(folder.path(), &log).await, memory(folder.path(), &log));
    assert_eq!(best(&other, "novel").await, TASKS[1]);
    assert_eq!(one.reindex(&|_, _| ()).await, Ok(4));
    other.remember(episode("after the rebuild")).await.expect("it remembers");
    assert_eq!(other.reindex(&|_, _| ()).await, Ok(5));
    for memory in [&one, &other] {
        assert_eq!(best(memory, "after the rebuild").await, "after the rebuild");
        assert_eq!(memory.take_notes(), Vec::<Failure>::new());
    }
}

#[tokio::test]
async fn two_at_once_lose_nothing_and_find_each_once() {
    let (folder, log) = place();
    let (one, other) = (memory(folder.path(), &log), memory(folder.path(), &log));
    let write = async |memory: &Memory, name: &str| {
        for i in 0..20 {
            memory.remember(episode(&format!("{name} number {i}"))).await.expect("it remembers");
        }
    };
    futures::join!(write(&one, "red"), write(&other, "blue"));
    let fresh = memory(folder.path(), &log);
    for memory in [&one, &other, &fresh] {
        let found = memory.recall("number", 99).await.expect("it recalls");
        assert_eq!(found.len(), 40);
    }
    assert_eq!(fresh.stats().await.map(|stats| (stats.episodes, stats.indexed)), Ok((40, 40)));
}

#[tokio::test]
async fn all_who_need_a_trend_at_once_get_the_one_that_the_first_has_fitted() {
    let (folder, log) = place();
    let memory = memory(folder.path(), &log);
    let told = |at: usize| Episode {
        outcome: if at.is_multiple_of(3) { Verdict::Fail } else { Verdict::Success },
        verifier: Verifier::Test,
        fingerprint: at.to_string(),
        ..episode(TASKS[at % 4])
    };
    memory.remember_all((0..250).map(told).collect()).await.expect("it remembers");
    // A search brings the rows into working memory.
    best(&memory, TASKS[0]).await;
    let filters = [Filter { arm: Some("weak".to_owned()), ..Filter::default() }];
    let found = futures::future::join_all((0..8).map(|_| memory.trends(&filters))).await;
    let fitted = |trends: &Outcome<Vec<Option<Arc<Trend>>>>| trends.as_ref().ok().and_then(|found| found[0].clone());
    let first = fitted(&found[0]).expect("there are enough episodes");
    let same = found.iter().filter_map(fitted).filter(|trend| Arc::ptr_eq(trend, &first));
    assert_eq!(same.count(), 8, "it was fitted anew");
}

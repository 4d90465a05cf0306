//! The index over real LanceDB tables in folders of their own.

use super::EpisodeIndex;
use super::fault::OpenFault;
use super::filter::Filter;
use super::lease::Lease;
use super::rows::Row;
use crate::core::episode::Namespace;
use crate::core::failure::{Failure, FailureKind};
use crate::memory::embed::EmbedderId;
use std::fs;
use std::path::Path;

fn embedder() -> EmbedderId {
    EmbedderId::new("test", "", 4)
}

async fn open(folder: &Path) -> EpisodeIndex {
    EpisodeIndex::open(folder, &embedder(), 4).await.expect("it opens")
}

fn free(folder: &Path) -> Lease {
    Lease::try_take(folder).expect("it locks").expect("nobody else has it")
}

fn row(id: &str, namespace: Namespace, arm: &str, vector: [f32; 4]) -> Row {
    Row { id: id.into(), namespace, action: "route".into(), arm: arm.into(), at: 5, vector: vector.to_vec() }
}

fn some_rows() -> Vec<Row> {
    vec![
        row("a", Namespace::Prod, "weak", [1.0, 0.0, 0.0, 0.0]),
        row("b", Namespace::Prod, "str'ong", [0.8, 0.6, 0.0, 0.0]),
        row("c", Namespace::Eval, "weak", [0.6, 0.8, 0.0, 0.0]),
        row("d", Namespace::Seed, "weak", [0.0, 1.0, 0.0, 0.0]),
        row("e", Namespace::Prod, "weak", [-1.0, 0.0, 0.0, 0.0]),
    ]
}

#[tokio::test]
async fn rows_are_found_by_nearness_and_filter() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = open(folder.path()).await;
    index.add(&some_rows()).await.expect("it adds");
    let check = async |k: usize, filter: Filter, expect: &[(&str, f64)]| {
        let found = index.search(&[1.0, 0.0, 0.0, 0.0], k, &filter).await.expect("it searches");
        assert_eq!(found.len(), expect.len(), "{filter:?} found {found:?}");
        for ((id, similarity), (expect_id, expect_similarity)) in found.iter().zip(expect) {
            assert_eq!(id, expect_id, "{filter:?} found {found:?}");
            assert!((similarity - expect_similarity).abs() < 1e-6, "{filter:?} found {found:?}");
        }
    };
    check(9, Filter::default(), &[("a", 1.0), ("b", 0.8), ("c", 0.6), ("d", 0.0), ("e", -1.0)]).await;
    check(2, Filter::default(), &[("a", 1.0), ("b", 0.8)]).await;
    check(0, Filter::default(), &[]).await;
    check(2, Filter::real(), &[("a", 1.0), ("b", 0.8)]).await;
    // The filter comes first, so far rows fill the places of near ones that it forbids.
    let arm = |arm: &str| Filter { arm: Some(arm.into()), ..Filter::real() };
    check(3, arm("weak"), &[("a", 1.0), ("d", 0.0), ("e", -1.0)]).await;
    check(3, arm("str'ong"), &[("b", 0.8)]).await;
    check(3, Filter { action: Some("explore".into()), ..Filter::default() }, &[]).await;
}

#[tokio::test]
async fn an_empty_index_finds_nothing_and_another_handle_sees_every_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (open(folder.path()).await, open(folder.path()).await);
    assert_eq!(other.search(&[1.0, 0.0, 0.0, 0.0], 3, &Filter::real()).await, Ok(Vec::new()));
    one.add(&some_rows()).await.expect("it adds");
    assert_eq!(other.count().await, Ok(5));
    other.add(&[row("f", Namespace::Prod, "", [0.0, 0.0, 1.0, 0.0])]).await.expect("it adds");
    assert_eq!(one.search(&[0.0, 0.0, 1.0, 0.0], 1, &Filter::real()).await.map(|f| f[0].0.clone()), Ok("f".into()));
    one.remove(&["a".into(), "f".into(), "unknown".into()]).await.expect("it removes");
    let mut ids = other.ids().await.expect("it lists");
    ids.sort();
    assert_eq!(ids, ["b", "c", "d", "e"]);
}

#[tokio::test]
async fn many_small_writes_are_compacted() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = open(folder.path()).await;
    for i in 0..50_u16 {
        let vector = [1.0, f32::from(i), 0.0, 0.0];
        index.add(&[row(&format!("r{i}"), Namespace::Prod, "", vector)]).await.expect("it adds");
    }
    assert_eq!(index.tidy(&free(folder.path())).await, Ok(true));
    assert_eq!(index.tidy(&free(folder.path())).await, Ok(false), "there is nothing left to do");
    assert_eq!(index.count().await, Ok(50));
    assert_eq!(index.search(&[1.0, 0.0, 0.0, 0.0], 1, &Filter::real()).await.map(|f| f[0].0.clone()), Ok("r0".into()));
}

#[tokio::test]
async fn a_large_table_is_partitioned_and_rare_rows_are_still_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = open(folder.path()).await;
    let rows = (0..2_500_u16).map(|i| {
        let (angle, arm) = (f32::from(i) / 400.0, if i % 500 == 7 { "rare" } else { "weak" });
        row(&format!("r{i}"), Namespace::Prod, arm, [angle.cos(), angle.sin(), 0.0, 0.0])
    });
    index.add(&rows.collect::<Vec<_>>()).await.expect("it adds");
    assert_eq!(index.tidy(&free(folder.path())).await, Ok(true));
    let indexes = index.table.list_indices().await.expect("it lists");
    assert_eq!(indexes.len(), 4, "the vectors and three filter columns");
    index.add(&[row("late", Namespace::Prod, "weak", [0.0, 0.0, 0.0, 1.0])]).await.expect("it adds");
    let first =
        async |vector: [f32; 4]| index.search(&vector, 1, &Filter::real()).await.expect("it searches").remove(0).0;
    assert_eq!(first([1.0, 0.0, 0.0, 0.0]).await, "r0");
    assert_eq!(first([0.0, 0.0, 0.0, 1.0]).await, "late", "rows that came after the partitions are found too");
    let rare = Filter { arm: Some("rare".into()), ..Filter::real() };
    assert_eq!(index.search(&[1.0, 0.0, 0.0, 0.0], 9, &rare).await.map(|found| found.len()), Ok(5));
}

#[tokio::test]
async fn an_index_of_another_embedder_is_refused_with_a_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path()).await;
    let other = EmbedderId::new("fastembed", "m", 4);
    let fault = EpisodeIndex::open(folder.path(), &other, 4).await.expect_err("it is another");
    assert_eq!(fault, OpenFault::OtherEmbedder { built: "test/4".into(), wanted: "fastembed/m/4".into() });
    let failure = Failure::from(fault);
    assert_eq!(failure.kind, FailureKind::Config);
    let hint = failure.hint.expect("there is something to do");
    assert!(hint.contains("rhizo memory reindex") && hint.contains("test/4"), "{hint}");
}

#[tokio::test]
async fn vectors_of_another_length_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = open(folder.path()).await;
    let long = Row { vector: vec![0.0; 5], ..some_rows().remove(0) };
    assert_eq!(index.add(&[long]).await.map_err(|failure| failure.kind), Err(FailureKind::Invalid));
    assert_eq!(index.count().await, Ok(0));
}

#[tokio::test]
async fn a_damaged_index_is_told_from_a_missing_one() {
    let damage = async |damage: fn(&Path)| {
        let folder = tempfile::tempdir().expect("a folder");
        open(folder.path()).await.add(&some_rows()).await.expect("it adds");
        damage(folder.path());
        EpisodeIndex::open_if_any(folder.path(), &embedder(), 4).await.map(|index| index.is_some())
    };
    assert_eq!(damage(|_| ()).await, Ok(true));
    assert_eq!(damage(|folder| fs::remove_dir_all(folder).expect("it goes")).await, Ok(false));
    let label = damage(|folder| fs::write(folder.join("embedder.json"), "").expect("it is written")).await;
    assert!(matches!(label, Err(OpenFault::Broken(_))), "{label:?}");
    // What a power cut leaves: files that are there and empty.
    let table = damage(|folder| empty_files(folder, "_versions")).await;
    assert!(matches!(table, Err(OpenFault::Broken(_))), "{table:?}");
}

fn empty_files(folder: &Path, part: &str) {
    for table in fs::read_dir(folder).expect("a folder").flatten().filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(table.path().join(part)).expect("the table's part").flatten() {
            fs::write(file.path(), "").expect("it is emptied");
        }
    }
}

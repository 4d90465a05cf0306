//! Recall among 5,000 and 100,000 episodes from the rows in working memory and from LanceDB, how many of the nearest LanceDB
//! finds, what a decision asks of the memory, and the embedding of one text.
//!
//! RHIZO_BENCH_MODEL may name the folder of an embedding model, whose time is then measured too.

use crate::plan::Plan;
use crate::sheet::{Figure, Sheet, Unit};
use crate::words::Words;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use rhizo::core::episode::{Episode, Namespace, Verdict, Verifier, action};
use rhizo::memory::embed::{Embedder, cosine};
use rhizo::memory::hashing::Hashing;
use rhizo::memory::index::EpisodeIndex;
use rhizo::memory::index::filter::Filter;
use rhizo::memory::learn::Question;
use rhizo::memory::onnx::OnnxEmbedder;
use rhizo::memory::recall::Memory;
use rhizo::memory::settings::{EmbedderChoice, MemorySettings};
use rhizo::memory::situation;
use rhizo::store::open::Store;
use std::cell::OnceCell;
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Episodes asked for.
const NEAREST: usize = 8;
/// Episodes that the index is asked for when it is compared with an exact search, and how often.
const COMPARED: (usize, usize) = (10, 100);
/// Searches after which the rows of a memory of any size are in working memory.
const WARM: usize = 6;
/// The arms of the episodes, in turn.
const ARMS: [&str; 3] = ["worker", "expert", "architect"];

/// An index of some size: id, episodes, whether it is left out when quick, and its figures.
struct Size {
    id: &'static str,
    count: usize,
    large: bool,
    recall: Figure,
    index: Figure,
    share: Figure,
    decision: Figure,
    build: Figure,
}

const fn millis(name: &'static str) -> Figure {
    aimed(name, "")
}

const fn aimed(name: &'static str, aim: &'static str) -> Figure {
    Figure { name, unit: Unit::Millis, aim }
}

const fn share(name: &'static str) -> Figure {
    Figure { name, unit: Unit::Share, aim: "95 %" }
}

const SIZES: [Size; 2] = [
    Size {
        id: "5k",
        count: 5_000,
        large: false,
        recall: aimed("recall among 5,000 episodes", "< 5 ms"),
        index: millis("the same through LanceDB, 5,000"),
        share: share("recall@10 of LanceDB, 5,000"),
        decision: aimed("posteriors of three arms, 5,000", "< 2 ms"),
        build: millis("building the index of 5,000 episodes"),
    },
    Size {
        id: "100k",
        count: 100_000,
        large: true,
        recall: aimed("recall among 100,000 episodes", "< 10 ms"),
        index: millis("the same through LanceDB, 100,000"),
        share: share("recall@10 of LanceDB, 100,000"),
        decision: millis("posteriors of three arms, 100,000"),
        build: millis("building the index of 100,000 episodes"),
    },
];
const EMBED: Figure = Figure { name: "embedding one text, hashing", unit: Unit::Micros, aim: "" };
const EMBED_MODEL: Figure = millis("embedding one text, model");

/// Measures.
pub(crate) fn measure(criterion: &mut Criterion, plan: &Plan, sheet: &Sheet) {
    let mut group = criterion.benchmark_group("memory");
    group.sampling_mode(SamplingMode::Flat);
    embed(&mut group, sheet, "embed", EMBED, &Hashing::new());
    if let Some(folder) = std::env::var_os("RHIZO_BENCH_MODEL") {
        let model = OnnxEmbedder::from_folder(Path::new(&folder)).expect("RHIZO_BENCH_MODEL holds a model");
        embed(&mut group, sheet, "embed-model", EMBED_MODEL, &model);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    for size in SIZES.iter().filter(|size| !(plan.quick && size.large)) {
        sized(&mut group, &runtime, plan, sheet, size);
    }
    group.finish();
}

/// Everything at one size.
fn sized(group: &mut BenchmarkGroup<'_, WallTime>, runtime: &Runtime, plan: &Plan, sheet: &Sheet, size: &Size) {
    let built = OnceCell::new();
    let mut words = Words::new(7);
    let ready = || built.get_or_init(|| build(runtime, plan, sheet, size));
    sheet.bench(group, &format!("{}-index", size.id), size.index, || {
        let Built { index, hashing, .. } = ready();
        let query = vector(hashing, &words.task());
        let begun = Instant::now();
        let found = runtime.block_on(index.search(&query, NEAREST, &Filter::real())).expect("a search");
        let took = begun.elapsed();
        assert_eq!(found.len(), NEAREST);
        took
    });
    sheet.bench(group, size.id, size.recall, || {
        let Built { memory, .. } = ready();
        let query = words.task();
        let begun = Instant::now();
        let found = runtime.block_on(memory.recall(&query, NEAREST)).expect("a recall");
        let took = begun.elapsed();
        assert_eq!(found.len(), NEAREST);
        took
    });
    sheet.note(
        size.recall,
        format!("{NEAREST} nearest, hashing embedder, other words each time, rows in working memory"),
    );
    sheet.bench(group, &format!("{}-decision", size.id), size.decision, || {
        let question = Question {
            situation: words.task(),
            action: action::ROUTE.to_owned(),
            arms: ARMS.map(|arm| (arm.to_owned(), String::new())).to_vec(),
            namespaces: vec![Namespace::Prod],
            now: 200_000,
            ..Question::default()
        };
        let begun = Instant::now();
        let found = runtime.block_on(ready().memory.posteriors(&question)).expect("posteriors");
        let took = begun.elapsed();
        assert!(found.len() == ARMS.len() && found.iter().all(|known| known.n > 1.0));
        took
    });
    if let Some(built) = built.get() {
        runtime.block_on(compare(sheet, size, built));
    }
}

/// The share of the truly nearest episodes that the index finds.
async fn compare(sheet: &Sheet, size: &Size, built: &Built) {
    let rows = built.index.vectors().await.expect("the vectors");
    let mut words = Words::new(13);
    let (nearest, queries) = COMPARED;
    let mut found = 0_u32;
    for _ in 0..queries {
        let query = vector(&built.hashing, &words.task());
        let mut exact: Vec<(f64, &str)> = rows.iter().map(|(id, row)| (cosine(&query, row), id.as_str())).collect();
        exact.sort_by(|a, b| b.0.total_cmp(&a.0));
        // Whoever is as near as the last of the nearest is as good as that one.
        let least = exact.get(nearest - 1).map_or(1.0, |pair| pair.0) - 1e-6;
        let answer = built.index.search(&query, nearest, &Filter::real()).await.expect("a search");
        let right = answer.iter().filter(|(_, similarity)| *similarity >= least).count();
        found += u32::try_from(right).unwrap_or(0);
    }
    sheet.add(size.share, f64::from(found) / f64::from(u32::try_from(nearest * queries).unwrap_or(u32::MAX)));
    sheet.note(size.share, format!("{queries} queries"));
}

fn vector(embedder: &dyn Embedder, text: &str) -> Vec<f32> {
    embedder.embed(&[text]).expect("a vector").pop().unwrap_or_default()
}

fn embed(group: &mut BenchmarkGroup<'_, WallTime>, sheet: &Sheet, id: &str, figure: Figure, embedder: &dyn Embedder) {
    let mut words = Words::new(3);
    sheet.bench(group, id, figure, || {
        let text = words.task();
        let begun = Instant::now();
        let vectors = embedder.embed(&[text.as_str()]).expect("a vector");
        let took = begun.elapsed();
        assert_eq!(vectors.len(), 1);
        took
    });
    sheet.note(figure, embedder.id().to_string());
}

/// A memory whose rows are in working memory, its index, and the folder that must outlive both.
struct Built {
    memory: Memory,
    index: EpisodeIndex,
    hashing: Hashing,
    _folder: TempDir,
}

fn build(runtime: &Runtime, plan: &Plan, sheet: &Sheet, size: &Size) -> Built {
    let folder = plan.scratch();
    let settings =
        MemorySettings { folder: folder.path().to_owned(), embedder: EmbedderChoice::Hashing, few: 0, most: 0 };
    let store = Store::open(&folder.path().join("rhizo.db")).expect("a store");
    let memory = Memory::new(settings, store);
    runtime.block_on(memory.remember_all(episodes(size.count))).expect("they are stored");
    let begun = Instant::now();
    let count = runtime.block_on(memory.reindex(&|_, _| {})).expect("an index");
    sheet.add(size.build, begun.elapsed().as_secs_f64());
    assert_eq!(count, size.count as u64);
    let notes = memory.take_notes();
    assert!(notes.is_empty(), "{notes:?}");
    let hashing = Hashing::new();
    let place = folder.path().join("index");
    let opened = EpisodeIndex::open(&place, hashing.id(), hashing.dimensions());
    let index = runtime.block_on(opened).expect("the index opens");
    let mut words = Words::new(17);
    for _ in 0..WARM {
        runtime.block_on(memory.recall(&words.task(), NEAREST)).expect("a recall");
    }
    Built { memory, index, hashing, _folder: folder }
}

/// Episodes of made-up tasks.
fn episodes(count: usize) -> Vec<Episode> {
    let mut words = Words::new(11);
    let episode = |number: u64| Episode {
        id: format!("{number:026}"),
        at: number,
        situation: situation::canonical(&words.task()),
        action: action::ROUTE.to_owned(),
        arm: ARMS[usize::try_from(number % 3).unwrap_or(0)].to_owned(),
        outcome: if number % 7 < 4 { Verdict::Success } else { Verdict::Fail },
        verifier: Verifier::Test,
        lesson: "answered in 3 turns".to_owned(),
        ..Episode::default()
    };
    (1..=count as u64).map(episode).collect()
}

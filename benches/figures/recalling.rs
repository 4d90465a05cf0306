//! Recall from LanceDB among 5,000 and 100,000 episodes, and the embedding of one text.
//!
//! RHIZO_BENCH_MODEL may name the folder of an embedding model, whose time is then measured too.

use crate::plan::Plan;
use crate::sheet::{Figure, Sheet, Unit};
use crate::words::Words;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use rhizo::core::episode::Episode;
use rhizo::memory::embed::Embedder;
use rhizo::memory::hashing::Hashing;
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

/// An index of some size: id, episodes, whether it is left out when quick, and its figures.
struct Size {
    id: &'static str,
    count: usize,
    large: bool,
    recall: Figure,
    build: Figure,
}

const fn millis(name: &'static str) -> Figure {
    Figure { name, unit: Unit::Millis, aim: "" }
}

const SIZES: [Size; 2] = [
    Size {
        id: "5k",
        count: 5_000,
        large: false,
        recall: millis("recall among 5,000 episodes"),
        build: millis("building the index of 5,000 episodes"),
    },
    Size {
        id: "100k",
        count: 100_000,
        large: true,
        recall: millis("recall among 100,000 episodes"),
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
        let built = OnceCell::new();
        let mut words = Words::new(7);
        sheet.bench(&mut group, size.id, size.recall, || {
            let (memory, _) = built.get_or_init(|| build(&runtime, plan, sheet, size));
            let query = words.task();
            let begun = Instant::now();
            let found = runtime.block_on(memory.recall(&query, NEAREST)).expect("a recall");
            let took = begun.elapsed();
            assert_eq!(found.len(), NEAREST);
            took
        });
        sheet.note(size.recall, format!("{NEAREST} nearest, hashing embedder, other words each time"));
    }
    group.finish();
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

/// A memory whose index is built and open, and the folder that must outlive it.
fn build(runtime: &Runtime, plan: &Plan, sheet: &Sheet, size: &Size) -> (Memory, TempDir) {
    let folder = plan.scratch();
    let settings = MemorySettings { folder: folder.path().to_owned(), embedder: EmbedderChoice::Hashing, few: 0 };
    let store = Store::open(&folder.path().join("rhizo.db")).expect("a store");
    let memory = Memory::new(settings, store);
    runtime.block_on(memory.remember_all(episodes(size.count))).expect("they are stored");
    let begun = Instant::now();
    let count = runtime.block_on(memory.reindex(&|_, _| {})).expect("an index");
    sheet.add(size.build, begun.elapsed().as_secs_f64());
    assert_eq!(count, size.count as u64);
    let notes = memory.take_notes();
    assert!(notes.is_empty(), "{notes:?}");
    (memory, folder)
}

/// Episodes of made-up tasks.
fn episodes(count: usize) -> Vec<Episode> {
    let mut words = Words::new(11);
    let episode = |number: u64| Episode {
        id: format!("{number:026}"),
        at: number,
        situation: situation::canonical(&words.task()),
        action: "strategy".to_owned(),
        arm: "search".to_owned(),
        lesson: "answered in 3 turns".to_owned(),
        ..Episode::default()
    };
    (1..=count as u64).map(episode).collect()
}

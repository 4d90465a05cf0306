//! Recall from LanceDB among 5,000 and 100,000 episodes, and the embedding of one text.
//!
//! The log of episodes is in memory here, so that what is measured is the index. RHIZO_BENCH_MODEL may name the folder
//! of an embedding model, whose time is then measured too.

use crate::plan::Plan;
use crate::sheet::{Figure, Sheet, Unit};
use crate::words::Words;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use futures::FutureExt;
use futures::future::BoxFuture;
use rhizo::core::episode::Episode;
use rhizo::core::failure::Outcome;
use rhizo::memory::embed::Embedder;
use rhizo::memory::hashing::Hashing;
use rhizo::memory::onnx::OnnxEmbedder;
use rhizo::memory::recall::Memory;
use rhizo::memory::settings::{EmbedderChoice, MemorySettings};
use rhizo::memory::situation;
use rhizo::memory::truth::EpisodeLog;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock};
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
    let memory = Memory::new(settings, Arc::new(Episodes::make(size.count)));
    let begun = Instant::now();
    let count = runtime.block_on(memory.reindex(&|_, _| {})).expect("an index");
    sheet.add(size.build, begun.elapsed().as_secs_f64());
    assert_eq!(count, size.count as u64);
    let notes = memory.take_notes();
    assert!(notes.is_empty(), "{notes:?}");
    (memory, folder)
}

/// A log of episodes in memory.
#[derive(Default)]
struct Episodes(RwLock<Rows>);

#[derive(Default)]
struct Rows {
    all: Vec<Episode>,
    places: HashMap<String, usize>,
}

impl Episodes {
    fn make(count: usize) -> Self {
        let (log, mut words) = (Self::default(), Words::new(11));
        let episodes: Vec<Episode> = (1..=count as u64)
            .map(|number| Episode {
                id: format!("{number:026}"),
                at: number,
                situation: situation::canonical(&words.task()),
                action: "strategy".to_owned(),
                arm: "search".to_owned(),
                lesson: "answered in 3 turns".to_owned(),
                trust: 1.0,
                ..Episode::default()
            })
            .collect();
        log.push(&episodes);
        log
    }

    fn push(&self, episodes: &[Episode]) {
        let mut rows = self.0.write().expect("unpoisoned");
        for episode in episodes {
            let place = rows.all.len();
            rows.places.insert(episode.id.clone(), place);
            rows.all.push(episode.clone());
        }
    }

    fn read<T>(&self, query: impl FnOnce(&Rows) -> T) -> T {
        query(&self.0.read().expect("unpoisoned"))
    }
}

impl EpisodeLog for Episodes {
    fn append<'a>(&'a self, episodes: &'a [Episode]) -> BoxFuture<'a, Outcome<()>> {
        async move {
            self.push(episodes);
            Ok(())
        }
        .boxed()
    }

    fn all(&self) -> Outcome<Vec<Episode>> {
        Ok(self.read(|rows| rows.all.clone()))
    }

    fn by_ids(&self, ids: &[String]) -> Outcome<Vec<Episode>> {
        let found = |rows: &Rows| {
            let places = ids.iter().filter_map(|id| rows.places.get(id));
            places.filter_map(|place| rows.all.get(*place)).cloned().collect()
        };
        Ok(self.read(found))
    }

    fn ids(&self) -> Outcome<Vec<String>> {
        Ok(self.read(|rows| rows.all.iter().map(|episode| episode.id.clone()).collect()))
    }

    fn count(&self) -> Outcome<u64> {
        Ok(self.read(|rows| rows.all.len() as u64))
    }
}

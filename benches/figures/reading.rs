//! Opening and searching a text of 1 GB through the library, beside `rg` and `grep` on the same file.

use crate::plan::Plan;
use crate::program::{memory, run};
use crate::sheet::{Figure, Sheet, Unit};
use crate::words::Words;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use rhizo::context::library::{Input, Library, OpenOptions};
use rhizo::context::poll::Poll;
use std::cell::OnceCell;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const BYTES: u64 = 1_000_000_000;

const fn figure(name: &'static str, unit: Unit, aim: &'static str) -> Figure {
    Figure { name, unit, aim }
}

const OPEN: Figure = figure("open 1 GB", Unit::Millis, "< 50");
const OPEN_GROWTH: Figure = figure("resident memory added by opening", Unit::Megabytes, "< 100");
const GREP_GROWTH: Figure = figure("resident memory added by `grep`, at its peak", Unit::Megabytes, "< 100");
const SEARCH: Figure = figure("`search` of three words in 1 GB", Unit::Millis, "");

/// A pattern with the figures of the library and of the programs beside it.
struct Pattern {
    id: &'static str,
    text: &'static str,
    ours: Figure,
    share: Figure,
    others: [(&'static str, Figure); 2],
}

const PATTERNS: [Pattern; 3] = [
    Pattern {
        id: "literal",
        text: "harbour-light-7",
        ours: figure("`grep` of a literal in 1 GB", Unit::Millis, ""),
        share: figure("speed of a literal against `rg`", Unit::Share, "> 50"),
        others: [
            ("rg", figure("`rg` of the same literal", Unit::Millis, "")),
            ("grep", figure("GNU `grep` of the same literal", Unit::Millis, "")),
        ],
    },
    Pattern {
        id: "alternatives",
        text: "(timeout|refused) by [a-z]+-[0-9]",
        ours: figure("`grep` of alternatives in 1 GB", Unit::Millis, ""),
        share: figure("speed of alternatives against `rg`", Unit::Share, "> 50"),
        others: [
            ("rg", figure("`rg` of the same alternatives", Unit::Millis, "")),
            ("grep", figure("GNU `grep` of the same alternatives", Unit::Millis, "")),
        ],
    },
    Pattern {
        id: "frequent",
        text: "took [5-9][0-9]{3} ms",
        ours: figure("`grep` of a regex with a frequent beginning in 1 GB", Unit::Millis, ""),
        share: figure("speed of that regex against `rg`", Unit::Share, "> 50"),
        others: [
            ("rg", figure("`rg` of the same regex", Unit::Millis, "")),
            ("grep", figure("GNU `grep` of the same regex", Unit::Millis, "")),
        ],
    },
];

/// Measures, unless it shall be quick.
pub(crate) fn measure(criterion: &mut Criterion, plan: &Plan, sheet: &Sheet) {
    if plan.quick {
        return;
    }
    let mut group = criterion.benchmark_group("context");
    group.sampling_mode(SamplingMode::Flat);
    let file = OnceCell::new();
    let file = || file.get_or_init(|| large(plan.folder())).as_path();
    sheet.bench(&mut group, "open", OPEN, || {
        let before = memory("self", "VmRSS");
        let begun = Instant::now();
        let library = open(file());
        let took = begun.elapsed();
        sheet.add_bytes(OPEN_GROWTH, memory("self", "VmRSS").saturating_sub(before));
        assert_eq!(library.view().len() as u64, BYTES);
        took
    });
    for pattern in &PATTERNS {
        grep(&mut group, sheet, &file, pattern);
    }
    sheet.bench(&mut group, "search", SEARCH, || {
        let library = open(file());
        let begun = Instant::now();
        let hits = library.view().search("timeout harbour lighthouse", 8, &Poll::never()).expect("a search");
        assert!(!hits.is_empty());
        begun.elapsed()
    });
    group.finish();
}

fn grep<'a>(group: &mut BenchmarkGroup<'_, WallTime>, sheet: &Sheet, file: &impl Fn() -> &'a Path, pattern: &Pattern) {
    sheet.bench(group, pattern.id, pattern.ours, || {
        let library = open(file());
        let before = reset_peak();
        let begun = Instant::now();
        let hits = library.view().grep(pattern.text, usize::MAX, &Poll::never()).expect("a search");
        let took = begun.elapsed();
        sheet.add_bytes(GREP_GROWTH, memory("self", "VmHWM").saturating_sub(before));
        sheet.note(pattern.ours, format!("{} lines of `{}`", hits.len(), pattern.text.replace('|', "\\|")));
        for (program, figure) in &pattern.others {
            let Some(version) = version(program) else { continue };
            let other = beside(program, pattern.text, file());
            assert_eq!(other.1, hits.len(), "{program} finds the same lines");
            sheet.add(*figure, other.0.as_secs_f64());
            sheet.note(*figure, version);
            if *program == "rg" {
                sheet.add(pattern.share, other.0.as_secs_f64() / took.as_secs_f64());
            }
        }
        took
    });
}

fn open(file: &Path) -> Library {
    Library::open(vec![Input::Path(file.to_owned())], &OpenOptions::default(), &Poll::never()).expect("it opens")
}

/// The same search by another program, with line numbers: how long it took and how many lines it found.
fn beside(program: &str, pattern: &str, file: &Path) -> (Duration, usize) {
    let mut command = Command::new(program);
    if program == "rg" {
        command.args(["--no-config", "-n"])
    } else {
        command.args(["-n", "-E"])
    };
    // GNU grep is several times slower where letters may have more than one byte.
    let ran = run(command.arg(pattern).arg(file).env("LC_ALL", "C"));
    (ran.wall, ran.out.lines().count())
}

/// The first line that a program says about itself; nothing if it is not installed.
fn version(program: &str) -> Option<String> {
    let out = Command::new(program).arg("--version").output().ok()?;
    String::from_utf8_lossy(&out.stdout).lines().next().map(ToOwned::to_owned)
}

/// Makes the highest resident memory the present one and answers it, in bytes.
fn reset_peak() -> u64 {
    // Where the kernel does not allow it, the peak so far stays, and the growth is told too small.
    drop(fs::write("/proc/self/clear_refs", "5"));
    memory("self", "VmHWM")
}

/// The text, made once and kept; read once, so that it is in memory as far as it fits.
fn large(folder: &Path) -> PathBuf {
    let path = folder.join("rhizo-bench-1gb.txt");
    if fs::metadata(&path).map_or(0, |data| data.len()) != BYTES {
        let partial = folder.join("rhizo-bench-1gb.partial");
        write_log(&partial).expect("the large text is written");
        fs::rename(&partial, &path).expect("the large text gets its name");
    }
    std::io::copy(&mut File::open(&path).expect("the large text"), &mut std::io::sink()).expect("it is read");
    path
}

fn write_log(path: &Path) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    let (mut words, mut text, mut written) = (Words::new(1), Vec::with_capacity(2 << 20), 0);
    for number in 1.. {
        words.log_line(number, &mut text);
        let left = usize::try_from(BYTES - written).unwrap_or(usize::MAX);
        if text.len() >= left.min(1 << 20) {
            text.truncate(left);
            file.write_all(&text)?;
            written += text.len() as u64;
            text.clear();
        }
        if written == BYTES {
            break;
        }
    }
    file.sync_all()
}

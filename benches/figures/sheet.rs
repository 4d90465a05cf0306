//! The table at the end: one row per figure, with every sample that was taken. It measures nothing.

use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;
use std::cell::RefCell;
use std::time::Duration;

/// A figure: what it is and what is aimed at.
#[derive(Clone, Copy)]
pub(crate) struct Figure {
    /// What is measured.
    pub(crate) name: &'static str,
    /// The unit of its samples.
    pub(crate) unit: Unit,
    /// What it should be; empty if nothing was promised.
    pub(crate) aim: &'static str,
}

/// The unit of a figure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Seconds, shown as milliseconds.
    Millis,
    /// Seconds, shown as microseconds.
    Micros,
    /// Bytes, shown as millions.
    Megabytes,
    /// A share of 1, shown as a percentage.
    Share,
}

struct Row {
    figure: Figure,
    samples: Vec<f64>,
    note: String,
}

/// All figures so far, in the order of their first samples.
#[derive(Default)]
pub(crate) struct Sheet(RefCell<Vec<Row>>);

impl Sheet {
    /// Adds a sample, in the figure's unit.
    pub(crate) fn add(&self, figure: Figure, sample: f64) {
        self.with(figure, |row| row.samples.push(sample));
    }

    /// Adds a sample in bytes.
    pub(crate) fn add_bytes(&self, figure: Figure, bytes: u64) {
        // Thousands of bytes fit 32 bits, which a float holds exactly.
        self.add(figure, f64::from(u32::try_from(bytes / 1_000).unwrap_or(u32::MAX)) * 1e3);
    }

    /// Says something about a figure, in place of what was said before.
    pub(crate) fn note(&self, figure: Figure, note: impl Into<String>) {
        self.with(figure, |row| row.note = note.into());
    }

    /// Has criterion measure `once`, which answers how long it took, and keeps every sample.
    pub(crate) fn bench(
        &self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        id: &str,
        figure: Figure,
        mut once: impl FnMut() -> Duration,
    ) {
        group.bench_function(id, |bencher| {
            bencher.iter_custom(|times| {
                let mut sum = Duration::ZERO;
                for _ in 0..times {
                    let took = once();
                    self.add(figure, took.as_secs_f64());
                    sum += took;
                }
                sum
            });
        });
    }

    /// Prints the machine and the table, as Markdown.
    #[allow(clippy::print_stdout, reason = "the table is the bench's result")]
    pub(crate) fn print(&self, machine: &str) {
        let rows = self.0.borrow();
        println!(
            "\n{machine}\n\n| figure | median | least | unit | aim | samples | note |\n|---|---|---|---|---|---|---|"
        );
        for row in rows.iter().filter(|row| !row.samples.is_empty()) {
            let Row { figure, samples, note } = row;
            let (middle, least) = (figure.unit.show(median(samples)), figure.unit.show(least(samples)));
            let (name, unit, aim, count) = (figure.name, figure.unit.name(), figure.aim, samples.len());
            println!("| {name} | {middle} | {least} | {unit} | {aim} | {count} | {note} |");
        }
    }

    /// Runs `change` on the figure's row, which is made if it is new.
    fn with(&self, figure: Figure, change: impl FnOnce(&mut Row)) {
        let mut rows = self.0.borrow_mut();
        match rows.iter_mut().find(|row| row.figure.name == figure.name) {
            Some(row) => change(row),
            None => {
                let mut row = Row { figure, samples: Vec::new(), note: String::new() };
                change(&mut row);
                rows.push(row);
            }
        }
    }
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Millis => "ms",
            Self::Micros => "µs",
            Self::Megabytes => "MB",
            Self::Share => "%",
        }
    }

    fn show(self, sample: f64) -> String {
        match self {
            Self::Millis => format!("{:.2}", sample * 1e3),
            Self::Micros => format!("{:.1}", sample * 1e6),
            Self::Megabytes => format!("{:.1}", sample / 1e6),
            Self::Share => format!("{:.1}", sample * 100.0),
        }
    }
}

/// The middle sample; the mean of the two in the middle of an even number.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN);
    f64::midpoint(lower, upper)
}

fn least(samples: &[f64]) -> f64 {
    samples.iter().copied().fold(f64::INFINITY, f64::min)
}

//! What a model call costs beyond the model: one after the other, as children, and by the thousand.

use crate::machine::file_system;
use crate::plan::Plan;
use crate::program::{Ran, run, run_watched};
use crate::project::{Price, Project};
use crate::server::Server;
use crate::sheet::{Figure, Sheet, Unit};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use std::cell::{Cell, OnceCell};
use std::path::Path;
use std::time::Duration;

const CALLS: u32 = 100;
const CHILDREN: usize = 16;
const IN_FLIGHT: u32 = 64;
const LATENCY: Duration = Duration::from_millis(20);

const fn figure(name: &'static str, unit: Unit, aim: &'static str) -> Figure {
    Figure { name, unit, aim }
}

/// Calls one after the other: the bench's id, what they cost, and the figures.
struct Row {
    id: &'static str,
    price: Price,
    whole: Figure,
    per_call: Figure,
    processor: Figure,
}

const ROW: Row = Row {
    id: "row",
    price: Price::Free,
    whole: figure("100 `llm` in a row, whole process", Unit::Millis, ""),
    per_call: figure("one `llm` beyond the server", Unit::Micros, "< 1000"),
    processor: figure("processor time of one `llm`", Unit::Micros, ""),
};
const ROW_PAID: Row = Row {
    id: "row-paid",
    price: Price::Paid,
    whole: figure("100 paid `llm` in a row, whole process", Unit::Millis, ""),
    per_call: figure("one paid `llm` beyond the server", Unit::Micros, "< 1000"),
    processor: figure("processor time of one paid `llm`", Unit::Micros, ""),
};
const ROW_MEMORY: Row = Row {
    id: "row-memory",
    price: Price::Paid,
    whole: figure("100 paid `llm` in a row, store in memory", Unit::Millis, ""),
    per_call: figure("one paid `llm` beyond the server, store in memory", Unit::Micros, ""),
    processor: figure("processor time of one paid `llm`, store in memory", Unit::Micros, ""),
};
const DIRECT: Figure = figure("16 children answered directly", Unit::Millis, "");
const SESSIONS: Figure = figure("16 children of one turn", Unit::Millis, "");
const THOUSANDS: Figure = figure("`llm_batch` of 10,000, 64 in flight, 20 ms", Unit::Millis, "3290");
const SHARE: Figure = figure("share of the ideal time", Unit::Share, "95");
const SHARE_INSIDE: Figure = figure("the same of `llm_batch` alone, by the script's clock", Unit::Share, "95");
const SHARE_NOMINAL: Figure = figure("share of the ideal time at exactly 20 ms", Unit::Share, "");
const BATCH_CPU: Figure = figure("processor time of one call in the batch", Unit::Micros, "");
const BATCH_PEAK: Figure = figure("resident memory, batch of 10,000", Unit::Megabytes, "flat");
const SMALL_PEAK: Figure = figure("resident memory, batch of 1,000", Unit::Megabytes, "");

/// Measures.
pub(crate) fn measure(criterion: &mut Criterion, plan: &Plan, sheet: &Sheet) {
    let server = Server::start();
    let mut group = criterion.benchmark_group("calls");
    group.sampling_mode(SamplingMode::Flat);
    sequences(&mut group, plan, sheet, &server);
    children(&mut group, plan, sheet, &server);
    batches(&mut group, plan, sheet, &server);
    group.finish();
}

fn sequences(group: &mut BenchmarkGroup<'_, WallTime>, plan: &Plan, sheet: &Sheet, server: &Server) {
    let memory = Path::new("/dev/shm");
    let on_disk = [(ROW, plan.folder()), (ROW_PAID, plan.folder())];
    let rows = on_disk.into_iter().chain(memory.is_dir().then_some((ROW_MEMORY, memory)));
    for (Row { id, price, whole, per_call, processor }, folder) in rows {
        let (project, least) = (OnceCell::new(), Cell::new(None));
        sheet.bench(group, id, whole, || {
            let project = project.get_or_init(|| {
                let scratch = tempfile::Builder::new().prefix("rhizo-bench-").tempdir_in(folder).expect("a folder");
                let project = Project::inside(scratch, &server.base_url(), price);
                project.write("none.rhai", "print(\"ok\")");
                project.write("row.rhai", &format!("for i in 0..{CALLS} {{ llm(`leaf ${{i}}`); }} print(\"ok\")"));
                project
            });
            let rest = rest(project, &least);
            server.set(0, Duration::ZERO);
            let ran = script(project, "row.rhai", run);
            let served = server.served();
            assert_eq!(served.count, u64::from(CALLS));
            let each = |all: Duration, rest: Duration| all.saturating_sub(rest).as_secs_f64() / f64::from(CALLS);
            sheet.add(per_call, each(ran.wall, rest.0) - served.mean);
            sheet.add(processor, each(ran.cpu, rest.1));
            sheet.note(per_call, format!("{}; {:.0} µs in the server", file_system(folder), served.mean * 1e6));
            ran.wall
        });
    }
    sheet.note(ROW.whole, "the Python library needs 910 ms");
}

/// Wall and processor time of the script without calls, of the fastest run so far: a slow one would make calls cheap.
fn rest(project: &Project, least: &Cell<Option<(Duration, Duration)>>) -> (Duration, Duration) {
    let ran = script(project, "none.rhai", run);
    let fastest = least.get().into_iter().chain([(ran.wall, ran.cpu)]).min().unwrap_or_default();
    least.set(Some(fastest));
    fastest
}

fn children(group: &mut BenchmarkGroup<'_, WallTime>, plan: &Plan, sheet: &Sheet, server: &Server) {
    let tasks = |task: &str, context: &str| {
        format!(
            "let tasks = []; for i in 0..{CHILDREN} {{ tasks.push([`{task} ${{i}}`, {context}]); }}\n\
             let wrong = rlm_batch(tasks).filter(|a| type_of(a) == \"map\"); print(if wrong.is_empty() {{ \"ok\" }} else {{ wrong[0] }})"
        )
    };
    let kinds = [("children-direct", DIRECT, "leaf", "context.head(200)"), ("children", SESSIONS, "task", "context")];
    for (id, figure, task, context) in kinds {
        let project = OnceCell::new();
        sheet.bench(group, id, figure, || {
            let project = project.get_or_init(|| {
                let project = Project::new(plan, &server.base_url(), Price::Free);
                project.write("children.rhai", &tasks(task, context));
                // More than is sent whole, so that a child explores it by code.
                project.write("harbour.txt", &"The harbour opened in 1884.\n".repeat(2_000));
                project
            });
            server.set(1, Duration::ZERO);
            let mut command = project.rhizo(&["run", "children.rhai", "--context", "harbour.txt"]);
            let ran = run(&mut command);
            assert_eq!(ran.out, "ok\n");
            assert_eq!(server.served().count, CHILDREN as u64);
            ran.wall
        });
    }
    sheet.note(DIRECT, "a context that fits a prompt");
    sheet.note(SESSIONS, "each with an interpreter of its own; the Python library needs 5,100 ms for 8");
}

fn batches(group: &mut BenchmarkGroup<'_, WallTime>, plan: &Plan, sheet: &Sheet, server: &Server) {
    let project = OnceCell::new();
    let ready = || {
        project.get_or_init(|| {
            let project = Project::new(plan, &server.base_url(), Price::Free);
            project.write("small.rhai", &batch(1_000, "\"ok\""));
            project.write("large.rhai", &batch(10_000, "took"));
            project
        })
    };
    sheet.bench(group, "batch", THOUSANDS, || {
        server.set(0, LATENCY);
        let ran = run_watched(&mut ready().rhizo(&["run", "large.rhai"]));
        let inside: f64 = ran.out.trim().parse().expect("every call has an answer");
        let served = server.served();
        assert_eq!(served.count, 10_000);
        let rounds = 10_000.0 / f64::from(IN_FLIGHT);
        sheet.add(SHARE, rounds * served.mean / ran.wall.as_secs_f64());
        sheet.note(SHARE, format!("the server took {:.2} ms", served.mean * 1e3));
        sheet.add(SHARE_INSIDE, rounds * served.mean * 1e3 / inside);
        sheet.add(SHARE_NOMINAL, rounds * LATENCY.as_secs_f64() / ran.wall.as_secs_f64());
        sheet.add(BATCH_CPU, ran.cpu.as_secs_f64() / 10_000.0);
        sheet.add_bytes(BATCH_PEAK, ran.peak);
        sheet.add_bytes(SMALL_PEAK, script(ready(), "small.rhai", run_watched).peak);
        ran.wall
    });
    sheet.note(THOUSANDS, "whole process; the server shares the processor");
}

/// A script that prints `right` if every call has an answer; `took` is the milliseconds of the batch.
fn batch(count: usize, right: &str) -> String {
    format!(
        "let prompts = []; for i in 0..{count} {{ prompts.push(`leaf ${{i}}`); }}\n\
         let before = now(); let answers = llm_batch(prompts, #{{concurrency: {IN_FLIGHT}}}); let took = now() - before;\n\
         let wrong = answers.filter(|a| type_of(a) == \"map\");\n\
         print(if wrong.is_empty() {{ {right} }} else {{ wrong[0] }})"
    )
}

fn script(project: &Project, file: &str, how: fn(&mut std::process::Command) -> Ran) -> Ran {
    let ran = how(&mut project.rhizo(&["run", file]));
    assert_eq!(ran.out, "ok\n");
    ran
}

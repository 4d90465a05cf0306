//! The same work done by openai-python, if RHIZO_COMPARE_PYTHON names an interpreter that has it.

use crate::plan::Plan;
use crate::project::{Price, Project};
use crate::server::Server;
use crate::sheet::{Figure, Sheet, Unit};
use criterion::Criterion;
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

const COUNT: u32 = 10_000;
const FLIGHT: u32 = 64;
const LATENCY: Duration = Duration::from_millis(20);

const WHOLE: Figure = figure("the same batch by openai-python", Unit::Millis);
const CPU: Figure = figure("its processor time per call", Unit::Micros);
const PEAK: Figure = figure("its resident memory", Unit::Megabytes);

const fn figure(name: &'static str, unit: Unit) -> Figure {
    Figure { name, unit, aim: "" }
}

/// Measures, after `calls`, whose batch this repeats.
pub(crate) fn measure(criterion: &mut Criterion, plan: &Plan, sheet: &Sheet) {
    let Some(python) = std::env::var_os("RHIZO_COMPARE_PYTHON") else {
        return;
    };
    let server = Server::start();
    let project = Project::new(plan, &server.base_url(), Price::Free);
    let mut group = criterion.benchmark_group("compare");
    sheet.bench(&mut group, "openai-python", WHOLE, || {
        server.set(0, LATENCY);
        let mut command = Command::new(&python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/compare/openai_python.py"));
        command.args([server.base_url(), COUNT.to_string(), FLIGHT.to_string()]).current_dir(project.folder());
        let ran = crate::program::run(&mut command);
        assert_eq!(server.served().count, u64::from(COUNT));
        let told: Value = serde_json::from_str(&ran.out).expect("one JSON object");
        let number = |name: &str| told.get(name).and_then(Value::as_f64).expect("a number");
        sheet.add(CPU, number("cpu") / f64::from(COUNT));
        sheet.add_bytes(PEAK, told.get("peak").and_then(Value::as_u64).expect("bytes"));
        sheet.note(WHOLE, format!("openai {}", told.get("version").and_then(Value::as_str).unwrap_or_default()));
        ran.wall
    });
    group.finish();
}

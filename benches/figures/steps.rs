//! What a step of a pipeline costs: a thousand that only compute, and a thousand that call a model, beside the same calls
//! of a script.

use crate::plan::Plan;
use crate::program::run;
use crate::project::{Price, Project};
use crate::server::Server;
use crate::sheet::{Figure, Sheet, Unit};
use criterion::Criterion;
use std::cell::OnceCell;
use std::time::Duration;

const STEPS: u32 = 1_000;

const fn micros(name: &'static str, aim: &'static str) -> Figure {
    Figure { name, unit: Unit::Micros, aim }
}

const SET: Figure = micros("one step of 1,000 `set`", "< 1000");
const LLM: Figure = micros("one step of 1,000 `llm`, each needing the one before", "");
const SCRIPT: Figure = micros("one `llm` of 1,000 in a script", "");
const CHECK: Figure =
    Figure { name: "`pipeline validate`, 200 steps, whole process", unit: Unit::Millis, aim: "< 50 beyond a start" };

/// Measures.
pub(crate) fn measure(criterion: &mut Criterion, plan: &Plan, sheet: &Sheet) {
    let server = Server::start();
    let mut group = criterion.benchmark_group("steps");
    let kept = OnceCell::new();
    let project = || {
        kept.get_or_init(|| {
            let project = Project::new(plan, &server.base_url(), Price::Free);
            project.write("set.yaml", &chain(STEPS, |before| format!("set: {{n: {before}.n + 1}}"), "set: {n: '0'}"));
            project.write("llm.yaml", &chain(STEPS, |before| format!("llm: 'after {{{{ {before} }}}}'"), "llm: begin"));
            project.write("check.yaml", &chain(200, |before| format!("set: {{n: {before}.n + 1}}"), "set: {n: '0'}"));
            let calls =
                format!("let last = llm(\"begin\");\nfor n in 1..{STEPS} {{ last = llm(`after ${{last}}`); }}\nlast\n");
            project.write("llm.rhai", &calls);
            project
        })
    };
    for (id, file, figure) in [("set", "set.yaml", SET), ("llm", "llm.yaml", LLM), ("script", "llm.rhai", SCRIPT)] {
        sheet.bench(&mut group, id, figure, || {
            server.set(1, Duration::ZERO);
            run(&mut project().rhizo(&["run", file])).wall / STEPS
        });
    }
    sheet.note(SET, "whole process, events of each step included");
    sheet.note(LLM, "one commit for each call; the difference to the script is the step's");
    sheet.bench(&mut group, "check", CHECK, || run(&mut project().rhizo(&["pipeline", "validate", "check.yaml"])).wall);
    group.finish();
}

/// Steps of which each reads the one before.
fn chain(steps: u32, step: impl Fn(&str) -> String, first: &str) -> String {
    let line =
        |n: u32| format!("  s{n}: {{{}}}\n", if n == 0 { first.to_owned() } else { step(&format!("s{}", n - 1)) });
    format!("steps:\n{}", (0..steps).map(line).collect::<String>())
}

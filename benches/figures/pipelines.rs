//! Reading and checking a pipeline of 200 steps and one of 1,500, before anything runs.

use crate::plan::Plan;
use crate::sheet::{Figure, Sheet, Unit};
use criterion::Criterion;
use rhizo::app::build;
use rhizo::config::environment::Environment;
use rhizo::config::layer::Layer;
use rhizo::config::settings::Settings;
use rhizo::pipeline::load;
use std::path::Path;
use std::time::Instant;

const COMPILED: Figure = Figure { name: "compiling a pipeline of 200 steps", unit: Unit::Millis, aim: "< 50" };
const LONG: Figure = Figure { name: "the same of 1,500 steps", unit: Unit::Millis, aim: "" };

/// Measures.
pub(crate) fn measure(criterion: &mut Criterion, plan: &Plan, sheet: &Sheet) {
    let variables = vec![("RHIZO_HOME".to_owned(), plan.folder().display().to_string())];
    let environment = Environment { variables, folder: plan.folder().to_path_buf() };
    let settings = Settings::load(environment, Layer::default()).expect("settings");
    let tools = build::catalog(&settings).expect("tools");
    let mut group = criterion.benchmark_group("pipeline");
    for (id, figure, steps) in [("compile", COMPILED, 200), ("compile-long", LONG, 1_500)] {
        let text = pipeline(steps);
        sheet.bench(&mut group, id, figure, || {
            let begun = Instant::now();
            let read = load::load_text(&settings, &tools, Path::new("bench.yaml"), &text).expect("a pipeline");
            let took = begun.elapsed();
            assert_eq!(read.block.steps.len(), steps);
            took
        });
        sheet.note(figure, format!("{} KiB, each step with a prompt, a condition and vars", text.len() / 1024));
    }
    group.finish();
}

/// A chain of steps, each of which reads the one before it.
fn pipeline(steps: usize) -> String {
    let mut text = "inputs: {topic: what it is about}\nsteps:\n".to_owned();
    for n in 0..steps {
        let before =
            n.checked_sub(1).map_or_else(|| "inputs.topic".to_owned(), |before| format!("step_{before}?.text"));
        let step = format!(
            "  step_{n}:\n    llm: \"Go on with {{{{ {before} }}}} about {{{{ inputs.topic }}}}\"\n    condition: inputs.topic.len() > {n}\n    vars: {{text: the text, score: {{type: number}}}}\n"
        );
        text.push_str(&step);
    }
    text
}

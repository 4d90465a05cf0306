//! Reading and checking a pipeline of 200 steps, before anything runs.

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

const STEPS: usize = 200;
const COMPILED: Figure = Figure { name: "compiling a pipeline of 200 steps", unit: Unit::Millis, aim: "< 50" };

/// Measures.
pub(crate) fn measure(criterion: &mut Criterion, plan: &Plan, sheet: &Sheet) {
    let text = pipeline();
    let variables = vec![("RHIZO_HOME".to_owned(), plan.folder().display().to_string())];
    let environment = Environment { variables, folder: plan.folder().to_path_buf() };
    let settings = Settings::load(environment, Layer::default()).expect("settings");
    let tools = build::catalog(&settings).expect("tools");
    let mut group = criterion.benchmark_group("pipeline");
    sheet.bench(&mut group, "compile", COMPILED, || {
        let begun = Instant::now();
        let read = load::load_text(&settings, &tools, Path::new("bench.yaml"), &text).expect("a pipeline");
        let took = begun.elapsed();
        assert_eq!(read.block.steps.len(), STEPS);
        took
    });
    sheet.note(COMPILED, format!("{} KiB, each step with a prompt, a condition and vars", text.len() / 1024));
    group.finish();
}

/// A chain of steps, each of which reads the one before it.
fn pipeline() -> String {
    let mut text = "inputs: {topic: what it is about}\nsteps:\n".to_owned();
    for n in 0..STEPS {
        let before =
            n.checked_sub(1).map_or_else(|| "inputs.topic".to_owned(), |before| format!("step_{before}?.text"));
        let step = format!(
            "  step_{n}:\n    llm: \"Go on with {{{{ {before} }}}} about {{{{ inputs.topic }}}}\"\n    condition: inputs.topic.len() > {n}\n    vars: {{text: the text, score: {{type: number}}}}\n"
        );
        text.push_str(&step);
    }
    text
}

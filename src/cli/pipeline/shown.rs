//! `rhizo pipeline validate` and `explain`: what a file says, and what is wrong with it. No model is asked.

use crate::app::build::App;
use crate::cli::pipeline::Explain;
use crate::cli::printer::Printer;
use crate::cli::report;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::{counted, one_line};
use crate::pipeline::plan::{Block, Pipeline};
use crate::pipeline::{explain, import, load, twin};
use crate::registry::programs::SOURCE_LIMIT;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads and checks a file.
pub(super) fn read(app: &App, file: &Path) -> Outcome<Arc<Pipeline>> {
    load::load(&app.kit.settings, app.kit.tools.get()?, file).map_err(|failure| unfound(failure, file))
}

fn unfound(failure: Failure, file: &Path) -> Failure {
    match failure.kind {
        FailureKind::NotFound if !file.exists() => failure.hint("name a pipeline in a .yaml file"),
        _ => failure,
    }
}

/// Checks files, all of them, and tells every fault.
pub(super) fn validate(app: &App, printer: &Printer, files: &[PathBuf]) -> Outcome<Exit> {
    let mut exit = Exit::Ok;
    let mut rows: Vec<Value> = Vec::new();
    for file in files {
        match read(app, file) {
            Ok(pipeline) => {
                let steps = count(&pipeline.block);
                let (name, notes) = (file.display().to_string(), load::told(&pipeline.notes));
                rows.push(
                    json!({"file": name, "ok": true, "id": pipeline.id, "steps": steps, "faults": [], "notes": notes}),
                );
                if !printer.json {
                    printer.out(&format!("{}: ok, {}", file.display(), counted(steps, "step")));
                    report::notes(printer, &pipeline.notes);
                }
            }
            Err(failure) => {
                exit = failure.kind.exit();
                let faults =
                    failure.details.get("faults").cloned().unwrap_or_else(|| json!([{"message": failure.message}]));
                rows.push(json!({"file": file.display().to_string(), "ok": false, "faults": faults}));
                if !printer.json {
                    report::tell(printer, &failure);
                }
            }
        }
    }
    if printer.json {
        printer.json_value(&Value::Array(rows));
    }
    Ok(exit)
}

/// Shows a pipeline.
pub(super) fn explain(app: &App, printer: &Printer, args: &Explain) -> Outcome<Exit> {
    let pipeline = read(app, &args.file)?;
    if args.rhai {
        let script = twin::script(&pipeline);
        printer.rows(&json!({"script": script}), || script.clone());
        if script.len() > SOURCE_LIMIT {
            let (size, most) = (script.len().div_ceil(1024), SOURCE_LIMIT / 1024);
            let hint = "run the pipeline itself, or move a part of it into one of its own";
            printer.err(&format!("note: the script has {size} KiB and cannot be run, the limit is {most} KiB: {hint}"));
        }
        return Ok(Exit::Ok);
    }
    printer.rows(&explain::document(&pipeline), || explain::page(&pipeline));
    Ok(Exit::Ok)
}

/// Translates a file; what comes out has been checked.
pub(super) fn import(app: &App, printer: &Printer, file: &Path, output: Option<&Path>) -> Outcome<Exit> {
    let text = load::text(file).map_err(|failure| unfound(failure, file))?;
    let written = import::import(file, &text)?;
    load::load_text(&app.kit.settings, app.kit.tools.get()?, output.unwrap_or(file), &written)
        .map_err(|failure| translated(failure, file, &written))?;
    let Some(output) = output else {
        printer.raw(&written);
        return Ok(Exit::Ok);
    };
    let failed =
        |error: std::io::Error| Failure::new(FailureKind::Io, format!("cannot write {}: {error}", output.display()));
    let mut target = std::fs::File::create_new(output).map_err(failed)?;
    target.write_all(written.as_bytes()).map_err(failed)?;
    printer.out(&format!("{}: written", output.display()));
    Ok(Exit::Ok)
}

/// Faults of what a file becomes with the lines that have them: nobody has seen these, and they are none of the file.
fn translated(failure: Failure, file: &Path, written: &str) -> Failure {
    let faults = failure.details.get("faults").and_then(Value::as_array);
    let Some(faults) = faults.filter(|faults| !faults.is_empty()) else { return failure };
    let line = |fault: &Value| {
        let number = fault["line"].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
        let text = written.lines().nth(number.saturating_sub(1)).unwrap_or_default();
        format!("\n  {}, in `{}`", fault["message"].as_str().unwrap_or_default(), one_line(text, 200))
    };
    let lines: String = faults.iter().map(line).collect();
    Failure::new(failure.kind, format!("what {} becomes here cannot run{lines}", file.display()))
        .hint("change what these lines come from by hand, and import again")
}

/// The steps of a block and of the bodies in it.
fn count(block: &Block) -> usize {
    let inner = |step: &crate::pipeline::plan::Step| step.act.blocks().into_iter().map(count).sum::<usize>();
    block.steps.iter().map(|step| 1 + inner(step)).sum()
}

//! `rhizo memory policy`: how the policy has decided, whether it may learn, and what it knows.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table::{self, wrapped};
use crate::core::episode::Utility;
use crate::core::failure::Outcome;
use crate::memory::learn::Calibration;
use crate::store::decisions::Record;
use serde_json::json;

/// Tells how the policy has decided so far, and what it knows.
pub(super) async fn policy(app: &App, printer: &Printer) -> Outcome<()> {
    let (store, settings) = (&app.kit.store, &app.kit.settings);
    let records = store.decision_records(settings.namespace.name())?;
    let calibration = app.kit.memory.calibration(settings.namespace).await?;
    let cells = store.utilities("")?;
    let on = settings.memory && calibration.is_trusted();
    let value = json!({
        "namespace": settings.namespace, "decisions": records, "cells": cells,
        "learner": {
            "on": on, "predictions": calibration.count, "brier": calibration.brier, "base_rate_brier": calibration.base,
        },
    });
    printer.rows(&value, || {
        let mut parts = vec![learner(settings.memory, &calibration)];
        parts.push(if records.is_empty() {
            "no decision has been judged yet".to_owned()
        } else {
            let head = ["decider", "choice", "decisions", "worked", "expected", "observed"];
            table::render(head, records.iter().map(record))
        });
        if !cells.is_empty() {
            let head = ["memory", "choice", "arm", "role", "after", "alpha", "beta", "tasks"];
            parts.push(table::render(head, cells.iter().map(cell)));
        }
        parts.join("\n\n")
    });
    Ok(())
}

fn learner(memory: bool, found: &Calibration) -> String {
    let text = if !memory {
        "the learner is off: memory.enabled is false".to_owned()
    } else if found.count == 0 {
        "the learner is on: nothing was predicted yet".to_owned()
    } else {
        let state = if found.is_trusted() { "on" } else { "off, for its predictions are worse than the base rate" };
        format!(
            "the learner is {state}: Brier score {:.3} over {} predictions, {:.3} for the base rate",
            found.brier, found.count, found.base
        )
    };
    wrapped(&text, 0)
}

fn record(record: &Record) -> [String; 6] {
    let percent = |share: Option<f64>| share.map(|share| format!("{:.0}%", share * 100.0)).unwrap_or_default();
    [
        record.decider.clone(),
        record.action.clone(),
        record.decisions.to_string(),
        format!("{} of {}", record.won, record.judged),
        percent(record.expected),
        percent(record.observed),
    ]
}

fn cell(cell: &Utility) -> [String; 8] {
    [
        cell.namespace.name().to_owned(),
        cell.action.clone(),
        cell.arm.clone(),
        cell.role.clone(),
        cell.failure.clone(),
        format!("{:.1}", cell.alpha),
        format!("{:.1}", cell.beta),
        format!("{:.1}", cell.n),
    ]
}

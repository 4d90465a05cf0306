//! Reads an effect from its row.

use crate::core::effect::EffectKey;
use crate::core::ids::{Frame, RunId};
use crate::core::price::Bound;
use crate::core::usage::Usage;
use crate::store::effects::{EffectRow, write};
use crate::store::fault::Worked;
use crate::store::rows::{json, money, name, number, optional_number, small};
use crate::store::value::stored;
use rusqlite::{Connection, Row};
use serde_json::Value;

/// The effect of a row of the table.
pub(in crate::store) fn effect_row(connection: &Connection, row: &Row<'_>) -> Worked<EffectRow> {
    // A frame is one text in JSON as in the table.
    let frame: Frame = serde_json::from_value(Value::String(row.get("frame")?))?;
    let provider = write::ids(row.get("provider")?);
    Ok(EffectRow {
        seq: number(row, "seq")?,
        key: EffectKey { frame, hash: row.get("hash")?, occurrence: small(row, "occurrence")? },
        kind: name(row, "kind")?,
        state: name(row, "state")?,
        intent: stored(connection, row, "intent")?,
        result: stored(connection, row, "result")?,
        usage: json(row, "usage")?,
        cost: money(row, "cost_nanos")?,
        worst_cost: money(row, "worst_nanos")?,
        worst_usage: worst_usage(row)?,
        requests: requests(row, provider.len())?,
        attempts: small(row, "attempts")?,
        earlier_cost: money(row, "earlier_nanos")?.unwrap_or_default(),
        unknown_calls: small(row, "unknown_calls")?,
        unknown_cost: money(row, "unknown_nanos")?.unwrap_or_default(),
        origin: row.get::<_, Option<String>>("origin")?.map(RunId::new),
        unused: number(row, "unused")? > 0,
        provider: provider.into_iter().filter(|id| !id.is_empty()).collect(),
        started_at: number(row, "started_at")?,
        ended_at: optional_number(row, "ended_at")?,
    })
}

fn worst_usage(row: &Row<'_>) -> Worked<Usage> {
    let (tokens, output) = (number(row, "worst_tokens")?, number(row, "worst_output")?);
    Ok(Bound { input_tokens: tokens.saturating_sub(output), output_tokens: output, images: 0 }.as_usage())
}

/// Earlier versions did not count requests: then at least those up to the last id were made.
fn requests(row: &Row<'_>, named: usize) -> Worked<u32> {
    let counted = small(row, "requests")?;
    Ok(if counted == 0 { u32::try_from(named).unwrap_or(u32::MAX).max(1) } else { counted })
}

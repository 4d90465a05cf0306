//! What a run has used that did not record it: it is still at work, or its process died. Its effects tell. What a run
//! cost is also made into words here.

use crate::core::failure::{FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::core::money::Money;
use crate::core::status::RunStatus;
use crate::store::fault::Worked;
use crate::store::liveness::Liveness;
use crate::store::open::Store;
use crate::store::rows::{money, number};
use crate::store::runs::{RunRow, asked};
use rusqlite::{Connection, Row};
use serde::Serialize;

/// Calls whose intent is on disk and whose end is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct UnderWay {
    /// How many.
    pub calls: u64,
    /// What they cost at most; `None` if one of them has no price.
    pub worst_cost: Option<Money>,
}

/// What the effects of a run and its children add up to.
pub(super) struct SoFar {
    /// Without those under way, but with what was before them; `None` if that is nothing or has no price.
    pub(super) cost: Option<Money>,
    /// Each attempt counted.
    pub(super) calls: u64,
    /// With the most that those under way may use, as those of answer tokens.
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) under_way: Option<UnderWay>,
}

impl RunRow {
    /// The status for people: a run whose process died is `interrupted`, not `running`, and a fork waits for nobody's answer.
    pub fn shown_status(&self) -> &'static str {
        match self.liveness {
            Liveness::Dead => "interrupted",
            _ if self.forked().is_some() => "forked",
            _ => self.status.name(),
        }
    }

    /// From which run it was forked and where, as long as nobody has gone on with it.
    pub fn forked(&self) -> Option<&str> {
        let failure = self.failure.as_ref().filter(|failure| failure.kind == FailureKind::Waiting)?;
        failure.message.strip_prefix("forked ")
    }

    /// Whether it came to its end with an answer, so that nothing is left to do. What a budget refused is left to do.
    pub fn is_over(&self) -> bool {
        self.status.is_over() && (self.status == RunStatus::Completed || self.refused == 0)
    }

    /// The most that it can have cost, with what is under way at its worst; `None` if that has no known price.
    pub fn worst_cost(&self) -> Option<Money> {
        let Some(under_way) = self.under_way else { return self.cost };
        let ended = match self.cost {
            Some(cost) => cost,
            None if self.calls > under_way.calls => return None,
            None => Money::ZERO,
        };
        Some(ended.saturating_add(under_way.worst_cost?))
    }

    /// How many calls the cost leaves open, for people: `3 calls were under way`.
    pub fn shown_under_way(&self) -> Option<String> {
        let calls = self.under_way?.calls;
        let verb = match (self.liveness == Liveness::Dead, calls) {
            (true, 1) => "call was",
            (true, _) => "calls were",
            (false, 1) => "call is",
            (false, _) => "calls are",
        };
        Some(format!("{calls} {verb} under way"))
    }
}

impl Store {
    /// What a run cost, for people: `$0.01`, or `at most $0.02` if calls were under way. Calls whose price nobody knows
    /// are not free: `$0.01 + 3 unpriced`.
    pub fn shown_cost(&self, row: &RunRow) -> Outcome<String> {
        let spent = self.spending(&row.id)?;
        let unpriced: u64 = spent.iter().map(|spent| spent.unpriced).sum();
        let known = match (row.under_way, row.worst_cost()) {
            (Some(_), Some(cost)) => format!("at most {cost}"),
            (Some(_), None) => "unknown".to_owned(),
            (None, Some(cost)) => cost.to_string(),
            (None, None) if row.calls > 0 => spent.iter().map(|spent| spent.cost).sum::<Money>().to_string(),
            (None, None) => String::new(),
        };
        Ok(if unpriced > 0 { format!("{known} + {unpriced} unpriced") } else { known })
    }
}

/// What a run recorded at its end.
pub(super) fn recorded(row: &Row<'_>) -> Worked<SoFar> {
    Ok(SoFar {
        cost: money(row, "cost_nanos")?,
        calls: number(row, "calls")?,
        input_tokens: number(row, "input_tokens")?,
        output_tokens: number(row, "output_tokens")?,
        under_way: None,
    })
}

/// An attempt that vanished leaves no price behind where its model has none; then the attempt after it has none either. An
/// absurd number makes a sum the largest that there is, and hides no other run.
const SO_FAR: &str = "
SELECT CAST(total(tries) AS INTEGER) AS calls,
    CAST(total(state = 'intent') AS INTEGER) AS open,
    CAST(total(CASE WHEN state <> 'intent' THEN cost_nanos END) + total(earlier_nanos) AS INTEGER) AS cost,
    CAST(total(CASE state WHEN 'done' THEN cost_nanos IS NULL WHEN 'intent' THEN tries > 1 AND worst_nanos IS NULL END)
        AS INTEGER) AS unpriced,
    CAST(total(CASE WHEN state = 'intent' THEN worst_nanos END) AS INTEGER) AS worst,
    CAST(total(state = 'intent' AND worst_nanos IS NULL) AS INTEGER) AS open_unpriced,
    CAST(total(json_extract(usage, '$.input_tokens')) + total(earlier_tokens - earlier_output)
        + total(CASE WHEN state = 'intent' THEN worst_tokens - worst_output END) AS INTEGER) AS input,
    CAST(total(json_extract(usage, '$.output_tokens')) + total(earlier_output)
        + total(CASE WHEN state = 'intent' THEN worst_output END) AS INTEGER) AS output
FROM asked";

pub(super) fn so_far(connection: &Connection, run: &RunId) -> Worked<SoFar> {
    let mut query = connection.prepare_cached(&format!("{} {SO_FAR}", asked::in_tree()))?;
    let mut rows = query.query([run.as_str()])?;
    let Some(row) = rows.next()? else {
        return Err(rusqlite::Error::QueryReturnedNoRows.into());
    };
    let (calls, open) = (number(row, "calls")?, number(row, "open")?);
    let worst_cost = money(row, "worst")?.filter(|_| number(row, "open_unpriced").is_ok_and(|none| none == 0));
    let unpriced = number(row, "unpriced")? > 0;
    Ok(SoFar {
        cost: money(row, "cost")?.filter(|_| calls > open && !unpriced),
        calls,
        input_tokens: number(row, "input")?,
        output_tokens: number(row, "output")?,
        under_way: (open > 0).then_some(UnderWay { calls: open, worst_cost }),
    })
}
